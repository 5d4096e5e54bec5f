//! A record: everything that a store keeps of one session.

mod codec;
mod data;
mod identity;
mod note;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use self::codec::{DecodeError, decode, encode, encoded_len};
pub(crate) use self::data::Data;
pub(crate) use self::identity::{Authentication, Metadata};
pub(crate) use self::note::Deed;

use crate::clock::Timestamp;
use crate::id::{Revision, SecretDigest};
use crate::key::UserId;

/// One session as the store keeps it: a fixed header that stores may judge, then tagged fields that only we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) revision: Revision,
    pub(crate) created: Timestamp,
    /// The deadline that nothing but a fresh authentication moves.
    pub(crate) absolute: Timestamp,
    /// How long the session lives without being used.
    pub(crate) idle: Duration,
    /// The last use, exact to `touch_after`.
    pub(crate) seen: Timestamp,
    /// The end if the session is not used again; never later than `absolute`.
    pub(crate) expires: Timestamp,
    /// The cookie outlives the browser (remember me).
    pub(crate) persistent: bool,
    pub(crate) secret: SecretDigest,
    pub(crate) previous: Option<PreviousSecret>,
    /// When the secret was handed out.
    pub(crate) issued: Timestamp,
    /// `None` for a guest's session.
    pub(crate) authentication: Option<Authentication>,
    pub(crate) metadata: Metadata,
    pub(crate) data: Data,
    /// Flags of which this version knows nothing, kept as they came.
    pub(crate) unknown_flags: u8,
    /// Tagged fields of which this version knows nothing, kept as they came.
    pub(crate) unknown: Vec<(u8, bytes::Bytes)>,
}

/// The secret that was valid before a rotation with a grace, and until when it still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PreviousSecret {
    pub(crate) digest: SecretDigest,
    pub(crate) until: Timestamp,
}

impl Record {
    /// Who is logged in; not who has yet to prove a further factor.
    pub(crate) fn user(&self) -> Option<&UserId> {
        let known = self.authentication.as_ref()?;
        (!known.pending).then_some(&known.user)
    }

    /// Gives the session another secret; the old one goes on to open it for the time of the grace.
    pub(crate) fn replace_secret(&mut self, secret: SecretDigest, grace: Duration, now: Timestamp) {
        let digest = std::mem::replace(&mut self.secret, secret);
        self.previous = (!grace.is_zero()).then(|| PreviousSecret {
            digest,
            until: now.after(grace),
        });
        self.issued = now;
    }

    /// Whether an id with this digest opens the session at `now`.
    pub(crate) fn accepts(&self, digest: SecretDigest, now: Timestamp) -> bool {
        // Both comparisons always run, so that timing does not tell which secret was nearly right.
        let current = self.secret == digest;
        let previous = self
            .previous
            .is_some_and(|previous| previous.digest == digest && now < previous.until);
        current | previous
    }
}
