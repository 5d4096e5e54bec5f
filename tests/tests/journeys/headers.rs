//! Clients that keep no cookies: ids in a header of one's own, or as bearer tokens.

use http::Method;
use keycard::Transport;
use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};

use crate::world::{Adapter, Running, World, alice, bob, sid};

journeys! {
    a_login_by_header_alone
    two_devices_of_a_user_have_two_sessions
    a_new_id_is_told_and_the_old_one_is_dead
    only_the_request_that_ends_a_session_says_so
    a_forged_header_hides_a_good_cookie
    the_header_decides_where_both_are_present
    an_id_that_came_by_cookie_opens_nothing_elsewhere
    a_bearer_token_is_an_id_and_another_is_left_alone
    a_header_opens_the_session_on_the_other_framework
}

const HEADER: &str = "x-session-id";

const TRANSPORTS: [Transport; 3] = [Transport::Header(HEADER), Transport::Bearer, Transport::Cookie];

async fn serve(world: &World) -> Running {
    serve_on(world.adapter, world).await
}

async fn serve_on(adapter: Adapter, world: &World) -> Running {
    let app = world.app_with(&[1], |builder| builder.transports(TRANSPORTS));
    world.server_with(adapter, app.await).await
}

/// Sends what it was told last, and keeps no cookies.
#[derive(Clone)]
struct Phone {
    browser: Browser,
    name: &'static str,
    scheme: &'static str,
    id: String,
}

impl Phone {
    fn new(world: &World) -> Self {
        Self {
            browser: world.browser(),
            name: HEADER,
            scheme: "",
            id: String::new(),
        }
    }

    async fn send(
        &mut self,
        method: Method,
        server: &Running,
        target: &str,
        body: Option<Value>,
    ) -> Response {
        let request = self.browser.request(method, server, target);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let value = format!("{}{}", self.scheme, self.id);
        let answer = request.header(self.name, &value).send().await;
        assert!(answer.set_cookies().is_empty(), "{answer}: a cookie");
        if let Some(id) = answer.header(HEADER) {
            id.clone_into(&mut self.id);
        }
        answer
    }

    async fn log_in(&mut self, server: &Running, who: Value) -> Response {
        let answer = self.send(Method::POST, server, "/login", Some(who)).await;
        answer.expect_status(200)
    }

    async fn me(&mut self, server: &Running) -> u16 {
        self.send(Method::GET, server, "/me", None).await.status.as_u16()
    }
}

async fn a_login_by_header_alone(world: World) {
    let (server, mut phone) = (serve(&world).await, Phone::new(&world));
    assert_eq!(phone.me(&server).await, 401);
    assert_eq!(phone.id, "", "a visitor has no id");
    let login = phone.log_in(&server, alice()).await;
    assert_eq!(phone.id.len(), 115);
    assert_eq!(login.header("cache-control"), Some("no-store"));
    assert_eq!(login.header("vary"), Some(HEADER));

    let me = phone
        .send(Method::GET, &server, "/me", None)
        .await
        .expect_status(200);
    assert_eq!(me.json()["user"]["email"], "alice@example.com");
    assert_eq!(me.header(HEADER), None, "the id is told when it changes");
    assert!(
        !me.text().contains(&phone.id[29..60]),
        "the secret is in the header alone"
    );
    world.clock.advance(std::time::Duration::from_mins(30));
    assert_eq!(phone.me(&server).await, 401, "idle time counts as with cookies");
}

async fn two_devices_of_a_user_have_two_sessions(world: World) {
    let server = serve(&world).await;
    let (mut phone, mut tablet) = (Phone::new(&world), Phone::new(&world));
    phone.log_in(&server, alice()).await;
    tablet.log_in(&server, alice()).await;
    assert_ne!(phone.id, tablet.id);
    phone
        .send(Method::POST, &server, "/logout", None)
        .await
        .expect_status(204);
    assert_eq!((phone.me(&server).await, tablet.me(&server).await), (401, 200));
}

async fn a_new_id_is_told_and_the_old_one_is_dead(world: World) {
    let (server, mut phone) = (serve(&world).await, Phone::new(&world));
    let guest = json!({"key": "cart", "value": [1]});
    phone
        .send(Method::PUT, &server, "/session/data", Some(guest))
        .await
        .expect_status(200);
    let mut before = phone.clone();
    phone.log_in(&server, alice()).await;
    let mut first = phone.clone();
    phone.log_in(&server, alice()).await;
    assert!(before.id != first.id && first.id != phone.id);

    let data = phone.send(Method::GET, &server, "/session/data", None).await;
    assert_eq!(data.json(), json!({"cart": [1]}));
    for stale in [&mut before, &mut first] {
        let held = stale.id.clone();
        assert_eq!(stale.me(&server).await, 401);
        assert_eq!(stale.id, held, "nothing is told to whoever holds an old id");
    }
    assert_eq!(phone.me(&server).await, 200);
}

async fn only_the_request_that_ends_a_session_says_so(world: World) {
    let keycard = world.keycard_with(&[1], |builder| builder.transports(TRANSPORTS));
    let server = world.acting_server_with(world.adapter, keycard).await;
    let mut phone = Phone::new(&world);
    let login = json!([{"do": "login", "user": "alice"}]);
    phone.send(Method::POST, &server, "/act", Some(login)).await;
    let mut late = phone.clone();
    let slow = json!([
        {"do": "arrive", "gate": "read"},
        {"do": "wait", "gate": "ended"},
        {"do": "insert", "key": "n", "value": 1},
        {"do": "rotate"},
    ]);
    let slow = late.send(Method::POST, &server, "/act", Some(slow));
    let logout = async {
        world.gates.wait("read").await;
        let logout = json!([{"do": "logout"}]);
        let answer = phone.send(Method::POST, &server, "/act", Some(logout)).await;
        world.gates.arrive("ended");
        answer
    };
    let (slow, logout) = tokio::join!(slow, logout);
    assert_eq!(logout.header(HEADER), Some(""));
    assert_eq!(slow.expect_status(200).header(HEADER), None);
    let again = late
        .send(
            Method::POST,
            &server,
            "/act",
            Some(json!([{"do": "logout"}, {"do": "user"}])),
        )
        .await;
    assert_eq!((again.header(HEADER), again.json()), (None, json!([null, null])));
}

async fn a_forged_header_hides_a_good_cookie(world: World) {
    let (server, mut browser) = (serve(&world).await, world.browser());
    // A browser sends nothing at first, and is told by the first transport: so it gets its cookie elsewhere.
    let by_cookie = world.server().await;
    browser
        .post_json(&by_cookie, "/login", alice())
        .await
        .expect_status(200);
    browser.get(&server, "/me").await.expect_status(200);
    let forged = format!("1{}.{}", "A".repeat(70), "A".repeat(43));
    for header in [forged.as_str(), "", "junk", &"x".repeat(5000)] {
        let request = browser
            .request(Method::GET, &server, "/me")
            .header(HEADER, header);
        let answer = request.send().await.expect_status(401);
        assert_eq!(answer.header(HEADER), None);
        assert!(answer.set_cookies().is_empty());
    }
    browser.get(&server, "/me").await.expect_status(200);
}

async fn the_header_decides_where_both_are_present(world: World) {
    let (server, by_cookie) = (serve(&world).await, world.server().await);
    let mut phone = Phone::new(&world);
    phone
        .browser
        .post_json(&by_cookie, "/login", bob())
        .await
        .expect_status(200);
    phone.log_in(&server, alice()).await;
    let cookie = sid(&phone.browser);
    let me = phone.send(Method::GET, &server, "/me", None).await;
    assert_eq!(me.json()["user"]["email"], "alice@example.com");
    phone
        .send(Method::POST, &server, "/logout", None)
        .await
        .expect_status(204);
    assert_eq!((phone.id.as_str(), sid(&phone.browser)), ("", cookie));
    let me = phone.browser.get(&server, "/me").await;
    assert_eq!(
        me.json()["user"]["email"],
        "bob@example.com",
        "the cookie's session goes on"
    );
    assert_eq!(me.header("vary"), Some(HEADER));
}

async fn an_id_that_came_by_cookie_opens_nothing_elsewhere(world: World) {
    let (server, by_cookie) = (serve(&world).await, world.server().await);
    let (mut browser, mut phone) = (world.browser(), Phone::new(&world));
    browser
        .post_json(&by_cookie, "/login", alice())
        .await
        .expect_status(200);
    phone.id = sid(&browser).unwrap();
    assert_eq!(phone.me(&server).await, 401);
    (phone.name, phone.scheme) = ("authorization", "Bearer ");
    assert_eq!(phone.me(&server).await, 401);

    let mut phone = Phone::new(&world);
    phone.log_in(&server, alice()).await;
    let planted = format!("__Host-sid={}", phone.id);
    let request = world
        .browser()
        .request(Method::GET, &server, "/me")
        .header("cookie", &planted)
        .send()
        .await;
    request.expect_status(401);
    (phone.name, phone.scheme) = ("authorization", "Bearer ");
    assert_eq!(phone.me(&server).await, 401);
}

async fn a_bearer_token_is_an_id_and_another_is_left_alone(world: World) {
    let (server, mut phone) = (serve(&world).await, Phone::new(&world));
    (phone.name, phone.scheme) = ("authorization", "Bearer ");
    let login = phone.log_in(&server, alice()).await;
    assert_eq!(login.header("vary"), Some(HEADER));
    assert_eq!(phone.me(&server).await, 200);
    phone
        .send(Method::POST, &server, "/logout", None)
        .await
        .expect_status(204);
    assert_eq!(phone.id, "");

    let by_cookie = world.server().await;
    let mut browser = world.browser();
    browser
        .post_json(&by_cookie, "/login", bob())
        .await
        .expect_status(200);
    let jwt = format!(
        "Bearer eyJhbGciOiJIUzI1NiJ9.{}.{}",
        "e".repeat(50),
        "s".repeat(43)
    );
    let me = browser
        .request(Method::GET, &server, "/me")
        .header("authorization", &jwt)
        .send()
        .await;
    assert_eq!(me.expect_status(200).json()["user"]["email"], "bob@example.com");
}

async fn a_header_opens_the_session_on_the_other_framework(world: World) {
    let (server, mut phone) = (serve(&world).await, Phone::new(&world));
    let other = serve_on(world.adapter.other(), &world).await;
    phone.log_in(&server, alice()).await;
    assert_eq!(phone.me(&other).await, 200);
    phone
        .send(Method::POST, &other, "/logout", None)
        .await
        .expect_status(204);
    assert_eq!(phone.me(&server).await, 401);
}
