//! All that can be done to a session, and what comes of it at the wire.

use super::{App, Ask, Step, act, get, hold, pass, script};

/// Every step of the acting application: data, ids, lifetimes, commits, statuses, races and panics.
#[must_use]
pub fn acting() -> Vec<Step> {
    [
        data(),
        ids(),
        endings(),
        lifetimes(),
        outcomes(),
        messages(),
        headers(),
        overlaps(),
    ]
    .concat()
}

fn data() -> Vec<Step> {
    let large = "x".repeat(70_000);
    script! {
        act("ann", r#"{"do":"is_empty"},{"do":"keys"},{"do":"clear"},{"do":"handle"},{"do":"created_at"}"#),
        act("ann", r#"{"do":"consume","key":"n"},{"do":"take","key":"n"},{"do":"remove","key":"n"}"#),
        act("ann", r#"{"do":"insert","key":"n","value":7},{"do":"get","key":"n"},{"do":"handle"}"#),
        act("ann", r#"{"do":"handle"},{"do":"contains","key":"n"},{"do":"is_empty"},{"do":"keys"}"#),
        act("ann", r#"{"do":"increment","key":"n","by":2},{"do":"update","key":"n","change":{"add":3}}"#),
        act("ann", r#"{"do":"update","key":"list","change":{"push":"a"}},{"do":"update","key":"n","change":{"push":1}}"#),
        act("ann", r#"{"do":"increment","key":"list","by":1},{"do":"increment","key":"n","by":9223372036854775807}"#),
        act("ann", &format!(r#"{{"do":"insert","key":"large","value":"{large}"}},{{"do":"keys"}}"#)),
        act("ann", r#"{"do":"take","key":"n"},{"do":"get","key":"n"}"#),
        act("ann", r#"{"do":"insert","key":"code","value":"once"},{"do":"consume","key":"code"},{"do":"consume","key":"code"}"#),
        act("ann", r#"{"do":"remove","key":"list"},{"do":"remove","key":"list"}"#),
        act("ann", r#"{"do":"insert","key":"a","value":1},{"do":"clear"},{"do":"insert","key":"b","value":2}"#),
        act("ann", r#"{"do":"keys"},{"do":"no such step"}"#),
    }
}

fn ids() -> Vec<Step> {
    script! {
        act("ann", r#"{"do":"rotate"},{"do":"handle"}"#),
        act("ann", r#"{"do":"handle"},{"do":"keys"}"#),
        act("eve", r#"{"do":"user"},{"do":"keys"},{"do":"insert","key":"n","value":1}"#).cookie("__Host-sid={ann.0}"),
        act("ann", r#"{"do":"login","user":"7"},{"do":"user"},{"do":"handle"}"#),
        act("ann", r#"{"do":"user"},{"do":"handle"},{"do":"keys"}"#),
        act("ann", r#"{"do":"rotate"},{"do":"commit"},{"do":"handle"}"#),
        act("ann", r#"{"do":"login","user":"7"},{"do":"insert","key":"own","value":1}"#),
        act("ann", r#"{"do":"login","user":"8"},{"do":"keys"}"#),
        act("ann", r#"{"do":"user"},{"do":"keys"}"#),
        act("ann", r#"{"do":"insert","key":"lang","value":"en"},{"do":"insert","key":"cart","value":3}"#),
        act("ann", r#"{"do":"login","user":"8","without_earlier_data":true},{"do":"keys"}"#),
        act("ann", r#"{"do":"insert","key":"lang","value":"en"},{"do":"insert","key":"cart","value":3}"#),
        act("ann", r#"{"do":"logout_keeping","names":["lang"]},{"do":"user"},{"do":"keys"}"#),
        act("ann", r#"{"do":"user"},{"do":"keys"},{"do":"handle"}"#),
    }
}

fn endings() -> Vec<Step> {
    script! {
        act("ann", r#"{"do":"logout"},{"do":"insert","key":"after","value":1}"#),
        act("ann", r#"{"do":"logout"}"#),
        act("ann", r#"{"do":"rotate"},{"do":"touch"},{"do":"commit"},{"do":"keys"}"#),
        act("ann", r#"{"do":"login","user":"7"},{"do":"logout"}"#),
        act("eve", r#"{"do":"rotate"},{"do":"insert","key":"n","value":1},{"do":"commit"}"#).cookie("__Host-sid={ann.0}"),
        act("eve", r#"{"do":"update","key":"n","change":{"add":1}},{"do":"consume","key":"n"},{"do":"touch"}"#).cookie("__Host-sid={ann.0}"),
        act("eve", r#"{"do":"login","user":"9"},{"do":"commit"},{"do":"user"}"#).cookie("__Host-sid={ann.0}"),
    }
}

fn lifetimes() -> Vec<Step> {
    const TIMES: &str =
        r#"{"do":"created_at"},{"do":"last_access"},{"do":"expires_at"},{"do":"absolute_at"}"#;
    script! {
        act("kim", r#"{"do":"login","user":"7","remembered":true}"#),
        act("kim", TIMES),
        pass(86_400),
        act("kim", &format!(r#"{TIMES},{{"do":"touch"}},{TIMES}"#)),
        act("kim", r#"{"do":"rotate"}"#),
        act("kim", r#"{"do":"extend","ms":60000}"#),
        act("kim", &format!(r#"{{"do":"set_idle","ms":3600000}},{{"do":"commit"}},{TIMES}"#)),
        act("kim", &format!(r#"{{"do":"extend","ms":8640000000}},{{"do":"commit"}},{TIMES}"#)),
        pass(3_700),
        act("kim", TIMES),
        act("kim", r#"{"do":"login","user":"7"}"#),
        pass(29 * 60),
        act("kim", TIMES),
        pass(31 * 60),
        act("kim", r#"{"do":"user"},{"do":"insert","key":"n","value":1}"#),
        act("kim", TIMES),
        act("kim", r#"{"do":"set_idle","ms":30000}"#),
        pass(31),
        act("kim", r#"{"do":"keys"}"#),
    }
}

fn outcomes() -> Vec<Step> {
    script! {
        act("joe", r#"{"do":"login","user":"7"},{"do":"answer","status":500}"#),
        act("joe", r#"{"do":"user"}"#),
        act("joe", r#"{"do":"login","user":"7"},{"do":"commit"},{"do":"answer","status":500}"#),
        act("joe", r#"{"do":"user"}"#),
        act("joe", r#"{"do":"insert","key":"n","value":1},{"do":"answer","status":503}"#),
        act("joe", r#"{"do":"keys"},{"do":"insert","key":"n","value":1},{"do":"answer","status":404}"#),
        act("joe", r#"{"do":"keys"},{"do":"rotate"},{"do":"answer","status":204}"#),
        act("joe", r#"{"do":"user"},{"do":"answer","status":204}"#),
        act("joe", r#"{"do":"user"},{"do":"answer","status":205}"#),
        act("joe", r#"{"do":"user"},{"do":"answer","status":304}"#),
        act("joe", r#"{"do":"user"},{"do":"answer","status":418}"#),
        act("joe", r#"{"do":"user"},{"do":"answer","status":599}"#),
        act("joe", r#"{"do":"insert","key":"n","value":2},{"do":"panic"}"#),
        act("joe", r#"{"do":"insert","key":"n","value":2},{"do":"commit"},{"do":"rotate"},{"do":"panic"}"#),
        act("joe", r#"{"do":"user"},{"do":"get","key":"n"}"#),
        act("joe", r#"{"do":"logout"},{"do":"answer","status":500}"#),
        act("joe", r#"{"do":"user"}"#),
        act("joe", r#"{"do":"user"}"#).cookie("__Host-sid={joe.0}"),
    }
}

/// Messages for the next page, of which the first fails.
fn messages() -> Vec<Step> {
    const LEFT: &str =
        r#"{"do":"flash","level":"success","text":"saved"},{"do":"flash","level":"warning","text":"<b>"}"#;
    let page = || Ask {
        app: App::Acting,
        ..get("meg", "/flashes")
    };
    script! {
        page(),
        act("meg", &format!(r#"{LEFT},{{"do":"answer","status":303}}"#)),
        act("meg", r#"{"do":"take_flashes"},{"do":"answer","status":500}"#),
        page(),
        page(),
    }
}

/// Headers of the handler beside those of the session.
fn headers() -> Vec<Step> {
    let header = |name: &str, value: &str| format!(r#"{{"do":"header","name":"{name}","value":"{value}"}}"#);
    let with = |steps: &str, header: &str| act("max", &format!("{steps},{header}"));
    script! {
        with(r#"{"do":"user"}"#, &header("vary", "Origin")),
        with(r#"{"do":"user"}"#, &header("vary", "Origin, cookie")),
        with(r#"{"do":"user"}"#, &header("vary", "*")),
        with(r#"{"do":"user"}"#, &header("cache-control", "public, max-age=60")),
        with(r#"{"do":"insert","key":"n","value":1}"#, &header("cache-control", "public, max-age=60")),
        with(r#"{"do":"rotate"}"#, &header("set-cookie", "theme=dark; SameSite=Lax")),
        with(r#"{"do":"user"}"#, &format!("{},{}", header("vary", "Origin"), header("vary", "Cookie"))),
        with(r#"{"do":"logout"}"#, &format!("{},{}", header("cache-control", "public"), header("x-own", "1"))),
    }
}

fn overlaps() -> Vec<Step> {
    script! {
        act("sue", r#"{"do":"login","user":"7"}"#),
        hold("sue", "write before rotation", r#"{"do":"user"}"#, r#"{"do":"insert","key":"a","value":1}"#),
        act("sue", r#"{"do":"rotate"},{"do":"insert","key":"b","value":2}"#),
        Step::Resume("write before rotation"),
        act("sue", r#"{"do":"keys"},{"do":"handle"}"#),
        hold("sue", "rotation before rotation", r#"{"do":"user"}"#, r#"{"do":"rotate"}"#),
        act("sue", r#"{"do":"rotate"}"#),
        Step::Resume("rotation before rotation"),
        act("sue", r#"{"do":"user"}"#),
        hold("sue", "write before logout", r#"{"do":"user"}"#, r#"{"do":"insert","key":"c","value":3},{"do":"user"}"#),
        hold("sue", "increment before logout", r#"{"do":"user"}"#, r#"{"do":"increment","key":"n","by":1}"#),
        hold("sue", "login before logout", r#"{"do":"user"}"#, r#"{"do":"login","user":"8"},{"do":"keys"}"#),
        hold("sue", "logout before logout", r#"{"do":"user"}"#, r#"{"do":"logout"}"#),
        act("sue", r#"{"do":"logout"}"#),
        Step::Resume("write before logout"),
        Step::Resume("increment before logout"),
        Step::Resume("logout before logout"),
        Step::Resume("login before logout"),
        act("sue", r#"{"do":"user"},{"do":"keys"}"#),
    }
}
