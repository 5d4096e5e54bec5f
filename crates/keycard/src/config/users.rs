//! The settings of what a store with a user index can do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{ConfigError, KeycardBuilder};
use crate::engine::Engine;
use crate::keycard::Keycard;
use crate::seal::KeyRing;
use crate::store::{ErasedHistory, History, MAX_SESSIONS_PER_USER, Retention, SessionLimit, UserIndex};
use crate::users::Users;

/// Marks a [`KeycardBuilder`] over a store that has a user index: one of type `S`.
pub struct WithUsers<S> {
    index: Arc<S>,
    recent: Option<Duration>,
    history: Option<(Arc<dyn ErasedHistory>, Retention)>,
}

impl<S: UserIndex> KeycardBuilder<WithUsers<S>> {
    pub(crate) fn with_users(store: S, keys: KeyRing) -> Self {
        let store = Arc::new(store);
        let index = WithUsers {
            index: Arc::clone(&store),
            recent: None,
            history: None,
        };
        Self::over(store, index, keys)
    }

    /// How many sessions a user may have, and what becomes of one login more. It is decided in the same step as the login,
    /// on whichever server. Default: [`MAX_SESSIONS_PER_USER`], the nearest absolute deadline leaves.
    ///
    /// With [`SessionLimit::Refuse`] a login beyond the limit is an error of [`commit`](crate::Session::commit); a handler
    /// that does not commit by itself is answered for, with 409.
    ///
    /// ```
    /// use keycard::store::{SessionLimit, memory::MemoryStore};
    /// use keycard::{ErrorKind, KeyRing, Keycard};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Keycard::with_users(MemoryStore::new(), KeyRing::random());
    /// let (keycard, users) = builder.session_limit(SessionLimit::Refuse(1)).build()?;
    /// let (first, second) = (keycard.open([]).load().await?, keycard.open([]).load().await?);
    /// first.login("alice");
    /// first.commit().await?;
    /// second.login("alice");
    /// assert_eq!(second.commit().await.unwrap_err().kind(), ErrorKind::SessionLimit);
    /// assert_eq!(users.of("alice").count().await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn session_limit(mut self, limit: SessionLimit) -> Self {
        self.rules.limit = Some(limit);
        self
    }

    /// Who wants to end other sessions from their account page must have proved within this time who they are
    /// (ASVS 5.0 7.5.2). Default: not asked for.
    ///
    /// ```
    /// use keycard::store::memory::MemoryStore;
    /// use keycard::{ErrorKind, Factor, KeyRing, Keycard, ManualClock, Timestamp};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    /// let builder = Keycard::with_users(MemoryStore::new(), KeyRing::random()).clock(clock.clone());
    /// let (keycard, users) = builder.recent_to_end(Duration::from_mins(5)).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(6));
    /// let mine = users.mine(&session)?;
    /// assert_eq!(mine.end_others().await.unwrap_err().kind(), ErrorKind::StepUp);
    /// session.prove(Factor::PASSWORD)?;
    /// assert_eq!(mine.end_others().await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn recent_to_end(mut self, within: Duration) -> Self {
        self.index.recent = Some(within);
        self
    }

    /// Keeps a history of each user: their last logins, with the factors that were awaited or proved later, how their
    /// sessions ended (all but by expiry), and the logins that a limit refused; each with the time, the session's handle,
    /// and from where it was done: what [`UserSessions::history`](crate::UserSessions::history) lists. Default: none is
    /// kept.
    ///
    /// It is written by the very calls of the store that write the sessions, in the same step: no command more.
    ///
    /// ```
    /// use keycard::store::{Retention, memory::MemoryStore};
    /// use keycard::{EventKind, KeyRing, Keycard};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Keycard::with_users(MemoryStore::new(), KeyRing::random());
    /// let ninety_days = Duration::from_hours(90 * 24);
    /// let (keycard, users) = builder.history(Retention::new(10, ninety_days)?).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// let history = users.of("alice").history().await?;
    /// assert_eq!((history[0].kind, history[0].session), (EventKind::Authenticated, session.handle()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Security
    ///
    /// It is personal data, which outlives the sessions: keep it no longer than it is of use to the user, and
    /// [forget](crate::UserSessions::forget_history) it with the account.
    pub fn history(mut self, retention: Retention) -> Self
    where
        S: History,
    {
        self.index.history = Some((self.index.index.clone(), retention));
        self
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    ///
    /// Settings that cannot work together; the message says what to change.
    pub fn build(self) -> Result<(Keycard, Users), ConfigError> {
        if let Some(limit) = self.rules.limit {
            let sessions = limit.sessions();
            if !(1..=MAX_SESSIONS_PER_USER).contains(&sessions) {
                return Err(ConfigError::new(format!(
                    "a session limit of {sessions} cannot be kept: choose 1 to {MAX_SESSIONS_PER_USER}"
                )));
            }
        }
        let (index, recent, history) = (
            Arc::clone(&self.index.index),
            self.index.recent,
            self.index.history.clone(),
        );
        let keycard = Keycard::new(Engine {
            history: history.as_ref().map(|(_, retention)| *retention),
            ..self.engine()?
        });
        let users = Users::new(keycard.engine(), index, recent, history.map(|(store, _)| store));
        Ok((keycard, users))
    }
}

impl<S> fmt::Debug for WithUsers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithUsers")
    }
}
