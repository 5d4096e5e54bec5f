//! The lifetimes that NIST SP 800-63B-4 asks for.

use std::time::Duration;

use keycard::{Assurance, Clock as _};
use serde_json::{Value, json};

use crate::acting::{NOBODY, begun, serve, users};
use crate::world::{Builder, Running, World};

journeys! {
    a_session_ends_unused_or_at_last_as_its_level_says
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(1);
const ALICE: [&str; 2] = ["alice", "alice"];

async fn a_session_ends_unused_or_at_last_as_its_level_says(world: World) {
    for (level, idle, absolute) in [
        (Assurance::Aal1, 30 * 24 * HOUR, 30 * 24 * HOUR),
        (Assurance::Aal2, HOUR, 24 * HOUR),
        (Assurance::Aal3, 15 * MINUTE, 12 * HOUR),
    ] {
        let exact = |builder: Builder| builder.assurance(level).touch_after(Duration::ZERO);
        let (servers, _) = serve(&world, exact).await;
        for remembered in [false, true] {
            let login = json!([{"do": "login", "user": "alice", "remembered": remembered}]);
            ends_in_time(&world, &servers, login, (idle, absolute)).await;
        }
    }
}

/// Asserts when a session ends that nobody uses, and one that is used in the last moment of each idle time and of all.
async fn ends_in_time(
    world: &World,
    servers: &[Running; 2],
    login: Value,
    (idle, absolute): (Duration, Duration),
) {
    let unused = begun(world, &servers[0], login.clone()).await;
    let used = begun(world, &servers[1], login).await;
    let beginning = world.clock.now();
    let almost = idle.saturating_sub(MOMENT);
    world.clock.advance(almost);
    assert_eq!(users(&used, servers).await, ALICE, "before {idle:?}");
    world.clock.advance(MOMENT);
    assert_eq!(users(&unused, servers).await, NOBODY, "after {idle:?}");
    loop {
        let left = absolute.saturating_sub(world.clock.now().since(beginning));
        if left.is_zero() {
            break;
        }
        assert_eq!(users(&used, servers).await, ALICE, "{left:?} before the end");
        let to_the_last_moment = left.saturating_sub(MOMENT).max(MOMENT);
        world.clock.advance(almost.min(to_the_last_moment));
    }
    assert_eq!(users(&used, servers).await, NOBODY, "after {absolute:?}");
}
