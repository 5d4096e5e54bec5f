//! What holds of any text that comes as a sealed one, whether or not a key has signed it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use hmac::digest::Key;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::seal::{KeyRing, Purpose, Seal};

const KEY: u8 = 7;
const NAME: &str = "__Host-sid";
const APPLICATION: &str = "shop";

/// The bytes of an id: tag, selector, secret.
const ID: usize = 8 + 12 + 32;

/// Takes `input` for what a client sends, for what a key has signed, and for an id with a change to its sealed text.
pub fn hold(input: &[u8]) {
    if let Ok(text) = std::str::from_utf8(input) {
        what_opens_was_sealed(text);
        what_is_signed_opens_if_it_is_an_id(text);
    }
    let mut id = [0; ID];
    let (start, rest) = input.split_at(input.len().min(ID));
    id[..start.len()].copy_from_slice(start);
    let [at, change @ ..] = rest else { return };
    what_is_changed_is_refused(&id, usize::from(*at), &String::from_utf8_lossy(change));
}

/// There is one text for each id, and it opens where it was sealed alone.
fn what_opens_was_sealed(text: &str) {
    if let Some(id) = SEALS.ours.open(text) {
        assert_eq!(SEALS.ours.seal(&id), text);
    }
}

fn what_is_signed_opens_if_it_is_an_id(text: &str) {
    let opened = SEALS.ours.open(SEALS.ours_by_the_book.seal(text));
    assert_eq!(opened.is_some(), is_canonical(text), "{text:?}");
}

fn what_is_changed_is_refused(id: &[u8; ID], at: usize, change: &str) {
    let text = text_of(id);
    let sealed = SEALS.ours_by_the_book.seal(&text);
    let opened = SEALS.ours.open(&sealed).map(|id| SEALS.ours.seal(&id));
    assert_eq!(opened.as_ref(), Some(&sealed));

    let at = at % (sealed.len() + 1);
    let end = sealed.len().min(at + change.len());
    let replaced = format!("{}{change}{}", &sealed[..at], &sealed[end..]);
    let inserted = format!("{}{change}{}", &sealed[..at], &sealed[at..]);
    for bent in [&replaced, &inserted, &sealed[..at], &sealed[at..]] {
        assert!(*bent == sealed || SEALS.ours.open(bent).is_none(), "{bent:?}");
    }
    for stranger in &SEALS.strangers {
        assert!(SEALS.ours.open(stranger.seal(&text)).is_none());
    }
}

fn text_of(id: &[u8; ID]) -> String {
    format!("1{}", URL_SAFE_NO_PAD.encode(id))
}

/// Format 1 and 52 bytes in base64url, whose last digit has four bits too many.
fn is_canonical(text: &str) -> bool {
    let digit = |digit: u8| digit.is_ascii_alphanumeric() || b"-_".contains(&digit);
    match text.as_bytes() {
        [b'1', digits @ .., last] => {
            digits.len() == 69 && digits.iter().copied().all(digit) && b"AQgw".contains(last)
        }
        _ => false,
    }
}

static SEALS: LazyLock<Seals> = LazyLock::new(|| {
    let Ok(ring) = KeyRing::new([[KEY; 32]]) else {
        panic!("32 bytes are a key")
    };
    Seals {
        ours: Seal::new(&ring, Purpose::Cookie, NAME, APPLICATION),
        ours_by_the_book: ByTheBook::new(KEY, ["cookie", NAME, APPLICATION]),
        strangers: [
            ByTheBook::new(KEY + 1, ["cookie", NAME, APPLICATION]),
            ByTheBook::new(KEY, ["header", NAME, APPLICATION]),
            ByTheBook::new(KEY, ["cookie", "__Host-office", APPLICATION]),
            ByTheBook::new(KEY, ["cookie", NAME, "blog"]),
            ByTheBook::new(KEY, ["cookie", "__Host-sids", "hop"]),
        ],
    }
});

struct Seals {
    ours: Seal,
    ours_by_the_book: ByTheBook,
    /// Each differs from ours in one thing.
    strangers: [ByTheBook; 5],
}

/// The seal once more, as its description says it: a second opinion, for any text.
struct ByTheBook {
    subkey: Key<Hmac<Sha256>>,
    /// Purpose, cookie name and application.
    bound_to: [&'static str; 3],
}

impl ByTheBook {
    fn new(key: u8, bound_to: [&'static str; 3]) -> Self {
        let mut subkey = Key::<Hmac<Sha256>>::default();
        let info = format!("keycard/v1/{}", bound_to[0]);
        let expanded = Hkdf::<Sha256>::new(None, &[key; 32]).expand(info.as_bytes(), &mut subkey);
        assert!(expanded.is_ok());
        Self { subkey, bound_to }
    }

    fn seal(&self, text: &str) -> String {
        let [purpose, name, application] = self.bound_to;
        let mut input = Vec::new();
        for part in ["keycard/v1", purpose, name, application, text] {
            let len = u16::try_from(part.len()).unwrap_or(u16::MAX);
            input.extend(len.to_be_bytes());
            input.extend(part.as_bytes());
        }
        let mac = Hmac::<Sha256>::new(&self.subkey).chain_update(input).finalize();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::array::uniform;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample;

    use super::super::{holds_of_seeds, many};
    use super::*;

    fn ids() -> impl Strategy<Value = [u8; ID]> {
        uniform(any::<u8>())
    }

    /// A short text to put somewhere: often of digits, so that the length is what is wrong, or nothing at all.
    fn changes() -> impl Strategy<Value = String> {
        let digit = prop_oneof![
            3 => sample::select(&b"AQgwBZaz09-_"[..]).prop_map(char::from),
            1 => any::<char>(),
        ];
        vec(digit, 0..4).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(many())]

        #[test]
        fn what_is_signed_opens_only_if_it_is_an_id(id in ids(), at in 0..=71_usize, cut in 0..3_usize, change in changes()) {
            let text = text_of(&id);
            let end = text.len().min(at + cut);
            what_is_signed_opens_if_it_is_an_id(&text);
            what_is_signed_opens_if_it_is_an_id(&format!("{}{change}{}", &text[..at], &text[end..]));
        }

        #[test]
        fn no_change_opens(id in ids(), at: usize, change in changes()) {
            what_is_changed_is_refused(&id, at, &change);
        }
    }

    #[test]
    fn seeds_hold() {
        holds_of_seeds("seal", hold);
    }
}
