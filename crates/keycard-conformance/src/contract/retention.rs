//! How much of a user's history is kept, and for how long.

use std::time::Duration;

use bytes::Bytes;
use keycard::store::{Create, History, Note, Owner, Retention};

use super::history::{begin, history, keeping, login, note, owner};
use crate::record::{HOUR, MILLISECOND, MINUTE, NOW, Sample, alice, bob, device, namesake, session_of};

pub async fn the_last_notes_are_kept_newest_first(store: impl History) {
    for number in 0..9_u8 {
        let kept = Note::new(alice(), Bytes::from(vec![number]), keeping(3));
        begin(&store, login(number.into(), owner(0), NOW).noting(kept)).await;
    }
    let kept = async |notes| {
        let noted = store.history(alice(), keeping(notes), NOW).await.unwrap();
        noted.iter().map(|noted| noted.bytes[0]).collect::<Vec<_>>()
    };
    assert_eq!(kept(100).await, [8, 7, 6]);
    assert_eq!(kept(1).await, [8]);
    let more = Note::new(alice(), Bytes::from(vec![9]), keeping(4));
    begin(&store, login(9, owner(0), NOW).noting(more)).await;
    assert_eq!(kept(100).await, [9, 8, 7, 6]);
    let one = Note::new(alice(), Bytes::from(vec![10]), keeping(1));
    begin(&store, login(10, owner(0), NOW).noting(one)).await;
    assert_eq!(kept(100).await, [10]);
}

pub async fn a_note_is_kept_for_its_time_and_not_with_the_next_ones(store: impl History) {
    let times = [0, 20, 40, 79].map(|minutes| NOW.after(MINUTE * minutes));
    for (number, now) in (0..).zip(times) {
        begin(&store, login(number, owner(0), now).noting(note("login"))).await;
    }
    let kept = async |retention, now| {
        let noted = store.history(alice(), retention, now).await.unwrap();
        noted.iter().rev().map(|noted| noted.at).collect::<Vec<_>>()
    };
    let at = |minutes: u32| NOW.after(MINUTE * minutes);
    assert_eq!(
        kept(keeping(100), at(79)).await,
        times[1..],
        "the first was an hour old"
    );
    assert_eq!(kept(keeping(100), at(100)).await, times[3..]);
    let last = NOW.after(MINUTE * 139 - MILLISECOND);
    assert_eq!(kept(keeping(100), last).await, times[3..]);
    assert_eq!(kept(keeping(100), at(139)).await, []);
    let longer = Retention::new(100, HOUR * 9).unwrap();
    assert_eq!(
        kept(longer, at(79)).await,
        times[1..],
        "the first is not kept any more"
    );
    let shorter = Retention::new(100, Duration::from_secs(1)).unwrap();
    assert_eq!(kept(shorter, at(79)).await, times[3..]);
}

pub async fn any_bytes_come_back(store: impl History) {
    let all: Vec<u8> = (0..=u8::MAX).cycle().take(3_000).collect();
    let contents = [Bytes::new(), Bytes::from_static(b"\0"), all.into()];
    for (number, bytes) in (0..).zip(&contents) {
        let any = Note::new(alice(), bytes.clone(), keeping(100));
        begin(&store, login(number, owner(0), NOW).noting(any)).await;
    }
    let noted = history(&store, alice()).await;
    assert!(
        noted.iter().rev().map(|noted| &noted.bytes).eq(&contents),
        "{noted:?}"
    );
}

pub async fn each_user_has_a_history_and_may_be_forgotten(store: impl History) {
    for user in [alice(), namesake(), bob()] {
        let theirs = Note::new(user, Bytes::copy_from_slice(&user.digest()), keeping(100));
        let owner = Owner::new(user, device(0), Sample::new(0).absolute);
        // Those of one tag must not take each other's keys.
        let key = session_of(user, user.digest()[0].into());
        begin(
            &store,
            Create::new(key, Sample::new(1).bytes(), Some(owner), NOW).noting(theirs),
        )
        .await;
    }
    for _ in 0..2 {
        store.forget_history(alice()).await.unwrap();
        assert_eq!(history(&store, alice()).await, []);
    }
    for user in [namesake(), bob()] {
        let noted = history(&store, user).await;
        assert_eq!(noted.len(), 1);
        assert_eq!(noted[0].bytes[..], user.digest());
    }
    assert_eq!(
        store.count(alice(), NOW).await.unwrap(),
        1,
        "the session lives on"
    );
}
