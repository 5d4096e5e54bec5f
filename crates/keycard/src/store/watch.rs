//! What a store must tell so that copies of its sessions can be kept elsewhere.

use std::fmt;
use std::sync::Weak;
use std::time::{Duration, Instant};

use super::Store;
use crate::id::StoreKey;

/// A store that tells what happens to its sessions, whoever changes them: what a [near cache](super::near) needs.
///
/// What is told is told by calls of [`Watcher::told`], one after another and in the order in which it happened; see
/// [`News`] for what each of them promises. A store that cannot watch tells nothing, and nobody trusts it.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::store::{News, Watch, Watcher};
/// use keycard_conformance::testing::ScriptedStore;
/// use std::sync::{Arc, Mutex};
/// use std::time::Duration;
///
/// #[derive(Debug, Default)]
/// struct Diary(Mutex<Vec<News>>);
///
/// impl Watcher for Diary {
///     fn told(&self, news: News) {
///         self.0.lock().unwrap().push(news);
///     }
/// }
///
/// let (store, diary) = (ScriptedStore::new(MemoryStore::new()), Arc::new(Diary::default()));
/// let watcher: Arc<dyn Watcher> = diary.clone();
/// store.watch(Arc::downgrade(&watcher), Duration::from_millis(50));
/// store.tell(News::Up);
/// assert_eq!(*diary.0.lock().unwrap(), [News::Up]);
/// ```
pub trait Watch: Store {
    /// Begins to tell `watcher`, and tells that it is [alive](News::Alive) about once in each `pace`.
    ///
    /// The watcher is held weakly: watching ends with it. Nothing is awaited; what goes wrong is not told but as
    /// [`News::Lost`].
    fn watch(&self, watcher: Weak<dyn Watcher>, pace: Duration);
}

/// Who is told.
pub trait Watcher: fmt::Debug + Send + Sync + 'static {
    /// Something has happened. Called where news arrive: it must not wait.
    fn told(&self, news: News);
}

/// What a watching store tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum News {
    /// From now on every change will be told that a read which begins now might not see.
    Up,
    /// What is stored under a key was written, has ended or expired, or is gone.
    Changed(StoreKey),
    /// Anything may have changed.
    Flush,
    /// Every change that was acknowledged before this moment has been told.
    Alive(Instant),
    /// Changes may go untold, until the next [`Up`](Self::Up).
    Lost,
}
