//! What a store has counted, for applications that do not name their store.

use std::sync::Arc;

use crate::clock::Clock;
use crate::error::Error;
use crate::keycard::Keycard;
use crate::store::{ErasedStatistics, Figures, Measured, Statistics};

/// The figures of a store. Cheap to clone, for the state of an application.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::{KeyRing, Keycard, SessionStatistics};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new(); // or one in Redis that counts
/// let keycard = Keycard::builder(store.clone(), KeyRing::random()).build()?;
/// let statistics = SessionStatistics::new(&keycard, store);
///
/// let session = keycard.open([]).load().await?;
/// session.login("alice");
/// session.commit().await?;
/// let figures = statistics.figures().await?;
/// assert_eq!((figures.active_sessions, figures.logins), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SessionStatistics {
    store: Arc<dyn ErasedStatistics>,
    clock: Arc<dyn Clock>,
}

impl SessionStatistics {
    /// The figures of this store, by the keycard's clock.
    pub fn new(keycard: &Keycard, store: impl Statistics) -> Self {
        Self {
            store: Arc::new(Measured::new(store, &keycard.engine.metrics)),
            clock: Arc::clone(&keycard.engine.clock),
        }
    }

    /// What the store has counted until now; one round trip where it is a network away.
    ///
    /// # Errors
    ///
    /// [`Store`](crate::ErrorKind::Store) if it could not be asked, or does not count.
    pub async fn figures(&self) -> Result<Figures, Error> {
        Ok(self.store.statistics(self.clock.now()).await?)
    }
}
