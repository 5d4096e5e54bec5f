//! What a shard may serve and keep: each judgement of the near cache, with the time as an argument.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::shard::{Found, Room, Shard, Ticket, Which};
use crate::clock::{Timestamp, instant};
use crate::id::StoreKey;
use crate::store::{Loaded, News, frame};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MINUTE: Duration = Duration::from_mins(1);
const LEASE: Duration = Duration::from_millis(200);
const MOMENT: Duration = Duration::from_nanos(1);
const ROOMY: Room = Room {
    entries: 1_000,
    bytes: 1_000_000,
};

fn key(number: u8) -> StoreKey {
    StoreKey::from_bytes([number; 20])
}

/// Two keys of one tag.
fn siblings() -> [StoreKey; 2] {
    let mut bytes = [1; 20];
    bytes[19] = 2;
    [key(1), StoreKey::from_bytes(bytes)]
}

/// A record that ends a minute from now.
fn record(length: usize) -> Bytes {
    let mut bytes = vec![0; frame::HEADER_LEN + length];
    bytes[0] = frame::VERSION;
    bytes[frame::EXPIRES].copy_from_slice(&NOW.after(MINUTE).as_millis().to_be_bytes());
    bytes.into()
}

/// A shard that is told of all changes, and what is asked of it.
struct Told {
    shard: Shard,
    at: Instant,
}

impl Told {
    fn new(room: Room) -> Self {
        let mut told = Self {
            shard: Shard::new(room),
            at: instant(),
        };
        told.tell(News::Up);
        told.tell(News::Alive(told.at));
        told
    }

    fn tell(&mut self, news: News) {
        self.shard.told(news, LEASE);
    }

    fn find(&mut self, key: StoreKey) -> Found {
        self.shard.find(key, NOW, self.at)
    }

    fn ticket(&mut self, key: StoreKey) -> Option<Ticket> {
        match self.find(key) {
            Found::Nothing(ticket) => ticket,
            Found::Copy(_) => panic!("there is a copy"),
        }
    }

    /// Reads through.
    fn keep(&mut self, key: StoreKey) {
        let ticket = self.ticket(key);
        self.shard.settle(key, ticket, &Loaded::Live(record(0)));
    }

    fn has(&mut self, key: StoreKey) -> bool {
        matches!(self.find(key), Found::Copy(_))
    }
}

#[test]
fn what_was_read_is_served() {
    let mut told = Told::new(ROOMY);
    told.keep(key(1));
    assert_eq!(told.find(key(1)), Found::Copy(record(0)));
    let counts = told.shard.counts();
    assert_eq!((counts.hits, counts.misses, counts.entries), (1, 1, 1));
}

#[test]
fn nothing_is_put_in_before_changes_are_told() {
    let mut shard = Shard::new(ROOMY);
    let at = instant();
    let before = shard.find(key(1), NOW, at);
    assert_eq!(before, Found::Nothing(None));
    shard.told(News::Alive(at), LEASE);
    assert!(!shard.is_trusted(at), "a sign of life before it is up is none");
    shard.settle(key(1), None, &Loaded::Live(record(0)));
    shard.told(News::Up, LEASE);
    assert!(!shard.is_trusted(at), "up, and for how long is not known");
    shard.told(News::Alive(at), LEASE);
    assert!(matches!(shard.find(key(1), NOW, at), Found::Nothing(Some(_))));
}

#[test]
fn an_answer_that_may_have_been_overtaken_is_not_put_in() {
    let up_again = [News::Lost, News::Up];
    let overtaking: [&[News]; 4] = [
        &[News::Changed(key(1))],
        &[News::Changed(key(2))], // of the same shard
        &[News::Flush],
        &up_again,
    ];
    for news in overtaking {
        let mut told = Told::new(ROOMY);
        let ticket = told.ticket(key(1));
        for news in news {
            told.tell(*news);
        }
        told.tell(News::Alive(told.at));
        told.shard.settle(key(1), ticket, &Loaded::Live(record(0)));
        assert!(!told.has(key(1)), "{news:?}");
    }
    let mut told = Told::new(ROOMY);
    let ticket = told.ticket(key(1));
    told.shard.drop_copies(Which::Key(key(1)));
    told.shard.settle(key(1), ticket, &Loaded::Live(record(0)));
    assert!(!told.has(key(1)), "an own write");
}

#[test]
fn an_answer_that_is_not_put_in_drops_what_is_there() {
    let mut told = Told::new(ROOMY);
    told.keep(key(1));
    let early = told.shard.ticket();
    told.tell(News::Changed(key(2)));
    told.shard.settle(key(1), early, &Loaded::Live(record(1)));
    assert!(!told.has(key(1)));
}

#[test]
fn a_copy_is_served_until_the_lease_is_over() {
    let mut told = Told::new(ROOMY);
    told.keep(key(1));
    let began = told.at;
    told.at = began + LEASE.saturating_sub(MOMENT);
    assert!(told.has(key(1)));
    told.at = began + LEASE;
    assert!(!told.has(key(1)));
    told.tell(News::Alive(began + MOMENT));
    assert!(told.has(key(1)), "what was late is told in order all the same");
    told.tell(News::Alive(began));
    assert!(told.has(key(1)), "an older sign takes nothing back");
}

#[test]
fn a_copy_is_not_served_past_its_own_end() {
    let mut told = Told::new(ROOMY);
    told.keep(key(1));
    let at = told.at;
    let last = NOW.after(MINUTE.saturating_sub(Duration::from_millis(1)));
    assert!(matches!(told.shard.find(key(1), last, at), Found::Copy(_)));
    assert!(matches!(
        told.shard.find(key(1), NOW.after(MINUTE), at),
        Found::Nothing(Some(_))
    ));
}

#[test]
fn news_drop_what_they_are_about() {
    let mut told = Told::new(ROOMY);
    told.keep(key(1));
    told.keep(key(2));
    told.tell(News::Changed(key(1)));
    assert_eq!([told.has(key(1)), told.has(key(2))], [false, true]);
    told.keep(key(1));
    told.tell(News::Flush);
    assert_eq!([told.has(key(1)), told.has(key(2))], [false, false]);
}

#[test]
fn what_was_copied_before_news_were_lost_is_not_served_after() {
    for news in [News::Lost, News::Up] {
        let mut told = Told::new(ROOMY);
        told.keep(key(1));
        told.tell(news);
        told.tell(News::Up);
        told.tell(News::Alive(told.at));
        assert!(!told.has(key(1)), "{news:?}");
    }
}

#[test]
fn nothing_is_served_while_news_may_be_lost() {
    let mut told = Told::new(ROOMY);
    told.keep(key(1));
    told.tell(News::Lost);
    assert_eq!(told.find(key(1)), Found::Nothing(None));
    told.tell(News::Alive(told.at));
    assert!(!told.shard.is_trusted(told.at));
}

#[test]
fn absence_is_not_kept() {
    let unreadable = Bytes::from_static(b"\x09 of a newer version, or of none");
    for answer in [Loaded::Absent, Loaded::Ended, Loaded::Live(unreadable)] {
        let mut told = Told::new(ROOMY);
        told.keep(key(1));
        let ticket = told.shard.ticket();
        told.shard.settle(key(1), ticket, &answer);
        assert!(!told.has(key(1)), "{answer:?}");
        assert_eq!(told.shard.counts().entries, 0);
    }
}

#[test]
fn an_own_write_drops_one_session_or_those_of_a_user() {
    let [one, sibling] = siblings();
    for (which, left) in [
        (Which::Key(one), [false, true, true]),
        (Which::Tag(one.tag()), [false, false, true]),
    ] {
        let mut told = Told::new(ROOMY);
        for key in [one, sibling, key(3)] {
            told.keep(key);
        }
        told.shard.drop_copies(which);
        assert_eq!([one, sibling, key(3)].map(|key| told.has(key)), left, "{which:?}");
    }
}

#[test]
fn what_leaves_is_counted_in_both_halves() {
    let [one, sibling] = siblings();
    let room = Room {
        entries: 1,
        bytes: 1_000_000,
    };
    for news in [None, Some(News::Flush)] {
        let mut told = Told::new(room);
        told.keep(one);
        told.keep(sibling);
        match news {
            Some(news) => told.tell(news),
            None => told.shard.drop_copies(Which::Tag(one.tag())),
        }
        let counts = told.shard.counts();
        assert_eq!((counts.dropped, counts.entries), (2, 0), "{news:?}");
    }
}

#[test]
fn what_is_read_again_and_again_stays_while_others_come_and_go() {
    let room = Room {
        entries: 10,
        bytes: 1_000_000,
    };
    let mut told = Told::new(room);
    told.keep(key(0));
    for number in 1..=200 {
        told.keep(key(number));
        assert!(told.has(key(0)), "after {number} others");
    }
    assert!(!told.has(key(1)));
}

#[test]
fn a_half_is_full_when_its_bytes_are_and_not_before() {
    let mut told = Told::new(ROOMY);
    told.keep(key(0));
    let size = usize::try_from(told.shard.counts().bytes).unwrap();
    let mut told = Told::new(Room {
        entries: 1_000,
        bytes: 2 * size,
    });
    for (number, evicted, entries) in [(1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 0, 4), (5, 2, 3)] {
        told.keep(key(number));
        let counts = told.shard.counts();
        assert_eq!(
            (counts.evicted, counts.entries),
            (evicted, entries),
            "copy {number}"
        );
    }
}

#[test]
fn a_record_that_is_larger_than_its_room_displaces_nothing() {
    let room = Room {
        entries: 10,
        bytes: 1_000,
    };
    let mut told = Told::new(room);
    told.keep(key(1));
    let ticket = told.ticket(key(2));
    told.shard.settle(key(2), ticket, &Loaded::Live(record(1_000)));
    assert_eq!([told.has(key(1)), told.has(key(2))], [true, false]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whatever happens, a shard holds no more than two halves, and counts what it holds.
    #[test]
    fn a_shard_stays_within_its_bounds(steps in vec((0..8_u8, 0..40_u8, 0..400_usize), 0..200)) {
        let room = Room { entries: 8, bytes: 3_000 };
        let mut told = Told::new(room);
        for (what, number, length) in steps {
            let key = key(number);
            match what {
                0 => told.tell(News::Changed(key)),
                1 => told.shard.drop_copies(Which::Tag(key.tag())),
                2 => { told.find(key); }
                _ => {
                    let ticket = told.shard.ticket();
                    told.shard.settle(key, ticket, &Loaded::Live(record(length)));
                }
            }
            let counts = told.shard.counts();
            prop_assert!(counts.entries <= 16 && counts.bytes <= 6_000, "{counts:?}");
        }
        let before = told.shard.counts();
        let kept: HashSet<u8> = (0..40).filter(|number| told.has(key(*number))).collect();
        prop_assert!(kept.len() as u64 <= before.entries);
        for number in 0..40 {
            told.tell(News::Changed(key(number)));
        }
        let after = told.shard.counts();
        prop_assert_eq!((after.entries, after.bytes), (0, 0));
    }
}

mod aside;
