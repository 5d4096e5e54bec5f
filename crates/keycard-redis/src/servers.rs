//! One server or many: where commands go.

use std::sync::Arc;
use std::time::Duration;

use keycard::{StoreError, StoreKey};
use redis::Value;
use tokio::time::Instant;

use crate::cluster::Cluster;
use crate::down::Down;
use crate::durability::RedisDurability;
use crate::link::Link;
use crate::resp::Command;
use crate::slots::slot_of;
use crate::topology::{Place, Topology};

/// What keeps a store's sessions.
#[derive(Debug)]
pub(crate) enum Servers {
    /// One server, or the primary that Sentinels name.
    One(Link),
    Cluster(Arc<Cluster>),
}

impl Servers {
    /// Begins to connect, where a runtime is there to do so in.
    pub(crate) fn begin(topology: Topology, deadline: Duration, durability: Option<RedisDurability>) -> Self {
        let place = match topology {
            Topology::Server(target) => Place::At(target),
            Topology::Sentinel(watched) => Place::Watched(watched),
            Topology::Cluster(seeds) => {
                let cluster = Cluster::new(seeds, deadline, durability);
                cluster.begin();
                return Self::Cluster(cluster);
            }
        };
        let link = Link::new(place, deadline, durability);
        link.begin();
        Self::One(link)
    }

    /// The outcome of the first attempt to connect.
    pub(crate) async fn first_outcome(&self) -> Result<(), Down> {
        match self {
            Self::One(link) => link.first_outcome().await,
            Self::Cluster(cluster) => cluster.first_outcome().await,
        }
    }

    pub(crate) fn deadline(&self) -> Duration {
        match self {
            Self::One(link) => link.deadline(),
            Self::Cluster(cluster) => cluster.deadline(),
        }
    }

    /// The moment at which a command that begins now must have ended.
    pub(crate) fn by(&self) -> Instant {
        Instant::now() + self.deadline()
    }

    /// Sends one command. The answer may be an error of a server.
    pub(crate) async fn ask(&self, command: &impl Command, by: Instant) -> Result<Value, StoreError> {
        match self {
            Self::One(link) => link.ask(command, by).await,
            Self::Cluster(cluster) => Box::pin(cluster.ask(command, by)).await,
        }
    }

    /// Sends several commands at once. Each answer may be an error of a server.
    pub(crate) async fn ask_all(
        &self,
        commands: &[impl Command],
        by: Instant,
    ) -> Result<Vec<Value>, StoreError> {
        match self {
            Self::One(link) => link.ask_all(commands, by).await,
            Self::Cluster(cluster) => Box::pin(cluster.ask_all(commands, by)).await,
        }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// Whether two sessions are in different slots, so that no script can write both.
    pub(crate) fn part(&self, one: StoreKey, other: StoreKey) -> bool {
        let slot = |key: StoreKey| slot_of(key.tag().to_text().as_bytes());
        self.is_cluster() && slot(one) != slot(other)
    }
}
