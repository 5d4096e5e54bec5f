//! The uses of a session, and what each may send to Redis.

use serde_json::{Value, json};

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Visitor {
    New,
    Guest,
    User,
    /// A user whose last request is longer ago than the minute after which a touch is due.
    Returning,
    /// A user who has logged out elsewhere.
    Ended,
    /// Someone with the id of one session and the signature of another.
    Forger,
    /// A user of an application that has other keys.
    Stranger,
    /// A user with the cookies of two sessions, of which one has ended.
    Doubled,
}

/// A visitor's request, and what it sends to Redis.
pub(crate) struct Use {
    pub(crate) name: &'static str,
    pub(crate) visitor: Visitor,
    /// The steps of the acting application; none for a route that does not use the session.
    pub(crate) does: Vec<Value>,
    pub(crate) sends: Sent,
}

type Sent = &'static [&'static str];

const NOTHING: Sent = &[];
const LOAD: Sent = &["GET"];
const SCRIPT: Sent = &["EVALSHA"];
const TWO_LOADS: Sent = &["GET", "GET"];
const LOAD_AND_SCRIPT: Sent = &["GET", "EVALSHA"];
const TAKEN: Sent = &["GET", "EVALSHA", "EVALSHA"];
const PUT_BACK: Sent = &["GET", "EVALSHA", "EVALSHA", "EVALSHA"];

pub(crate) fn table() -> Vec<Use> {
    use Visitor::{Doubled, Ended, Forger, Guest, New, Returning, Stranger, User};
    let read = json!({"do": "get", "key": "n"});
    let put_again = json!({"do": "insert", "key": "n", "value": 1});
    let write = json!({"do": "insert", "key": "n", "value": 2});
    let remove = json!({"do": "remove", "key": "n"});
    let increment = json!({"do": "increment", "key": "n", "by": 1});
    let rotate = json!({"do": "rotate"});
    let alice = json!({"do": "login", "user": "alice"});
    let bob = json!({"do": "login", "user": "bob"});
    let logout = json!({"do": "logout"});
    let flash = json!({"do": "flash", "level": "info", "text": "hello"});
    let take = json!({"do": "take_flashes"});
    let guard = json!({"do": "require_user", "anew": false});
    let guard_anew = json!({"do": "require_user", "anew": true});
    let fail = json!({"do": "answer", "status": 500});
    let rows: [(_, _, &[&Value], _); _] = [
        ("a route that does not use the session", Returning, &[], NOTHING),
        ("no cookie", New, &[&read], NOTHING),
        ("a forged cookie", Forger, &[&read], NOTHING),
        ("a foreign cookie", Stranger, &[&read], NOTHING),
        ("read", Guest, &[&read], LOAD),
        ("read, a touch is due", Returning, &[&read], LOAD_AND_SCRIPT),
        ("read, one of two sessions", Doubled, &[&read], TWO_LOADS),
        ("a guard", User, &[&guard], LOAD),
        ("a guard that reads anew", User, &[&read, &guard_anew], TWO_LOADS),
        ("put in what is there", Guest, &[&put_again], LOAD),
        ("modify", Guest, &[&write], LOAD_AND_SCRIPT),
        ("modify, a touch is due", Returning, &[&write], LOAD_AND_SCRIPT),
        ("modify twice", User, &[&write, &remove], LOAD_AND_SCRIPT),
        ("modify without a session", New, &[&write], SCRIPT),
        ("modify after the end", Ended, &[&write], LOAD),
        ("modify, and fail", User, &[&write, &fail], LOAD),
        ("increment", User, &[&increment], LOAD_AND_SCRIPT),
        ("take messages where none wait", User, &[&take], LOAD),
        ("leave a message", User, &[&flash], LOAD_AND_SCRIPT),
        ("leave a message, take it", User, &[&flash, &take], TAKEN),
        ("take it, and fail", User, &[&flash, &take, &fail], PUT_BACK),
        ("rotate", User, &[&rotate], LOAD_AND_SCRIPT),
        ("login", Guest, &[&alice], LOAD_AND_SCRIPT),
        ("login without a session", New, &[&alice], SCRIPT),
        ("login once more", User, &[&alice], LOAD_AND_SCRIPT),
        ("login of another user", User, &[&bob], LOAD_AND_SCRIPT),
        ("login after the end", Ended, &[&alice], LOAD_AND_SCRIPT),
        ("logout", User, &[&logout], LOAD_AND_SCRIPT),
        ("logout, and fail", User, &[&logout, &fail], LOAD_AND_SCRIPT),
        ("logout without a session", New, &[&logout], NOTHING),
        ("logout after the end", Ended, &[&logout], LOAD),
    ];
    rows.map(|(name, visitor, does, sends)| Use {
        name,
        visitor,
        does: does.iter().copied().cloned().collect(),
        sends,
    })
    .into()
}
