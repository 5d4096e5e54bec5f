//! A new id for the same session.

use keycard_tests::world::{World, sid};
use serde_json::json;

journeys! {
    a_rotation_changes_the_id_and_nothing_else
    a_guest_s_id_rotates_too
    a_write_lands_across_a_rotation_by_another_server
    of_two_rotations_at_once_one_hands_out_an_id
}

async fn a_rotation_changes_the_id_and_nothing_else(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let seen = json!([
        {"do": "user"},
        {"do": "handle"},
        {"do": "created_at"},
        {"do": "absolute_at"},
        {"do": "get", "key": "n"},
    ]);
    browser
        .act(
            &server,
            json!([{"do": "login", "user": "alice"}, {"do": "insert", "key": "n", "value": 1}]),
        )
        .await;
    let (before, held, old) = (
        browser.act(&server, seen.clone()).await.json(),
        browser.snapshot(),
        sid(&browser),
    );
    assert_eq!((&before[0], &before[4]), (&json!("alice"), &json!(1)));

    let rotation = browser.act(&server, json!([{"do": "rotate"}])).await;
    assert_eq!(rotation.set_cookies().len(), 1);
    assert_ne!(sid(&browser), old);
    assert_eq!(browser.act(&server, seen.clone()).await.json(), before);

    let dead = held.act(&server, seen).await;
    assert_eq!(dead.json(), json!([null, null, null, null, null]));
    assert!(dead.set_cookies().is_empty());
    let write = json!([{"do": "insert", "key": "n", "value": "stolen"}]);
    assert!(held.act(&server, write).await.set_cookies().is_empty());
    let kept = browser.act(&server, json!([{"do": "get", "key": "n"}])).await;
    assert_eq!(kept.json(), json!([1]), "the old id writes nothing");
}

async fn a_guest_s_id_rotates_too(world: World) {
    let (server, mut browser) = (world.acting_server().await, world.browser());
    let unborn = browser.act(&server, json!([{"do": "rotate"}])).await;
    assert!(unborn.set_cookies().is_empty(), "there is no id to rotate");
    browser
        .act(&server, json!([{"do": "insert", "key": "n", "value": 1}]))
        .await;
    let (held, old) = (browser.snapshot(), sid(&browser));
    let steps = json!([{"do": "rotate"}, {"do": "insert", "key": "m", "value": 2}]);
    browser.act(&server, steps).await;
    assert_ne!(sid(&browser), old);
    let keys = json!([{"do": "keys"}]);
    assert_eq!(
        browser.act(&server, keys.clone()).await.json(),
        json!([["m", "n"]])
    );
    assert_eq!(held.act(&server, keys).await.json(), json!([[]]));
}

async fn a_write_lands_across_a_rotation_by_another_server(world: World) {
    let (one, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    browser.act(&one, json!([{"do": "login", "user": "alice"}])).await;
    let held = browser.snapshot();
    let slow = json!([
        {"do": "user"},
        {"do": "arrive", "gate": "read"},
        {"do": "wait", "gate": "rotated"},
        {"do": "insert", "key": "late", "value": true},
    ]);
    let meanwhile = async {
        world.gates.wait("read").await;
        browser.act(&one, json!([{"do": "rotate"}])).await;
        world.gates.arrive("rotated");
    };
    let (slow, ()) = tokio::join!(held.act(&other, slow), meanwhile);
    assert_eq!(slow.json()[0], "alice");
    assert!(
        slow.set_cookies().is_empty(),
        "the old id is not handed out again"
    );
    let now = json!([{"do": "user"}, {"do": "get", "key": "late"}]);
    for server in [&one, &other] {
        assert_eq!(
            browser.act(server, now.clone()).await.json(),
            json!(["alice", true])
        );
        assert_eq!(held.act(server, now.clone()).await.json(), json!([null, null]));
    }
}

async fn of_two_rotations_at_once_one_hands_out_an_id(world: World) {
    let (one, other) = (world.acting_server().await, world.other_acting_server().await);
    let mut browser = world.browser();
    browser.act(&one, json!([{"do": "login", "user": "alice"}])).await;
    let held = browser.snapshot();
    let rotation = |key: &str| {
        json!([
            {"do": "arrive", "gate": "read"},
            {"do": "wait", "gate": "go"},
            {"do": "rotate"},
            {"do": "insert", "key": key, "value": true},
        ])
    };
    let both_have_read = async {
        world.gates.wait_for("read", 2).await;
        world.gates.arrive("go");
    };
    let (first, second, ()) = tokio::join!(
        held.act(&one, rotation("one")),
        held.act(&other, rotation("other")),
        both_have_read,
    );
    let cookies = first.set_cookies().len() + second.set_cookies().len();
    assert_eq!(cookies, 1);
    browser.absorb(&first);
    browser.absorb(&second);
    let now = json!([{"do": "user"}, {"do": "keys"}]);
    let now = browser.act(&other, now).await.json();
    assert_eq!(
        now,
        json!(["alice", ["one", "other"]]),
        "the changes of both land"
    );
}
