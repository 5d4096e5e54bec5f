//! For how long a server has been silent, and whether it will be heard again.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

/// What the connections to one server tell each other: on one of them it is silent.
pub(crate) type Doubts = watch::Sender<()>;

/// How long the server has been silent on a connection. A `std` lock, since it is held for one assignment and never across
/// an await.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silence(Arc<Mutex<Silent>>);

#[derive(Debug, Default)]
struct Silent {
    /// Since when the server has left unanswered what was sent, or was to be sent and is not taken: the first write after it
    /// was last heard.
    since: Option<Instant>,
    /// Whether it has not been heard since it was doubted that it will be.
    doubted: bool,
}

impl Silence {
    /// Ends when it has lasted too long, whoever waits for an answer: for as long as the server may take, or for half of that
    /// where it was silent for the other half on another connection. So connections to a dead server are given up together,
    /// and one that has died alone takes none with it: halfway the server is asked on each, and has time to answer.
    pub(crate) async fn is_too_long(&self, patience: Duration, doubts: &Doubts, ask: impl Fn()) {
        let mut doubted = doubts.subscribe();
        loop {
            let until = tokio::select! {
                since = self.lasts(patience / 2) => {
                    doubts.send_replace(());
                    // However long this process has stood still: what it sent before, or only now, is to be answered.
                    (since + patience).max(Instant::now() + patience / 4)
                }
                _ = doubted.changed() => Instant::now() + patience / 2,
            };
            self.lock().doubted = true;
            if self.since().is_none() {
                ask();
            }
            sleep_until(until).await;
            yield_now().await; // After a stall of this process what has arrived is read first.
            if self.is_doubted() {
                return;
            }
            // Whoever has doubted meanwhile has been silent since before the server was heard here.
            doubted.mark_unchanged();
        }
    }

    /// Ends when it has lasted this long, with its beginning. It looks once in that time, so that commands need no timers
    /// for it.
    async fn lasts(&self, patience: Duration) -> Instant {
        loop {
            let begun = self.since();
            sleep_until(begun.unwrap_or_else(Instant::now) + patience).await;
            yield_now().await; // As above.
            if let Some(since) = begun
                && self.since() == begun
            {
                return since;
            }
        }
    }

    pub(crate) fn is_doubted(&self) -> bool {
        self.lock().doubted
    }

    pub(crate) fn begin(&self) {
        self.lock().since.get_or_insert_with(Instant::now);
    }

    pub(crate) fn end(&self) {
        *self.lock() = Silent::default();
    }

    pub(crate) fn since(&self) -> Option<Instant> {
        self.lock().since
    }

    fn lock(&self) -> MutexGuard<'_, Silent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
