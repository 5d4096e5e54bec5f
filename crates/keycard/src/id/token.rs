//! The public name of a token, from which its time of issue can be read.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{RoutingTag, TAG, decode, random};
use crate::clock::Timestamp;

const TIME: usize = 6;
const REST: usize = 10;

/// The public name of a token: what a list of revoked tokens holds, and what logs show. It opens nothing.
///
/// Its text is base64url, 32 characters. It begins with the routing tag of the token's user, so that what is kept of their
/// tokens shares a slot with their sessions, and goes on with the time of issue in milliseconds: the claim `iat` has
/// seconds, which is too coarse to tell a token that was issued before a revocation from one that came after.
///
/// ```
/// use keycard::{StoreKey, Timestamp, TokenId};
///
/// let (session, now) = (StoreKey::from_bytes([7; 20]), Timestamp::from_millis(1_800_000_000_000));
/// let id = TokenId::generate(session.tag(), now);
/// assert_eq!((id.tag(), id.issued_at()), (session.tag(), now));
/// assert_eq!(id.to_string().parse::<TokenId>()?, id);
/// # Ok::<(), keycard::ParseTokenIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId([u8; Self::LEN]);

impl TokenId {
    /// Its length in bytes.
    pub const LEN: usize = TAG + TIME + REST;

    /// A new name for a token that is issued at `now`, for a session with this tag.
    #[must_use]
    pub fn generate(tag: RoutingTag, now: Timestamp) -> Self {
        let mut bytes = [0; Self::LEN];
        bytes[..TAG].copy_from_slice(&tag.0);
        bytes[TAG..TAG + TIME].copy_from_slice(&now.as_millis().to_be_bytes()[2..]);
        bytes[TAG + TIME..].copy_from_slice(&random::<REST>());
        Self(bytes)
    }

    /// The name with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes: tag, time, random.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        self.0
    }

    /// The tag of the session for which the token was issued.
    #[must_use]
    pub fn tag(self) -> RoutingTag {
        let mut tag = RoutingTag([0; TAG]);
        tag.0.copy_from_slice(&self.0[..TAG]);
        tag
    }

    /// When the token was issued, to the millisecond.
    #[must_use]
    pub fn issued_at(self) -> Timestamp {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.0[TAG..TAG + TIME]);
        Timestamp::from_millis(u64::from_be_bytes(millis))
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

impl FromStr for TokenId {
    type Err = ParseTokenIdError;

    fn from_str(text: &str) -> Result<Self, ParseTokenIdError> {
        decode(text).map(Self).ok_or(ParseTokenIdError(()))
    }
}

/// The error of reading a [`TokenId`] from text that is not 32 characters of base64url.
///
/// ```
/// let error = "no token".parse::<keycard::TokenId>().unwrap_err();
/// assert!(error.to_string().contains("32 characters"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseTokenIdError(());

impl fmt::Display for ParseTokenIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the id of a token: 32 characters of base64url are expected")
    }
}

impl std::error::Error for ParseTokenIdError {}
