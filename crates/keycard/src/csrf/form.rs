//! Where a request has its token, and the field of a form (WHATWG URL §5.1).

use super::CsrfToken;
use super::judge::Carrier;
use crate::request::RequestHeaders;

pub(super) fn carrier(headers: &(impl RequestHeaders + ?Sized)) -> Carrier {
    if headers.values(CsrfToken::HEADER).next().is_some() {
        return Carrier::Header;
    }
    let content_type = headers.values("content-type").next().unwrap_or_default();
    let end = content_type.iter().position(|byte| *byte == b';');
    let essence = content_type[..end.unwrap_or(content_type.len())].trim_ascii();
    if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        Carrier::Form
    } else if essence.eq_ignore_ascii_case(b"multipart/form-data") {
        Carrier::Multipart
    } else {
        Carrier::Nowhere
    }
}

/// The token in the body of a form: the first field of its name.
pub(super) fn token(body: &[u8]) -> Option<Vec<u8>> {
    let fields = body.split(|byte| *byte == b'&');
    let mut tokens = fields.filter_map(|field| {
        let at = field.iter().position(|byte| *byte == b'=')?;
        (decoded(&field[..at]) == CsrfToken::FIELD.as_bytes()).then(|| decoded(&field[at + 1..]))
    });
    tokens.next()
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let escaped = escaped.and_then(|(digits, after)| Some((hex(digits)?, after)));
        let (byte, after) = escaped.unwrap_or((if *first == b'+' { b' ' } else { *first }, after));
        bytes.push(byte);
        rest = after;
    }
    bytes
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    digits
        .iter()
        .try_fold(0, |number, byte| Some(number * 16 + digit(*byte)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_goes_before_the_body() {
        const FORM: &str = "application/x-www-form-urlencoded";
        for (headers, expected) in [
            (vec![], Carrier::Nowhere),
            (vec![("content-type", FORM)], Carrier::Form),
            (
                vec![(
                    "content-type",
                    "Application/X-WWW-Form-urlencoded ; charset=UTF-8",
                )],
                Carrier::Form,
            ),
            (
                vec![("content-type", FORM), ("x-csrf-token", "")],
                Carrier::Header,
            ),
            (
                vec![("content-type", "multipart/form-data; boundary=x")],
                Carrier::Multipart,
            ),
            (vec![("content-type", "application/json")], Carrier::Nowhere),
            (vec![("content-type", "text/plain")], Carrier::Nowhere),
        ] {
            assert_eq!(carrier(headers.as_slice()), expected, "{headers:?}");
        }
    }

    #[test]
    fn the_first_field_of_the_name_is_the_token() {
        for (body, expected) in [
            ("csrf_token=abc", Some("abc")),
            ("a=1&csrf_token=abc&b=2", Some("abc")),
            ("a=1&csrf_token=abc&csrf_token=def", Some("abc")),
            ("csrf%5Ftoken=a%2Db", Some("a-b")),
            ("csrf_token=a+b%", Some("a b%")),
            ("csrf_token=%zz%1", Some("%zz%1")),
            ("csrf_token=", Some("")),
            ("csrf_token", None),
            ("xcsrf_token=abc&csrf_tokens=abc", None),
            ("", None),
            ("&&=&", None),
        ] {
            let found = token(body.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{body}");
        }
    }
}
