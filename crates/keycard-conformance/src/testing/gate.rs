//! A place where a call stands still until the test lets it go on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::Verb;

/// After how long a call that has not come is taken to be one that never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// A call of a store that is to stand still, made by [`ScriptedStore::hold`](super::ScriptedStore::hold),
/// [`hold_answer`](super::ScriptedStore::hold_answer) and [`time_out`](super::ScriptedStore::time_out). It goes on when this is released or dropped.
#[must_use = "the call goes on as soon as this is dropped"]
pub struct Held {
    verb: Verb,
    gate: Arc<Gate>,
}

impl Held {
    pub(crate) fn new(verb: Verb) -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        let held = Self {
            verb,
            gate: Arc::clone(&gate),
        };
        (held, gate)
    }

    /// Waits until the call stands there. To be awaited once.
    ///
    /// # Panics
    ///
    /// When no call has come within a minute, by tokio's clock.
    pub async fn reached(&self) {
        self.within(self.gate.reached.notified(), "has come").await;
    }

    /// Lets the call go on, whether it stands there already or comes later.
    pub fn release(self) {}

    /// Lets the call go on, and waits until the store below has answered it.
    ///
    /// # Panics
    ///
    /// When that has not happened within a minute, by tokio's clock.
    pub async fn carried_out(self) {
        self.gate.released.notify_one();
        self.within(self.gate.carried_out.notified(), "was carried out")
            .await;
    }

    async fn within(&self, said: impl Future<Output = ()>, what: &str) {
        let said = timeout(PATIENCE, said).await;
        assert!(said.is_ok(), "no {:?} {what} within {PATIENCE:?}", self.verb);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gate.released.notify_one();
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Held({:?})", self.verb)
    }
}

/// Each side says once that it is there; what is said before the other side listens is kept for it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    reached: Notify,
    released: Notify,
    carried_out: Notify,
}

impl Gate {
    /// The call's side: says that it is there, and waits.
    pub(crate) async fn pass(&self) {
        self.reached.notify_one();
        self.released.notified().await;
    }

    /// The call's side: says that this is the answer of the store below.
    pub(crate) fn carried_out<T>(&self, answer: T) -> T {
        self.carried_out.notify_one();
        answer
    }
}
