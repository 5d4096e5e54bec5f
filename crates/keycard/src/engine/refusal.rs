//! Why a commit does not come about, apart from its store.

use super::result::{Failure, Fate};
use crate::error::{Error, ErrorKind, StoreError};
use crate::record::{self, Data, Record};
use crate::store::MAX_RECORD;

pub(super) fn encode(record: &Record) -> Result<bytes::Bytes, Failure> {
    let bytes = record::encode(record);
    if bytes.len() > MAX_RECORD {
        Err(not_written(too_large(&record.data)))
    } else {
        Ok(bytes)
    }
}

/// The error of a session that does not fit into a record; it names the largest value.
pub(crate) fn too_large(data: &Data) -> Error {
    let (key, len) = data.largest().unwrap_or_default();
    Error::new(
        ErrorKind::TooLarge,
        format!(
            "the session is larger than {MAX_RECORD} bytes; its largest value is {key:?} with {len} bytes"
        ),
    )
}

pub(super) fn refused() -> Failure {
    StoreError::refused("the store takes no new session: it is full").into()
}

pub(super) fn limit_reached() -> Failure {
    let error = Error::new(
        ErrorKind::SessionLimit,
        "the user has as many sessions as they may have",
    );
    Failure::new(Fate::LoginRefused, error)
}

pub(super) fn not_written(error: Error) -> Failure {
    Failure::new(Fate::NotWritten, error)
}
