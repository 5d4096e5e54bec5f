//! Whether whoever uses the session may enter.

use super::Session;
use crate::auth::{Decision, Denied, Facts, Guard};
use crate::error::Error;
use crate::events;
use crate::intent::Standing;
use crate::key::UserId;
use crate::observer::{Event, EventKind};

impl Session {
    /// What the guard comes to, as far as this request knows. The store is not asked, not even by a guard that is to
    /// [read anew](Guard::read_anew).
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::{Decision, Guard};
    ///
    /// session.login("alice");
    /// assert_eq!(session.judge(&Guard::user()), Decision::Allowed);
    #[doc = example!(end)]
    /// ```
    pub fn judge(&self, guard: &Guard) -> Decision {
        let now = self.0.engine.clock.now();
        let state = self.state();
        let known = state.authentication(now);
        let standing = state.standing();
        let facts = Facts {
            session: state.exists(),
            user: known.as_deref().filter(|_| standing != Some(Standing::Pending)),
            mistrusted: standing == Some(Standing::Mistrusted),
        };
        guard.judge(facts, now)
    }

    /// Lets nobody go on whom the guard keeps out. A guard that [reads anew](Guard::read_anew) costs one round trip.
    ///
    /// ```
    #[doc = example!(session)]
    /// use keycard::auth::Guard;
    ///
    /// async fn pay(session: &Session) -> Result<&'static str, Error> {
    ///     session.require(&Guard::fresh(Duration::from_mins(5))).await?;
    ///     Ok("paid")
    /// }
    ///
    /// let error = pay(&session).await.unwrap_err();
    /// assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthenticated, 401));
    /// session.login("alice");
    /// assert_eq!(pay(&session).await?, "paid");
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// Whom the guard keeps out, with [`denied`](Error::denied) to tell why: [`Unauthenticated`](crate::ErrorKind::Unauthenticated)
    /// (also if the session turns out to have ended), [`Forbidden`](crate::ErrorKind::Forbidden),
    /// [`StepUp`](crate::ErrorKind::StepUp). When reading anew also [`Store`](crate::ErrorKind::Store) if the store could
    /// not be asked, [`NewerVersion`](crate::ErrorKind::NewerVersion), and [`Contended`](crate::ErrorKind::Contended) if a
    /// commit of this request does not end.
    pub async fn require(&self, guard: &Guard) -> Result<(), Error> {
        if guard.reads_anew() {
            self.reload().await.inspect_err(events::request_failed)?;
        }
        self.admit(guard)
    }

    /// Who is logged in, or the error that it is nobody.
    ///
    /// ```
    #[doc = example!(session)]
    /// assert_eq!(session.require_user().unwrap_err().status(), 401);
    /// session.login("alice");
    /// assert_eq!(session.require_user()?, "alice".into());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated), and [`StepUp`](crate::ErrorKind::StepUp) for a client that is
    /// [another](crate::Drift::StepUp) than the user's.
    pub fn require_user(&self) -> Result<UserId, Error> {
        self.admit(&Guard::user())?;
        self.user().ok_or_else(|| Denied::UNAUTHENTICATED.into())
    }

    pub(crate) fn admit(&self, guard: &Guard) -> Result<(), Error> {
        self.judge(guard).into_result().map_err(|denied| {
            // Who is kept out may be somebody whom the store knows.
            if let Some(error) = self.unread() {
                events::request_failed(&error);
                return error;
            }
            let engine = &self.0.engine;
            engine.events.tell(&Event {
                kind: EventKind::Denied,
                at: engine.clock.now(),
                session: self.handle(),
                user: self.state().user_who(|_| true),
            });
            denied.into()
        })
    }

    /// Reads the session as if the request came now: what it has asked for stands, on top of what others have written.
    async fn reload(&self) -> Result<(), Error> {
        let _one = self.turn().await?;
        if let Some(error) = self.unread() {
            return Err(error);
        }
        let live = self.state().base.live().cloned();
        if let Some(live) = live {
            let base = self.0.engine.reload(&live).await?;
            self.state().rebase(base);
        }
        Ok(())
    }
}
