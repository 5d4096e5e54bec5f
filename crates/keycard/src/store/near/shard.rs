//! One part of the near cache: which copies it holds, and whether one may be served or put in. Time is an argument.

use std::collections::HashMap;
use std::mem;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::figures::Counts;
use crate::clock::Timestamp;
use crate::id::{RoutingTag, StoreKey};
use crate::store::{Loaded, News, frame};

/// What a copy takes beside its record, in bytes: its key, its place in the table, and what the allocator adds.
const OVERHEAD: usize = 160;

/// Copies, and what they are worth. Whatever makes a copy wrong changes `generation`, so that an answer that was under way
/// meanwhile is not put in.
pub(super) struct Shard {
    generation: u64,
    /// Whether every change is told.
    watched: bool,
    /// Up to when every change is known to have been told.
    alive: Option<Instant>,
    /// Whether the copies stay when changes are not told any more, for who asks for [`aside`](Self::aside).
    keeps_aside: bool,
    /// Until when every change is told in time, or the copies are not served.
    trusted_until: Option<Instant>,
    /// Those that were read since the last turn. With a full half comes a turn: this half becomes the old one, and what
    /// was not read since the turn before leaves.
    recent: Half,
    old: Half,
    /// Of one half.
    room: Room,
    counts: Counts,
}

/// How much fits in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) entries: usize,
    pub(super) bytes: usize,
}

#[derive(Default)]
struct Half {
    copies: HashMap<StoreKey, Bytes>,
    bytes: usize,
}

/// What may be done with an answer that was asked for after this was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// What a reader finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Copy(Bytes),
    /// Ask the store; with a ticket the answer may be put in.
    Nothing(Option<Ticket>),
}

/// Which copies are dropped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Which {
    Key(StoreKey),
    /// Those of all sessions that share a tag, among them all of a user.
    Tag(RoutingTag),
}

impl Shard {
    pub(super) fn new(room: Room) -> Self {
        Self {
            generation: 0,
            watched: false,
            alive: None,
            keeps_aside: false,
            trusted_until: None,
            recent: Half::default(),
            old: Half::default(),
            room,
            counts: Counts::default(),
        }
    }

    /// The copy under `key`, if it may be served at `at`, and lives at `now` by its own header.
    pub(super) fn find(&mut self, key: StoreKey, now: Timestamp, at: Instant) -> Found {
        if self.is_trusted(at)
            && let Some(copy) = self.copy(key)
            && lives(&copy, now)
        {
            self.counts.hits += 1;
            return Found::Copy(copy);
        }
        self.counts.misses += 1;
        Found::Nothing(self.ticket())
    }

    /// The copy under `key`, of which no change was missed that came more than `within` before `at`.
    pub(super) fn aside(
        &mut self,
        key: StoreKey,
        within: Duration,
        now: Timestamp,
        at: Instant,
    ) -> Option<Bytes> {
        let until = self.alive?.checked_add(within)?;
        let copy = self.copy(key).filter(|copy| at < until && lives(copy, now))?;
        self.counts.stale += 1;
        Some(copy)
    }

    /// Must be taken before the store is asked: of a change that comes later than the answer, the news come later than this.
    pub(super) fn ticket(&self) -> Option<Ticket> {
        self.watched.then_some(Ticket(self.generation))
    }

    /// Puts in what the store has answered, unless it may be outdated by now; then whatever is there goes, too, since the
    /// answer may be newer. Absence is not kept, nor is what has no readable end.
    pub(super) fn settle(&mut self, key: StoreKey, ticket: Option<Ticket>, answer: &Loaded) {
        self.remove(key);
        if let Loaded::Live(record) = answer
            && ticket.is_some()
            && ticket == self.ticket()
            && frame::expires(record).is_some()
        {
            // A copy of its own: the store's may be a part of something larger.
            self.insert(key, Bytes::copy_from_slice(record));
        }
    }

    /// What is about to be written, or was, is not what the copies say.
    pub(super) fn drop_copies(&mut self, which: Which) {
        self.generation += 1;
        let dropped = match which {
            Which::Key(key) => usize::from(self.remove(key)),
            Which::Tag(tag) => self.recent.remove_all(tag) + self.old.remove_all(tag),
        };
        self.counts.dropped += dropped as u64;
    }

    pub(super) fn told(&mut self, news: News, lease: Duration) {
        match news {
            News::Changed(key) => self.drop_copies(Which::Key(key)),
            News::Alive(since) if self.watched => {
                self.alive = self.alive.max(Some(since));
                self.trusted_until = self.trusted_until.max(since.checked_add(lease));
            }
            News::Alive(_) => {}
            News::Flush => self.clear(),
            News::Lost => {
                self.watched = false;
                self.trusted_until = None;
                if self.keeps_aside {
                    self.generation += 1;
                } else {
                    self.clear();
                }
            }
            News::Up => {
                self.watched = true;
                (self.alive, self.trusted_until) = (None, None);
                self.clear();
            }
        }
    }

    pub(super) fn keep_aside(&mut self) {
        self.keeps_aside = true;
    }

    pub(super) fn is_trusted(&self, at: Instant) -> bool {
        self.trusted_until.is_some_and(|until| at < until)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            entries: (self.recent.copies.len() + self.old.copies.len()) as u64,
            bytes: (self.recent.bytes + self.old.bytes) as u64,
            ..self.counts
        }
    }

    fn copy(&mut self, key: StoreKey) -> Option<Bytes> {
        if let Some(copy) = self.recent.copies.get(&key) {
            return Some(copy.clone());
        }
        let copy = self.old.remove(key)?;
        self.insert(key, copy.clone());
        Some(copy)
    }

    fn insert(&mut self, key: StoreKey, record: Bytes) {
        let size = size_of(&record);
        if size > self.room.bytes {
            return;
        }
        if self.recent.copies.len() >= self.room.entries || self.recent.bytes + size > self.room.bytes {
            self.counts.evicted += self.old.copies.len() as u64;
            self.old = mem::take(&mut self.recent);
        }
        self.recent.bytes += size;
        self.recent.copies.insert(key, record);
    }

    fn remove(&mut self, key: StoreKey) -> bool {
        self.recent.remove(key).or_else(|| self.old.remove(key)).is_some()
    }

    fn clear(&mut self) {
        self.generation += 1;
        self.counts.dropped += (self.recent.copies.len() + self.old.copies.len()) as u64;
        self.recent = Half::default();
        self.old = Half::default();
    }
}

impl Half {
    fn remove(&mut self, key: StoreKey) -> Option<Bytes> {
        let copy = self.copies.remove(&key)?;
        self.bytes -= size_of(&copy);
        Some(copy)
    }

    fn remove_all(&mut self, tag: RoutingTag) -> usize {
        let keys: Vec<StoreKey> = self
            .copies
            .keys()
            .filter(|key| key.tag() == tag)
            .copied()
            .collect();
        for key in &keys {
            self.remove(*key);
        }
        keys.len()
    }
}

fn lives(copy: &Bytes, now: Timestamp) -> bool {
    frame::expires(copy).is_some_and(|expires| now < expires)
}

fn size_of(record: &Bytes) -> usize {
    record.len() + OVERHEAD
}
