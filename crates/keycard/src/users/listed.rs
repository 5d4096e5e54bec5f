//! A session as its user sees it in a list.

use crate::clock::Timestamp;
use crate::device::Device;
use crate::id::StoreKey;
use crate::record::{Metadata, Record};
use crate::request::ClientAddress;

/// A session in the list of its user's. It opens nothing.
///
/// ```
#[doc = example!(users)]
/// session.login_with(LoginAs::user("alice").remembered(true));
/// session.commit().await?;
/// let list = users.mine(&session)?.list().await?;
/// assert_eq!(list[0].created_at(), clock.now());
/// assert!(list[0].is_current() && list[0].is_remembered());
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSession {
    handle: StoreKey,
    current: bool,
    remembered: bool,
    created: Timestamp,
    authenticated: Option<Timestamp>,
    seen: Timestamp,
    expires: Timestamp,
    absolute: Timestamp,
    metadata: Metadata,
}

impl ListedSession {
    pub(super) fn new(handle: StoreKey, current: bool, record: &Record) -> Self {
        Self {
            handle,
            current,
            remembered: record.persistent,
            created: record.created,
            authenticated: record.authentication.as_ref().map(|known| known.at),
            seen: record.seen,
            expires: record.expires,
            absolute: record.absolute,
            metadata: record.metadata.clone(),
        }
    }

    /// The public name, by which it can be [ended](super::UserSessions::end).
    #[must_use]
    pub fn handle(&self) -> StoreKey {
        self.handle
    }

    /// Whether it is the session of this very request.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.current
    }

    /// Whether its user asked to be remembered.
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.remembered
    }

    /// When it began.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created
    }

    /// When its user last proved who they are.
    #[must_use]
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        self.authenticated
    }

    /// When it was last used, as exact as [`touch_after`](crate::KeycardBuilder::touch_after) says.
    #[must_use]
    pub fn last_access(&self) -> Timestamp {
        self.seen
    }

    /// When it ends if it is not used again.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires
    }

    /// When it ends however much it is used.
    #[must_use]
    pub fn absolute_at(&self) -> Timestamp {
        self.absolute
    }

    /// What the browser called itself at the login.
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.metadata.user_agent.as_deref()
    }

    /// The address that the login came from, as exact as
    /// [`client_address`](crate::KeycardBuilder::client_address) says.
    #[must_use]
    pub fn address(&self) -> Option<ClientAddress> {
        ClientAddress::from_bytes(self.metadata.address.as_ref()?)
    }

    /// Where the login came from, as the application's hook for locations named it.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.metadata.location.as_deref()
    }

    /// The device that was named at the login.
    #[must_use]
    pub fn device(&self) -> Option<&Device> {
        self.metadata.device.as_ref()
    }
}
