//! What pages ask that show a token, and those that show none, or another's.

use keycard::CsrfToken;

use super::{App, Ask, Step, ask, pass, script};

const FORM: &str = "application/x-www-form-urlencoded";
const BOUND: usize = 64 * 1024;

fn to(who: &'static str, method: &'static str, route: &str) -> Ask {
    let ask = ask(who, method, &format!("/csrf/{route}"));
    Ask {
        app: App::Acting,
        ..ask
    }
}

fn get(who: &'static str, route: &str) -> Ask {
    to(who, "GET", route)
}

fn echo(who: &'static str) -> Ask {
    to(who, "POST", "echo")
}

/// Steps by the token that `whose` was told last.
fn act(who: &'static str, whose: &str, steps: &str) -> Ask {
    of(whose, to(who, "POST", "act").json(&format!("[{steps}]")))
}

fn of(whose: &str, ask: Ask) -> Ask {
    ask.header(CsrfToken::HEADER, format!("{{{whose}~}}"))
}

fn from(site: &'static str, origin: &'static str, ask: Ask) -> Ask {
    ask.header("sec-fetch-site", site).header("origin", origin)
}

/// A visitor who becomes a user and a visitor again, somebody who tries the tokens of others, and what is refused.
#[must_use]
pub fn csrf() -> Vec<Step> {
    let alice = r#"{"do":"login","user":"alice"}"#;
    let insert = r#"{"do":"insert","key":"n","value":1}"#;
    let logout = r#"{"do":"logout"}"#;
    script! {
        get("ann", "token"),
        get("ann", "token"),
        to("ann", "POST", "act").json("[]"),
        act("eve", "ann", "[]"),
        act("ann", "ann", insert),
        act("ann", "ann", alice),
        act("ann", "ann", "[]"),
        get("ann", "token"),
        act("ann", "ann", r#"{"do":"rotate"},{"do":"user"}"#),
        act("ann", "ann", logout),
        act("ann", "ann", "[]"),
        get("ann", "token"),
        of("ann", to("ann", "POST", "hasty")).body("bob"),
        act("ann", "ann", "[]"),
        get("ann", "token"),
        of("ann", to("ann", "POST", "login")).body("carol"),
        act("ann", "ann", r#"{"do":"user"}"#),
        get("kim", "visit"),
        act("kim", "kim", alice),
        pass(25 * 3600),
        get("kim", "visit"),
        act("kim", "kim", r#"{"do":"user"}"#),
        from("cross-site", "https://evil.example", of("kim", echo("kim"))),
        from("same-site", "https://app.example", of("kim", echo("kim"))),
        from("", "https://shop.example", of("kim", echo("kim"))),
        from("", "null", of("kim", echo("kim"))),
        echo("kim").header("content-type", FORM).body("a=1"),
        echo("kim").header("content-type", FORM).body(&"x".repeat(BOUND + 1)),
        echo("kim").header("content-type", "multipart/form-data; boundary=x").body("--x--"),
        to("kim", "POST", "webhook").body("x"),
        to("kim", "POST", "page"),
        to("kim", "DELETE", "page"),
        get("kim", "bare"),
        to("api", "POST", "echo").header("authorization", "Bearer a.b.c").body("x"),
    }
}
