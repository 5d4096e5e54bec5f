//! A cluster: each command goes to the primary that has the slot of its key.
//!
//! The map of slots is made from what the nodes say, at first and whenever a command finds that it is out of date or that a
//! node is away. Only the first map is waited for: it is asked for anew in the background, at most five times a second, and
//! again and again while a node is away, and once a minute. All commands go by the map that is there, and where that leads to
//! a node that is away they fail at once.

mod attention;
mod kin;
mod look;
mod map;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use keycard::StoreError;
use redis::Value;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep};

use self::attention::Watched;
pub(crate) use self::kin::Kin;
use self::map::Map;
use crate::down::Down;
use crate::durability::RedisDurability;
use crate::link::Link;
use crate::resp::Command;
use crate::slots::{Redirect, slot_of};
use crate::target::{Address, Target};
use crate::topology::Place;

/// How often one command is sent on: while a slot moves it is at two nodes, and each sends for the other.
const MOST_REDIRECTS: usize = 5;
/// The pause before a command is sent again whose keys are on their way to another node.
const PAUSE: Duration = Duration::from_millis(5);

/// The connections to a cluster's primaries.
#[derive(Debug)]
pub(crate) struct Cluster {
    seeds: Vec<Target>,
    deadline: Duration,
    durability: Option<RedisDurability>,
    /// A `std` lock, since it is held for a clone and never across an await.
    view: Mutex<View>,
    kin: Kin,
    /// When the map was last asked for, and how often it was; held by who asks.
    asked: AsyncMutex<(Option<Instant>, usize)>,
    /// Held by who looks in the background.
    looking: Arc<AsyncMutex<()>>,
    /// Held by who looks once a minute.
    tending: Arc<AsyncMutex<()>>,
    watched: Mutex<Vec<Watched>>,
    me: Weak<Self>,
}

/// What is known of the cluster.
#[derive(Clone, Debug)]
enum View {
    /// Nobody has asked yet.
    Nothing,
    /// Nobody has answered yet.
    Nobody(Down),
    Map(Arc<Map>),
}

impl Cluster {
    pub(crate) fn new(
        seeds: Vec<Target>,
        deadline: Duration,
        durability: Option<RedisDurability>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            seeds,
            deadline,
            durability,
            view: Mutex::new(View::Nothing),
            kin: Kin::default(),
            asked: AsyncMutex::default(),
            looking: Arc::default(),
            tending: Arc::default(),
            watched: Mutex::default(),
            me: Weak::clone(me),
        })
    }

    /// Begins to look for the primaries, if a runtime is there to do so in; without one the first command does.
    pub(crate) fn begin(&self) {
        self.look_soon();
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The outcome of the first attempt to connect: to every primary, for each has sessions that no other has.
    pub(crate) async fn first_outcome(&self) -> Result<(), Down> {
        self.look().await;
        for node in &self.map()?.nodes {
            node.first_outcome().await?;
        }
        Ok(())
    }

    /// Sends a command to where its keys are. While some of them are on their way to another node and some are not, it is
    /// sent again and again; so is what finds further keys by itself, once one has gone, since those that are not there
    /// yet would be absent to it.
    pub(crate) async fn ask(&self, command: &impl Command, by: Instant) -> Result<Value, StoreError> {
        loop {
            let (answer, redirect) = self.ask_once(command, by).await?;
            if redirect != Some(Redirect::TryAgain) || Instant::now() + PAUSE >= by {
                return Ok(answer);
            }
            sleep(PAUSE).await; // sleep: the pause between two attempts to find the keys together
        }
    }

    /// The answer, and where it sends the command in the end.
    async fn ask_once(
        &self,
        command: &impl Command,
        by: Instant,
    ) -> Result<(Value, Option<Redirect>), StoreError> {
        let slot = slot_of(command.key());
        let mut node = self.owner(slot, by).await?;
        let mut answer = self.heard(node.ask(command, by).await)?;
        for _ in 0..MOST_REDIRECTS {
            match Redirect::of(&answer, node.host()) {
                Some(Redirect::Moved(address)) => {
                    self.look_soon();
                    node = self.node_at(&address, Some(slot))?;
                    answer = self.heard(node.ask(command, by).await)?;
                }
                Some(Redirect::Ask(_)) if !command.names_its_keys() => {
                    return Ok((answer, Some(Redirect::TryAgain)));
                }
                Some(Redirect::Ask(address)) => {
                    node = self.node_at(&address, None)?;
                    answer = self.heard(node.ask_after(&["ASKING"], command, by).await)?;
                }
                Some(Redirect::Down) => {
                    self.look_soon();
                    break;
                }
                Some(Redirect::TryAgain) | None => break,
            }
        }
        let redirect = Redirect::of(&answer, node.host());
        Ok((answer, redirect))
    }

    /// Sends several commands at once, each to where its key is.
    pub(crate) async fn ask_all(
        &self,
        commands: &[impl Command],
        by: Instant,
    ) -> Result<Vec<Value>, StoreError> {
        let mut sent = Vec::with_capacity(commands.len());
        for command in commands {
            let node = self.owner(slot_of(command.key()), by).await?;
            let answer = self.heard(node.send(command, by).await)?;
            sent.push((node, answer));
        }
        let mut values = Vec::with_capacity(commands.len());
        for (command, (node, answer)) in commands.iter().zip(sent) {
            let value = self.heard(node.receive(answer, by).await)?;
            values.push(match Redirect::of(&value, node.host()) {
                Some(_) => self.ask(command, by).await?,
                None => value,
            });
        }
        Ok(values)
    }

    /// The connection to the node that has a slot, by the map that is there.
    async fn owner(&self, slot: u16, by: Instant) -> Result<Arc<Link>, StoreError> {
        if let View::Map(map) = &*self.view()
            && let Some(node) = map.owner(slot)
        {
            return Ok(Arc::clone(node));
        }
        Ok(Box::pin(self.first_owner(slot, by)).await?)
    }

    async fn first_owner(&self, slot: u16, by: Instant) -> Result<Arc<Link>, Down> {
        if self.has_begun() {
            self.look_soon();
        } else {
            self.look_by(by).await;
        }
        let map = self.map()?;
        let node = map.owner(slot).map(Arc::clone);
        node.ok_or_else(|| Down::because("no node of the cluster has the slot of this key"))
    }

    /// Where a node has not been heard, another may have what it had by now.
    fn heard<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if outcome.is_err() {
            self.look_soon();
        }
        outcome
    }

    fn map(&self) -> Result<Arc<Map>, Down> {
        match &*self.view() {
            View::Nothing => Err(Down::because("the cluster has not answered yet")),
            View::Nobody(down) => Err(down.clone()),
            View::Map(map) => Ok(Arc::clone(map)),
        }
    }

    /// The connection to a node that another has named, as the one that has a slot by now or not. It is begun if there is
    /// none.
    fn node_at(&self, address: &Address, slot: Option<u16>) -> Result<Arc<Link>, Down> {
        let mut named = None;
        self.revise(|map| {
            let map = map?;
            let known = map.at(address);
            let node = known.map_or_else(|| self.begin_at(address), Arc::clone);
            named = Some(Arc::clone(&node));
            let owns = |slot| map.owner(slot).is_some_and(|owner| owner.is_at(address));
            let is_right = known.is_some() && slot.is_none_or(owns);
            (!is_right).then(|| map.with(&node, slot))
        });
        named.ok_or_else(|| Down::because("the cluster has not answered yet"))
    }

    /// One of the slots that a node has.
    pub(crate) fn slot_at(&self, address: &Address, number: u64) -> Option<u16> {
        self.map().ok()?.slot_at(address, number)
    }

    /// Changes the map. All in one step: of two changes none undoes the other, and nothing is read of a node before the
    /// watchers know that it does not tell yet.
    fn revise(&self, change: impl FnOnce(Option<&Map>) -> Option<Map>) {
        let mut view = self.view();
        let before = match &*view {
            View::Map(map) => Some(&**map),
            View::Nothing | View::Nobody(_) => None,
        };
        if let Some(map) = change(before) {
            self.attend(&map);
            *view = View::Map(Arc::new(map));
        }
    }

    fn begin_at(&self, address: &Address) -> Arc<Link> {
        let place = Place::Node(self.seeds[0].beside(address.clone()), self.kin.clone());
        let link = Link::new(place, self.deadline, self.durability);
        link.begin();
        Arc::new(link)
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
