//! A Redis server that stops, ends and comes back.

use super::{ALICE, Step, act, ask, get, hold, post, put, script};

/// What is asked while there is no store, on Redis alone.
#[must_use]
pub fn outage() -> Vec<Step> {
    let down = script! {
        get("ann", "/me"),
        get("ann", "/session/data"),
        put("ann", r#"{"key":"n","value":1}"#),
        post("ann", "/session/increment", r#"{"key":"n"}"#),
        ask("ann", "POST", "/slow-set?key=k&ms=0"),
        post("ann", "/login", ALICE),
        post("ann", "/login", "{"),
        post("ann", "/mfa/verify", r#"{"code":"123456"}"#),
        post("ann", "/reauth", r#"{"password":"password123"}"#),
        get("ann", "/sessions"),
        ask("ann", "DELETE", "/sessions/unknown"),
        ask("ann", "DELETE", "/sessions/others"),
        ask("ann", "DELETE", "/sessions/all"),
        get("ann", "/admin/stats"),
        ask("ann", "POST", "/logout"),
        ask("ann", "BREW", "/me"),
        get("ann", "/no/such/route"),
        get("eve", "/me"),
        get("eve", "/me").cookie("__Host-sid={ann!}"),
        put("eve", r#"{"key":"n","value":1}"#),
        post("eve", "/login", ALICE),
        act("ann", r#"{"do":"user"}"#),
        act("eve", r#"{"do":"login","user":"7"},{"do":"commit"},{"do":"user"}"#),
        act("eve", r#"{"do":"increment","key":"n","by":1},{"do":"rotate"}"#),
    };
    let before = script! {
        post("ann", "/login", ALICE),
        act("bob", r#"{"do":"login","user":"7"}"#),
        hold("bob", "commit while frozen", r#"{"do":"user"}"#, r#"{"do":"insert","key":"n","value":1},{"do":"commit"}"#),
        hold("bob", "logout while frozen", r#"{"do":"user"}"#, r#"{"do":"logout"}"#),
        Step::Freeze,
        Step::Resume("commit while frozen"),
        Step::Resume("logout while frozen"),
        get("ann", "/me"),
        Step::Thaw,
        get("ann", "/me"),
        Step::Kill,
    };
    let after = script! {
        Step::Restart,
        get("ann", "/me"),
        post("ann", "/login", ALICE),
        get("ann", "/me"),
    };
    [before, down, after].concat()
}
