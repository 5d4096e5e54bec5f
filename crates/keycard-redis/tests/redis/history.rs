//! Where a history stands and for how long, and what a full server makes of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use keycard::store::{
    Create, Created, End, Ended, Fate, History as _, Note, Noted, Retention, SessionLimit, Store as _,
    Update, UserIndex as _,
};
use keycard::{StoreErrorKind, UserKey};

use crate::support::*;

const A: u64 = 1;
const B: u64 = 2;

fn note(number: u64) -> Note {
    let day = Duration::from_hours(24);
    Note::new(
        user(number),
        Bytes::from("a note"),
        Retention::new(3, day).unwrap(),
    )
}

fn history_name(user: UserKey) -> String {
    let digest = URL_SAFE_NO_PAD.encode(user.digest());
    format!("keycard:{{{}}}h:{digest}", user.tag().to_text())
}

async fn history(world: &World, number: u64) -> Vec<Noted> {
    let noted = world.store.history(user(number), Retention::DEFAULT, NOW);
    noted.await.unwrap()
}

async fn log_in(world: &World, session: u64) {
    let login = Create::new(key(A, session), live(session), Some(owner(A, after(HOUR))), NOW);
    let created = world.store.create(login.noting(note(A))).await.unwrap();
    assert_eq!(created, Created::Applied);
}

#[tokio::test]
async fn a_history_stands_in_the_slot_of_its_user_and_lives_as_long_as_its_last_note() {
    let world = World::begin().await;
    let name = history_name(user(A));
    for session in 0..5 {
        world.server.command::<()>(&["PEXPIRE", &name, "1000"]).unwrap();
        log_in(&world, session).await;
        assert_between("the life", world.life(&name), 23 * HOUR, 24 * HOUR);
    }
    let names: Vec<String> = world.server.command(&["KEYS", "*"]).unwrap();
    let tag = user(A).tag().to_text();
    let in_slot = format!("keycard:{{{tag}}}");
    assert!(names.iter().all(|name| name.starts_with(&in_slot)), "{names:?}");
    assert!(names.contains(&name), "{names:?}");
    let len: u64 = world.server.command(&["LLEN", &name]).unwrap();
    assert_eq!(len, 3, "what is not shown is not kept");
    world.store.forget_history(user(A)).await.unwrap();
    let left: u64 = world.server.command(&["EXISTS", &name]).unwrap();
    assert_eq!((left, world.store.count(user(A), NOW).await.unwrap()), (0, 5));
}

#[tokio::test]
async fn what_is_too_old_leaves_the_server_with_the_next_note() {
    let world = World::begin().await;
    log_in(&world, 1).await;
    let later = after(24 * HOUR);
    let login = Create::new(
        key(A, 2),
        record(2, later.after(Duration::from_mins(30))),
        None,
        later,
    );
    let created = world.store.create(login.noting(note(A))).await.unwrap();
    assert_eq!(created, Created::Applied);
    let len: u64 = world.server.command(&["LLEN", &history_name(user(A))]).unwrap();
    assert_eq!(len, 1);
}

#[tokio::test]
async fn a_full_server_remembers_what_it_still_does_and_nothing_else() {
    let world = World::that_counts().await;
    for session in [1, 2] {
        log_in(&world, session).await;
    }
    for (setting, value) in [("maxmemory-policy", "noeviction"), ("maxmemory", "1")] {
        world
            .server
            .command::<()>(&["CONFIG", "SET", setting, value])
            .unwrap();
    }
    let new = Create::new(key(B, 1), live(9), Some(owner(B, after(HOUR))), NOW);
    let error = world.store.create(new.noting(note(B))).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    assert_eq!(history(&world, B).await, []);
    let update = Update::new(key(A, 1), revision(1), live(9), None, NOW).noting(note(A));
    let error = world.store.update(update).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    assert_eq!(history(&world, A).await.len(), 2);

    let limited = owner(A, after(HOUR)).limited(SessionLimit::Refuse(2));
    let third = Create::new(key(A, 3), live(3), Some(limited), NOW).noting(note(A));
    assert_eq!(world.store.create(third).await.unwrap(), Created::LimitReached);
    let logout = End::new(key(A, 1), Some(limited), NOW).noting(note(A));
    assert_eq!(world.store.end(logout).await.unwrap(), Ended::Applied);
    let fates: Vec<Fate> = history(&world, A)
        .await
        .into_iter()
        .map(|noted| noted.fate)
        .collect();
    assert_eq!(fates, [Fate::Landed(vec![]), Fate::Refused, Fate::Landed(vec![])]);
}

#[tokio::test]
async fn what_nobody_wrote_as_a_note_is_an_error_and_not_an_empty_history() {
    let world = World::begin().await;
    let cut = [&[0; 8][..], b"\0\0\x02only one key"].concat();
    for strange in [b"short".to_vec(), cut] {
        let name = history_name(user(A));
        world
            .server
            .command::<()>(&[&b"LPUSH"[..], name.as_bytes(), &strange])
            .unwrap();
        let error = world
            .store
            .history(user(A), Retention::DEFAULT, NOW)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Protocol, "{error}");
        world.store.forget_history(user(A)).await.unwrap();
    }
}
