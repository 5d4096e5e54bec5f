//! Whom the nodes of a cluster tell what changes.

use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use keycard::store::Watcher;

use super::Cluster;
use super::map::Map;
use crate::keys::Keys;
use crate::merged::Merged;
use crate::target::Address;
use crate::tracking::Tracking;

/// A watcher of all nodes.
#[derive(Debug)]
pub(super) struct Watched {
    merged: Arc<Merged>,
    keys: Keys,
    pace: Duration,
}

impl Cluster {
    /// Tells a watcher what changes on any node, as long as all of them tell.
    pub(crate) fn watch(&self, keys: Keys, watcher: Weak<dyn Watcher>, pace: Duration) {
        let merged = Merged::new(watcher);
        self.watched().push(Watched { merged, keys, pace });
        self.revise(|map| Some(map?.clone()));
    }

    /// Has every node of the map tracked for every watcher. Before anything is read of a new node the watchers know that
    /// it does not tell yet.
    pub(super) fn attend(&self, map: &Map) {
        let addresses: Vec<_> = map
            .nodes
            .iter()
            .filter_map(|node| node.address().cloned())
            .collect();
        let mut all = self.watched();
        all.retain(|watched| watched.merged.is_wanted());
        for watched in all.iter() {
            watched.attend(self, map, &addresses);
        }
    }

    fn watched(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn attend(&self, cluster: &Cluster, map: &Map, addresses: &[Address]) {
        for (address, ear) in self.merged.follow(addresses) {
            if let Some(node) = map.at(&address) {
                let ear: Arc<dyn Watcher> = ear;
                let place = Some((address, Weak::clone(&cluster.me)));
                let (keys, deadline) = (self.keys.clone(), cluster.deadline);
                node.track(Tracking::new(
                    keys,
                    place,
                    deadline,
                    Arc::downgrade(&ear),
                    self.pace,
                ));
            }
        }
    }
}
