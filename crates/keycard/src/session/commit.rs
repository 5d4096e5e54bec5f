//! The methods of a session that reach the store before the request ends.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Session;
use crate::arrival::Base;
use crate::closing::Outgoing;
use crate::engine::{Commit, Committed, Step};
use crate::error::{Error, ErrorKind};
use crate::events;
use crate::key::Named;
use crate::policy::Outcome;
use crate::value;

impl Session {
    /// Changes one value as one atomic step, together with everything that is pending, and answers the committed value.
    ///
    /// `f` is given the newest value and may run again when another request committed in between.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// let seen: Vec<u32> = session.update("seen", |seen: Option<Vec<u32>>| [seen.unwrap_or_default(), vec![7]].concat()).await?;
    /// assert_eq!(seen, [7]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Ended`](ErrorKind::Ended) if the session has ended, [`TypeMismatch`](ErrorKind::TypeMismatch) as
    /// [`get`](Session::get), and the errors of [`commit`](Self::commit).
    pub fn update<T, F>(&self, key: impl Named<T>, mut f: F) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: Serialize + DeserializeOwned + Send,
        F: FnMut(Option<T>) -> T + Send,
    {
        let name = key.name().to_owned();
        self.compute(name, move |old| Ok(f(old)))
    }

    /// Adds `by` to a number, which starts at zero, as one atomic step, and answers the committed sum.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// assert_eq!(session.increment("visits", 1).await?, 1);
    /// assert_eq!(session.increment("visits", 4).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`OutOfRange`](ErrorKind::OutOfRange) if the sum is not an `i64`, and the errors of [`update`](Self::update).
    pub fn increment(
        &self,
        key: impl Named<i64>,
        by: i64,
    ) -> impl Future<Output = Result<i64, Error>> + Send {
        let name = key.name().to_owned();
        let shown = name.clone();
        self.compute(name, move |old: Option<i64>| {
            let old = old.unwrap_or_default();
            old.checked_add(by).ok_or_else(|| {
                Error::new(
                    ErrorKind::OutOfRange,
                    format!("session key {shown:?}: {old} + {by} is out of range"),
                )
            })
        })
    }

    /// Takes a value out as one atomic step: of several requests that try, one gets it.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// session.insert("ticket", "T-1")?;
    /// assert_eq!(session.consume::<String>("ticket").await?.as_deref(), Some("T-1"));
    /// assert_eq!(session.consume::<String>("ticket").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub fn consume<T>(&self, key: impl Named<T>) -> impl Future<Output = Result<Option<T>, Error>> + Send
    where
        T: DeserializeOwned + Send,
    {
        let name = key.name().to_owned();
        async move {
            if !self.contains(&name) && !self.has_ended() {
                return Ok(None);
            }
            let mut taken = None;
            self.commit_with(Some(&mut |data| {
                taken = value::read(Some(data), &name)?;
                data.remove(&name);
                Ok(())
            }))
            .await?;
            Ok(taken)
        }
    }

    /// Commits everything that is pending, now. The cookie that this brings about is sent whatever the response becomes.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// assert_eq!(session.handle(), None);
    /// session.commit().await?;
    /// assert!(session.handle().is_some());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Ended`](ErrorKind::Ended) if the session has ended, [`Closed`](ErrorKind::Closed) if the response has begun and
    /// a cookie would be needed, [`Store`](ErrorKind::Store) if whether the write landed is unknown,
    /// [`Contended`](ErrorKind::Contended), [`TooLarge`](ErrorKind::TooLarge).
    pub async fn commit(&self) -> Result<(), Error> {
        self.commit_with(None).await
    }

    /// Counts as a use of the session, for connections that stay open. The store is asked when a touch is due, at most
    /// once per `touch_after`.
    ///
    /// # Errors
    ///
    /// [`Ended`](ErrorKind::Ended) if the session has ended, [`Store`](ErrorKind::Store) if the store could not be asked.
    pub async fn touch(&self) -> Result<(), Error> {
        let _one = self.0.commits.lock().await;
        let base = self.state().base.clone();
        let base = match &base {
            Base::None => return Ok(()),
            Base::Ended(_) => return Err(Error::ended()),
            Base::Live(live) => self.0.engine.touch(live).await?,
        };
        let ended = matches!(base, Base::Ended(_));
        self.rebase(base);
        if ended { Err(Error::ended()) } else { Ok(()) }
    }

    /// Commits what is left at the end of the request, and closes the cookie.
    pub(crate) async fn close(&self, outcome: Outcome) -> (Option<Outgoing>, Result<(), Error>) {
        let _one = self.0.commits.lock().await;
        let result = self.attempt(None, outcome).await.map(|discarded| {
            if discarded {
                events::write_dropped(self.state().base.key());
            }
        });
        let mut state = self.state();
        state.closed = true;
        (state.outgoing.take(), result)
    }

    async fn compute<T, F>(&self, name: String, mut f: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned + Send,
        F: FnMut(Option<T>) -> Result<T, Error> + Send,
    {
        let mut committed = None;
        self.commit_with(Some(&mut |data| {
            let value = f(value::read(Some(data), &name)?)?;
            data.set(&name, value::encode(&name, &value)?);
            committed = Some(value);
            Ok(())
        }))
        .await?;
        committed.ok_or_else(Error::ended)
    }

    async fn commit_with(&self, step: Option<&mut Step<'_>>) -> Result<(), Error> {
        let _one = self.0.commits.lock().await;
        if self.has_ended() && self.state().intent.login.is_none() {
            return Err(Error::ended());
        }
        if self.attempt(step, Outcome::Completed).await? {
            Err(Error::ended())
        } else {
            Ok(())
        }
    }

    /// One commit; `true` if changes were dropped because the session has ended. Called with `commits` held.
    async fn attempt(&self, step: Option<&mut Step<'_>>, outcome: Outcome) -> Result<bool, Error> {
        let (base, intent, closed) = {
            let mut state = self.state();
            (
                state.base.clone(),
                std::mem::take(&mut state.intent),
                state.closed,
            )
        };
        let engine = &self.0.engine;
        let commit = Commit {
            engine,
            base,
            intent: &intent,
            step,
            now: engine.clock.now(),
        };
        match commit.run(outcome, !closed).await {
            Ok(committed) => Ok(self.settle(committed)),
            Err(failure) => {
                let mut state = self.state();
                if failure.unsent {
                    let later = std::mem::take(&mut state.intent);
                    state.intent = intent.followed_by(later);
                }
                if let Some(key) = failure.ended {
                    state.base = Base::Ended(key);
                    state.outgoing = Some(Outgoing::Remove);
                }
                state.refresh_view();
                Err(failure.error)
            }
        }
    }

    fn settle(&self, committed: Committed) -> bool {
        let Committed {
            base,
            outgoing,
            discarded,
        } = committed;
        let mut state = self.state();
        // A cookie that was to hand out a session that has ended since is not sent any more.
        if outgoing.is_some() || matches!(base, Base::Ended(_)) {
            let removal = state
                .outgoing
                .take()
                .filter(|earlier| matches!(earlier, Outgoing::Remove));
            state.outgoing = outgoing.or(removal);
        }
        drop(state);
        self.rebase(base);
        discarded
    }

    fn rebase(&self, base: Base) {
        let mut state = self.state();
        state.base = base;
        state.view = None;
        if state.intent.alters_data() {
            state.refresh_view();
        }
    }

    fn has_ended(&self) -> bool {
        matches!(self.state().base, Base::Ended(_))
    }
}
