//! Which nodes belong together: an address may have another owner by now, and another cluster knows none of our sessions.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::{ErrorKind, RedisResult, Value};
use tokio::time::Instant;

use crate::slots::ids;

/// For how long none of the nodes answers before another cluster may take their place.
pub(super) const GONE: Duration = Duration::from_mins(1);

/// The nodes of a cluster, primaries and replicas; none before the first map. A `std` lock, since it is held for a look and
/// never across an await.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    ids: HashSet<String>,
    /// When they were first asked of those times that none has answered.
    missed: Option<Instant>,
}

impl Kin {
    /// By what a node answers to `CLUSTER SLOTS`: it knows at least one of those that are known, if any are.
    ///
    /// # Errors
    ///
    /// When the node is of another cluster.
    pub(crate) fn check(&self, slots: &Value) -> RedisResult<()> {
        let known = self.known();
        if known.ids.is_empty() || !known.ids.is_disjoint(&ids(slots)) {
            return Ok(());
        }
        Err((
            ErrorKind::Client,
            "a node of another cluster has the address now that a node of this one had",
        )
            .into())
    }

    /// One of them has answered, and names all that there are now.
    pub(crate) fn learn(&self, ids: HashSet<String>) {
        *self.known() = Known { ids, missed: None };
    }

    /// None of them has answered now. Whether none has for so long that they are taken for gone.
    pub(crate) fn are_gone(&self, now: Instant) -> bool {
        let mut known = self.known();
        let missed = *known.missed.get_or_insert(now);
        !known.ids.is_empty() && now.duration_since(missed) >= GONE
    }

    fn known(&self) -> MutexGuard<'_, Known> {
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

    #[test]
    fn nodes_are_gone_when_none_has_answered_for_a_while() {
        let (kin, begin) = (Kin::default(), Instant::now());
        let gone_after = |seconds| kin.are_gone(begin + Duration::from_secs(seconds));
        assert!(!gone_after(0) && !gone_after(60), "nobody is known yet");
        kin.learn(ids(&answer("a", "b")));
        assert!(!gone_after(100) && !gone_after(159), "they were there before");
        assert!(gone_after(160));
        kin.learn(ids(&answer("a", "b")));
        assert!(!gone_after(200), "they have answered since");
    }
}
