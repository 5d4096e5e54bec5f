//! What a near cache has counted and measured.

use std::ops::AddAssign;
use std::time::Duration;

/// What a near cache is doing, and how late news come to it: a snapshot by
/// [`NearCache::figures`](super::NearCache::figures). All counts are since it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NearCacheFigures {
    /// Whether copies are served at this moment.
    pub on: bool,
    /// How old a copy that is served at this moment may be at most: the time since the last sign of life began its way.
    /// `None` while nobody watches.
    pub age: Option<Duration>,
    /// What was counted.
    pub counts: Counts,
    /// How late changes become known here.
    pub delays: Delays,
}

/// What a near cache has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Sessions that were read from a copy.
    pub hits: u64,
    /// Sessions for which the store was asked.
    pub misses: u64,
    /// Those of them that were read from a copy all the same, since the store was away.
    pub stale: u64,
    /// Copies that left since they were, or may have been, outdated.
    pub dropped: u64,
    /// Copies that left to make room.
    pub evicted: u64,
    /// How many copies there are now.
    pub entries: u64,
    /// How many bytes they take now.
    pub bytes: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.stale += other.stale;
        self.dropped += other.dropped;
        self.evicted += other.evicted;
        self.entries += other.entries;
        self.bytes += other.bytes;
    }
}

/// How late changes become known: by each sign of life, the time from the question to its answer. What was acknowledged
/// before the question was known here by the answer, so a revocation took no longer than this, and mostly about half of it.
///
/// ```
/// use keycard::store::near::Delays;
/// use std::time::Duration;
///
/// let mut delays = Delays::default();
/// delays.add(Duration::from_micros(300));
/// delays.add(Duration::from_secs(2));
/// assert_eq!(delays.last, Duration::from_secs(2));
/// assert_eq!(delays.longest, Duration::from_secs(2));
/// assert_eq!((delays.counts[1], delays.counts[Delays::BOUNDS.len()]), (1, 1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delays {
    /// The last one.
    pub last: Duration,
    /// The longest one.
    pub longest: Duration,
    /// How many there were by length: those up to the first of the [bounds](Self::BOUNDS), those up to the second, and so
    /// on; then those beyond the last.
    pub counts: [u64; Self::BOUNDS.len() + 1],
}

impl Delays {
    /// The upper bounds of the lengths that are told apart, shortest first.
    pub const BOUNDS: [Duration; 10] = [
        Duration::from_micros(250),
        Duration::from_micros(500),
        Duration::from_millis(1),
        Duration::from_micros(2_500),
        Duration::from_millis(5),
        Duration::from_millis(10),
        Duration::from_millis(25),
        Duration::from_millis(50),
        Duration::from_millis(100),
        Duration::from_millis(250),
    ];

    /// Counts one more.
    pub fn add(&mut self, delay: Duration) {
        self.last = delay;
        self.longest = self.longest.max(delay);
        self.counts[Self::BOUNDS.partition_point(|bound| *bound < delay)] += 1;
    }
}
