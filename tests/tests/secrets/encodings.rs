//! The ways in which bytes become text.

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// An encoding's name, and the texts that it makes of a secret, less what its neighbours have a part in.
pub(crate) type Encoding = (&'static str, fn(&[u8]) -> Vec<Vec<u8>>);

/// Where two of them write the same, the later one gives the name.
pub(crate) const ENCODINGS: [Encoding; 9] = [
    ("raw", |secret| vec![secret.to_vec()]),
    ("base64, percent-encoded", |secret| {
        let texts = base64(&STANDARD_NO_PAD, secret);
        texts.iter().flat_map(|text| percent(text)).collect()
    }),
    ("base64", |secret| base64(&STANDARD_NO_PAD, secret)),
    ("base64url", |secret| base64(&URL_SAFE_NO_PAD, secret)),
    ("hex", |secret| {
        let separators = ["", " ", ":", ",", ", ", ",0x", ", 0x"].into_iter();
        let text = |separator| joined(secret, |byte| format!("{byte:02x}"), separator);
        separators.flat_map(|separator| cases(&text(separator))).collect()
    }),
    ("percent-encoding", percent),
    ("percent-encoding of all", |secret| {
        cases(&joined(secret, |byte| format!("%{byte:02x}"), ""))
    }),
    ("numbers", |secret| {
        let separators = [", ", ","].into_iter();
        separators
            .map(|separator| joined(secret, |byte| byte.to_string(), separator).into_bytes())
            .collect()
    }),
    ("escapes", |secret| {
        vec![secret.escape_ascii().to_string().into_bytes()]
    }),
];

/// The text after each count of bytes before the secret, without the characters that it shares with its neighbours.
fn base64(alphabet: &GeneralPurpose, secret: &[u8]) -> Vec<Vec<u8>> {
    let text = |before: usize| {
        let text = alphabet.encode([&vec![0; before], secret].concat());
        let whole = (before + secret.len()) * 8 / 6;
        text.as_bytes()[(before * 8).div_ceil(6)..whole].to_vec()
    };
    (0..3).map(text).collect()
}

/// As in URLs: what is unreserved there (RFC 3986 §2.3) stands for itself.
fn percent(secret: &[u8]) -> Vec<Vec<u8>> {
    let texts = [|byte| format!("%{byte:02X}"), |byte| format!("%{byte:02x}")];
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = |escape: fn(u8) -> String| {
        let text = |byte| {
            if kept(byte) {
                char::from(byte).into()
            } else {
                escape(byte)
            }
        };
        joined(secret, text, "").into_bytes()
    };
    texts.into_iter().map(text).collect()
}

fn cases(text: &str) -> Vec<Vec<u8>> {
    vec![text.to_lowercase().into_bytes(), text.to_uppercase().into_bytes()]
}

fn joined(secret: &[u8], text: impl Fn(u8) -> String, separator: &str) -> String {
    let texts: Vec<String> = secret.iter().map(|byte| text(*byte)).collect();
    texts.join(separator)
}
