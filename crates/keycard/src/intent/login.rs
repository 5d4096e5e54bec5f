//! Who a request makes of a session's user.

use std::sync::Arc;

use super::Intent;
use crate::clock::Timestamp;
use crate::factor::Factor;
use crate::key::UserId;
use crate::record::{Authentication, Metadata, Record};
use crate::request::Binding;

/// How a user logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: UserId,
    /// Remember me: the second pair of lifetimes, and a cookie that outlives the browser.
    pub(crate) remember: bool,
    /// The session's data from before is not carried over.
    pub(crate) drop_data: bool,
    pub(crate) kind: LoginKind,
    pub(crate) factors: Vec<Factor>,
    /// `None`: those that the user's session has already.
    pub(crate) roles: Option<Vec<Arc<str>>>,
    /// From where; without a device: the one that the user's session names already.
    pub(crate) metadata: Metadata,
    /// The client that the session is bound to.
    pub(crate) binding: Binding,
}

/// What a login comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginKind {
    /// The user is logged in.
    Complete,
    /// A further factor is awaited.
    Pending,
    /// The user, who is logged in, stays so: where their session has ended no other begins, for the factors that were
    /// proved in it are not proved any more.
    Again,
}

impl Login {
    /// What is known of the user after this login over `base`, which is what was known before.
    pub(super) fn over(&self, base: Option<&Authentication>, now: Timestamp) -> Authentication {
        let same = base.filter(|base| base.user == self.user);
        let mut known = Authentication {
            user: self.user.clone(),
            pending: self.kind == LoginKind::Pending,
            at: now,
            factors: same.map(|same| same.factors.clone()).unwrap_or_default(),
            roles: self
                .roles
                .clone()
                .or_else(|| Some(same?.roles.clone()))
                .unwrap_or_default(),
            binding: self.binding,
        };
        for factor in &self.factors {
            known.prove(factor, now);
        }
        known
    }
}

/// Who is known to use a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) standing: Standing,
}

/// Whether it is certain who uses a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    LoggedIn,
    /// A further factor is awaited.
    Pending,
    /// The user is logged in, but with another client than this one.
    Mistrusted,
}

impl Standing {
    fn of(pending: bool) -> Self {
        if pending { Self::Pending } else { Self::LoggedIn }
    }
}

impl<'a> Identity<'a> {
    pub(crate) fn of(known: &'a Authentication) -> Self {
        Self {
            user: &known.user,
            standing: Standing::of(known.pending),
        }
    }
}

impl Intent {
    /// Who is there after this intent, where `base` was there before.
    pub(crate) fn identity_over<'a>(&'a self, base: Option<Identity<'a>>) -> Option<Identity<'a>> {
        let login = self.login.as_ref().map(|login| Identity {
            user: &login.user,
            standing: Standing::of(login.kind == LoginKind::Pending),
        });
        let identity = login.or_else(|| base.filter(|_| !self.end))?;
        Some(Identity {
            standing: if self.proved.is_empty() {
                identity.standing
            } else {
                Standing::LoggedIn
            },
            ..identity
        })
    }

    /// What is known of the user after this intent, where `base` was known before.
    pub(crate) fn authentication_over(
        &self,
        base: Option<&Authentication>,
        now: Timestamp,
    ) -> Option<Authentication> {
        let base = base.filter(|_| !self.end);
        let login = self.login.as_ref().map(|login| login.over(base, now));
        let mut known = login.or_else(|| base.cloned())?;
        for (factor, binding) in &self.proved {
            known.prove(factor, now);
            known.pending = false;
            known.binding = *binding;
        }
        if let Some(roles) = &self.roles {
            known.roles.clone_from(roles);
        }
        Some(known)
    }

    /// From where the user of the session logged in, after this intent.
    pub(crate) fn metadata_over(&self, base: &Metadata) -> Metadata {
        match &self.login {
            Some(login) => Metadata {
                device: login.metadata.device.clone().or_else(|| base.device.clone()),
                ..login.metadata.clone()
            },
            None if self.end => Metadata::default(),
            None => base.clone(),
        }
    }

    /// Whether the last factor of the login that `base` waits in is proved, so that its user is logged in from now on.
    pub(crate) fn completes(&self, base: &Record) -> bool {
        let before = base.authentication.as_ref().map(Identity::of);
        let waits = |identity: Option<Identity<'_>>| {
            identity.is_some_and(|identity| identity.standing == Standing::Pending)
        };
        waits(before) && self.identity_over(before).is_some() && !waits(self.identity_over(before))
    }
}
