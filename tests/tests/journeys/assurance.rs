//! The lifetimes that NIST SP 800-63B-4 asks for.

use std::time::Duration;

use keycard::{Assurance, Clock as _};
use serde_json::{Value, json};

use crate::acting::{NOBODY, begun, serve, users};
use crate::world::{Running, World};

journeys! {
    a_session_ends_unused_or_at_last_as_its_level_says
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const MOMENT: Duration = Duration::from_millis(1);

async fn a_session_ends_unused_or_at_last_as_its_level_says(world: World) {
    for (level, idle, absolute) in [
        (Assurance::Aal1, 30 * 24 * HOUR, 30 * 24 * HOUR),
        (Assurance::Aal2, HOUR, 24 * HOUR),
        (Assurance::Aal3, 15 * MINUTE, 12 * HOUR),
    ] {
        let (servers, _) = serve(&world, |builder| builder.assurance(level)).await;
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
    let mut passed = Duration::ZERO;
    while passed < absolute {
        assert_eq!(
            users(&used, servers).await,
            ["alice", "alice"],
            "after {passed:?}"
        );
        let rest = idle
            .min(absolute.saturating_sub(passed))
            .saturating_sub(MOMENT)
            .max(MOMENT);
        world.clock.advance(rest);
        passed = world.clock.now().since(beginning);
        if passed >= idle {
            assert_eq!(users(&unused, servers).await, NOBODY, "after {passed:?}");
        }
    }
    assert_eq!(users(&used, servers).await, NOBODY);
}
