//! The names of keys: `prefix{tag}s:selector` for a session, `prefix{tag}u:digest` for a user's index and `prefix{tag}h:digest`
//! for their history, `prefix` `t:name` for a window of throttles, `prefix` `f:{tag}name`, `g:{tag}selector`,
//! `a:{tag}name`, `b:{tag}name` and `m:{tag}digest` for what is known of tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::store::ThrottleKey;
use keycard::{RoutingTag, StoreKey, TokenId, UserKey};

use crate::places::Places;

/// The length of a tag in bytes.
pub(crate) const TAG_LEN: usize = 8;
/// The length of its text.
const TAG_TEXT: usize = (TAG_LEN * 8).div_ceil(6);
/// The length of a selector in bytes.
pub(crate) const SELECTOR_LEN: usize = 12;

/// The length of a session's name behind the prefix in bytes.
const SESSION_NAME: usize = "{dGFndGFndGE}s:c2VsZWN0b3JzZWxl".len();

/// The length of a device's digest in bytes.
pub(crate) const DEVICE_LEN: usize = 8;

/// The length of a family's name behind its tag in characters.
pub(crate) const FAMILY_NAME_LEN: usize = ((TokenId::LEN - TAG_LEN) * 8).div_ceil(6);

/// The names under one prefix. The prefix holds no brace, so the tag alone decides a key's slot.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
    places: Places,
}

impl Keys {
    pub(crate) fn new(prefix: String, places: Places) -> Self {
        Self { prefix, places }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn session(&self, key: StoreKey) -> String {
        let bytes = key.to_bytes();
        let (tag, selector) = bytes.split_at(TAG_LEN);
        let mut name = String::with_capacity(self.prefix.len() + SESSION_NAME);
        name.push_str(&self.prefix);
        name.push('{');
        URL_SAFE_NO_PAD.encode_string(tag, &mut name);
        name.push_str("}s:");
        URL_SAFE_NO_PAD.encode_string(selector, &mut name);
        name
    }

    /// The key of the session of this name; `None` for what is no session's.
    pub(crate) fn session_of(&self, name: &[u8]) -> Option<StoreKey> {
        let name = name.strip_prefix(self.prefix.as_bytes())?.strip_prefix(b"{")?;
        let (tag, name) = name.split_at_checked(TAG_TEXT)?;
        let selector = name.strip_prefix(b"}s:")?;
        let mut bytes = [0; TAG_LEN + SELECTOR_LEN];
        let (tag_bytes, selector_bytes) = bytes.split_at_mut(TAG_LEN);
        let decode = |text, into| URL_SAFE_NO_PAD.decode_slice(text, into);
        let lengths = (
            decode(tag, tag_bytes).ok()?,
            decode(selector, selector_bytes).ok()?,
        );
        (lengths == (TAG_LEN, SELECTOR_LEN)).then(|| StoreKey::from_bytes(bytes))
    }

    /// What the names of all sessions begin with, and those of throttles do not.
    pub(crate) fn sessions_prefix(&self) -> String {
        format!("{}{{", self.prefix)
    }

    /// A name that is nothing's and begins as those of sessions do; in a cluster in the given slot.
    pub(crate) fn probe(&self, slot: Option<u16>, number: u64) -> String {
        let place = slot
            .and_then(|slot| self.places.in_slot(slot))
            .unwrap_or_default();
        format!("{}{{{place}}}p:{number:016x}", self.prefix)
    }

    /// What precedes the selector in the keys of all sessions of a tag.
    pub(crate) fn sessions(&self, tag: RoutingTag) -> String {
        format!("{}{{{}}}s:", self.prefix, tag.to_text())
    }

    /// A session as the scripts that count are told of it: its key, and the place where it is counted.
    pub(crate) fn counted(&self, key: StoreKey) -> Vec<u8> {
        [&key.to_bytes()[..], self.places.of(key).as_bytes()].concat()
    }

    /// What all places count by: the set of sessions and the counters of each.
    pub(crate) fn statistics(&self) -> impl Iterator<Item = (String, String)> {
        let name = |place: &str, what| format!("{}{{{place}}}{what}", self.prefix);
        self.places
            .all()
            .map(move |place| (name(&place, 'a'), name(&place, 'c')))
    }

    pub(crate) fn index(&self, user: UserKey) -> String {
        self.of_user(user, 'u')
    }

    pub(crate) fn history(&self, user: UserKey) -> String {
        self.of_user(user, 'h')
    }

    fn of_user(&self, user: UserKey, what: char) -> String {
        format!(
            "{}{{{}}}{what}:{}",
            self.prefix,
            user.tag().to_text(),
            URL_SAFE_NO_PAD.encode(user.digest())
        )
    }

    // The prefix and what these begin with come before the brace: they are no news for near caches.

    pub(crate) fn family(&self, family: TokenId) -> String {
        self.of_token('f', family)
    }

    /// The same, and how long what precedes the name is, which is the same for all families of a tag.
    pub(crate) fn family_in_parts(&self, family: TokenId) -> (String, String) {
        let mut base = self.family(family);
        let name = base.split_off(base.len() - FAMILY_NAME_LEN);
        (base, name)
    }

    /// The names of the families of a session.
    pub(crate) fn families(&self, session: StoreKey) -> String {
        self.beside(session.tag(), 'g', &session.selector())
    }

    pub(crate) fn allowed(&self, token: TokenId) -> String {
        self.of_token('a', token)
    }

    pub(crate) fn blocked(&self, token: TokenId) -> String {
        self.of_token('b', token)
    }

    /// When the tokens of a user were revoked.
    pub(crate) fn mark(&self, user: UserKey) -> String {
        self.beside(user.tag(), 'm', &user.digest())
    }

    fn of_token(&self, what: char, token: TokenId) -> String {
        self.beside(token.tag(), what, &token.to_bytes()[TAG_LEN..])
    }

    fn beside(&self, tag: RoutingTag, what: char, name: &[u8]) -> String {
        format!(
            "{}{what}:{{{}}}{}",
            self.prefix,
            tag.to_text(),
            URL_SAFE_NO_PAD.encode(name)
        )
    }

    pub(crate) fn throttle(&self, key: ThrottleKey) -> String {
        format!("{}t:{}", self.prefix, URL_SAFE_NO_PAD.encode(key.to_bytes()))
    }
}

/// The key of a tag's session by its selector; `None` if the selector has another length than selectors have.
pub(crate) fn key_of(tag: RoutingTag, selector: &[u8]) -> Option<StoreKey> {
    Some(StoreKey::new(tag, selector.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_frozen() {
        let keys = Keys::new("keycard:".to_owned(), Places::Few);
        let session = StoreKey::from_bytes(*b"tagtagtaselectorsele");
        let user = UserKey::from_bytes(*b"tagtagtadigestdi");
        assert_eq!(keys.session(session), "keycard:{dGFndGFndGE}s:c2VsZWN0b3JzZWxl");
        assert_eq!(key_of(session.tag(), &session.selector()), Some(session));
        assert_eq!(keys.session_of(keys.session(session).as_bytes()), Some(session));
        assert_eq!(keys.index(user), "keycard:{dGFndGFndGE}u:ZGlnZXN0ZGk");
        assert_eq!(keys.history(user), "keycard:{dGFndGFndGE}h:ZGlnZXN0ZGk");
        let window = ThrottleKey::from_bytes(*b"sixteen bytes ok");
        assert_eq!(keys.throttle(window), "keycard:t:c2l4dGVlbiBieXRlcyBvaw");
    }

    #[test]
    fn names_of_what_is_known_of_tokens_are_frozen() {
        let keys = Keys::new("keycard:".to_owned(), Places::Few);
        let session = StoreKey::from_bytes(*b"tagtagtaselectorsele");
        let user = UserKey::from_bytes(*b"tagtagtadigestdi");
        let token = TokenId::from_bytes(*b"tagtagtamillissixteen by");
        assert_eq!(
            keys.family(token),
            "keycard:f:{dGFndGFndGE}bWlsbGlzc2l4dGVlbiBieQ"
        );
        assert_eq!(
            keys.family_in_parts(token),
            (
                "keycard:f:{dGFndGFndGE}".to_owned(),
                "bWlsbGlzc2l4dGVlbiBieQ".to_owned()
            )
        );
        assert_eq!(keys.families(session), "keycard:g:{dGFndGFndGE}c2VsZWN0b3JzZWxl");
        assert_eq!(
            keys.allowed(token),
            "keycard:a:{dGFndGFndGE}bWlsbGlzc2l4dGVlbiBieQ"
        );
        assert_eq!(
            keys.blocked(token),
            "keycard:b:{dGFndGFndGE}bWlsbGlzc2l4dGVlbiBieQ"
        );
        assert_eq!(keys.mark(user), "keycard:m:{dGFndGFndGE}ZGlnZXN0ZGk");
    }

    #[test]
    fn names_of_what_is_counted_are_frozen() {
        let keys = Keys::new("keycard:".to_owned(), Places::Few);
        let session = StoreKey::from_bytes(*b"tagtagtaselectorsele");
        assert_eq!(keys.counted(session), b"tagtagtaselectorseles4");
        let statistics: Vec<_> = keys.statistics().collect();
        assert_eq!(statistics.len(), 16);
        let (set, counters) = &statistics[15];
        assert_eq!((&**set, &**counters), ("keycard:{s15}a", "keycard:{s15}c"));
    }
}
