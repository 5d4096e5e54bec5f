//! Values of session data ⇄ MessagePack.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind};
use crate::record::Data;

pub(crate) fn read<T: DeserializeOwned>(data: Option<&Data>, key: &str) -> Result<Option<T>, Error> {
    let Some(bytes) = data.and_then(|data| data.get(key)) else {
        return Ok(None);
    };
    rmp_serde::from_slice(bytes).map(Some).map_err(|source| {
        let (stored, asked) = (kind(bytes), std::any::type_name::<T>());
        Error::caused_by(
            ErrorKind::TypeMismatch,
            format!("session key {key:?} holds {stored}, but a `{asked}` was asked for"),
            source,
        )
    })
}

/// Structs are written with the names of their fields, so that a field can be added later.
pub(crate) fn encode<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Vec<u8>, Error> {
    rmp_serde::to_vec_named(value).map_err(|source| {
        Error::caused_by(
            ErrorKind::Encode,
            format!(
                "session key {key:?}: a {} cannot be encoded",
                std::any::type_name::<T>()
            ),
            source,
        )
    })
}

/// The type of an encoded value in words, from its first byte.
fn kind(bytes: &[u8]) -> &'static str {
    match bytes.first() {
        None => "nothing",
        Some(0xc0) => "null",
        Some(0xc2 | 0xc3) => "a boolean",
        Some(0xca | 0xcb) => "a floating-point number",
        Some(0x00..=0x7f | 0xcc..=0xd3 | 0xe0..=0xff) => "an integer",
        Some(0xa0..=0xbf | 0xd9..=0xdb) => "a string",
        Some(0xc4..=0xc6) => "bytes",
        Some(0x90..=0x9f | 0xdc | 0xdd) => "a sequence",
        Some(0x80..=0x8f | 0xde | 0xdf) => "a map",
        Some(0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8) => "an extension type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mismatch_names_the_key_and_both_types() {
        let mut data = Data::default();
        data.set("cart", &encode("cart", &"a string").unwrap());
        let error = read::<Vec<u32>>(Some(&data), "cart").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TypeMismatch);
        assert_eq!(
            error.to_string(),
            r#"session key "cart" holds a string, but a `alloc::vec::Vec<u32>` was asked for"#
        );
    }

    #[test]
    fn every_first_byte_has_a_name() {
        let sample = |json: &str| {
            let value: serde_json::Value = serde_json::from_str(json).unwrap();
            kind(&encode("k", &value).unwrap())
        };
        for (json, expected) in [
            ("null", "null"),
            ("true", "a boolean"),
            ("-1", "an integer"),
            ("70000", "an integer"),
            ("1.5", "a floating-point number"),
            ("\"s\"", "a string"),
            ("[1]", "a sequence"),
            ("{\"a\":1}", "a map"),
        ] {
            assert_eq!(sample(json), expected, "{json}");
        }
    }
}
