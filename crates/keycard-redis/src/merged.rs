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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keycard::StoreKey;

    use super::*;

    /// What a watcher is told.
    #[derive(Debug, Default)]
    struct Heard(Mutex<Vec<News>>);

    impl Watcher for Heard {
        fn told(&self, news: News) {
            self.0.lock().unwrap().push(news);
        }
    }

    struct Nodes {
        heard: Arc<Heard>,
        merged: Arc<Merged>,
        ears: Vec<Option<Arc<Ear>>>,
    }

    fn address(node: usize) -> Address {
        Address::Tcp("node".to_owned(), u16::try_from(node).unwrap())
    }

    impl Nodes {
        fn begin(nodes: usize) -> Self {
            let heard = Arc::new(Heard::default());
            let watcher: Arc<dyn Watcher> = heard.clone();
            let merged = Merged::new(Arc::downgrade(&watcher));
            let mut all = Self {
                heard,
                merged,
                ears: Vec::new(),
            };
            all.are(&(0..nodes).collect::<Vec<_>>());
            all
        }

        /// These are the nodes by now.
        fn are(&mut self, nodes: &[usize]) {
            let addresses: Vec<_> = nodes.iter().map(|node| address(*node)).collect();
            for (of, ear) in self.merged.follow(&addresses) {
                let node = (0..9).find(|node| address(*node) == of).unwrap();
                self.ears.resize(self.ears.len().max(node + 1), None);
                self.ears[node] = Some(ear);
            }
        }

        fn tells(&self, node: usize, news: News) {
            self.ears[node].as_ref().unwrap().told(news);
        }

        /// What was told since this was asked last.
        #[track_caller]
        fn told(&self, expected: &[News]) {
            let told = std::mem::take(&mut *self.heard.0.lock().unwrap());
            assert_eq!(format!("{told:?}"), format!("{expected:?}"));
        }
    }

    #[test]
    fn all_is_told_only_while_every_node_tells() {
        let nodes = Nodes::begin(2);
        nodes.tells(0, News::Up);
        nodes.told(&[]);
        nodes.tells(1, News::Up);
        nodes.told(&[News::Up]);
        nodes.tells(0, News::Lost);
        nodes.told(&[News::Lost]);
        nodes.tells(1, News::Lost);
        nodes.tells(0, News::Up);
        nodes.told(&[]);
        nodes.tells(1, News::Up);
        nodes.told(&[News::Up]);
    }

    #[test]
    fn changes_are_passed_on_whoever_else_tells() {
        let nodes = Nodes::begin(2);
        let changed = News::Changed(StoreKey::from_bytes([1; 20]));
        for news in [changed, News::Flush] {
            nodes.tells(1, news);
            nodes.told(&[news]);
        }
    }

    #[test]
    fn a_node_that_has_come_must_tell_before_all_is_told() {
        let mut nodes = Nodes::begin(1);
        nodes.tells(0, News::Up);
        nodes.told(&[News::Up]);
        nodes.are(&[0, 1]);
        nodes.told(&[News::Lost]);
        nodes.tells(1, News::Up);
        nodes.told(&[News::Up]);
    }

    #[test]
    fn what_a_node_that_has_left_knew_is_not_trusted() {
        let mut nodes = Nodes::begin(2);
        nodes.tells(0, News::Up);
        nodes.tells(1, News::Up);
        nodes.told(&[News::Up]);
        nodes.are(&[0]);
        nodes.told(&[News::Lost, News::Up]);
        nodes.tells(1, News::Lost);
        nodes.tells(1, News::Flush);
        nodes.told(&[]);
        nodes.are(&[2]);
        nodes.told(&[News::Lost]);
        nodes.are(&[]);
        nodes.told(&[]);
    }

    #[test]
    fn the_sign_of_life_that_is_longest_ago_counts() {
        let nodes = Nodes::begin(2);
        let (early, late) = (Instant::now(), Instant::now() + Duration::from_secs(1));
        nodes.tells(0, News::Up);
        nodes.tells(0, News::Alive(late));
        nodes.told(&[]);
        nodes.tells(1, News::Up);
        nodes.told(&[News::Up]);
        nodes.tells(0, News::Alive(late));
        nodes.told(&[]);
        nodes.tells(1, News::Alive(early));
        nodes.told(&[News::Alive(early)]);
        nodes.tells(1, News::Alive(late));
        nodes.told(&[News::Alive(late)]);
        nodes.tells(1, News::Lost);
        nodes.told(&[News::Lost]);
        nodes.tells(0, News::Alive(late + Duration::from_secs(1)));
        nodes.told(&[]);
    }
}
