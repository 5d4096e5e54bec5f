//! A cluster: each command goes to the primary that has the slot of its key.
//!
//! The map of slots is made from what the nodes say, at first and whenever a command finds that it is out of date; nothing
//! looks after it in the background. One command at a time asks for it anew, at most five times a second: all others
//! go by the map that is there, and where that leads to a node that is away they fail at once.

mod attention;
mod map;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use keycard::StoreError;
use redis::{RedisError, Value};
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep, timeout_at};

use self::attention::Watched;
use self::map::{Map, asked_for};
use crate::backoff::Backoff;
use crate::down::Down;
use crate::durability::RedisDurability;
use crate::link::Link;
use crate::resp::Command;
use crate::slots::{Redirect, slot_of};
use crate::target::{Address, List, Target};
use crate::topology::Place;

/// How often one command is sent on: while a slot moves it is at two nodes, and each sends for the other.
const MOST_REDIRECTS: usize = 5;
/// The pause before a command is sent again whose keys are on their way to another node.
const PAUSE: Duration = Duration::from_millis(5);

/// How often the map is asked for anew at most.
const PACE: Duration = Backoff::LONGEST;

/// The connections to a cluster's primaries.
#[derive(Debug)]
pub(crate) struct Cluster {
    seeds: Vec<Target>,
    deadline: Duration,
    durability: Option<RedisDurability>,
    /// A `std` lock, since it is held for a clone and never across an await.
    view: Mutex<View>,
    /// When the map was last asked for; held by who asks.
    asked: AsyncMutex<Option<Instant>>,
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
            asked: AsyncMutex::default(),
            watched: Mutex::default(),
            me: Weak::clone(me),
        })
    }

    /// Begins to look for the primaries, if a runtime is there to do so in; without one the first command does.
    pub(crate) fn begin(self: &Arc<Self>) {
        if let Ok(runtime) = Handle::try_current() {
            let cluster = Arc::clone(self);
            runtime.spawn(async move { cluster.look().await });
        }
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
        let mut answer = node.ask(command, by).await?;
        for _ in 0..MOST_REDIRECTS {
            match Redirect::of(&answer, node.host()) {
                Some(Redirect::Moved(address)) => {
                    self.look_by(by).await;
                    node = self.node_at(address, Some(slot))?;
                    answer = node.ask(command, by).await?;
                }
                Some(Redirect::Ask(_)) if !command.names_its_keys() => {
                    return Ok((answer, Some(Redirect::TryAgain)));
                }
                Some(Redirect::Ask(address)) => {
                    node = self.node_at(address, None)?;
                    answer = node.ask_after(&["ASKING"], command, by).await?;
                }
                Some(Redirect::Down) => {
                    self.look_by(by).await;
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
            let answer = node.send(command, by).await?;
            sent.push((node, answer));
        }
        let mut values = Vec::with_capacity(commands.len());
        for (command, (node, answer)) in commands.iter().zip(sent) {
            let value = node.receive(answer, by).await?;
            values.push(match Redirect::of(&value, node.host()) {
                Some(_) => self.ask(command, by).await?,
                None => value,
            });
        }
        Ok(values)
    }

    /// The connection to the node that has a slot. Where it is down or not known, the cluster is asked who has it now.
    async fn owner(&self, slot: u16, by: Instant) -> Result<Arc<Link>, StoreError> {
        if let Ok(map) = self.map()
            && let Some(node) = map.owner(slot)
            && !node.is_down()
        {
            return Ok(Arc::clone(node));
        }
        Box::pin(self.look_by(by)).await;
        let map = self.map()?;
        let node = map
            .owner(slot)
            .ok_or_else(|| Down::because("no node of the cluster has the slot of this key"))?;
        Ok(Arc::clone(node))
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
    fn node_at(&self, address: Address, slot: Option<u16>) -> Result<Arc<Link>, Down> {
        self.revise(|map| {
            let known = map?.at(&address);
            let owns = |slot| map?.owner(slot).map(|owner| owner.is_at(&address));
            if known.is_some() && slot.is_none_or(|slot| owns(slot) == Some(true)) {
                return None;
            }
            let node = known.map_or_else(|| self.begin_at(&address), Arc::clone);
            Some(map?.with(&node, slot))
        });
        let node = self.map()?.at(&address).map(Arc::clone);
        node.ok_or_else(|| Down::because("the cluster has another map by now"))
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
        let place = Place::At(self.seeds[0].beside(address.clone()));
        let link = Link::new(place, self.deadline, self.durability);
        link.begin();
        Arc::new(link)
    }

    /// Looks, and waits for that. Who looks goes on looking when the caller has gone.
    async fn look_by(&self, by: Instant) {
        if let Some(cluster) = self.me.upgrade() {
            let looking = tokio::spawn(async move { cluster.look().await });
            timeout_at(by, looking).await.ok();
        }
    }

    /// Asks for the map anew, unless that was done just now or somebody does it. Who has none waits for it.
    pub(crate) async fn look(&self) {
        let is_first = matches!(*self.view(), View::Nothing);
        let asked = if is_first {
            Some(self.asked.lock().await)
        } else {
            self.asked.try_lock().ok()
        };
        let Some(mut asked) = asked else { return };
        if asked.is_some_and(|at| at.elapsed() < PACE) {
            return;
        }
        *asked = Some(Instant::now());
        let before = self.map().ok();
        let nodes = before.as_ref().map_or(&[][..], |map| &map.nodes);
        match asked_for(nodes, &self.seeds).await {
            Ok(ranges) => {
                self.revise(|before| Some(Map::of(&ranges, before, |address| self.begin_at(address))));
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&self, error: RedisError) {
        let mut view = self.view();
        if !matches!(*view, View::Map(_)) {
            *view = View::Nobody(Down::unconnected(&List(&self.seeds), error));
        }
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
