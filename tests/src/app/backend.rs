//! What the handlers of an acting server work with.

use keycard::{Keycard, Users};

use super::{Accounts, Gates};

/// The sessions of an acting server, and what stands beside them. Clones are the same.
#[derive(Clone, Debug)]
pub struct Backend {
    pub(super) keycard: Keycard,
    pub(super) users: Option<Users>,
    pub(super) gates: Gates,
    pub(super) accounts: Accounts,
}

impl Backend {
    /// These sessions, whose users have no account page.
    #[must_use]
    pub fn new(keycard: Keycard, gates: Gates) -> Self {
        Self {
            keycard,
            users: None,
            gates,
            accounts: Accounts::default(),
        }
    }

    /// With an account page.
    #[must_use]
    pub fn with_users(self, users: Users) -> Self {
        Self {
            users: Some(users),
            ..self
        }
    }

    /// With a database of users that the test has a hand on.
    #[must_use]
    pub fn with_accounts(self, accounts: Accounts) -> Self {
        Self { accounts, ..self }
    }
}
