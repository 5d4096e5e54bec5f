//! What a server's answer means, by verb.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the client's enum of answers is open: all that a command never answers with is one error"
)]

mod token;

use bytes::{Buf as _, Bytes};
use keycard::store::{
    Created, EndReason, Ended, Entry, Fate, Figures, Loaded, Noted, Replaced, Reserved, Revoked, Touched,
    Updated, frame,
};
use keycard::{RoutingTag, StoreError, StoreErrorKind, StoreKey, Timestamp};
use redis::{ServerErrorKind, Value};

pub(crate) use self::token::{refreshed, standing};
use crate::error;
use crate::keys::{SELECTOR_LEN, key_of};

/// What scripts answer where no record is.
pub(crate) const APPLIED: i64 = 1;
pub(crate) const GONE: i64 = 0;
pub(crate) const REFUSED: i64 = 2;
pub(crate) const CHANGED: i64 = 3;
pub(crate) const LIMIT_REACHED: i64 = 4;
/// What was to be written is there already, since an answer was lost.
pub(crate) const FOUND: i64 = 5;

/// The counter of logins; the others bear the names of the reasons for which sessions ended.
pub(crate) const LOGINS: &str = "logins";

/// Whether a call by digest was refused because the server has not seen the script, or has forgotten it.
pub(crate) fn knows_no_script(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoScript))
}

pub(crate) fn loaded(answer: Value, now: Timestamp) -> Result<Loaded, StoreError> {
    match accepted(answer)? {
        Value::Nil => Ok(Loaded::Absent),
        Value::BulkString(stored) => Ok(frame::judge(stored.into(), now)),
        other => Err(strange(&other)),
    }
}

/// Scripts that write answer with the selectors of the displaced, if there are any; they have the tag of the new session.
pub(crate) fn created(answer: Value, tag: RoutingTag) -> Result<Created, StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED | FOUND) => Ok(Created::Applied),
        Value::Int(REFUSED) => Ok(Created::Refused),
        Value::Int(LIMIT_REACHED) => Ok(Created::LimitReached),
        displaced @ Value::Array(_) => keys(displaced, tag).map(Created::applied),
        other => Err(strange(&other)),
    }
}

/// Whether what was to be written was there already.
pub(crate) fn is_found(answer: &Value) -> bool {
    matches!(answer, Value::Int(FOUND))
}

pub(crate) fn updated(answer: Value, tag: RoutingTag) -> Result<Updated, StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED) => Ok(Updated::Applied),
        Value::Int(GONE) => Ok(Updated::Gone),
        Value::Int(LIMIT_REACHED) => Ok(Updated::LimitReached),
        displaced @ Value::Array(_) => keys(displaced, tag).map(Updated::applied),
        Value::BulkString(stored) => Ok(Updated::Conflict(stored.into())),
        other => Err(strange(&other)),
    }
}

pub(crate) fn replaced(answer: Value, tag: RoutingTag) -> Result<Replaced, StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED | FOUND) => Ok(Replaced::Applied),
        Value::Int(GONE) => Ok(Replaced::Gone),
        Value::Int(REFUSED) => Ok(Replaced::Refused),
        Value::Int(LIMIT_REACHED) => Ok(Replaced::LimitReached),
        displaced @ Value::Array(_) => keys(displaced, tag).map(Replaced::applied),
        Value::BulkString(stored) => Ok(Replaced::Conflict(stored.into())),
        other => Err(strange(&other)),
    }
}

pub(crate) fn touched(answer: Value) -> Result<Touched, StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED) => Ok(Touched::Applied),
        Value::Int(GONE) => Ok(Touched::Gone),
        Value::Int(CHANGED) => Ok(Touched::Changed),
        other => Err(strange(&other)),
    }
}

pub(crate) fn ended(answer: Value) -> Result<Ended, StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED) => Ok(Ended::Applied),
        Value::Int(GONE) => Ok(Ended::Absent),
        other => Err(strange(&other)),
    }
}

pub(crate) fn revoked(answer: Value, tag: RoutingTag) -> Result<Revoked, StoreError> {
    match accepted(answer)? {
        Value::Int(GONE) => Ok(Revoked::Gone),
        ended => keys(ended, tag).map(Revoked::Applied),
    }
}

/// A listing: selector and record by turns.
pub(crate) fn entries(answer: Value, tag: RoutingTag) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    let mut parts = strings(answer)?.into_iter();
    while let (Some(selector), Some(record)) = (parts.next(), parts.next()) {
        found.push(Entry::new(store_key(tag, &selector)?, record));
    }
    Ok(found)
}

/// The keys of a tag's sessions by their selectors.
pub(crate) fn keys(answer: Value, tag: RoutingTag) -> Result<Vec<StoreKey>, StoreError> {
    strings(answer)?
        .iter()
        .map(|selector| store_key(tag, selector))
        .collect()
}

/// A history, newest first.
pub(crate) fn noted(answer: Value, tag: RoutingTag) -> Result<Vec<Noted>, StoreError> {
    strings(answer)?
        .into_iter()
        .map(|landed| note(landed, tag).ok_or_else(|| strange_entry("a history")))
        .collect()
}

/// A note as the scripts write it down.
fn note(mut landed: Bytes, tag: RoutingTag) -> Option<Noted> {
    let at = Timestamp::from_millis(landed.try_get_u64().ok()?);
    let refused = landed.try_get_u8().ok()? != 0;
    let len = usize::from(landed.try_get_u16().ok()?) * SELECTOR_LEN;
    if len > landed.len() {
        return None;
    }
    let selectors = landed.split_to(len);
    let ended = selectors
        .chunks(SELECTOR_LEN)
        .map(|selector| key_of(tag, selector));
    let fate = if refused {
        Fate::Refused
    } else {
        Fate::Landed(ended.collect::<Option<_>>()?)
    };
    Some(Noted::new(at, fate, landed))
}

pub(crate) fn number(answer: Value) -> Result<usize, StoreError> {
    match accepted(answer)? {
        Value::Int(number) => usize::try_from(number).map_err(|_| strange(&Value::Int(number))),
        other => Err(strange(&other)),
    }
}

/// Whether an attempt was counted, and how many are left; or until when it would not be.
pub(crate) fn reserved(answer: Value) -> Result<Reserved, StoreError> {
    let answer = accepted(answer)?;
    let Value::Array(parts) = &answer else {
        return Err(strange(&answer));
    };
    match *parts.as_slice() {
        [Value::Int(APPLIED), Value::Int(left)] => usize::try_from(left)
            .map(|left| Reserved::Applied { left })
            .map_err(|_| strange(&answer)),
        [Value::Int(REFUSED), Value::Int(until)] => u64::try_from(until)
            .map(|until| Reserved::Throttled {
                until: Timestamp::from_millis(until),
            })
            .map_err(|_| strange(&answer)),
        _ => Err(strange(&answer)),
    }
}

/// The answer of a script that can only succeed.
pub(crate) fn done(answer: Value) -> Result<(), StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED) => Ok(()),
        other => Err(strange(&other)),
    }
}

/// Adds what one place has counted: its live sessions, and its counters, name and number by turns.
pub(crate) fn count(figures: &mut Figures, live: Value, counters: Value) -> Result<(), StoreError> {
    figures.active_sessions += number(live)? as u64;
    let mut counters = strings(listed(counters))?.into_iter();
    while let (Some(name), Some(count)) = (counters.next(), counters.next()) {
        let count = std::str::from_utf8(&count).ok();
        // A login that is taken back after its counter was lost makes one less than none.
        let count = count.and_then(|count| count.parse::<i64>().ok());
        let count = count.map(|count| u64::try_from(count).unwrap_or(0));
        let count = count.ok_or_else(|| strange(&Value::Nil))?;
        if name == LOGINS {
            figures.logins += count;
        } else if let Some(reason) = EndReason::ALL.into_iter().find(|reason| name == reason.name()) {
            *figures.ended.entry(reason).or_default() += count;
        }
    }
    Ok(())
}

/// What the newer protocol answers as a map, as the older one does.
pub(crate) fn listed(answer: Value) -> Value {
    match answer {
        Value::Map(pairs) => Value::Array(
            pairs
                .into_iter()
                .flat_map(|(name, value)| [name, value])
                .collect(),
        ),
        answer => answer,
    }
}

/// A text, in whichever form the protocol has it.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(text) => std::str::from_utf8(text).ok(),
        Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

fn strings(answer: Value) -> Result<Vec<Bytes>, StoreError> {
    let Value::Array(parts) = accepted(answer)? else {
        return Err(no_list());
    };
    parts
        .into_iter()
        .map(|part| match part {
            Value::BulkString(bytes) => Ok(bytes.into()),
            other => Err(strange(&other)),
        })
        .collect()
}

fn no_list() -> StoreError {
    StoreError::new(StoreErrorKind::Protocol, "Redis did not answer with a list")
}

fn store_key(tag: RoutingTag, selector: &[u8]) -> Result<StoreKey, StoreError> {
    key_of(tag, selector).ok_or_else(|| strange_entry("an index"))
}

fn strange_entry(of: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::Protocol,
        format!("{of} holds an entry of a strange form"),
    )
}

/// The answer, unless it is an error of the server.
fn accepted(answer: Value) -> Result<Value, StoreError> {
    match answer {
        Value::ServerError(refusal) => Err(error::of_server(&refusal)),
        answer => Ok(answer),
    }
}

/// The answer has a type that the command never answers with. Only the type is told, since the content may be a session.
fn strange(answer: &Value) -> StoreError {
    let answered = match answer {
        Value::Nil => "nothing".to_owned(),
        Value::Int(number) => format!("the number {number}"),
        Value::BulkString(_) | Value::SimpleString(_) | Value::Okay => "a string".to_owned(),
        _ => "a value of a strange type".to_owned(),
    };
    StoreError::new(
        StoreErrorKind::Protocol,
        format!("Redis answered {answered}, which this command never does"),
    )
}
