//! What clients are answered. Times are Unix milliseconds.

use std::collections::BTreeMap;

use keycard::{Session, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::data_key::DataKey;
use crate::users::User;

/// Who has logged in.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedIn {
    pub(crate) user: User,
}

/// Who is logged in, and what may be told about the session.
#[derive(Clone, Debug, Serialize)]
pub struct Me {
    pub(crate) user: User,
    pub(crate) session: SessionFacts,
}

/// A session's public name and its times; nothing of it opens the session.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SessionFacts {
    handle: Option<String>,
    created_at: Option<u64>,
    last_access: Option<u64>,
    expires_at: Option<u64>,
    absolute_at: Option<u64>,
}

impl SessionFacts {
    pub(crate) fn of(session: &Session) -> Self {
        let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
        Self {
            handle: session.handle().map(|handle| handle.to_string()),
            created_at: millis(session.created_at()),
            last_access: millis(session.last_access()),
            expires_at: millis(session.expires_at()),
            absolute_at: millis(session.absolute_at()),
        }
    }
}

/// Everything that the client has put in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Entries(pub(crate) BTreeMap<DataKey, Value>);

/// A value of the session and its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    pub(crate) key: DataKey,
    pub(crate) value: Value,
}

/// What was set slowly, and who was logged in before the wait.
#[derive(Clone, Debug, Serialize)]
pub struct SlowlySet {
    #[serde(flatten)]
    pub(crate) entry: Entry,
    pub(crate) user: Option<&'static str>,
}
