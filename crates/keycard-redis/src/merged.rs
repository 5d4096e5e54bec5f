//! One watcher of several nodes: it is told of all changes only while every one of them tells.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use keycard::store::{News, Watcher};

use crate::target::Address;

/// What a watcher knows of each node.
#[derive(Debug)]
pub(crate) struct Merged {
    watcher: Weak<dyn Watcher>,
    state: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    nodes: Vec<Node>,
    /// Whether the watcher believes that it is told of all changes.
    trusted: bool,
}

#[derive(Debug)]
struct Node {
    address: Address,
    /// Held here alone: it hears until the node leaves.
    _ear: Arc<Ear>,
    tells: bool,
    /// The last sign of life.
    alive: Option<Instant>,
}

/// Hears one node.
#[derive(Debug)]
pub(crate) struct Ear {
    merged: Weak<Merged>,
    address: Address,
}

impl Merged {
    pub(crate) fn new(watcher: Weak<dyn Watcher>) -> Arc<Self> {
        Arc::new(Self {
            watcher,
            state: Mutex::default(),
        })
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.watcher.strong_count() > 0
    }

    /// The nodes there are by now, of which those that were there go on telling. Answers the ears of the new ones; until
    /// they tell, not all is told.
    pub(crate) fn follow(self: &Arc<Self>, addresses: &[Address]) -> Vec<(Address, Arc<Ear>)> {
        let mut told = self.told();
        let known = told.nodes.len();
        told.nodes.retain(|node| addresses.contains(&node.address));
        let mut added = Vec::new();
        for address in addresses {
            if told.nodes.iter().all(|node| node.address != *address) {
                let ear = Arc::new(Ear {
                    merged: Arc::downgrade(self),
                    address: address.clone(),
                });
                added.push((address.clone(), Arc::clone(&ear)));
                told.nodes.push(Node {
                    address: address.clone(),
                    _ear: ear,
                    tells: false,
                    alive: None,
                });
            }
        }
        // What a node that has left would have told is not known any more.
        if known > told.nodes.len() - added.len() {
            self.distrust(&mut told);
        }
        self.judge(&mut told);
        added
    }

    fn heard(&self, address: &Address, news: News) {
        let mut told = self.told();
        let Some(node) = told.nodes.iter_mut().find(|node| node.address == *address) else {
            return;
        };
        match news {
            News::Up => node.tells = true,
            News::Lost => node.tells = false,
            News::Alive(at) => {
                node.alive = Some(at);
                if let Some(at) = told.alive() {
                    self.tell(News::Alive(at));
                }
                return;
            }
            News::Changed(_) | News::Flush | _ => return self.tell(news),
        }
        self.judge(&mut told);
    }

    fn judge(&self, told: &mut Told) {
        let tell = told.nodes.iter().all(|node| node.tells) && !told.nodes.is_empty();
        if tell && !told.trusted {
            told.trusted = true;
            self.tell(News::Up);
        } else if !tell {
            self.distrust(told);
        }
    }

    fn distrust(&self, told: &mut Told) {
        if told.trusted {
            told.trusted = false;
            self.tell(News::Lost);
        }
    }

    fn tell(&self, news: News) {
        if let Some(watcher) = self.watcher.upgrade() {
            watcher.told(news);
        }
    }

    /// Held while the watcher is told, so that it hears of the nodes in one order.
    fn told(&self) -> MutexGuard<'_, Told> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Told {
    /// Since when all nodes are known to have told: the sign of life that is longest ago.
    fn alive(&self) -> Option<Instant> {
        let oldest = self.nodes.iter().map(|node| node.alive).min()?;
        oldest.filter(|_| self.trusted)
    }
}

impl Watcher for Ear {
    fn told(&self, news: News) {
        if let Some(merged) = self.merged.upgrade() {
            merged.heard(&self.address, news);
        }
    }
}
