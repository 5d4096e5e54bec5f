//! Commits of one session take turns inside a process, so that they queue instead of conflicting.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::clock::Deadline;
use crate::id::StoreKey;
use crate::record::Record;

/// Who waits for which session. Empty when nobody commits.
#[derive(Default)]
pub(crate) struct Queue {
    // A std lock: it is held for a map operation and never across an await.
    turns: Mutex<HashMap<StoreKey, Arc<AsyncMutex<Newest>>>>,
}

/// The record that the last one in the queue has written.
type Newest = Option<Arc<Record>>;

impl Queue {
    /// Waits until nobody else in this process commits the session, and not longer than until `deadline`: whoever holds
    /// the turn may have stopped to be polled. Without a turn a commit is as safe, for stores compare revisions; it only
    /// conflicts more often. The turn ends when the value is dropped.
    pub(crate) async fn turn(&self, key: StoreKey, deadline: Deadline) -> Turn<'_> {
        let lock = Arc::clone(self.turns().entry(key).or_default());
        // Made before the wait, so that a caller that gives up waiting leaves no entry behind.
        let mut turn = Turn {
            queue: self,
            key,
            held: None,
        };
        turn.held = match Arc::clone(&lock).try_lock_owned() {
            Ok(held) => Some(held),
            // On the heap, or each commit would have room for a timer that hardly any needs.
            Err(_) => Box::pin(deadline.bound(lock.lock_owned())).await,
        };
        turn
    }

    fn turns(&self) -> std::sync::MutexGuard<'_, HashMap<StoreKey, Arc<AsyncMutex<Newest>>>> {
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
    held: Option<OwnedMutexGuard<Newest>>,
}

impl Turn<'_> {
    /// What the one before has written, for the one whose turn has come: newer than what it has read itself.
    pub(crate) fn newest(&self) -> Option<Arc<Record>> {
        self.held.as_ref().and_then(|newest| (**newest).clone())
    }

    /// Leaves what was written to the next in the queue.
    pub(crate) fn leave(&mut self, written: &Arc<Record>) {
        if let Some(newest) = &mut self.held {
            **newest = Some(Arc::clone(written));
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.queue.turns();
        self.held = None;
        if let Entry::Occupied(lock) = turns.entry(self.key)
            && Arc::strong_count(lock.get()) == 1
        {
            lock.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    fn turn(queue: &Queue, key: StoreKey) -> impl Future<Output = Turn<'_>> {
        queue.turn(key, Deadline::within(Duration::from_mins(1)))
    }

    async fn polled_once<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
        let mut future = Some(future);
        poll_fn(|cx| Poll::Ready(future.take().is_some_and(|future| future.poll(cx).is_ready()))).await
    }

    #[tokio::test]
    async fn one_session_has_one_turn_and_others_do_not_wait() {
        let queue = Queue::default();
        let (a, b) = (StoreKey::from_bytes([1; 20]), StoreKey::from_bytes([2; 20]));
        let first = turn(&queue, a).await;
        let mut second = pin!(turn(&queue, a));
        assert!(!polled_once(second.as_mut()).await);
        drop(turn(&queue, b).await);
        drop(first);
        drop(second.await);
        assert!(queue.turns().is_empty());
    }

    #[tokio::test]
    async fn giving_up_leaves_nothing_behind() {
        let queue = Queue::default();
        let key = StoreKey::from_bytes([1; 20]);
        let first = turn(&queue, key).await;
        {
            let mut waiting = pin!(turn(&queue, key));
            assert!(!polled_once(waiting.as_mut()).await);
            drop(first);
        }
        assert!(queue.turns().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_does_not_end_is_waited_for_until_the_deadline() {
        let queue = Queue::default();
        let key = StoreKey::from_bytes([1; 20]);
        let first = turn(&queue, key).await;
        let second = turn(&queue, key).await;
        assert!(first.held.is_some() && second.held.is_none());
        drop((first, second));
        assert!(queue.turns().is_empty());
    }
}
