//! Proving once more who one is, in a session that goes on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::account::{code, logged_in, me, verify, waiting};
use crate::world::{World, alice, at, bob, sid};

journeys! {
    the_right_password_gives_a_new_id_and_starts_both_timers_again
    a_wrong_password_changes_nothing
    only_a_user_can_prove_it_again
    a_second_factor_stays_proved
}

fn password(text: &str) -> Value {
    json!({ "password": text })
}

async fn the_right_password_gives_a_new_id_and_starts_both_timers_again(world: World) {
    let (server, other) = (world.server().await, world.other_server().await);
    let mut browser = logged_in(&world, &server, bob()).await;
    let entry = json!({"key": "cart", "value": 3});
    browser
        .put_json(&server, "/session/data", entry)
        .await
        .expect_status(200);
    let before = browser.get(&server, "/me").await.json()["session"].clone();
    let (mut held, old) = (browser.clone(), sid(&browser));

    let ten_minutes = Duration::from_mins(10);
    world.pass(ten_minutes, &mut browser);
    let answer = browser
        .post_json(&other, "/reauth", password("secret456"))
        .await
        .expect_status(200);
    assert_eq!(answer.json()["user"]["email"], "bob@example.com");
    assert_ne!(sid(&browser), old);
    assert_eq!(me(&mut held, &server).await, 401, "the old id is dead");

    let after = browser.get(&server, "/me").await.expect_status(200).json()["session"].clone();
    for field in ["expires_at", "absolute_at"] {
        assert_eq!(
            at(&after[field]),
            at(&before[field]).after(ten_minutes),
            "{field}"
        );
    }
    for field in ["handle", "created_at"] {
        assert_eq!(after[field], before[field], "the session is the same");
    }
    let data = browser.get(&server, "/session/data").await.json();
    assert_eq!(data, json!({"cart": 3}));
    let stats = browser.get(&server, "/admin/stats").await;
    stats.expect_status(200); // the roles stay
}

async fn a_wrong_password_changes_nothing(world: World) {
    let server = world.server().await;
    let mut browser = logged_in(&world, &server, alice()).await;
    let before = browser.get(&server, "/me").await.json();
    for wrong in ["secret456", "", "password1234"] {
        let answer = browser
            .post_json(&server, "/reauth", password(wrong))
            .await
            .expect_status(401);
        assert!(answer.set_cookies().is_empty());
        assert_eq!(answer.json(), json!({"error": "wrong password"}));
    }
    assert_eq!(browser.get(&server, "/me").await.json(), before);
}

async fn only_a_user_can_prove_it_again(world: World) {
    let (server, mut guest) = (world.server().await, world.browser());
    let mut waiting = waiting(&world, &server).await;
    for browser in [&mut guest, &mut waiting] {
        let answer = browser
            .post_json(&server, "/reauth", password("letmein789"))
            .await
            .expect_status(401);
        assert!(answer.set_cookies().is_empty());
    }
    let verified = verify(&mut waiting, &server, &code(&world)).await;
    verified.expect_status(200); // the login still waits
}

async fn a_second_factor_stays_proved(world: World) {
    let server = world.server().await;
    let mut browser = waiting(&world, &server).await;
    verify(&mut browser, &server, &code(&world))
        .await
        .expect_status(200);
    let answer = browser
        .post_json(&server, "/reauth", password("letmein789"))
        .await
        .expect_status(200);
    assert_eq!(answer.json()["user"]["email"], "carol@example.com");
    assert_eq!(me(&mut browser, &server).await, 200);
}
