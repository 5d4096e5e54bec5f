//! The connections that there are, and which of them a command goes over.

use std::sync::Arc;

use tokio::runtime::{Handle, Id};

use crate::conn::{Connection, Live};
use crate::tracking::Tracking;

/// How many runtimes have a connection of their own.
const MOST_CONNECTIONS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Oldest first. The first is the home: beside it changes are tracked, and on it depends what is said while none is up.
    pub(super) connections: Vec<Connection>,
    pub(super) trackings: Vec<Arc<Tracking>>,
}

impl Kept {
    /// `None` before the first use, and when its runtime has ended.
    pub(super) fn home(&self) -> Option<&Connection> {
        self.connections.first().filter(|home| home.is_kept())
    }

    /// What commands may go over. Where changes are tracked it is the home alone: another connection may lead to another
    /// server, whose changes are not told.
    pub(super) fn usable(&self) -> &[Connection] {
        let most = self.connections.len().min(self.most());
        &self.connections[..most]
    }

    pub(super) fn most(&self) -> usize {
        if self.trackings.is_empty() {
            MOST_CONNECTIONS
        } else {
            1
        }
    }

    pub(super) fn has_room(&self) -> bool {
        let kept = self.usable().iter().filter(|connection| connection.is_kept());
        kept.count() < self.most()
    }

    pub(super) fn own(&self, runtime: Id) -> Option<&Connection> {
        self.usable().iter().find(|connection| connection.is_of(runtime))
    }

    /// A connection that is up. `None`, too, where the runtime is to begin its own.
    pub(super) fn up(&self, runtime: Id) -> Option<Arc<Live>> {
        let own = self.own(runtime);
        if own.is_none() && self.has_room() {
            return None;
        }
        let own = own.and_then(Connection::live);
        own.or_else(|| self.another().and_then(Connection::live))
    }

    /// A connection that is up, whosesoever it is. None serves of which it is doubted that the server is there: where one has
    /// cost a deadline already, the next would cost another.
    pub(super) fn another(&self) -> Option<&Connection> {
        let serves = |connection: &&Connection| connection.live().is_some_and(|live| !live.is_doubted());
        self.usable().iter().find(serves)
    }

    /// By whose state a command goes while there is no other: the runtime's own where that is down already, else the home's.
    pub(super) fn said(&self) -> Option<&Connection> {
        let runtime = Handle::try_current().ok();
        let own = runtime.and_then(|runtime| self.own(runtime.id()));
        own.filter(|own| own.is_down()).or_else(|| self.home())
    }

    /// What one connection was told of the server holds for all, unless that connection has a successor already.
    pub(super) fn demote(&self, told: &Arc<Live>) {
        let lives: Vec<_> = self.connections.iter().filter_map(Connection::live).collect();
        if lives.iter().any(|live| Arc::ptr_eq(live, told)) {
            for live in lives {
                live.demote();
            }
        }
    }
}
