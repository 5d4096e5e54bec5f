//! What honest clients, and clumsy ones, ask of the login application: sessions and their data.

use super::{ALICE, BOB, Step, ask, get, pass, post, put, script};

/// Guests, logins, data, methods that routes do not have, bodies that cannot be read, and time.
#[must_use]
pub fn login() -> Vec<Step> {
    [
        guest(),
        identity(),
        methods(),
        bodies(),
        queries_and_paths(),
        time(),
    ]
    .concat()
}

fn guest() -> Vec<Step> {
    script! {
        get("ann", "/me"),
        get("ann", "/session/data"),
        get("ann", "/session/data/theme"),
        ask("ann", "DELETE", "/session/data/theme"),
        ask("ann", "POST", "/logout"),
        put("ann", r#"{"key":"theme","value":"dark"}"#),
        put("ann", r#"{"key":"theme","value":"dark"}"#),
        put("ann", r#"{"key":"žluť/ kůň","value":[null,1.5,{"a":"\u0000"}]}"#),
        get("ann", "/session/data"),
        get("ann", "/session/data/theme?x=1"),
        ask("ann", "DELETE", "/session/data/theme"),
        post("ann", "/session/increment", r#"{"key":"n"}"#),
        post("ann", "/session/increment", r#"{"key":"n","by":41,"delay_ms":1}"#),
        post("ann", "/session/increment", r#"{"key":"n","by":9223372036854775807}"#),
        post("ann", "/session/increment", r#"{"key":"žluť/ kůň"}"#),
        ask("ann", "POST", "/slow-set?key=slow&ms=1"),
    }
}

fn identity() -> Vec<Step> {
    script! {
        post("ann", "/login", r#"{"email":"alice@example.com","password":"secret456"}"#),
        post("ann", "/login", r#"{"email":"nobody@example.com","password":"secret456"}"#),
        post("ann", "/login", r#"{"email":"carol@example.com","password":"letmein789"}"#),
        post("ann", "/login", ALICE),
        get("ann", "/me"),
        get("ann", "/session/data"),
        ask("ann", "POST", "/slow-set?key=slow&ms=0"),
        // The guest's cookie is dead: nobody's, nothing is written, nothing is set, and a login begins anew.
        get("cid", "/me").cookie("__Host-sid={ann.0}"),
        put("cid", r#"{"key":"n","value":1}"#).cookie("__Host-sid={ann.0}"),
        post("cid", "/session/increment", r#"{"key":"n"}"#).cookie("__Host-sid={ann.0}"),
        ask("cid", "POST", "/logout").cookie("__Host-sid={ann.0}"),
        post("cid", "/login", BOB).cookie("__Host-sid={ann.0}"),
        get("cid", "/me"),
        post("bob", "/login", BOB),
        post("bob", "/login", BOB),
        get("bob", "/me"),
        get("cid", "/me").cookie("__Host-sid={bob.0}"),
        post("bob", "/login", ALICE),
        get("bob", "/me"),
        ask("bob", "POST", "/logout"),
        ask("bob", "POST", "/logout"),
        get("bob", "/me"),
        get("bob", "/me").cookie("__Host-sid={bob.2}"),
    }
}

fn methods() -> Vec<Step> {
    script! {
        ask("ann", "HEAD", "/me"),
        ask("ann", "HEAD", "/session/data"),
        ask("ann", "HEAD", "/session/data/n"),
        ask("ann", "HEAD", "/session/data/unknown"),
        ask("ann", "HEAD", "/logout"),
        ask("ann", "HEAD", "/no/such/route"),
        ask("ann", "OPTIONS", "/me"),
        ask("ann", "OPTIONS", "/session/data"),
        ask("ann", "OPTIONS", "/no/such/route"),
        ask("ann", "TRACE", "/me"),
        ask("ann", "PATCH", "/session/data"),
        ask("ann", "BREW", "/me"),
        ask("ann", "BREW", "/session/data/n"),
        ask("ann", "BREW", "/no/such/route"),
        ask("ann", "POST", "/me"),
        ask("ann", "DELETE", "/login"),
        get("ann", "/login"),
        get("ann", "/logout"),
        get("ann", "/"),
        get("ann", "/me/"),
        get("ann", "/ME"),
        get("ann", "//me"),
        get("ann", "/token"),
        post("ann", "/token/refresh", "{}"),
    }
}

fn bodies() -> Vec<Step> {
    let (large, larger) = ("x".repeat(70_000), "x".repeat(200_000));
    let entry = |text: &str| format!(r#"{{"key":"n","value":"{text}"}}"#);
    script! {
        ask("ann", "POST", "/login"),
        ask("ann", "POST", "/login").body(ALICE),
        ask("ann", "POST", "/login").header("content-type", "text/plain").body(ALICE),
        ask("dan", "POST", "/login").header("content-type", "application/json; charset=utf-8").body(ALICE),
        ask("ann", "PUT", "/session/data").header("content-type", "application/json"),
        post("ann", "/login", "{\"email\":"),
        post("ann", "/login", "[]"),
        post("ann", "/login", "{}"),
        post("ann", "/login", r#"{"email":"alice@example.com","password":7}"#),
        post("ann", "/login", r#"{"email":"alice@example.com","password":"password123","remember_me":true}"#),
        put("ann", r#"{"key":"app.own","value":1}"#),
        put("ann", r#"{"key":"","value":1}"#),
        put("ann", r#"{"key":"n"}"#),
        put("ann", &entry(&large)),
        put("ann", &entry(&larger)),
        put("eve", &entry(&larger)),
        post("ann", "/session/increment", r#"{"key":"n","by":1.5}"#),
        post("ann", "/session/increment", r#"{"key":"n","delay_ms":5001}"#),
        get("ann", "/me").json(ALICE),
    }
}

fn queries_and_paths() -> Vec<Step> {
    script! {
        ask("ann", "POST", "/slow-set"),
        ask("ann", "POST", "/slow-set?"),
        ask("ann", "POST", "/slow-set?ms=1"),
        ask("ann", "POST", "/slow-set?key=&ms=1"),
        ask("ann", "POST", "/slow-set?key=k&ms=-1"),
        ask("ann", "POST", "/slow-set?key=k&ms=5001"),
        ask("ann", "POST", "/slow-set?key=k&ms=1&ms=1"),
        ask("ann", "POST", "/slow-set?key=%ff&ms=1"),
        ask("ann", "POST", "/slow-set?key=a+b%2Fc%26d%25&ms=1"),
        get("ann", "/session/data/a%20b%2fc&d%25"),
        get("ann", "/session/data/a+b%2Fc&d%25"),
        get("ann", "/session/data/%C5%BElu%C5%A5%2F%20k%C5%AF%C5%88"),
        get("ann", "/session/data/%ff"),
        get("ann", "/session/data/%"),
        get("ann", "/session/data/%zz"),
        get("ann", "/session/data/%00"),
        get("ann", "/session/data/"),
        get("ann", "/session/data/n/"),
        get("ann", "/session//data"),
        get("ann", "/session/data/app.own"),
        ask("ann", "DELETE", "/session/data/app.own"),
        ask("ann", "DELETE", "/session/data/%ff"),
    }
}

fn time() -> Vec<Step> {
    script! {
        pass(61),
        get("ann", "/me"),
        pass(29 * 60),
        get("ann", "/session/data"),
        pass(29 * 60),
        get("ann", "/me"),
        // Tombstones are forgotten, and the cookies that hit them are unknown now.
        get("cid", "/me").cookie("__Host-sid={ann.0}"),
        put("eve", r#"{"key":"n","value":1}"#).cookie("__Host-sid={ann.0}"),
        get("eve", "/me"),
        pass(31 * 60),
        get("ann", "/me"),
        put("ann", r#"{"key":"n","value":1}"#),
        get("ann", "/session/data"),
        post("ann", "/login", ALICE),
        get("ann", "/me"),
        ask("ann", "POST", "/logout"),
    }
}
