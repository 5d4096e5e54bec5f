//! Commits of one session take turns inside a process, so that they queue instead of conflicting.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::id::StoreKey;

/// Who waits for which session. Empty when nobody commits.
#[derive(Default)]
pub(crate) struct Queue {
    // A std lock: it is held for a map operation and never across an await.
    turns: Mutex<HashMap<StoreKey, Arc<AsyncMutex<()>>>>,
}

impl Queue {
    /// Waits until nobody else in this process commits the session. The turn ends when the value is dropped.
    ///
    /// The wait is bounded because each turn is: stores answer or fail within their deadline, and fail at once while
    /// they are down.
    pub(crate) async fn turn(&self, key: StoreKey) -> Turn<'_> {
        let lock = Arc::clone(self.turns().entry(key).or_default());
        // Made before the wait, so that a caller that gives up waiting leaves no entry behind.
        let mut turn = Turn {
            queue: self,
            key,
            held: None,
        };
        turn.held = Some(lock.lock_owned().await);
        turn
    }

    fn turns(&self) -> std::sync::MutexGuard<'_, HashMap<StoreKey, Arc<AsyncMutex<()>>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Queue({} sessions)", self.turns().len())
    }
}

/// A turn at a session.
#[must_use = "the turn ends when this is dropped"]
pub(crate) struct Turn<'a> {
    queue: &'a Queue,
    key: StoreKey,
    held: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.queue.turns();
        self.held = None;
        if turns
            .get(&self.key)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            turns.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    async fn polled_once<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut future = Some(future);
        poll_fn(|cx| Poll::Ready(future.take().is_some_and(|future| future.poll(cx).is_ready()))).await
    }

    #[tokio::test]
    async fn one_session_has_one_turn_and_others_do_not_wait() {
        let queue = Queue::default();
        let (a, b) = (StoreKey::from_bytes([1; 20]), StoreKey::from_bytes([2; 20]));
        let first = queue.turn(a).await;
        let mut second = pin!(queue.turn(a));
        assert!(!polled_once(second.as_mut()).await);
        drop(queue.turn(b).await);
        drop(first);
        drop(second.await);
        assert!(queue.turns().is_empty());
    }

    #[tokio::test]
    async fn giving_up_leaves_nothing_behind() {
        let queue = Queue::default();
        let key = StoreKey::from_bytes([1; 20]);
        let first = queue.turn(key).await;
        {
            let mut waiting = pin!(queue.turn(key));
            assert!(!polled_once(waiting.as_mut()).await);
            drop(first);
        }
        assert!(queue.turns().is_empty());
    }
}
