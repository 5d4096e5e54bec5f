//! A place where a call stands still until the test lets it go on.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;

/// A call of a store that is to stand still, made by [`ScriptedStore::hold`](super::ScriptedStore::hold) and
/// [`hold_answer`](super::ScriptedStore::hold_answer). It goes on when this is released or dropped.
#[must_use = "the call goes on as soon as this is dropped"]
pub struct Held(Arc<Gate>);

impl Held {
    pub(crate) fn new() -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate::default());
        (Self(Arc::clone(&gate)), gate)
    }

    /// Waits until the call stands there. To be awaited once.
    pub async fn reached(&self) {
        self.0.reached.notified().await;
    }

    /// Lets the call go on, whether it stands there already or comes later.
    pub fn release(self) {}
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.released.notify_one();
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

/// Each side says once that it is there; what is said before the other side listens is kept for it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    reached: Notify,
    released: Notify,
}

impl Gate {
    /// The call's side: says that it is there, and waits.
    pub(crate) async fn pass(&self) {
        self.reached.notify_one();
        self.released.notified().await;
    }
}
