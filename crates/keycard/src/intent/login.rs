//! Who a request makes of a session's user.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::factor::Factor;
use crate::key::UserId;
use crate::record::{Authentication, Metadata};

/// How a user logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: UserId,
    /// Remember me: the second pair of lifetimes, and a cookie that outlives the browser.
    pub(crate) remember: bool,
    /// The session's data from before is not carried over.
    pub(crate) drop_data: bool,
    /// A further factor is awaited.
    pub(crate) pending: bool,
    pub(crate) factors: Vec<Factor>,
    /// `None`: those that the user's session has already.
    pub(crate) roles: Option<Vec<Arc<str>>>,
    /// From where; without a device: the one that the user's session names already.
    pub(crate) metadata: Metadata,
}

impl Login {
    /// What is known of the user after this login over `base`, which is what was known before.
    pub(super) fn over(&self, base: Option<&Authentication>, now: Timestamp) -> Authentication {
        let same = base.filter(|base| base.user == self.user);
        let mut known = Authentication {
            user: self.user.clone(),
            pending: self.pending,
            at: now,
            factors: same.map(|same| same.factors.clone()).unwrap_or_default(),
            roles: self
                .roles
                .clone()
                .or_else(|| Some(same?.roles.clone()))
                .unwrap_or_default(),
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
    /// A further factor is awaited.
    pub(crate) pending: bool,
}

impl<'a> Identity<'a> {
    pub(crate) fn of(known: &'a Authentication) -> Self {
        Self {
            user: &known.user,
            pending: known.pending,
        }
    }
}
