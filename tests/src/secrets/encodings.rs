//! The ways in which bytes become text.

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// An encoding's name, and the texts that it makes of a secret, less what its neighbours have a part in.
pub(super) type Encoding = (&'static str, fn(&[u8]) -> Vec<Vec<u8>>);

/// What stands between the items of a list.
const SEPARATORS: [&str; 8] = [", ", ",", " ", ":", "; ", ";", "-", "|"];

/// Where two of them write the same, the later one gives the name.
pub(super) const ENCODINGS: [Encoding; 13] = [
    ("raw", |secret| vec![secret.to_vec()]),
    ("base64, percent-encoded", |secret| {
        let texts = base64(&STANDARD_NO_PAD, secret);
        texts.iter().flat_map(|text| percent(text)).collect()
    }),
    ("base64", |secret| base64(&STANDARD_NO_PAD, secret)),
    ("base64url", |secret| base64(&URL_SAFE_NO_PAD, secret)),
    ("hex", |secret| {
        let separators = ["", ",0x", ", 0x"].iter().chain(&SEPARATORS);
        let text = |separator| joined(secret, |byte| format!("{byte:02x}"), separator);
        separators.flat_map(|separator| cases(&text(separator))).collect()
    }),
    ("percent-encoding", percent),
    ("percent-encoding of all", |secret| {
        cases(&joined(secret, |byte| format!("%{byte:02x}"), ""))
    }),
    ("numbers", |secret| {
        let text = |separator| joined(secret, |byte| byte.to_string(), separator).into_bytes();
        SEPARATORS.into_iter().map(text).collect()
    }),
    ("numbers in MessagePack", |secret| {
        let number = |byte: &u8| {
            if byte.is_ascii() {
                vec![*byte]
            } else {
                vec![0xcc, *byte]
            }
        };
        vec![secret.iter().flat_map(number).collect()]
    }),
    ("Latin-1 as UTF-8", |secret| vec![latin1(secret).into_bytes()]),
    ("JSON", |secret| {
        let text = Value::from(latin1(secret)).to_string();
        let text = &text[1..text.len() - 1];
        let ascii = |char: char| match char {
            '\u{80}'.. => format!("\\u{:04x}", u32::from(char)),
            _ => char.to_string(),
        };
        vec![
            text.as_bytes().to_vec(),
            text.chars().map(ascii).collect::<String>().into_bytes(),
        ]
    }),
    ("JSON, all escaped", |secret| {
        let texts = [|byte| format!("\\u{byte:04x}"), |byte| format!("\\u{byte:04X}")];
        let text = |escape: fn(u8) -> String| joined(secret, escape, "").into_bytes();
        texts.into_iter().map(text).collect()
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

/// Each byte as the character of its number.
fn latin1(secret: &[u8]) -> String {
    secret.iter().copied().map(char::from).collect()
}

fn cases(text: &str) -> Vec<Vec<u8>> {
    vec![text.to_lowercase().into_bytes(), text.to_uppercase().into_bytes()]
}

fn joined(secret: &[u8], text: impl Fn(u8) -> String, separator: &str) -> String {
    let texts: Vec<String> = secret.iter().map(|byte| text(*byte)).collect();
    texts.join(separator)
}
