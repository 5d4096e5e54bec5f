//! What a handler holds: a loaded session. Reading and writing are synchronous, on a local view; what they add up to is
//! committed once, at the end of the request, or by the methods that are `async`.

mod attempt;
mod commit;
mod login;
mod state;
mod times;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::login::LoginAs;
use self::state::State;
use crate::engine::{Engine, too_large};
use crate::error::Error;
use crate::id::StoreKey;
use crate::intent::Change;
use crate::key::{Named, UserId};
use crate::record::Data;
use crate::store::MAX_RECORD;
use crate::value;

/// The session of a request.
///
/// It always exists as a value, also for a visitor without a cookie; nothing is stored and no cookie is set until
/// something is put in. Clones are the same session. It is `Send + Sync` and names no store and no framework, so it can
/// go into spawned tasks, streams and GraphQL contexts.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    engine: Arc<Engine>,
    // A std lock: held for a few map operations, never across an await.
    state: Mutex<State>,
    /// One commit of this handle at a time, so that each stands on what the one before it brought about.
    commits: tokio::sync::Mutex<()>,
}

impl Session {
    pub(crate) async fn load(engine: &Arc<Engine>, candidates: &[String]) -> Result<Self, Error> {
        let base = engine.load(candidates).await?;
        Ok(Self(Arc::new(Inner {
            engine: Arc::clone(engine),
            state: Mutex::new(State::new(base)),
            commits: tokio::sync::Mutex::new(()),
        })))
    }

    /// The value under `key`, or `None`.
    ///
    /// ```
    /// # use keycard::{Key, KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// const CART: Key<Vec<u32>> = Key::new("cart");
    ///
    /// session.insert(CART, &vec![7, 9])?;
    /// assert_eq!(session.get(CART)?, Some(vec![7, 9]));
    /// assert_eq!(session.get::<Vec<u32>>("cart")?, Some(vec![7, 9]));
    /// let error = session.get::<String>("cart").unwrap_err();
    /// assert!(error.to_string().contains("\"cart\" holds a sequence"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`TypeMismatch`](crate::ErrorKind::TypeMismatch) if the stored value is not a `T`; the message names the key and
    /// both types.
    pub fn get<T: DeserializeOwned>(&self, key: impl Named<T>) -> Result<Option<T>, Error> {
        value::read(self.state().data(), key.name())
    }

    /// Puts a value under `key`. A value equal to the one that is there already is not a change.
    ///
    /// # Errors
    ///
    /// [`Encode`](crate::ErrorKind::Encode) if the value cannot be serialised,
    /// [`TooLarge`](crate::ErrorKind::TooLarge) if the session would not fit into a record of 64 KiB; the value is then
    /// not put in.
    pub fn insert<T: Serialize + ?Sized>(&self, key: impl Named<T>, value: &T) -> Result<(), Error> {
        let bytes = value::encode(key.name(), value)?;
        let mut state = self.state();
        let before = state.data().and_then(|data| data.get(key.name())).cloned();
        if before.as_ref() == Some(&bytes) {
            return Ok(());
        }
        state.view().set(key.name(), bytes.clone());
        if state.view().encoded_len() > MAX_RECORD {
            let error = too_large(state.view());
            match before {
                Some(before) => state.view().set(key.name(), before),
                None => state.view().remove(key.name()).is_some(),
            };
            return Err(error);
        }
        state.intent.push(Change::Set(key.name().to_owned(), bytes));
        Ok(())
    }

    /// Removes the value under `key`; `false` if there was none.
    pub fn remove(&self, key: impl AsRef<str>) -> bool {
        let mut state = self.state();
        let key = key.as_ref();
        let removed = state.contains(key) && state.view().remove(key).is_some();
        if removed {
            state.intent.push(Change::Remove(key.to_owned()));
        }
        removed
    }

    /// Removes the value under `key` and answers it.
    ///
    /// Two requests may both take the same value; [`consume`](Self::consume) lets one win.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// session.insert("flash", "saved")?;
    /// assert_eq!(session.take::<String>("flash")?.as_deref(), Some("saved"));
    /// assert_eq!(session.take::<String>("flash")?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); the value then stays.
    pub fn take<T: DeserializeOwned>(&self, key: impl Named<T>) -> Result<Option<T>, Error> {
        let name = key.name().to_owned();
        let value = self.get(key)?;
        self.remove(name);
        Ok(value)
    }

    /// Whether there is a value under `key`.
    #[must_use]
    pub fn contains(&self, key: impl AsRef<str>) -> bool {
        self.state().contains(key.as_ref())
    }

    /// The names of all values, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state()
            .data()
            .map(|data| data.keys().map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// Removes all values. The session goes on, and so does the login; see [`logout`](Self::logout) for the end.
    ///
    /// ```
    /// # use keycard::{KeyRing, Keycard};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let keycard = Keycard::builder(keycard::store::memory::MemoryStore::new(), KeyRing::random()).build()?;
    /// # let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.insert("draft", "…")?;
    /// session.clear();
    /// assert!(session.is_empty() && session.user().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear(&self) {
        let mut state = self.state();
        if state.data().is_some_and(|data| !data.is_empty()) {
            state.view().clear();
            state.intent.push(Change::Clear);
        }
    }

    /// Whether the session holds no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state().data().is_none_or(Data::is_empty)
    }

    /// Who is logged in, as far as this request knows: a login of this request counts at once.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.state().user().cloned()
    }

    /// The session's public name, which opens nothing; `None` for one that is not stored.
    #[must_use]
    pub fn handle(&self) -> Option<StoreKey> {
        self.state().base.live().map(|live| live.key)
    }

    /// From now on no cookie can be changed: the response has begun, or nobody waits for it any more.
    pub(crate) fn mark_closed(&self) {
        self.state().closed = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Session")
            .field("handle", &state.base.live().map(|live| live.key))
            .field(
                "keys",
                &state
                    .data()
                    .map(|data| data.keys().map(str::to_owned).collect::<Vec<_>>()),
            )
            .finish_non_exhaustive()
    }
}
