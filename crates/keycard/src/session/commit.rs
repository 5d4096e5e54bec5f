//! The methods of a session that reach the store before the request ends.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Session;
use crate::arrival::Base;
use crate::closing::Outgoing;
use crate::engine::Step;
use crate::error::{Error, ErrorKind};
use crate::key::Named;
use crate::observer::EventKind;
use crate::policy::Outcome;
use crate::value;

impl Session {
    /// Changes one value as one atomic step, together with everything that is pending, and answers the committed value.
    ///
    /// `f` is given the newest value and may run again when another request committed in between. What this does is
    /// committed at once, as by [`commit`](Self::commit).
    ///
    /// ```
    #[doc = example!(session)]
    /// let seen: Vec<u32> = session.update("seen", |seen: Option<Vec<u32>>| [seen.unwrap_or_default(), vec![7]].concat()).await?;
    /// assert_eq!(seen, [7]);
    #[doc = example!(end)]
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
    #[doc = example!(session)]
    /// assert_eq!(session.increment("visits", 1).await?, 1);
    /// assert_eq!(session.increment("visits", 4).await?, 5);
    #[doc = example!(end)]
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
    #[doc = example!(session)]
    /// session.insert("ticket", "T-1")?;
    /// assert_eq!(session.consume::<String>("ticket").await?.as_deref(), Some("T-1"));
    /// assert_eq!(session.consume::<String>("ticket").await?, None);
    #[doc = example!(end)]
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
            if !self.may_hold(&name) {
                return self.commit().await.map(|()| None);
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
    /// After an error, what was certainly not written still stands: the next commit tries it again, at the latest the one
    /// at the end of the request. What may have been written is not tried again.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// assert_eq!(session.handle(), None);
    /// session.commit().await?;
    /// assert!(session.handle().is_some());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Ended`](ErrorKind::Ended) if the session has ended, [`Closed`](ErrorKind::Closed) if the response has begun and
    /// a cookie would be needed, [`Store`](ErrorKind::Store) if whether the write landed is unknown (also that of an
    /// earlier commit whose future was dropped), [`NewerVersion`](ErrorKind::NewerVersion),
    /// [`Contended`](ErrorKind::Contended), [`TooLarge`](ErrorKind::TooLarge); where there are limits, after a login
    /// [`SessionLimit`](ErrorKind::SessionLimit), by which that is given up, and where a session would begin
    /// [`Throttled`](ErrorKind::Throttled), by which all that was to go into it is.
    pub async fn commit(&self) -> Result<(), Error> {
        self.commit_with(None).await
    }

    /// Counts as a use of the session, for connections that stay open: a request counts by itself, an open WebSocket or
    /// stream does not.
    ///
    /// Call it for what the user does there. The store is asked at most once per
    /// [`touch_after`](crate::KeycardBuilder::touch_after), so a session that another request ended is noticed that much
    /// later at the latest. A session that is not stored is left alone.
    ///
    /// ```
    #[doc = example!(session)]
    /// # let (client, mut socket) = tokio::sync::mpsc::unbounded_channel();
    /// # client.send("hello")?;
    /// # drop(client);
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(20));
    /// while let Some(message) = socket.recv().await {
    ///     session.touch().await?;
    ///     assert_eq!(message, "hello");
    /// }
    /// assert_eq!(session.expires_at(), Some(clock.now().after(Duration::from_mins(30))));
    ///
    /// clock.advance(Duration::from_mins(30)); // nobody says anything: the session ends, though the socket is open
    /// assert_eq!(session.touch().await.unwrap_err().kind(), ErrorKind::Ended);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Ended`](ErrorKind::Ended) if the session has ended, [`Store`](ErrorKind::Store) if the store could not be asked,
    /// [`NewerVersion`](ErrorKind::NewerVersion) if only a newer server can read the record,
    /// [`Contended`](ErrorKind::Contended) if a commit of this request does not end.
    ///
    /// # Security
    ///
    /// A touch by a timer keeps the session of a user who has gone away alive until
    /// [`absolute_at`](Self::absolute_at).
    pub async fn touch(&self) -> Result<(), Error> {
        let _one = self.turn().await?;
        let base = self.state().base.clone();
        let base = match &base {
            Base::None => return Ok(()),
            Base::Ended(_) => return Err(Error::ended()),
            Base::Unread(unread) => return Err(unread.error.clone()),
            Base::Live(live) => self.0.engine.touch(live).await?,
        };
        let ended = matches!(base, Base::Ended(_));
        self.state().rebase(base);
        if ended { Err(Error::ended()) } else { Ok(()) }
    }

    /// Commits what is left at the end of the request. The cookie is the caller's from now on.
    pub(crate) async fn close(&self, outcome: Outcome) -> (Option<Outgoing>, Result<(), Error>) {
        let first = self.state().finish();
        // On the heap, or the future of each request would have room for a commit.
        let result = if self.is_settled() {
            Ok(())
        } else {
            Box::pin(self.commit_rest(outcome, first)).await
        };
        if outcome == Outcome::Failed || result.is_err() {
            Box::pin(self.return_flashes()).await;
        }
        (self.state().take_outgoing(), result)
    }

    /// Whether there is nothing to commit.
    fn is_settled(&self) -> bool {
        let Ok(_one) = self.0.commits.try_lock() else {
            return false;
        };
        let engine = &self.0.engine;
        self.state().is_settled(&engine.rules, || engine.clock.now())
    }

    async fn commit_rest(&self, outcome: Outcome, cookie_may_change: bool) -> Result<(), Error> {
        match self.turn().await {
            Ok(_one) => self.finish(outcome, cookie_may_change).await,
            // An ending waits for nobody.
            Err(error) => self
                .finish(Outcome::Failed, cookie_may_change)
                .await
                .and(Err(error)),
        }
    }

    async fn finish(&self, outcome: Outcome, cookie_may_change: bool) -> Result<(), Error> {
        let unsure = self
            .state()
            .take_unsure()
            .filter(|_| outcome == Outcome::Completed);
        // Nobody knows what the session holds, so only an ending is carried out.
        let outcome = if unsure.is_some() {
            Outcome::Failed
        } else {
            outcome
        };
        let dropped = self.attempt(None, outcome, cookie_may_change).await;
        if dropped.is_err() {
            self.state().forget();
        }
        if dropped? {
            let engine = &self.0.engine;
            let session = self.state().base.key();
            engine
                .events
                .tell_of(EventKind::WriteDropped, session, engine.clock.now());
        }
        unsure.map_or(Ok(()), Err)
    }

    async fn compute<T, F>(&self, name: String, mut f: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned + Send,
        F: FnMut(Option<T>) -> Result<T, Error> + Send,
    {
        let mut committed = None;
        self.commit_with(Some(&mut |data| {
            let value = f(value::read(Some(data), &name)?)?;
            data.set(&name, &value::encode(&name, &value)?);
            committed = Some(value);
            Ok(())
        }))
        .await?;
        committed.ok_or_else(Error::ended)
    }

    async fn commit_with(&self, step: Option<&mut Step<'_>>) -> Result<(), Error> {
        let _one = self.turn().await?;
        let cookie_may_change = {
            let mut state = self.state();
            if let Some(error) = state.take_unsure() {
                return Err(error);
            }
            if matches!(state.base, Base::Ended(_)) && !state.intent.begins_session() {
                return Err(Error::ended());
            }
            !state.closed
        };
        if self.attempt(step, Outcome::Completed, cookie_may_change).await? {
            Err(Error::ended())
        } else {
            Ok(())
        }
    }

    /// Whether a value may be stored under this name, as far as this request can know. A handle that outlives its request
    /// cannot: others have written since.
    pub(super) fn may_hold(&self, name: &str) -> bool {
        let state = self.state();
        let may_have_it = state.closed && state.base.live().is_some() || state.base.unread().is_some();
        state.contains(name) || may_have_it
    }
}
