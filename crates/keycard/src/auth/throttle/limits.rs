//! What is limited, how far, and what happens when nobody can say.

use std::time::Duration;

use super::window::Limit;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Logins to one account by one client. Default: 5 in 15 minutes.
    AccountAndClient,
    /// Logins to one account, by whoever. Default: 50 in 15 minutes.
    Account,
    /// Logins by one client, to whatever account. Default: 50 in 15 minutes.
    Client,
    /// Further factors of one pending login. Default: 5 in 15 minutes.
    Mfa,
    /// Further factors of one user, in however many logins. Default: 20 in 15 minutes.
    MfaOfUser,
    /// New sessions of one client. Default: no limit.
    SessionCreation,
}

/// What is attempted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Login,
    Mfa,
    SessionCreation,
}

impl Purpose {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Mfa => "mfa",
            Self::SessionCreation => "session creation",
        }
    }
}

impl Scope {
    const COUNT: usize = 6;

    /// What tells the windows of this scope from others.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::AccountAndClient => "account and client",
            Self::Account => "account",
            Self::Client => "client",
            Self::Mfa => "mfa",
            Self::MfaOfUser => "mfa of user",
            Self::SessionCreation => "session creation",
        }
    }

    /// Whether a success forgives the failures before it. It does not where others than who succeeded are counted too.
    pub(super) fn is_forgiven(self) -> bool {
        matches!(self, Self::AccountAndClient | Self::Mfa)
    }
}

/// A limit for each scope, in the order of the scopes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits([Option<Limit>; Scope::COUNT]);

impl Limits {
    pub(super) const DEFAULT: Self = Self([
        Some(in_15_minutes(5)),
        Some(in_15_minutes(50)),
        Some(in_15_minutes(50)),
        Some(in_15_minutes(5)),
        Some(in_15_minutes(20)),
        None,
    ]);

    pub(super) fn of(&self, scope: Scope) -> Option<Limit> {
        self.0[scope as usize]
    }

    pub(super) fn set(&mut self, scope: Scope, limit: Option<Limit>) {
        self.0[scope as usize] = limit;
    }
}

const fn in_15_minutes(attempts: usize) -> Limit {
    Limit::of(attempts, Duration::from_mins(15))
}

/// What becomes of an attempt that cannot be counted, because the store is away or refuses to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnOutage {
    /// It is refused: an error of kind [`Store`](crate::ErrorKind::Store), 503.
    #[default]
    Refuse,
    /// It is made uncounted, and an event is raised.
    ///
    /// # Security
    ///
    /// Who can keep the store busy can guess without a limit for as long.
    Allow,
}
