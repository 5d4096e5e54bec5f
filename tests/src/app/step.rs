//! What can be done to a session, one step at a time.

use serde::Deserialize;
use serde_json::Value;

/// One step, as JSON: `{"do": "insert", "key": "n", "value": 1}`. Times and spans are milliseconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    clippy::exhaustive_enums,
    missing_docs,
    reason = "each is the method of its name"
)]
pub enum Step {
    Get {
        key: String,
    },
    Insert {
        key: String,
        value: Value,
    },
    Remove {
        key: String,
    },
    Take {
        key: String,
    },
    Contains {
        key: String,
    },
    Keys,
    Clear,
    IsEmpty,
    Update {
        key: String,
        change: Change,
    },
    Increment {
        key: String,
        by: i64,
    },
    Consume {
        key: String,
    },
    Flash {
        /// The name of a level, or `info` for any other.
        level: String,
        text: String,
    },
    TakeFlashes,
    Rotate,
    Login(Login),
    /// Proves a one-time password.
    Prove,
    /// Proves the password once more.
    Reauthenticate,
    Logout,
    LogoutKeeping {
        names: Vec<String>,
    },
    User,
    /// A guard that admits who is logged in, as the session was read or as the store has it now.
    RequireUser {
        anew: bool,
    },
    Handle,
    IsDegraded,
    /// What the account page does with the sessions of who is logged in.
    Mine {
        call: Call,
    },
    CreatedAt,
    LastAccess,
    ExpiresAt,
    AbsoluteAt,
    Extend {
        ms: u64,
    },
    SetIdle {
        ms: u64,
    },
    Touch,
    Commit,
    /// The status of the response, which is 200 otherwise.
    Answer {
        status: u16,
    },
    /// One more header of the response.
    Header {
        name: String,
        value: String,
    },
    /// Opens a gate for whoever waits there.
    Arrive {
        gate: String,
    },
    /// How many have arrived at a gate.
    Arrived {
        gate: String,
    },
    /// Waits until somebody has arrived at a gate.
    Wait {
        gate: String,
    },
    /// Panics, as a handler with a defect does.
    Panic,
}

/// Who logs in, and how: `{"do": "login", "user": "alice", "roles": ["admin"]}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    missing_docs,
    reason = "each is the option of its name"
)]
pub struct Login {
    pub user: String,
    pub roles: Option<Vec<String>>,
    /// The id of the device.
    pub device: Option<String>,
    pub remembered: bool,
    pub pending: bool,
    pub without_earlier_data: bool,
}

/// A call of [`UserSessions`](keycard::UserSessions), which all but `list` answer with how many sessions have ended:
/// `"end_others"` or `{"end_device": "phone"}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::exhaustive_enums,
    missing_docs,
    reason = "each is the method of its name"
)]
pub enum Call {
    /// Answers the handles.
    List,
    End(String),
    EndDevice(String),
    EndOthers,
    EndAll,
    CredentialsChanged,
}

/// How [`Step::Update`] changes a value: `{"push": 7}` or `{"add": 7}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "all that tests do")]
pub enum Change {
    /// Appends to a list, which is empty at first.
    Push(Value),
    /// Adds to a number, which is zero at first.
    Add(i64),
}
