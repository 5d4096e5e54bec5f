//! Cookies that no honest browser sends, and records that no healthy store holds.

use super::{ALICE, Step, act, ask, get, post, put, script};

/// Forged, tampered and oversized cookies, several of the name, corrupt records and those of a newer version.
#[must_use]
pub fn hostile() -> Vec<Step> {
    [forged(), several(), records()].concat()
}

fn forged() -> Vec<Step> {
    let long = "x".repeat(9 * 1024);
    script! {
        post("ann", "/login", ALICE),
        put("bob", r#"{"key":"n","value":1}"#),
        get("eve", "/me").cookie("__Host-sid={ann!}"),
        put("eve", r#"{"key":"n","value":1}"#).cookie("__Host-sid={ann!}"),
        ask("eve", "POST", "/logout").cookie("__Host-sid={ann!}"),
        get("eve", "/me"),
        get("eve", "/me").cookie("__Host-sid="),
        get("eve", "/me").cookie("__Host-sid"),
        get("eve", "/me").cookie("__Host-sid={ann}x"),
        get("eve", "/me").cookie("__Host-sid=2{ann}"),
        get("eve", "/me").cookie("__Host-sid=\"{ann}\""),
        get("eve", "/me").cookie("__host-sid={ann}"),
        get("eve", "/me").cookie(b"__Host-sid=\xff\xfe"),
        get("eve", "/me").cookie(b"junk=\xff; __Host-sid={ann}"),
        get("eve", "/me").cookie(";;=; __Host-sid={ann} ;"),
        get("eve", "/me").cookie(format!("__Host-sid={long}")),
        get("eve", "/me").cookie(format!("other={long}; __Host-sid={{ann}}")),
    }
}

fn several() -> Vec<Step> {
    script! {
        get("eve", "/me").cookie("__Host-sid={ann}; __Host-sid={ann}"),
        get("eve", "/me").cookie("__Host-sid={ann!}; __Host-sid={ann}"),
        get("eve", "/me").cookie("__Host-sid={ann!}").cookie("__Host-sid={ann}"),
        get("eve", "/me").cookie("theme=dark; a=b").cookie("lang=en; __Host-sid={ann}; c=d"),
        get("eve", "/me").cookie("__Host-sid={bob}; __Host-sid={ann}"),
        get("eve", "/session/data").cookie("__Host-sid={bob}; __Host-sid={ann}"),
        put("eve", r#"{"key":"n","value":2}"#).cookie("__Host-sid={bob}").cookie("__Host-sid={ann}"),
        ask("eve", "POST", "/logout").cookie("__Host-sid={bob}; __Host-sid={ann}"),
        get("eve", "/me").cookie("__Host-sid=1; __Host-sid=2; __Host-sid=3; __Host-sid=4; __Host-sid={ann}"),
        get("eve", "/me").cookie("__Host-sid=1; __Host-sid=2; __Host-sid=3; __Host-sid={ann}"),
        ask("bob", "POST", "/logout"),
        get("eve", "/me").cookie("__Host-sid={bob.0}; __Host-sid={ann}"),
        get("eve", "/me"),
    }
}

fn records() -> Vec<Step> {
    script! {
        post("new", "/login", ALICE),
        Step::Tamper("new", |bytes| bytes[0] = 2),
        get("new", "/me"),
        put("new", r#"{"key":"n","value":1}"#),
        post("new", "/session/increment", r#"{"key":"n"}"#),
        post("new", "/login", "{"),
        post("new", "/login", ALICE),
        ask("new", "POST", "/logout"),
        get("new", "/no/such/route"),
        act("new", r#"{"do":"user"}"#),
        post("cut", "/login", ALICE),
        Step::Tamper("cut", |bytes| bytes.truncate(68)),
        get("cut", "/me"),
        post("cut", "/login", ALICE),
        get("cut", "/me"),
        put("odd", r#"{"key":"n","value":1}"#),
        Step::Tamper("odd", |bytes| bytes.extend([2, 255, 255])),
        put("odd", r#"{"key":"n","value":2}"#),
        get("odd", "/session/data"),
    }
}
