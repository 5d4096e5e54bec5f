//! A cookie with a domain and a path of its own: shared by sub-domains, kept from other paths and other sites.

use std::collections::BTreeSet;

use http::Method;
use keycard::{CookieSpec, SameSite};
use keycard_tests::browser::{self, Browser, Origin, Request, Response, Server as _};
use keycard_tests::world::{Running, World};
use serde_json::{Value, json};

journeys! {
    sub_domains_share_a_session_below_its_path
    other_sites_act_without_the_session
    a_logout_on_a_sub_domain_removes_the_cookie_everywhere
}

async fn serve(world: &World) -> Running {
    let cookie = CookieSpec::builder("__Secure-sid")
        .domain("shop.example")
        .path("/app")
        .same_site(SameSite::Strict);
    let cookie = cookie.build().unwrap();
    let keycard = world.keycard_with(&[1], |builder| builder.cookie(cookie));
    world.acting_server_with(world.adapter, keycard).await
}

fn request<'b>(browser: &'b mut Browser, origin: &Origin, path: &str, steps: Value) -> Request<'b> {
    browser.request(Method::POST, origin, path).json(steps)
}

async fn act(browser: &mut Browser, origin: &Origin, path: &str, steps: Value) -> Response {
    request(browser, origin, path, steps)
        .send()
        .await
        .expect_status(200)
}

async fn user(browser: &mut Browser, origin: &Origin, path: &str) -> Value {
    let answer = act(browser, origin, path, json!([{"do": "user"}])).await;
    answer.json()[0].clone()
}

/// A browser that has logged in at the shop itself, and the answer to that.
async fn logged_in(world: &World, shop: &Origin) -> (Browser, Response) {
    let mut browser = world.browser();
    let login = json!([{"do": "login", "user": "alice"}]);
    let answer = act(&mut browser, shop, "/app/act", login).await;
    (browser, answer)
}

async fn sub_domains_share_a_session_below_its_path(world: World) {
    let server = serve(&world).await;
    let shop = server.origin();
    let (mut browser, _) = logged_in(&world, &shop).await;
    assert_eq!(browser.jar().refused(), []);
    let cookie = browser
        .jar()
        .cookie("__Secure-sid")
        .expect("the session's cookie");
    assert!(
        cookie.is_secure() && cookie.is_http_only() && !cookie.is_host_only(),
        "{cookie:?}"
    );
    assert_eq!(
        (cookie.domain(), &*cookie.path(), cookie.same_site()),
        ("shop.example", "/app", browser::SameSite::Strict)
    );
    for (host, path, seen) in [
        ("shop.example", "/app/act", "alice"),
        ("pay.shop.example", "/app/act", "alice"),
        ("de.pay.shop.example", "/app/act", "alice"),
        ("shop.example", "/act", ""),
        ("pay.shop.example", "/act", ""),
        ("othershop.example", "/app/act", ""),
        ("example", "/app/act", ""),
    ] {
        let user = user(&mut browser, &shop.clone().named(host), path).await;
        assert_eq!(user.as_str().unwrap_or_default(), seen, "{host}{path}");
    }
}

async fn other_sites_act_without_the_session(world: World) {
    let server = serve(&world).await;
    let shop = server.origin();
    let (mut browser, _) = logged_in(&world, &shop).await;
    let steps = json!([{"do": "user"}, {"do": "logout"}]);
    for navigation in [false, true] {
        let forged = request(&mut browser, &shop, "/app/act", steps.clone()).cross_site();
        let forged = if navigation { forged.navigation() } else { forged };
        let answer = forged.send().await;
        assert_eq!(answer.json(), json!([null, null]));
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(user(&mut browser, &shop, "/app/act").await, "alice");
}

async fn a_logout_on_a_sub_domain_removes_the_cookie_everywhere(world: World) {
    let server = serve(&world).await;
    let shop = server.origin();
    let (mut browser, login) = logged_in(&world, &shop).await;
    let mut held = browser.clone();
    let pay = shop.clone().named("pay.shop.example");
    let logout = act(&mut browser, &pay, "/app/act", json!([{"do": "logout"}])).await;
    let mut expected = attributes(&login);
    expected.insert("Max-Age=0".to_owned());
    assert_eq!(attributes(&logout), expected);
    assert!(browser.jar().cookies().is_empty());
    assert_eq!(user(&mut held, &shop, "/app/act").await, Value::Null);
}

/// The attributes of the one cookie that an answer sets.
fn attributes(answer: &Response) -> BTreeSet<String> {
    let cookies = answer.set_cookies();
    let [cookie] = cookies.as_slice() else {
        panic!("{answer}: {} cookies", cookies.len())
    };
    let text = String::from_utf8(cookie.to_vec()).unwrap();
    text.split("; ").skip(1).map(str::to_owned).collect()
}
