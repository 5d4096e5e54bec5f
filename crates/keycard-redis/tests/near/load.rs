//! A crowd that reads through a near cache while another node writes, and how late it has seen what was written.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use keycard::store::near::NearCache;
use keycard::store::{Create, Created, Loaded, Store as _, Update, Updated, frame};
use keycard::{Revision, StoreKey, Timestamp};
use keycard_redis::RedisStore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

const SESSIONS: u8 = 8;
/// Who share the sessions.
const WRITERS: u8 = 8;
/// Who read all of them.
const READERS: usize = 256;
/// The pause of a reader between two reads.
const PAUSE: Duration = Duration::from_millis(5);
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A moment, in microseconds since 1970: two processes on one machine agree upon it.
pub(crate) type Micros = u64;

/// That a version of a session was acknowledged, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Acknowledged {
    pub(crate) session: u8,
    pub(crate) version: u64,
    pub(crate) at: Micros,
}

fn micros() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

fn key(session: u8) -> StoreKey {
    StoreKey::from_bytes([session; 20])
}

/// A version's record: the revision is its number.
fn record(version: u64) -> Bytes {
    let mut bytes = vec![0; 300];
    bytes[0] = frame::VERSION;
    bytes[frame::REVISION].copy_from_slice(&version.to_be_bytes());
    bytes[frame::EXPIRES].copy_from_slice(&NOW.after(Duration::from_hours(1)).as_millis().to_be_bytes());
    bytes.into()
}

fn version(loaded: &Loaded) -> Option<u64> {
    let Loaded::Live(record) = loaded else {
        return None;
    };
    frame::revision(record).map(|revision| u64::from_be_bytes(revision.to_bytes()))
}

/// Writes to all sessions in turn, so many times a second, and answers when each version was acknowledged.
pub(crate) async fn write(store: &RedisStore, a_second: u32, lasting: Duration) -> Vec<Acknowledged> {
    let until = Instant::now() + lasting;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut turn = interval(Duration::from_secs(1) * u32::from(WRITERS) / a_second);
            let mut acknowledged = Vec::new();
            let own = (0..SESSIONS)
                .filter(|session| session % WRITERS == writer)
                .cycle();
            for session in own.take_while(|_| Instant::now() < until) {
                turn.tick().await;
                acknowledged.extend(write_next(&store, session).await);
            }
            acknowledged
        });
    }
    writers.join_all().await.concat()
}

/// Writes the next version of a session. `None` if nobody has acknowledged it.
async fn write_next(store: &RedisStore, session: u8) -> Option<Acknowledged> {
    let before = version(&store.load(key(session), NOW).await.ok()?);
    // One that begins anew goes on where no version has been.
    let next = before.map_or_else(micros, |before| before + 1);
    let landed = if let Some(before) = before {
        let expected = Revision::from_bytes(before.to_be_bytes());
        let update = Update::new(key(session), expected, record(next), None, NOW);
        store.update(update).await.ok()? == Updated::Applied
    } else {
        let create = Create::new(key(session), record(next), None, NOW);
        store.create(create).await.ok()? == Created::Applied
    };
    landed.then(|| Acknowledged {
        session,
        version: next,
        at: micros(),
    })
}

/// When each version was last asked for by a reader who got it, by session.
#[derive(Debug)]
pub(crate) struct Seen(Vec<Mutex<Vec<(u64, Micros)>>>);

pub(crate) async fn read(near: &NearCache<RedisStore>, lasting: Duration) -> Seen {
    let seen = Arc::new(Seen((0..SESSIONS).map(|_| Mutex::default()).collect()));
    let until = Instant::now() + lasting;
    let mut readers = JoinSet::new();
    for first in 0..READERS {
        let (near, seen) = (near.clone(), Arc::clone(&seen));
        readers.spawn(async move {
            let mut turn = interval(PAUSE);
            turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let sessions = (0..SESSIONS).cycle().skip(first);
            for session in sessions.take_while(|_| Instant::now() < until) {
                turn.tick().await;
                let asked = micros();
                let loaded = near.load(key(session), NOW).await;
                seen.note(session, loaded.ok().as_ref().and_then(version), asked);
            }
        });
    }
    readers.join_all().await;
    Arc::into_inner(seen).unwrap()
}

impl Seen {
    fn of(&self, session: u8) -> MutexGuard<'_, Vec<(u64, Micros)>> {
        self.0[usize::from(session)].lock().unwrap()
    }

    fn note(&self, session: u8, version: Option<u64>, asked: Micros) {
        let Some(version) = version else {
            return;
        };
        let mut seen = self.of(session);
        // What is read is one of the newest, and these are at the end.
        match seen.iter_mut().rev().find(|(known, _)| *known == version) {
            Some((_, last)) => *last = asked.max(*last),
            None => seen.push((version, asked)),
        }
    }

    /// For each version how long after the acknowledgement of the next one it was served, shortest first.
    pub(crate) fn delays(&self, mut acknowledged: Vec<Acknowledged>) -> Vec<Duration> {
        acknowledged.sort_unstable_by_key(|known| (known.session, known.version));
        let next = |session, version| {
            let next =
                acknowledged.partition_point(|known| (known.session, known.version) <= (session, version));
            acknowledged.get(next).filter(|known| known.session == session)
        };
        let mut delays: Vec<Duration> = Vec::new();
        for session in 0..SESSIONS {
            let late = self
                .of(session)
                .iter()
                .filter_map(|(version, last)| {
                    let next = next(session, *version)?;
                    Some(Duration::from_micros(last.saturating_sub(next.at)))
                })
                .collect::<Vec<_>>();
            delays.extend(late);
        }
        delays.sort_unstable();
        delays
    }
}

/// The sessions of which the cache says something else than the store. Nobody writes meanwhile, and the cache has been told
/// of what was written.
pub(crate) async fn stale(near: &NearCache<RedisStore>, store: &RedisStore) -> Vec<u8> {
    let mut stale = Vec::new();
    for session in 0..SESSIONS {
        let copy = near.load(key(session), NOW).await.unwrap();
        if copy != store.load(key(session), NOW).await.unwrap() {
            stale.push(session);
        }
    }
    stale
}

/// Waits until the cache has been told of all that was acknowledged by now.
pub(crate) async fn quiet(near: &NearCache<RedisStore>) {
    let began = Instant::now();
    let mut look = interval(PAUSE);
    while near.figures().age.is_none_or(|age| age >= began.elapsed()) {
        look.tick().await;
    }
}

/// A node writes to a session of its own and reads it back, again and again; answers how many reads there were that did
/// not know of the write before.
pub(crate) async fn forgotten_writes(near: &NearCache<RedisStore>, lasting: Duration) -> usize {
    let until = Instant::now() + lasting;
    let key = StoreKey::from_bytes([u8::MAX; 20]);
    let create = Create::new(key, record(1), None, NOW);
    near.create(create).await.ok();
    let mut forgotten = 0;
    let mut current = 1_u64;
    while Instant::now() < until {
        let expected = Revision::from_bytes(current.to_be_bytes());
        let update = Update::new(key, expected, record(current + 1), None, NOW);
        match near.update(update).await {
            Ok(Updated::Applied) => current += 1,
            Ok(Updated::Conflict(newest)) => current = version(&Loaded::Live(newest)).unwrap(),
            Ok(_) => drop(near.create(Create::new(key, record(current), None, NOW)).await),
            Err(_) => {}
        }
        let read = near.load(key, NOW).await.ok().as_ref().and_then(version);
        forgotten += usize::from(read.is_some_and(|read| read < current));
    }
    forgotten
}
