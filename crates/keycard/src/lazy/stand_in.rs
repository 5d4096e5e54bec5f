//! A session that is opened by its handle, for who has proved otherwise that they act for it.

use std::mem;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::{Inner, LazySession};
use crate::engine::Engine;
use crate::id::StoreKey;
use crate::keycard::Keycard;
use crate::request::RequestFacts;
use crate::transport::Presented;

impl LazySession {
    pub(crate) fn standing_in(engine: Arc<Engine>, handle: StoreKey, facts: RequestFacts) -> Self {
        Self::over(engine, Presented::nothing(0), Some(handle), facts)
    }

    /// The session of this handle, not loaded, for who has proved otherwise that they act for it, and is the client of this
    /// request: as [`Keycard::stand_in`](crate::Keycard::stand_in), but judged by the client that it is
    /// [bound](crate::Drift) to, and closed with the request, by which what is left pending is committed. There is one for
    /// each handle in a request.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let request = keycard.open([]); // it shows no cookie, but a token that was signed for the session
    /// let stand_in = request.stand_in(session.handle().unwrap()).load().await?;
    /// assert_eq!(stand_in.user(), Some("alice".into()));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// As [`Keycard::stand_in`](crate::Keycard::stand_in).
    #[must_use]
    pub fn stand_in(&self, handle: StoreKey) -> Self {
        let mut stand_ins = self.stand_ins();
        let known = stand_ins
            .iter()
            .find(|known| known.0.stands_in_for == Some(handle));
        if let Some(known) = known {
            return known.clone();
        }
        let Inner { engine, facts, .. } = &*self.0;
        let stand_in = Self::standing_in(Arc::clone(engine), handle, facts.clone());
        stand_ins.push(stand_in.clone());
        stand_in
    }

    /// Whether the layer of this keycard has opened it.
    ///
    /// ```
    #[doc = example!(keycard)]
    /// assert!(keycard.open([]).is_of(&keycard));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn is_of(&self, keycard: &Keycard) -> bool {
        Arc::ptr_eq(&self.0.engine, &keycard.engine)
    }

    pub(crate) fn is_stand_in(&self) -> bool {
        self.0.stands_in_for.is_some()
    }

    /// What is to be closed with the request.
    pub(crate) fn take_stand_ins(&self) -> Vec<Self> {
        mem::take(&mut *self.stand_ins())
    }

    fn stand_ins(&self) -> MutexGuard<'_, Vec<Self>> {
        self.0.stand_ins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
