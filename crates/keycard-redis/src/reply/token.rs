//! What a server's answer means for tokens.

use keycard::store::{Refreshed, TokenStanding};
use keycard::{StoreError, Timestamp, TokenId};
use redis::Value;

use super::{APPLIED, GONE, REFUSED, accepted, no_list, strange, strange_entry};

/// What became of a refresh; the current token of a family is named by its bytes.
pub(crate) fn refreshed(answer: Value) -> Result<Refreshed, StoreError> {
    match accepted(answer)? {
        Value::Int(APPLIED) => Ok(Refreshed::Applied),
        Value::Int(REFUSED) => Ok(Refreshed::Reused),
        Value::Int(GONE) => Ok(Refreshed::Gone),
        Value::BulkString(current) => {
            let current = current.try_into().map(TokenId::from_bytes);
            current
                .map(Refreshed::Again)
                .map_err(|_| strange_entry("a family"))
        }
        other => Err(strange(&other)),
    }
}

/// What is known of a token whose family was begun at this time: the family, whether the token is allowed or blocked, and the
/// mark of its user, as far as they are there.
pub(crate) fn standing(answer: Value, begun: Timestamp, now: Timestamp) -> Result<TokenStanding, StoreError> {
    let Value::Array(parts) = accepted(answer)? else {
        return Err(no_list());
    };
    let [family, allowed, blocked, mark] = parts.as_slice() else {
        return Err(strange_entry("what is known of a token"));
    };
    let counts = |value: &Value, at: usize| time_in(value, at).is_some_and(|until| now < until);
    let family_lives = matches!(family, Value::BulkString(bytes) if bytes.first() == Some(&1));
    let marked = time_in(mark, 0).is_some_and(|mark| begun <= mark);
    Ok(TokenStanding::new(
        family_lives && counts(family, 1),
        counts(allowed, 0),
        counts(blocked, 0) || marked && counts(mark, 8),
    ))
}

/// The time at this place of a stored value.
fn time_in(value: &Value, at: usize) -> Option<Timestamp> {
    let Value::BulkString(bytes) = value else {
        return None;
    };
    let time = bytes.get(at..at + 8)?.try_into().ok()?;
    Some(Timestamp::from_millis(u64::from_be_bytes(time)))
}
