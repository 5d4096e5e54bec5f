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
    Rotate,
    Login {
        user: String,
        #[serde(default)]
        remembered: bool,
        #[serde(default)]
        without_earlier_data: bool,
    },
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
