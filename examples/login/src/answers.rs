//! What clients are answered. Times are Unix milliseconds.

use std::collections::BTreeMap;

use keycard::store::{EndReason, Figures};
use keycard::{ListedSession, Session, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::accounts::User;
use crate::data_key::DataKey;
use crate::device::NamedDevice;

/// For how long who verifies tokens elsewhere may keep the public keys, as `Cache-Control` says it (RFC 9111): a new key waits
/// for as long before it signs.
pub const JWKS_CACHE: &str = "public, max-age=300";

/// Who has logged in.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedIn {
    pub(crate) user: User,
}

/// Who has logged in, or that a second factor is awaited.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum LoginAnswer {
    /// The user is logged in.
    LoggedIn(LoggedIn),
    /// Nobody is logged in yet.
    MfaRequired {
        /// True.
        mfa_required: bool,
    },
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

/// The sessions of who is logged in, the last used first.
#[derive(Clone, Debug, Serialize)]
pub struct SessionList {
    count: usize,
    sessions: Vec<SessionRow>,
}

#[derive(Clone, Debug, Serialize)]
struct SessionRow {
    handle: String,
    current: bool,
    created_at: u64,
    last_access: u64,
    expires_at: u64,
    ip: Option<String>,
    user_agent: Option<String>,
    device: Option<NamedDevice>,
}

impl From<Vec<ListedSession>> for SessionList {
    fn from(sessions: Vec<ListedSession>) -> Self {
        Self {
            count: sessions.len(),
            sessions: sessions.iter().map(SessionRow::from).collect(),
        }
    }
}

impl From<&ListedSession> for SessionRow {
    fn from(session: &ListedSession) -> Self {
        Self {
            handle: session.handle().to_string(),
            current: session.is_current(),
            created_at: session.created_at().as_millis(),
            last_access: session.last_access().as_millis(),
            expires_at: session.expires_at().as_millis(),
            ip: session.address().map(|address| address.to_string()),
            user_agent: session.user_agent().map(str::to_owned),
            device: session.device().cloned().map(NamedDevice),
        }
    }
}

/// How many sessions have been ended.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Ended {
    pub(crate) ended: usize,
}

/// How many sessions there are, how many logins there were, and how many sessions were ended, by the reason.
#[derive(Clone, Debug, Serialize)]
pub struct Statistics {
    active_sessions: u64,
    logins: u64,
    ended: BTreeMap<&'static str, u64>,
}

impl From<Figures> for Statistics {
    fn from(figures: Figures) -> Self {
        let ended = EndReason::ALL.map(|reason| (reason.name(), figures.ended(reason)));
        Self {
            active_sessions: figures.active_sessions,
            logins: figures.logins,
            ended: ended.into(),
        }
    }
}
