//! Clients that keep no cookies, beside one that does.

use super::renewal::{GRACE, RENEWED_EVERY};
use super::{ALICE, Ask, BEARER, ID, Step, act, ask, get, post, put, script};

/// The life of a session by a header, one by bearer tokens, and requests that present several ids. For servers that take
/// all transports, in whatever order.
#[must_use]
pub fn transports() -> Vec<Step> {
    [
        life("phone", ID, ""),
        life("program", BEARER, "Bearer "),
        several(),
    ]
    .concat()
}

fn life(who: &'static str, header: &'static str, scheme: &str) -> Vec<Step> {
    let none = |ask: Ask| ask.header(header, scheme.trim_end());
    let of = |which: &str, ask: Ask| ask.header(header, format!("{scheme}{{{who}{which}}}"));
    let last = |ask: Ask| of("", ask);
    let entry = r#"{"key":"n","value":1}"#;
    script! {
        none(get(who, "/me")),
        none(put(who, entry)),
        last(put(who, entry)),
        last(post(who, "/login", ALICE)),
        last(get(who, "/session/data")),
        of(".0", get("late", "/me")),
        of(".0", put("late", entry)),
        of("!", get("eve", "/me")),
        of("!", put("eve", entry)),
        last(last(get(who, "/me"))),
        last(post(who, "/reauth", r#"{"password":"password123"}"#)),
        last(act(who, r#"{"do":"rotate"},{"do":"answer","status":500}"#)),
        Step::Pass(RENEWED_EVERY),
        last(get(who, "/me")),
        of(".2", get("late", "/me")),
        Step::Pass(GRACE),
        of(".2", get("late", "/me")),
        last(ask(who, "DELETE", "/sessions/others")),
        last(ask(who, "POST", "/logout")),
        last(ask(who, "POST", "/logout")),
        last(put(who, entry)),
        last(act(who, r#"{"do":"login","user":"7"}"#)),
        last(act(who, r#"{"do":"user"}"#)),
    }
}

fn several() -> Vec<Step> {
    const FORGED: &str = "__Host-sid={ann!}";
    let log_in = |who, user| act(who, &format!(r#"{{"do":"login","user":"{user}"}}"#));
    let look = || act("eve", r#"{"do":"user"}"#);
    let all = |ask: Ask, [own, bearer, cookie]: [&str; 3]| {
        let ask = ask.header(ID, own).header(BEARER, format!("Bearer {bearer}"));
        ask.cookie(format!("__Host-sid={cookie}"))
    };
    let of_three = ["{ann}", "{bob}", "{cid}"];
    script! {
        put("new", r#"{"key":"n","value":1}"#),
        log_in("ann", 7).header(ID, ""),
        log_in("bob", 8).header(BEARER, "Bearer"),
        log_in("cid", 9).cookie(FORGED),
        all(look(), of_three),
        look().header(ID, "{ann}").header(BEARER, "Bearer {bob}"),
        look().header(ID, "{ann}").cookie("__Host-sid={cid}"),
        look().header(BEARER, "Bearer {bob}").cookie("__Host-sid={cid}"),
        look().header(ID, "{ann!}").header(BEARER, "Bearer {bob}"),
        look().header(ID, "").cookie("__Host-sid={cid}"),
        look().header(ID, "junk").cookie("__Host-sid={cid}"),
        look().header(BEARER, "Bearer {bob!}").header(ID, "{ann}"),
        look().header(BEARER, "Bearer a.token.of.others").header(ID, "{ann}"),
        look().header(BEARER, "Basic e30=").header(ID, "{ann}"),
        look().header(BEARER, "bearer {bob}"),
        look().header(ID, "{bob}"),
        look().header(BEARER, "Bearer {ann}"),
        look().cookie("__Host-sid={ann}"),
        look().header(ID, "{cid}"),
        all(act("eve", r#"{"do":"insert","key":"n","value":1},{"do":"rotate"}"#), of_three),
        all(act("eve", r#"{"do":"keys"},{"do":"logout"}"#), ["{eve}"; 3]),
        act("end", r#"{"do":"user"},{"do":"keys"}"#).header(ID, "{ann}"),
        act("end", r#"{"do":"user"},{"do":"keys"}"#).header(BEARER, "Bearer {bob}"),
        act("end", r#"{"do":"user"},{"do":"keys"}"#).cookie("__Host-sid={cid}"),
    }
}
