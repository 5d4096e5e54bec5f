//! A store full of other sessions, each in the index of its user.

use std::time::Duration;

use keycard::Keycard;
use keycard::store::MAX_SESSIONS_PER_USER;
use keycard_tests::world::World;
use tokio::task::JoinSet;

/// Gives a hundred users, one of whom is the one who is measured, as many sessions as an index holds: 100,000.
pub(crate) async fn moves_in(world: &World) {
    let keycard = world.keycard();
    let mut users = JoinSet::new();
    users.spawn(log_in(keycard.clone(), "alice".to_owned()));
    for number in 1..100 {
        users.spawn(log_in(keycard.clone(), format!("user {number}")));
    }
    users.join_all().await;
    // Whoever comes now ends later: a login into a full index ends one of the crowd.
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.stored_count(), 100 * MAX_SESSIONS_PER_USER);
}

async fn log_in(keycard: Keycard, user: String) {
    for _ in 0..MAX_SESSIONS_PER_USER {
        let session = keycard.open([]).load().await.unwrap();
        session.login(user.as_str());
        session.commit().await.unwrap();
    }
}
