//! Who sees what every journey leaves behind.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keycard_fixtures::RedisAddress;

use super::{Evidence, log};
use crate::browser::Response;
use crate::world::{Adapter, Kind, World};

/// Sees the answers to a world's browsers, and what its Redis holds at the end. Clones are the same witness.
#[derive(Clone, Debug, Default)]
pub struct Witness(Arc<Mutex<Evidence>>);

impl Witness {
    /// Plays a journey in a world of its own, and asserts that it has left no secret behind.
    pub async fn watch<F: Future<Output = ()>>(
        adapter: Adapter,
        kind: Kind,
        journey: impl FnOnce(World) -> F,
    ) {
        log::capture();
        let witness = Self::default();
        let world = World::new(adapter, kind).await;
        journey(world.watched_by(witness.clone())).await;
        let mut evidence = witness.evidence();
        evidence.log(&log::captured());
        evidence.assert_enough(0, &[("the log", 1, &[])]);
        let leaks = evidence.leaks();
        assert!(leaks.is_empty(), "{leaks:#?}");
    }

    pub(crate) fn answer(&self, answer: &Response) {
        self.evidence().answer(answer);
    }

    /// What a server holds under keys that match, if it still answers.
    pub(crate) fn redis(&self, server: &RedisAddress, keys: &str) {
        if server.command::<String>(&["PING"]).is_ok() {
            self.evidence().redis(server, keys);
        }
    }

    fn evidence(&self) -> MutexGuard<'_, Evidence> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
