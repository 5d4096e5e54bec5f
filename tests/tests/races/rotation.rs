//! A new id for a session that another request writes to.

use keycard_tests::world::World;
use serde_json::json;

use crate::round::{Place, Round, race};

journeys! {
    a_write_and_a_rotation_on_one_server_both_land
    a_write_and_a_rotation_on_two_servers_both_land
}

async fn a_write_and_a_rotation_on_one_server_both_land(world: World) {
    race(world, Place::OneServer, write_against_rotation).await;
}

async fn a_write_and_a_rotation_on_two_servers_both_land(world: World) {
    race(world, Place::TwoServers, write_against_rotation).await;
}

/// Both handlers have read the session before the first of them goes on; which one that is, or that neither is, goes by
/// turns.
async fn write_against_rotation(round: Round) {
    let mut browser = round.logged_in().await;
    let before = browser.snapshot();
    let put = json!({"do": "insert", "key": "late", "value": round.number});
    let write = round.held(0, &before, "the write", put);
    let rotation = round.held(1, &before, "the rotation", json!({"do": "rotate"}));
    let order = async {
        round.have_read(2).await;
        match round.number % 3 {
            0 => {
                round.let_go("the write");
                round.answered("the write").await;
                round.let_go("the rotation");
            }
            1 => {
                round.let_go("the rotation");
                round.answered("the rotation").await;
                round.let_go("the write");
            }
            _ => {
                round.let_go("the write");
                round.let_go("the rotation");
            }
        }
    };
    let (write, rotation, ()) = tokio::join!(write, rotation, order);
    assert_eq!((write.set_cookies().len(), rotation.set_cookies().len()), (0, 1));
    browser.absorb(&rotation);
    let look = json!([{"do": "user"}, {"do": "get", "key": "late"}]);
    for turn in [0, 1] {
        let seen = browser.act(round.server(turn), look.clone()).await.json();
        assert_eq!(seen, json!([round.user(), round.number]), "under the new id");
        let seen = before.act(round.server(turn), look.clone()).await.json();
        assert_eq!(seen, json!([null, null]), "under the old id");
    }
}
