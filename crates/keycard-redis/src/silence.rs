//! For how long a server has been silent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

/// Since when the server has left unanswered what was sent, or was to be sent and is not taken: the first write after it
/// was last heard. A `std` lock, since it is held for one assignment and never across an await.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    /// Ends when the silence has lasted this long, whoever waits for an answer. It looks once in that time, so that
    /// commands need no timers for it.
    pub(crate) async fn lasts(&self, patience: Duration) {
        loop {
            let since = self.since();
            sleep_until(since.unwrap_or_else(Instant::now) + patience).await;
            yield_now().await; // After a stall of this process what has arrived is read first.
            if since.is_some() && self.since() == since {
                return;
            }
        }
    }

    pub(crate) fn since(&self) -> Option<Instant> {
        *self.lock()
    }

    pub(crate) fn begin(&self) {
        self.lock().get_or_insert_with(Instant::now);
    }

    pub(crate) fn end(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
