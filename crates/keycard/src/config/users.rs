//! The settings of what a store with a user index can do.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{ConfigError, KeycardBuilder};
use crate::engine::Engine;
use crate::keycard::Keycard;
use crate::metrics::Metrics;
use crate::seal::KeyRing;
use crate::store::{
    ErasedHistory, ErasedIndex, History, MAX_SESSIONS_PER_USER, Measured, Retention, SessionLimit, UserIndex,
};
use crate::users::Users;

/// Marks a [`KeycardBuilder`] over a store that has a user index.
pub struct WithUsers {
    index: Arc<dyn ErasedIndex>,
    recent: Option<Duration>,
    history: Option<(Arc<dyn ErasedHistory>, Retention)>,
}

impl KeycardBuilder<WithUsers> {
    pub(crate) fn with_users(store: impl UserIndex, keys: KeyRing) -> Self {
        let metrics = Metrics::register();
        Self::indexed(Arc::new(Measured::new(store, &metrics)), keys, metrics)
    }

    pub(crate) fn with_history(store: impl History, keys: KeyRing, retention: Retention) -> Self {
        let metrics = Metrics::register();
        let store = Arc::new(Measured::new(store, &metrics));
        let mut builder = Self::indexed(Arc::clone(&store), keys, metrics);
        builder.index.history = Some((store, retention));
        builder
    }

    fn indexed(store: Arc<Measured<impl UserIndex>>, keys: KeyRing, metrics: Metrics) -> Self {
        let index = WithUsers {
            index: store.clone(),
            recent: None,
            history: None,
        };
        Self::over(store, index, keys, metrics)
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

impl fmt::Debug for WithUsers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WithUsers")
    }
}
