//! The map of slots, and who is asked for it.

use std::collections::HashSet;
use std::sync::Arc;

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::task::JoinSet;

use super::kin::Kin;
use crate::latest::{Word, latest};
use crate::link::Link;
use crate::open::{Opened, open};
use crate::pipe::Pipe;
use crate::reply::text;
use crate::slots::{Range, SLOTS, ids, ranges};
use crate::target::{Address, Target};

/// In the place of a node: none has the slot.
const NOBODY: u16 = u16::MAX;
/// How many nodes are asked at once: each answer names all of them.
const MOST_ASKED: usize = 5;

/// Which primary has which slot.
#[derive(Clone, Debug)]
pub(crate) struct Map {
    pub(crate) nodes: Vec<Arc<Link>>,
    /// For each slot a place in `nodes`.
    owners: Vec<u16>,
}

/// What a node says of its cluster.
pub(super) struct Said {
    ranges: Vec<Range>,
    pub(super) ids: HashSet<String>,
    /// Whether each slot is served.
    pub(super) is_whole: bool,
}

impl Map {
    /// Of what the nodes say. The connections of the map before serve on; others are `begun`.
    pub(super) fn of(said: &Said, before: Option<&Self>, begun: impl Fn(&Address) -> Arc<Link>) -> Self {
        let mut map = Self {
            nodes: Vec::new(),
            owners: vec![NOBODY; usize::from(SLOTS)],
        };
        for Range { first, last, primary } in &said.ranges {
            let place = map.place_of(primary).unwrap_or_else(|| {
                let known = before.and_then(|before| before.at(primary));
                map.nodes.push(known.map_or_else(|| begun(primary), Arc::clone));
                map.nodes.len() - 1
            });
            let place = u16::try_from(place).unwrap_or(NOBODY);
            map.owners[usize::from(*first)..=usize::from(*last)].fill(place);
        }
        map
    }

    fn place_of(&self, address: &Address) -> Option<usize> {
        self.nodes.iter().position(|node| node.is_at(address))
    }

    pub(crate) fn owner(&self, slot: u16) -> Option<&Arc<Link>> {
        self.nodes.get(usize::from(self.owners[usize::from(slot)]))
    }

    pub(crate) fn at(&self, address: &Address) -> Option<&Arc<Link>> {
        self.nodes.iter().find(|node| node.is_at(address))
    }

    /// Whether each slot has a node, and none of the nodes is away.
    pub(super) fn is_whole(&self) -> bool {
        !self.owners.contains(&NOBODY) && !self.nodes.iter().any(|node| node.is_away())
    }

    /// Some of the nodes, others each time.
    fn some(&self, number: usize) -> impl Iterator<Item = &Arc<Link>> {
        let count = self.nodes.len();
        let first = number.wrapping_mul(MOST_ASKED) % count.max(1);
        self.nodes.iter().cycle().skip(first).take(count.min(MOST_ASKED))
    }

    /// One of the slots that a node has, by any number; `None` if it has none.
    pub(crate) fn slot_at(&self, address: &Address, number: u64) -> Option<u16> {
        let place = self.place_of(address)?;
        let owns = |slot: &u16| usize::from(self.owners[usize::from(*slot)]) == place;
        let slots: Vec<_> = (0..SLOTS).filter(owns).collect();
        let count = u64::try_from(slots.len()).ok().filter(|count| *count > 0)?;
        slots.get(usize::try_from(number % count).ok()?).copied()
    }

    /// The map with this node too, and with a slot of which another node says that it is there.
    pub(crate) fn with(&self, node: &Arc<Link>, slot: Option<u16>) -> Self {
        let mut map = self.clone();
        let known = map.nodes.iter().position(|known| Arc::ptr_eq(known, node));
        let place = known.unwrap_or(map.nodes.len());
        if known.is_none() {
            map.nodes.push(Arc::clone(node));
        }
        if let Some(slot) = slot {
            map.owners[usize::from(slot)] = u16::try_from(place).unwrap_or(NOBODY);
        }
        map
    }
}

/// What nodes that are up say, or else the seeds.
pub(super) async fn asked_for(
    before: Option<&Map>,
    number: usize,
    seeds: &[Target],
    kin: &Kin,
) -> RedisResult<Said> {
    let mut asked = JoinSet::new();
    for node in before.into_iter().flat_map(|map| map.some(number)) {
        if let Some(pipe) = node.pipe() {
            asked.spawn(said_on(pipe, node.host().to_owned(), kin.clone()));
        }
    }
    if let Ok(Some(said)) = latest(asked).await {
        return Ok(said);
    }
    said_by(seeds, kin).await
}

/// What the seeds say that are kin.
pub(super) async fn said_by(seeds: &[Target], kin: &Kin) -> RedisResult<Said> {
    let mut asked = JoinSet::new();
    for seed in seeds {
        asked.spawn(said_at(seed.clone(), kin.clone()));
    }
    latest(asked).await?.ok_or_else(silent)
}

async fn said_at(seed: Target, kin: Kin) -> RedisResult<Word<Said>> {
    let Opened {
        pipe,
        driver: _driver,
        ..
    } = open(&seed, drop).await?;
    said_on(pipe, seed.host().to_owned(), kin).await
}

async fn said_on(pipe: Pipe, host: String, kin: Kin) -> RedisResult<Word<Said>> {
    let info = pipe.ask(&["CLUSTER", "INFO"]);
    let slots = pipe.ask(&["CLUSTER", "SLOTS"]);
    let info = info.await?.extract_error()?;
    let slots = slots.await?.extract_error()?;
    let (ranges, ids) = (ranges(&slots, &host).ok_or_else(strange)?, ids(&slots));
    kin.check(&slots)?;
    let knows = ranges
        .iter()
        .map(|range| usize::from(range.last.saturating_sub(range.first)) + 1)
        .sum();
    let is_whole = knows == usize::from(SLOTS) && line(&info, "cluster_state:") == Some("ok");
    Ok(Word {
        epoch: epoch_of(&info).ok_or_else(strange)?,
        knows,
        says: Said {
            ranges,
            ids,
            is_whole,
        },
    })
}

/// The epoch of a node that takes part in a cluster.
fn epoch_of(info: &Value) -> Option<u64> {
    line(info, "cluster_current_epoch:")?.parse().ok()
}

fn line<'a>(info: &'a Value, name: &str) -> Option<&'a str> {
    let mut lines = text(info)?.lines();
    lines.find_map(|line| line.strip_prefix(name)).map(str::trim)
}

fn silent() -> RedisError {
    (ErrorKind::Io, "no node of the cluster has answered").into()
}

fn strange() -> RedisError {
    (ErrorKind::Client, "the server is none of a cluster").into()
}
