//! What is set aside when the link is lost, and for whom.

use super::*;

type Change = fn(&mut Told);

const BOUND: Duration = Duration::from_secs(30);

impl Told {
    fn keeping_aside(room: Room) -> Self {
        let mut told = Self::new(room);
        told.shard.keep_aside();
        told
    }

    fn has_aside(&mut self, key: StoreKey) -> bool {
        self.shard.aside(key, BOUND, NOW, self.at).is_some()
    }
}

#[test]
fn a_lost_link_sets_aside_what_nobody_is_served_who_does_not_ask_for_it() {
    for (keeps, expected) in [(false, false), (true, true)] {
        let mut told = Told::new(ROOMY);
        if keeps {
            told.shard.keep_aside();
        }
        told.keep(key(1));
        told.tell(News::Lost);
        assert_eq!(told.has_aside(key(1)), expected, "asked to keep: {keeps}");
        assert_eq!(told.find(key(1)), Found::Nothing(None));
        let counts = told.shard.counts();
        assert_eq!((counts.stale, counts.hits), (u64::from(keeps), 0));
    }
}

#[test]
fn the_bound_counts_from_the_last_sign_of_life() {
    let mut told = Told::keeping_aside(ROOMY);
    told.keep(key(1));
    let alive = told.at + MINUTE;
    let before = BOUND.saturating_sub(MOMENT);
    told.tell(News::Alive(alive));
    told.tell(News::Alive(told.at)); // a late answer is no later sign
    for lost in [false, true] {
        if lost {
            told.tell(News::Lost);
        }
        for (at, expected) in [(alive + before, true), (alive + BOUND, false)] {
            told.at = at;
            assert_eq!(told.has_aside(key(1)), expected, "lost: {lost}, {:?}", at - alive);
        }
    }
    told.tell(News::Alive(told.at));
    assert!(
        !told.has_aside(key(1)),
        "a sign of life of a link that is lost is none"
    );
}

#[test]
fn a_copy_that_was_set_aside_is_not_served_past_its_own_end() {
    let mut told = Told::keeping_aside(ROOMY);
    told.keep(key(1));
    told.tell(News::Lost);
    let mut lives_at = |now| told.shard.aside(key(1), BOUND, now, told.at).is_some();
    assert!(lives_at(NOW.after(MINUTE / 2)));
    assert!(!lives_at(NOW.after(MINUTE)));
}

#[test]
fn whatever_is_known_to_have_changed_is_not_set_aside() {
    let [one, sibling] = siblings();
    let changes: [(&str, Change); 6] = [
        ("told before", |told| told.tell(News::Changed(key(1)))),
        ("emptied before", |told| told.tell(News::Flush)),
        ("written before", |told| {
            told.shard.drop_copies(Which::Key(key(1)));
        }),
        ("written after", |told| {
            told.tell(News::Lost);
            told.shard.drop_copies(Which::Tag(key(1).tag()));
        }),
        ("seen to have ended after", |told| {
            told.tell(News::Lost);
            told.shard.settle(key(1), None, &Loaded::Ended);
        }),
        ("found again", |told| {
            told.tell(News::Lost);
            told.tell(News::Up);
            told.tell(News::Alive(told.at));
        }),
    ];
    for (name, change) in changes {
        let mut told = Told::keeping_aside(ROOMY);
        for key in [one, sibling] {
            told.keep(key);
        }
        change(&mut told);
        told.tell(News::Lost);
        assert!(!told.has_aside(one), "{name}");
    }
}

#[test]
fn an_answer_under_way_when_the_link_was_lost_is_not_set_aside() {
    let mut told = Told::keeping_aside(ROOMY);
    let ticket = told.ticket(key(1));
    told.tell(News::Lost);
    told.shard.settle(key(1), ticket, &Loaded::Live(record(0)));
    assert!(!told.has_aside(key(1)));
    told.tell(News::Up);
    told.tell(News::Alive(told.at));
    told.shard.settle(key(1), ticket, &Loaded::Live(record(0)));
    assert!(!told.has(key(1)), "nor put in when it is up again");
}

#[test]
fn what_is_set_aside_stays_within_the_same_bounds() {
    let room = Room {
        entries: 4,
        bytes: 1_000_000,
    };
    let mut told = Told::keeping_aside(room);
    for number in 0..100 {
        told.keep(key(number));
    }
    for _ in 0..3 {
        told.tell(News::Lost);
        let aside = (0..100).filter(|number| told.has_aside(key(*number))).count();
        assert!((4..=8).contains(&aside), "{aside}");
        let entries = told.shard.counts().entries;
        assert!(entries <= 8, "{entries}");
    }
}
