//! Which nodes belong together: an address may have another owner by now, and another cluster knows none of our sessions.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{ErrorKind, RedisResult, Value};

use crate::slots::ids;

/// The ids of a cluster's nodes, primaries and replicas; none before the first map. A `std` lock, since it is held for a look
/// and never across an await.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin(Arc<Mutex<HashSet<String>>>);

impl Kin {
    /// By what a node answers to `CLUSTER SLOTS`: it knows at least one of those that are known, if any are.
    ///
    /// # Errors
    ///
    /// When the node is of another cluster.
    pub(crate) fn check(&self, slots: &Value) -> RedisResult<()> {
        let known = self.known();
        if known.is_empty() || !known.is_disjoint(&ids(slots)) {
            return Ok(());
        }
        Err((
            ErrorKind::Client,
            "a node of another cluster has the address now that a node of this one had",
        )
            .into())
    }

    pub(crate) fn learn(&self, ids: HashSet<String>) {
        *self.known() = ids;
    }

    fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use redis::parse_redis_value;

    use super::*;

    /// One primary with one replica.
    fn answer(primary: &str, replica: &str) -> Value {
        let node = |id: &str| format!("*3\r\n$1\r\nh\r\n:1\r\n${}\r\n{id}\r\n", id.len());
        let text = format!("*1\r\n*4\r\n:0\r\n:16383\r\n{}{}", node(primary), node(replica));
        parse_redis_value(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_node_is_believed_that_knows_one_of_ours() {
        let kin = Kin::default();
        let check = |slots| kin.check(&slots).is_ok();
        assert!(check(answer("a", "b")), "nobody is known yet");
        kin.learn(ids(&answer("a", "b")));
        for ours in [answer("a", "b"), answer("b", "c"), answer("d", "a")] {
            assert!(check(ours));
        }
        for other in [answer("c", "d"), Value::Array(Vec::new()), Value::Nil] {
            assert!(!check(other));
        }
    }
}
