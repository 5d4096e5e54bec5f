//! The sessions of a user: listed and ended, from the account page or by an administrator.

mod history;
mod listed;
mod sessions;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::history::PastEvent;
pub use self::listed::ListedSession;
pub use self::sessions::UserSessions;
use crate::engine::Engine;
use crate::error::Error;
use crate::key::UserId;
use crate::keycard::Keycard;
use crate::session::Session;
use crate::store::{ErasedHistory, ErasedIndex};

/// Who is logged in where. Begun with [`Keycard::with_users`](crate::Keycard::with_users); cheap
/// to clone, for the state of an application.
///
/// ```
#[doc = example!(users)]
/// session.login("alice");
/// session.commit().await?;
/// assert_eq!(users.of("alice").count().await?, 1);
/// assert_eq!(users.of("alice").end_all().await?, 1);
/// assert_eq!(users.of("alice").count().await?, 0);
#[doc = example!(end)]
/// ```
#[derive(Clone)]
pub struct Users {
    engine: Arc<Engine>,
    index: Arc<dyn ErasedIndex>,
    recent: Option<Duration>,
    /// `None`: no history is kept.
    history: Option<Arc<dyn ErasedHistory>>,
}

impl Users {
    pub(crate) fn new(
        engine: Arc<Engine>,
        index: Arc<dyn ErasedIndex>,
        recent: Option<Duration>,
        history: Option<Arc<dyn ErasedHistory>>,
    ) -> Self {
        Self {
            engine,
            index,
            recent,
            history,
        }
    }

    /// The sessions themselves, for what must open one.
    #[must_use]
    pub fn keycard(&self) -> Keycard {
        Keycard {
            engine: Arc::clone(&self.engine),
        }
    }

    /// The sessions of any user, for administrators and jobs.
    ///
    /// # Security
    ///
    /// Whether the caller may know or end them is for the application to ask.
    pub fn of(&self, user: impl Into<UserId>) -> UserSessions {
        UserSessions::new(self.clone(), user.into(), None)
    }

    /// The sessions of who is logged in, for their account page. What ends the session of this very request removes its
    /// cookie, as a logout does.
    ///
    /// ```
    #[doc = example!(users)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let mine = users.mine(&session)?;
    /// assert!(mine.list().await?[0].is_current());
    /// assert_eq!(mine.end_all().await?, 1);
    /// assert_eq!(session.user(), None);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) if nobody is logged in.
    pub fn mine(&self, session: &Session) -> Result<UserSessions, Error> {
        if let Some(error) = session.unread() {
            return Err(error);
        }
        let user = session.require_user()?;
        Ok(UserSessions::new(self.clone(), user, Some(session.clone())))
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}
