//! The scripted store: a decorator that passes every call on, unless a test has told it otherwise.

mod verbs;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use keycard::StoreError;
use keycard::store::{News, Watcher};

use super::gate::Held;
use super::script::{Fate, Script, Verb};

/// A store over another one that fails, waits and loses answers when it is told to, and knows what it was asked. Clones
/// are the same store.
///
/// Without a script it is the store below, so it passes the same laws. What is said of single calls
/// ([`fail_once`](Self::fail_once), [`lose_answer`](Self::lose_answer), [`time_out`](Self::time_out),
/// [`hold`](Self::hold), [`hold_answer`](Self::hold_answer)) is used up in the order in which it was said, before what is
/// said of all calls of a verb ([`fail`](Self::fail), [`delay`](Self::delay), [`delay_answer`](Self::delay_answer)).
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
    // Likewise.
    watchers: Arc<Mutex<Vec<Weak<dyn Watcher>>>>,
}

impl<S> Clone for ScriptedStore<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            script: Arc::clone(&self.script),
            watchers: Arc::clone(&self.watchers),
        }
    }
}

impl<S> ScriptedStore<S> {
    /// Over this store, with nothing scripted.
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            script: Arc::default(),
            watchers: Arc::default(),
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

    /// The caller of the next call of `verb` is told at once that no answer came in time, and the call stands still before
    /// it reaches the store below. When it is released it gets there all the same: what has timed out may land later.
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
    /// let late = store.time_out(Verb::Update);
    /// session.increment("visits", 1).await.unwrap_err();
    /// late.carried_out().await;
    /// assert_eq!(session.increment("visits", 1).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn time_out(&self, verb: Verb) -> Held {
        let (held, gate) = Held::new(verb);
        self.script().next(verb, Fate::TimeOut(gate));
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

    /// Every call of `verb` is carried out by the store below at once, and answered `late` after that, by tokio's clock.
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
    /// # let session = keycard.open([cookie.as_bytes()]).load().await?;
    /// store.delay_answer(Verb::Update, Duration::from_secs(30));
    /// let patience = Duration::from_secs(5);
    /// assert!(tokio::time::timeout(patience, session.increment("visits", 1)).await.is_err());
    /// store.recover();
    /// assert_eq!(session.increment("visits", 1).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delay_answer(&self, verb: Verb, late: Duration) {
        self.script().rule(verb, Fate::DelayAnswer(late));
    }

    /// No call fails, times out, is late, or loses its answer any more. What is held stays held until it is released, also
    /// a call that has yet to come.
    pub fn recover(&self) {
        self.script().recover();
    }

    /// Tells whoever [watches](keycard::store::Watch) this store. Nothing is told by itself: news are part of the script.
    ///
    /// ```
    /// # use keycard::store::memory::MemoryStore;
    /// # use keycard::store::near::NearCache;
    /// # use keycard_conformance::testing::ScriptedStore;
    /// use keycard::store::News;
    /// use std::time::Instant;
    ///
    /// let store = ScriptedStore::new(MemoryStore::new());
    /// let near = NearCache::over(store.clone());
    /// store.tell(News::Up);
    /// store.tell(News::Alive(Instant::now()));
    /// assert!(near.figures().age.is_some());
    /// ```
    pub fn tell(&self, news: News) {
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        for watcher in watchers.iter().filter_map(Weak::upgrade) {
            watcher.told(news);
        }
    }

    pub(super) fn add_watcher(&self, watcher: Weak<dyn Watcher>) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.push(watcher);
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

    async fn carry_out<T, F>(
        &self,
        verb: Verb,
        call: impl FnOnce(Arc<S>) -> F + Send,
    ) -> Result<T, StoreError>
    where
        T: Send,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let call = call(Arc::clone(&self.store));
        let fate = self.script().call(verb);
        match fate {
            Fate::Pass => call.await,
            Fate::Fail => Err(StoreError::unavailable("the script lets the store fail")),
            Fate::LoseAnswer => {
                call.await?;
                Err(StoreError::timeout("the script loses the answer"))
            }
            Fate::Hold(gate) => {
                gate.pass().await;
                gate.carried_out(call.await)
            }
            Fate::HoldAnswer(gate) => {
                let answer = gate.carried_out(call.await);
                gate.pass().await;
                answer
            }
            Fate::TimeOut(gate) => {
                drop(tokio::spawn(async move {
                    gate.pass().await;
                    drop(gate.carried_out(call.await));
                }));
                Err(StoreError::timeout("the script lets the call time out"))
            }
            Fate::Delay(late) => {
                tokio::time::sleep(late).await; // sleep: the delay that the test asked for
                call.await
            }
            Fate::DelayAnswer(late) => {
                let answer = call.await;
                tokio::time::sleep(late).await; // sleep: the delay that the test asked for
                answer
            }
        }
    }
}
