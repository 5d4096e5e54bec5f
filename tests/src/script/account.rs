//! What users ask of their accounts: a second factor, re-authentication, sessions; and administrators of all of them.

use super::{ALICE, BOB, CAROL, Step, ask, get, pass, post, put, script};

/// Two factors, sessions that are listed and ended, figures, devices, and more guesses than there may be.
#[must_use]
pub fn account() -> Vec<Step> {
    [factors(), sessions(), figures(), devices(), guesses()].concat()
}

fn factors() -> Vec<Step> {
    const WRONG: &str = r#"{"code":"not a code"}"#;
    script! {
        put("eve", r#"{"key":"n","value":1}"#),
        post("eve", "/mfa/verify", WRONG),
        post("eve", "/login", CAROL),
        get("eve", "/me"),
        get("eve", "/sessions"),
        get("eve", "/session/data"),
        ask("eve", "HEAD", "/mfa/verify"),
        post("eve", "/mfa/verify", "{}"),
        post("eve", "/mfa/verify", r#"{"code":123456}"#),
        post("eve", "/mfa/verify", WRONG),
        post("eve", "/mfa/verify", WRONG),
        post("eve", "/mfa/verify", WRONG),
        post("eve", "/mfa/verify", WRONG),
        post("eve", "/mfa/verify", WRONG),
        post("eve", "/mfa/verify", WRONG),
        get("eve", "/session/data").cookie("__Host-sid={eve.1}"),
        post("eve", "/reauth", r#"{"password":"letmein789"}"#),
    }
}

fn sessions() -> Vec<Step> {
    script! {
        post("ann", "/login", ALICE),
        pass(1),
        ask("pam", "POST", "/login").header("user-agent", "a browser").header("content-type", "application/json").body(ALICE),
        pass(1),
        post("bob", "/login", BOB),
        get("ann", "/sessions"),
        ask("ann", "HEAD", "/sessions"),
        ask("ann", "POST", "/sessions"),
        ask("ann", "GET", "/sessions/all"),
        ask("ann", "DELETE", "/sessions/unknown"),
        ask("ann", "DELETE", "/sessions/%ff"),
        ask("ann", "DELETE", "/sessions/"),
        ask("ann", "DELETE", "/sessions/others"),
        ask("ann", "DELETE", "/sessions/others"),
        get("pam", "/me"),
        post("ann", "/reauth", r#"{"password":"wrong"}"#),
        post("ann", "/reauth", r#"{"password":"password123"}"#),
        post("ann", "/reauth", "{}"),
        get("ann", "/me").cookie("__Host-sid={ann.0}"),
        ask("ann", "DELETE", "/sessions/all"),
        ask("ann", "DELETE", "/sessions/all"),
        get("ann", "/sessions"),
    }
}

fn figures() -> Vec<Step> {
    script! {
        get("ann", "/admin/stats"),
        post("ann", "/login", ALICE),
        get("ann", "/admin/stats"),
        get("bob", "/admin/stats"),
        ask("bob", "HEAD", "/admin/stats"),
        ask("bob", "DELETE", "/admin/stats"),
        ask("ann", "POST", "/logout"),
    }
}

fn devices() -> Vec<Step> {
    let login = |more: &str| ALICE.replace('}', more);
    let long = "x".repeat(257);
    script! {
        post("ann", "/login", &login(r#","remember_me":true,"device":{"id":"a","name":"Phone","type":"phone"}}"#)),
        get("ann", "/sessions"),
        post("pam", "/login", &login(r#","device":{"id":"a"}}"#)),
        get("ann", "/me"),
        get("pam", "/sessions"),
        post("ann", "/login", &login(r#","remember_me":"yes"}"#)),
        post("ann", "/login", &login(r#","device":"a"}"#)),
        post("ann", "/login", &login(r#","device":{"id":""}}"#)),
        post("ann", "/login", &login(&format!(r#","device":{{"id":"a","name":"{long}"}}}}"#))),
    }
}

fn guesses() -> Vec<Step> {
    const GUESS: &str = r#"{"email":"bob@example.com","password":"a guess"}"#;
    script! {
        post("eve", "/login", GUESS),
        post("eve", "/login", GUESS),
        pass(1),
        post("eve", "/login", GUESS),
        post("eve", "/login", GUESS),
        post("eve", "/login", GUESS),
        post("eve", "/login", GUESS),
        post("eve", "/login", BOB),
        post("bob", "/reauth", r#"{"password":"secret456"}"#),
        get("bob", "/me"),
        pass(899),
        post("eve", "/login", BOB),
    }
}
