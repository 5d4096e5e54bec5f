//! What happened lately to the sessions of a user.

use std::sync::Arc;

use super::UserSessions;
use crate::clock::Timestamp;
use crate::device::Device;
use crate::error::Error;
use crate::id::StoreKey;
use crate::observer::EventKind;
use crate::record::Deed;
use crate::request::ClientAddress;
use crate::store::{EndReason, Fate, Noted};

/// Something that happened to a session of a user, for the list of recent activity on their account page.
///
/// A session that was ended by another one's login or from the account page tells from where *that* was done; what an
/// administrator did tells no place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PastEvent {
    /// What happened: a login ([`Authenticated`](EventKind::Authenticated)), one that waited for a further factor
    /// ([`FactorAwaited`](EventKind::FactorAwaited)), a further factor that was proved
    /// ([`SteppedUp`](EventKind::SteppedUp)), the end of a session ([`Ended`](EventKind::Ended): by a logout, revoked,
    /// displaced or drifted), or a login that the limit refused ([`Refused`](EventKind::Refused)).
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// The handle of the session; `None` for a login that was refused.
    pub session: Option<StoreKey>,
    /// What the browser called itself.
    pub user_agent: Option<Arc<str>>,
    /// The client's address, as exact as [`client_address`](crate::KeycardBuilder::client_address) says.
    pub address: Option<ClientAddress>,
    /// Where that is, as the application's hook for locations names it.
    pub location: Option<Arc<str>>,
    /// The device that the session names.
    pub device: Option<Device>,
}

/// What happened lately.
impl UserSessions {
    /// What happened lately to the user's sessions, the newest first, as far as
    /// [`Keycard::with_history`](crate::Keycard::with_history) keeps it; nothing where no history is kept. What only a
    /// newer version of Keycard can read is left out.
    ///
    /// Ending several sessions at once is one note, and an event for each of them. That a session expired is no event, nor
    /// that its browser went on as another user.
    ///
    /// ```
    #[doc = example!(history)]
    /// session.login_with(LoginAs::user("alice").device(Device::new("7f3a")?.named("Phone")?));
    /// session.commit().await?;
    /// session.logout();
    /// session.commit().await?;
    ///
    /// let history = users.of("alice").history().await?;
    /// let [logout, login] = &history[..] else { panic!("two events") };
    /// assert_eq!(logout.kind, EventKind::Ended(store::EndReason::Logout));
    /// assert_eq!((login.kind, login.at), (EventKind::Authenticated, clock.now()));
    /// assert_eq!(login.device.as_ref().unwrap().name(), Some("Phone"));
    /// assert_eq!(logout.session, login.session);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) if the store could not be asked.
    ///
    /// # Security
    ///
    /// User agents and names of devices are the clients' own words. Escape them where they are shown.
    pub async fn history(&self) -> Result<Vec<PastEvent>, Error> {
        let (Some(store), Some(retention)) = (&self.users.history, self.users.engine.history) else {
            return Ok(Vec::new());
        };
        let noted = store.history(self.key, retention, self.now()).await?;
        Ok(noted.into_iter().flat_map(events).collect())
    }

    /// Forgets the user's history: with the account, or when its owner asks for it.
    ///
    /// ```
    #[doc = example!(history)]
    /// session.login("alice");
    /// session.commit().await?;
    /// users.of("alice").forget_history().await?;
    /// assert!(users.of("alice").history().await?.is_empty());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) if the store could not be asked.
    pub async fn forget_history(&self) -> Result<(), Error> {
        if let Some(store) = &self.users.history {
            store.forget_history(self.key).await?;
        }
        Ok(())
    }
}

/// What a note tells, the latest first: who was displaced left after the login.
fn events(noted: Noted) -> Vec<PastEvent> {
    let Some(Deed { kind, session, from }) = Deed::decode(&noted.bytes) else {
        return Vec::new();
    };
    let told: Vec<(EventKind, Option<StoreKey>)> = match noted.fate {
        Fate::Refused => vec![(EventKind::Refused, None)],
        Fate::Landed(ended) => {
            let of_each = session.map_or(kind, |_| EventKind::Ended(EndReason::Displaced));
            let ended = ended.into_iter().map(|key| (of_each, Some(key)));
            ended.chain(session.map(|key| (kind, Some(key)))).collect()
        }
    };
    let event = |(kind, session)| PastEvent {
        kind,
        at: noted.at,
        session,
        user_agent: from.user_agent.clone(),
        address: from.address.as_deref().and_then(ClientAddress::from_bytes),
        location: from.location.clone(),
        device: from.device.clone(),
    };
    told.into_iter().map(event).collect()
}
