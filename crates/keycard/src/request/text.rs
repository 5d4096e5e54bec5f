//! Text of strangers that is kept and shown: bounded, and without control characters.

use std::fmt;

const MOST: usize = 256;

/// The first bytes of a `User-Agent` header, as they came.
#[derive(Clone, Copy)]
pub(super) struct UserAgent {
    bytes: [u8; MOST],
    len: usize,
}

impl UserAgent {
    pub(super) fn read(value: &[u8]) -> Self {
        let len = boundary(value, MOST);
        let mut bytes = [0; MOST];
        bytes[..len].copy_from_slice(&value[..len]);
        Self { bytes, len }
    }

    /// The text; `None` if nothing is left of it.
    pub(super) fn text(&self) -> Option<String> {
        clean(&String::from_utf8_lossy(&self.bytes[..self.len]), MOST)
    }
}

impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// At most so many bytes of a text, without control characters; `None` if nothing is left of it.
pub(super) fn clean(text: &str, most: usize) -> Option<String> {
    let mut kept: String = text.chars().filter(|c| !c.is_control()).collect();
    kept.truncate(boundary(kept.as_bytes(), most));
    let trimmed = kept.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Where to cut so that at most `most` bytes remain, and no character of UTF-8 is cut apart.
fn boundary(text: &[u8], most: usize) -> usize {
    let continues = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let longest = most.min(text.len());
    let earliest = longest.saturating_sub(3);
    (earliest..=longest)
        .rev()
        .find(|at| !continues(*at))
        .unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::properties::many;

    fn kept(value: impl AsRef<[u8]>) -> Option<String> {
        UserAgent::read(value.as_ref()).text()
    }

    #[test]
    fn a_user_agent_is_kept_as_it_came() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
        assert_eq!(kept(firefox).as_deref(), Some(firefox));
        let full = "x".repeat(256);
        assert_eq!(kept(&full), Some(full.clone()));
        assert_eq!(kept(full.clone() + "y"), Some(full));
    }

    #[test]
    fn what_could_harm_a_log_or_a_page_is_dropped() {
        assert_eq!(
            kept("a\r\nSet-Cookie: b\x1b[31m\u{85}\0c").as_deref(),
            Some("aSet-Cookie: b[31mc")
        );
        assert_eq!(kept(b"caf\xe9").as_deref(), Some("caf\u{fffd}"));
        for nothing in ["", "  ", "\t", "\u{7f}"] {
            assert_eq!(kept(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn no_character_is_cut_apart() {
        for width in ["é", "€", "𝄞"] {
            for before in 250..256 {
                let text = "x".repeat(before) + &width.repeat(4);
                let kept = kept(&text).unwrap();
                assert!(
                    text.starts_with(&kept) && kept.len() > 252,
                    "{before} {width}: {kept}"
                );
            }
        }
    }

    proptest! {
        #![proptest_config(many())]

        #[test]
        fn whatever_comes_is_bounded_and_shows_no_control_character(value: Vec<u8>, fill in 0..300_usize, most in 0..70_usize) {
            let value = ["x".repeat(fill).as_bytes(), &value].concat();
            for (text, most) in [(kept(&value), MOST), (clean(&String::from_utf8_lossy(&value), most), most)] {
                let text = text.unwrap_or_default();
                prop_assert!(text.len() <= most && !text.chars().any(char::is_control));
            }
        }
    }
}
