//! Takes requests apart, so that both frameworks understand the same and refuse with the same words.

use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::requests::BODY_LIMIT;

/// A request's body as JSON.
///
/// # Errors
///
/// 400 with the reason: another type of content, or not what the request needs.
///
/// ```
/// use login_domain::input;
///
/// assert_eq!(input::json(Some(b"application/json; charset=utf-8"), b"[1]"), Ok([1]));
/// assert_eq!(input::json::<u8>(None, b"1").unwrap_err().status(), 400);
/// ```
pub fn json<T: DeserializeOwned>(content_type: Option<&[u8]>, body: &[u8]) -> Result<T, Failure> {
    if !content_type.is_some_and(is_json) {
        return Err(Failure::bad_request("the body must be of type application/json"));
    }
    serde_json::from_slice(body).map_err(|error| Failure::bad_request(reason(&error)))
}

/// A request's query.
///
/// # Errors
///
/// 400 with the reason: it is not what the request needs.
pub fn query<T: DeserializeOwned>(query: Option<&str>) -> Result<T, Failure> {
    serde_urlencoded::from_str(query.unwrap_or_default())
        .map_err(|error| Failure::bad_request(error.to_string()))
}

/// The failure of a body that could not be read to its end.
#[must_use]
pub fn unreadable_body() -> Failure {
    Failure::bad_request(format!(
        "the body is longer than {BODY_LIMIT} bytes, or broke off"
    ))
}

/// What is wrong, without the place at which the parser saw it: that is no affair of the client's.
fn reason(error: &serde_json::Error) -> String {
    if !error.is_data() {
        return "the body is not JSON".to_owned();
    }
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

fn is_json(content_type: &[u8]) -> bool {
    let essence = content_type
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{Put, SlowSet};

    #[test]
    fn a_body_must_say_that_it_is_json_and_be_it() {
        let text = |content_type: Option<&[u8]>, body: &str| {
            json::<u64>(content_type, body.as_bytes()).map_err(|failure| failure.to_string())
        };
        for right in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json ; x=y",
        ] {
            assert_eq!(text(Some(right.as_bytes()), " 7 "), Ok(7), "{right}");
        }
        for wrong in [
            None,
            Some(&b""[..]),
            Some(b"text/plain"),
            Some(b"application/json5"),
            Some(b"application/x-json"),
            Some(b"\xff"),
        ] {
            let refusal = text(wrong, "7").unwrap_err();
            assert_eq!(refusal, "the body must be of type application/json");
        }
    }

    #[test]
    fn a_refusal_tells_the_reason_and_not_the_place() {
        let refusal = |body: &str| json::<Put>(Some(b"application/json"), body.as_bytes()).unwrap_err();
        for (body, reason) in [
            ("", "the body is not JSON"),
            ("{", "the body is not JSON"),
            (r#"{"key": "k", "value": 7},"#, "the body is not JSON"),
            (r#"{"key": "k"}"#, "missing field `value`"),
            (r#"{"key": "", "value": 7}"#, "the key is empty"),
            ("\n\n7", "invalid type: integer `7`, expected an object"),
        ] {
            assert_eq!(refusal(body).to_string(), reason, "{body}");
        }
    }

    #[test]
    fn a_query_is_refused_with_the_reason() {
        for (text, reason) in [
            (None, "missing field `key`"),
            (Some("key=a"), "missing field `ms`"),
            (Some("key=a&ms=-1"), "invalid digit"),
            (Some("key=&ms=1"), "the key is empty"),
            (Some("key=%ff&ms=1"), "not UTF-8"),
            (Some("key=a&ms=1&key=b"), "duplicate field"),
        ] {
            let refusal = query::<SlowSet>(text).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{text:?}: {refusal}");
        }
        assert_eq!(
            query::<SlowSet>(Some("key=a+b%2Fc&ms=5")).unwrap().key.as_ref(),
            "a b/c"
        );
    }
}
