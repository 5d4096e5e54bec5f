//! An answer as it is compared: everything of it, with names in the place of what is random.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, header};
use keycard::{CsrfToken, StoreKey};
use keycard_tests::browser::{Response, SendErrorKind};
use keycard_tests::script::Exchange;

const COOKIE: &str = "__Host-sid=";
const VISITOR: &str = "__Host-sid-csrf=";

/// The one header that is left out. It is about the connection and not about the answer (RFC 9110 §7.6.1): Actix closes a
/// connection on which the rest of a request's body is still to come when the answer is ready, hyper reads on.
const CONNECTION: HeaderName = header::CONNECTION;

/// All of an answer that a client can see.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    Complete {
        status: u16,
        /// By their names, in lower case; those of one name in the order in which they were sent.
        headers: Vec<(String, String)>,
        body: String,
    },
    None(SendErrorKind),
}

impl Answer {
    pub(crate) fn of(exchange: &Exchange, names: &mut Names) -> Self {
        match &exchange.answer {
            Ok(response) => Self::complete(response, names),
            Err(kind) => Self::None(*kind),
        }
    }

    fn complete(response: &Response, names: &mut Names) -> Self {
        let mut headers = Vec::new();
        let compared = response.headers.iter().filter(|(name, _)| *name != CONNECTION);
        for (name, value) in compared {
            let value = String::from_utf8_lossy(value.as_bytes());
            let value = match name.as_str() {
                "set-cookie" => names.cookie(&value),
                "x-session-id" => names.id(&value).unwrap_or_else(|| value.into_owned()),
                "date" => moment(&value),
                CsrfToken::HEADER => format!("(a token of {} characters)", value.len()),
                _ => value.into_owned(),
            };
            headers.push((name.to_string(), value));
        }
        headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self::Complete {
            status: response.status.as_u16(),
            headers,
            body: names.text(&response.text()),
        }
    }
}

/// A `Date`, which both frameworks add on their own, by the clock of the system: that it is one, not which.
fn moment(value: &str) -> String {
    match httpdate::parse_http_date(value) {
        Ok(_) => "(a date)".to_owned(),
        Err(_) => value.to_owned(),
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete {
                status,
                headers,
                body,
            } => {
                writeln!(f, "{status}")?;
                for (name, value) in headers {
                    writeln!(f, "    {name}: {value}")?;
                }
                writeln!(f, "    {body}")
            }
            Self::None(kind) => writeln!(f, "no answer: {kind:?}"),
        }
    }
}

/// The sessions and secrets of a run by the order in which they were given out. Two runs agree when they give out the
/// same ones at the same places, whatever their bytes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    sessions: Vec<String>,
    secrets: Vec<Vec<u8>>,
    visitors: Vec<Vec<u8>>,
}

impl Names {
    /// A `Set-Cookie` header without the bytes of ids and signatures.
    fn cookie(&mut self, header: &str) -> String {
        let (pair, attributes) = header.split_once(';').unwrap_or((header, ""));
        let id = pair.strip_prefix(COOKIE).map(|value| (COOKIE, self.id(value)));
        let named = id.or_else(|| Some((VISITOR, self.visitor(pair.strip_prefix(VISITOR)?))));
        match named {
            Some((name, Some(value))) => format!("{name}{value};{attributes}"),
            _ => header.to_owned(),
        }
    }

    /// A name for that of a visitor, if that is what stands there.
    fn visitor(&mut self, value: &str) -> Option<String> {
        let (visitor, mac) = parts(value)?;
        let visitor = place(&mut self.visitors, visitor);
        Some(format!("(visitor {visitor}, {} bytes of MAC)", mac.len()))
    }

    /// Names for an id and its signature, if that is what stands there.
    fn id(&mut self, value: &str) -> Option<String> {
        let (id, mac) = parts(value)?;
        let (key, secret) = id.split_first_chunk()?;
        let session = place(&mut self.sessions, StoreKey::from_bytes(*key).to_string());
        let secret = place(&mut self.secrets, secret.to_vec());
        let mac = mac.len();
        Some(format!(
            "(session {session}, secret {secret}, {mac} bytes of MAC)"
        ))
    }

    /// A body with names for the handles of sessions.
    fn text(&self, body: &str) -> String {
        let sessions = self.sessions.iter().enumerate();
        sessions.fold(body.to_owned(), |body, (at, handle)| {
            body.replace(handle, &format!("(session {at})"))
        })
    }
}

/// What is signed, and the signature.
fn parts(value: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (text, mac) = value.strip_prefix('1')?.split_once('.')?;
    Some((
        URL_SAFE_NO_PAD.decode(text).ok()?,
        URL_SAFE_NO_PAD.decode(mac).ok()?,
    ))
}

fn place<T: PartialEq>(known: &mut Vec<T>, item: T) -> usize {
    known.iter().position(|other| *other == item).unwrap_or_else(|| {
        known.push(item);
        known.len() - 1
    })
}
