//! The scripted store: a decorator that passes every call on, unless a test has told it otherwise.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keycard::store::{
    Create, Created, End, Ended, Entry, Figures, Loaded, Refund, Replace, Replaced, Reserved, Statistics,
    Store, Throttle, Touch, Touched, Update, Updated, UserIndex, Window,
};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, UserKey};

use super::gate::Held;
use super::script::{Fate, Script, Verb};

/// A store over another one that fails, waits and loses answers when it is told to, and knows what it was asked. Clones
/// are the same store.
///
/// Without a script it is the store below, so it passes the same laws. What is said of single calls
/// ([`fail_once`](Self::fail_once), [`lose_answer`](Self::lose_answer), [`hold`](Self::hold),
/// [`hold_answer`](Self::hold_answer)) is used up in the order in which it was said, before what is said of all calls of
/// a verb ([`fail`](Self::fail), [`delay`](Self::delay)).
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::{ErrorKind, KeyRing, Keycard};
/// use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = ScriptedStore::new(MemoryStore::new());
/// let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
/// let cookie = log_in_as(&keycard, "alice").await?;
/// assert_eq!(store.calls(), [Verb::Create]);
///
/// store.fail(Verb::Load);
/// let error = keycard.open([cookie.as_bytes()]).load().await.unwrap_err();
/// assert_eq!((error.kind(), error.status()), (ErrorKind::Store, 503));
///
/// store.recover();
/// let session = keycard.open([cookie.as_bytes()]).load().await?;
/// assert_eq!(session.user().unwrap().as_str(), "alice");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ScriptedStore<S> {
    store: Arc<S>,
    // A std lock: held to read or write the script, never across an await.
    script: Arc<Mutex<Script>>,
}

impl<S> Clone for ScriptedStore<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            script: Arc::clone(&self.script),
        }
    }
}

impl<S> ScriptedStore<S> {
    /// Over this store, with nothing scripted.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            script: Arc::default(),
        }
    }

    /// The store below, which obeys no script and counts no calls.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.store
    }

    /// Every call of `verb` fails from now on, and does not reach the store below.
    pub fn fail(&self, verb: Verb) {
        self.script().rule(verb, Fate::Fail);
    }

    /// The next call of `verb` fails, and does not reach the store below.
    pub fn fail_once(&self, verb: Verb) {
        self.script().next(verb, Fate::Fail);
    }

    /// Every call of every verb fails from now on, as from a server that is away.
    pub fn go_down(&self) {
        self.script().set_down(true);
    }

    /// The next call of `verb` reaches the store below, and its answer is lost: the caller gets an error, although what
    /// it asked for has happened.
    ///
    /// ```
    /// # use keycard::store::memory::MemoryStore;
    /// # use keycard::{KeyRing, Keycard};
    /// # use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = ScriptedStore::new(MemoryStore::new());
    /// # let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
    /// let cookie = log_in_as(&keycard, "alice").await?;
    /// let session = keycard.open([cookie.as_bytes()]).load().await?;
    /// store.lose_answer(Verb::Update);
    /// session.increment("visits", 1).await.unwrap_err();
    /// assert_eq!(session.increment("visits", 1).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn lose_answer(&self, verb: Verb) {
        self.script().next(verb, Fate::LoseAnswer);
    }

    /// The next call of `verb` stands still before it reaches the store below.
    ///
    /// ```
    /// # use keycard::store::memory::MemoryStore;
    /// # use keycard::{KeyRing, Keycard, Outcome};
    /// # use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = ScriptedStore::new(MemoryStore::new());
    /// # let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
    /// let cookie = log_in_as(&keycard, "alice").await?;
    /// let slow = keycard.open([cookie.as_bytes()]).load().await?;
    /// let held = store.hold(Verb::Update);
    /// let write = tokio::spawn(async move { slow.increment("visits", 1).await });
    /// held.reached().await; // the write is about to happen …
    ///
    /// let quick = keycard.open([cookie.as_bytes()]);
    /// quick.load().await?.logout(); // … and meanwhile the user logs out
    /// assert!(keycard.close(&quick, Outcome::Completed).await.error().is_none());
    ///
    /// held.release();
    /// assert_eq!(write.await?.unwrap_err().kind(), keycard::ErrorKind::Ended);
    /// # Ok(())
    /// # }
    /// ```
    pub fn hold(&self, verb: Verb) -> Held {
        let (held, gate) = Held::new(verb);
        self.script().next(verb, Fate::Hold(gate));
        held
    }

    /// The next call of `verb` is carried out by the store below, and its answer stands still.
    pub fn hold_answer(&self, verb: Verb) -> Held {
        let (held, gate) = Held::new(verb);
        self.script().next(verb, Fate::HoldAnswer(gate));
        held
    }

    /// Every call of `verb` reaches the store below `late` after it was made, by tokio's clock: in a test with paused
    /// time nobody waits for it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use keycard::store::memory::MemoryStore;
    /// # use keycard::{KeyRing, Keycard};
    /// # use keycard_conformance::testing::{ScriptedStore, Verb, log_in_as};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = ScriptedStore::new(MemoryStore::new());
    /// # let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
    /// # let cookie = log_in_as(&keycard, "alice").await?;
    /// store.delay(Verb::Load, Duration::from_secs(30));
    /// let request = keycard.open([cookie.as_bytes()]);
    /// let patience = Duration::from_secs(5);
    /// assert!(tokio::time::timeout(patience, request.load()).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delay(&self, verb: Verb, late: Duration) {
        self.script().rule(verb, Fate::Delay(late));
    }

    /// No call fails, is late, or loses its answer any more. What is held stays held until it is released, also a call that
    /// has yet to come.
    pub fn recover(&self) {
        self.script().recover();
    }

    /// The verbs that were called since this was asked last, those that failed included.
    #[must_use]
    pub fn calls(&self) -> Vec<Verb> {
        self.script().take_calls()
    }

    /// As if it were new.
    pub(crate) fn forget(&self) {
        *self.script() = Script::default();
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry_out<T, F>(&self, verb: Verb, call: impl FnOnce() -> F + Send) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
    {
        let fate = self.script().call(verb);
        match fate {
            Fate::Pass => call().await,
            Fate::Fail => Err(StoreError::unavailable("the script lets the store fail")),
            Fate::LoseAnswer => {
                call().await?;
                Err(StoreError::timeout("the script loses the answer"))
            }
            Fate::Hold(gate) => {
                gate.pass().await;
                call().await
            }
            Fate::HoldAnswer(gate) => {
                let answer = call().await;
                gate.pass().await;
                answer
            }
            Fate::Delay(late) => {
                tokio::time::sleep(late).await; // sleep: the delay that the test asked for
                call().await
            }
        }
    }
}

impl<S: Store> Store for ScriptedStore<S> {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.carry_out(Verb::Load, || self.store.load(key, now)).await
    }

    async fn load_many(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        self.carry_out(Verb::Load, || self.store.load_many(keys, now))
            .await
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.carry_out(Verb::Create, || self.store.create(create)).await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.carry_out(Verb::Update, || self.store.update(update)).await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.carry_out(Verb::Replace, || self.store.replace(replace))
            .await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.carry_out(Verb::Touch, || self.store.touch(touch)).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.carry_out(Verb::End, || self.store.end(end)).await
    }
}

impl<S: UserIndex> UserIndex for ScriptedStore<S> {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        self.carry_out(Verb::SessionsOf, || self.store.sessions_of(user, now))
            .await
    }

    async fn end_all(
        &self,
        user: UserKey,
        keep: Option<StoreKey>,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        self.carry_out(Verb::EndAll, || self.store.end_all(user, keep, now))
            .await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        self.carry_out(Verb::EndOne, || self.store.end_one(user, key, now))
            .await
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        self.carry_out(Verb::EndDevice, || self.store.end_device(user, device, now))
            .await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        self.carry_out(Verb::Count, || self.store.count(user, now)).await
    }
}

impl<S: Throttle> Throttle for ScriptedStore<S> {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        self.carry_out(Verb::Reserve, || self.store.reserve(windows, now))
            .await
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        self.carry_out(Verb::Refund, || self.store.refund(refund)).await
    }
}

impl<S: Statistics> Statistics for ScriptedStore<S> {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        self.carry_out(Verb::Statistics, || self.store.statistics(now))
            .await
    }
}
