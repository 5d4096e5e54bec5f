//! What tokens are made of: a MAC over what the browser shows of itself. Nothing of it is stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::cookie::CookieSpec;
use crate::id::{StoreKey, decode, random};
use crate::seal::{KeyRing, MAC, Macs, Purpose};

const ANCHOR: usize = 16;
const ANCHOR_TEXT: usize = 22;
/// The format of a visitor's cookie, and its first character.
const FORMAT: &str = "1";

/// What a token is bound to, by what a browser shows: the sessions of its ids, or the cookie of a visitor without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Anchor([u8; ANCHOR]);

impl Anchor {
    /// Of a visitor whom nobody knows yet.
    pub(crate) fn random() -> Self {
        Self(random())
    }

    /// Of all sessions whose ids a request shows: one, unless another host has planted a cookie. Which of them is live
    /// only the store knows, so that the token of a planted one alone must be good for nothing.
    pub(crate) fn of_sessions(keys: impl IntoIterator<Item = StoreKey>) -> Option<Self> {
        one_of(keys.into_iter().collect(), |keys| {
            Self::hash("sessions", keys.iter().map(|key| key.to_bytes()))
        })
    }

    /// Of all cookies of visitors that a request shows.
    pub(crate) fn of_visitors(visitors: impl IntoIterator<Item = Self>) -> Option<Self> {
        one_of(visitors.into_iter().collect(), |visitors| match visitors {
            [visitor] => *visitor,
            several => Self::hash("visitors", several.iter().map(|visitor| visitor.0)),
        })
    }

    fn hash<const N: usize>(what: &str, parts: impl Iterator<Item = [u8; N]>) -> Self {
        let mut hash = Sha256::new().chain_update(what);
        parts.for_each(|part| hash.update(part));
        let full = hash.finalize();
        Self(std::array::from_fn(|at| full[at]))
    }
}

/// What is made of those that are there, each once and in an order that no request chooses.
fn one_of<T: Ord>(mut all: Vec<T>, make: impl FnOnce(&[T]) -> Anchor) -> Option<Anchor> {
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then(|| make(&all))
}

/// The keys of tokens and of visitors' cookies, bound to the session's cookie and the application.
#[derive(Debug)]
pub(crate) struct CsrfKeys {
    macs: Macs,
    cookie: CookieSpec,
}

impl CsrfKeys {
    pub(crate) fn new(keys: &KeyRing, session: &CookieSpec, application: &str) -> Self {
        Self {
            macs: Macs::new(keys, Purpose::Csrf, session.name(), application),
            cookie: session.for_visitors(),
        }
    }

    /// The cookie of visitors.
    pub(crate) fn cookie(&self) -> &CookieSpec {
        &self.cookie
    }

    /// The value of a visitor's cookie: format, anchor, `.`, MAC.
    pub(super) fn seal(&self, anchor: Anchor) -> String {
        let text = format!("{FORMAT}{}", URL_SAFE_NO_PAD.encode(anchor.0));
        let mac = self.macs.sign(["visitor", &text]);
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    /// What a visitor's cookie holds, if one of the keys signed it.
    pub(super) fn open(&self, value: &[u8]) -> Option<Anchor> {
        let (text, mac) = value.split_at_checked(FORMAT.len() + ANCHOR_TEXT)?;
        let mac = decode(mac.strip_prefix(b".")?)?;
        if !self.macs.verify([b"visitor".as_slice(), text], &mac) {
            return None;
        }
        decode(text.strip_prefix(FORMAT.as_bytes())?).map(Anchor)
    }

    /// The text of a token: another one each time, so that a compressed response tells nothing of it.
    pub(crate) fn token(&self, anchor: Anchor) -> String {
        let (mask, mac) = (random::<MAC>(), self.macs.sign(["token".as_bytes(), &anchor.0]));
        URL_SAFE_NO_PAD.encode([mask, masked(mac, mask)].concat())
    }

    /// Whether a text is a token for one of these, by one of the keys.
    pub(crate) fn accepts(&self, text: &[u8], anchors: impl IntoIterator<Item = Anchor>) -> bool {
        let Some(bytes) = decode::<{ 2 * MAC }>(text) else {
            return false;
        };
        let half = |from: usize| std::array::from_fn(|at| bytes[from + at]);
        let mac = masked(half(MAC), half(0));
        let mut anchors = anchors.into_iter();
        anchors.any(|anchor| self.macs.verify([b"token".as_slice(), &anchor.0], &mac))
    }
}

fn masked(bytes: [u8; MAC], mask: [u8; MAC]) -> [u8; MAC] {
    std::array::from_fn(|at| bytes[at] ^ mask[at])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys(ring: &[u8]) -> CsrfKeys {
        of(ring, "__Host-sid", "shop")
    }

    fn of(ring: &[u8], cookie: &str, application: &str) -> CsrfKeys {
        let ring = KeyRing::new(ring.iter().map(|byte| [*byte; 32])).unwrap();
        CsrfKeys::new(&ring, &CookieSpec::builder(cookie).build().unwrap(), application)
    }

    fn sessions(keys: &[u8]) -> Anchor {
        Anchor::of_sessions(keys.iter().map(|byte| StoreKey::from_bytes([*byte; 20]))).unwrap()
    }

    #[test]
    fn a_token_is_another_text_each_time_and_each_is_accepted() {
        let (keys, alice) = (keys(&[1]), sessions(&[1]));
        let texts: HashSet<String> = (0..100).map(|_| keys.token(alice)).collect();
        assert_eq!(texts.len(), 100);
        for text in &texts {
            assert_eq!(text.len(), 86);
            assert!(keys.accepts(text.as_bytes(), [alice]), "{text}");
        }
        let same_at = |at: usize| texts.iter().map(|text| &text[at..=at]).collect::<HashSet<_>>();
        assert!((0..85).all(|at| same_at(at).len() > 1), "no part of it stays");
    }

    #[test]
    fn a_token_is_bound_to_what_the_browser_shows_and_to_the_application() {
        let (ours, alice) = (keys(&[1]), sessions(&[1]));
        let token = ours.token(alice);
        for other in [sessions(&[2]), sessions(&[1, 2]), Anchor::random()] {
            assert!(!ours.accepts(token.as_bytes(), [other]));
        }
        assert!(ours.accepts(token.as_bytes(), [sessions(&[2]), alice]));
        assert!(!ours.accepts(token.as_bytes(), []));
        for theirs in [
            keys(&[2]),
            of(&[1], "__Host-adm", "shop"),
            of(&[1], "__Host-sid", "blog"),
        ] {
            assert!(!theirs.accepts(token.as_bytes(), [alice]));
        }
    }

    #[test]
    fn the_first_key_signs_and_every_key_verifies() {
        let (alice, visitor) = (sessions(&[1]), Anchor::random());
        let (token, cookie) = (keys(&[1]).token(alice), keys(&[1]).seal(visitor));
        for (ring, expected) in [(&[2, 1][..], true), (&[2], false)] {
            let now = keys(ring);
            assert_eq!(now.accepts(token.as_bytes(), [alice]), expected, "{ring:?}");
            assert_eq!(
                now.open(cookie.as_bytes()),
                expected.then_some(visitor),
                "{ring:?}"
            );
        }
        let new = keys(&[2, 1]).token(alice);
        assert!(!keys(&[1]).accepts(new.as_bytes(), [alice]));
    }

    #[test]
    fn what_was_changed_or_cut_is_nothing() {
        let (keys, alice, visitor) = (keys(&[1]), sessions(&[1]), Anchor::random());
        let (token, cookie) = (keys.token(alice), keys.seal(visitor));
        let bent = |text: &str, at: usize| {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            [&text[..at], other, &text[at + 1..]].concat()
        };
        for at in 0..token.len() {
            assert!(!keys.accepts(bent(&token, at).as_bytes(), [alice]), "{at}");
        }
        for at in 0..cookie.len() {
            assert_eq!(keys.open(bent(&cookie, at).as_bytes()), None, "{at}");
        }
        for (token, cookie) in [
            ("", ""),
            (&token[1..], &cookie[1..]),
            (&token[..85], &cookie[..66]),
            (&format!("{token}="), &format!("{cookie}A")),
        ] {
            assert!(!keys.accepts(token.as_bytes(), [alice]), "{token}");
            assert_eq!(keys.open(cookie.as_bytes()), None, "{cookie}");
        }
        assert!(!keys.accepts(cookie.as_bytes(), [visitor]));
    }

    #[test]
    fn an_order_that_a_request_chooses_changes_nothing() {
        assert_eq!(sessions(&[1, 2]), sessions(&[2, 1, 2]));
        assert_eq!(Anchor::of_sessions([]), None);
        let (one, other) = (Anchor::random(), Anchor::random());
        assert_eq!(Anchor::of_visitors([one]), Some(one));
        assert_eq!(Anchor::of_visitors([one, one]), Some(one));
        let both = Anchor::of_visitors([one, other]);
        assert_eq!(both, Anchor::of_visitors([other, one]));
        assert!(both != Some(one) && both != Some(other));
    }
}
