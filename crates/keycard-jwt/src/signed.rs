//! A token as its text.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer};

/// The text of a token that is an [`Access`](crate::Access) or a [`Refresh`](crate::Refresh) token by its type: neither can
/// be handed in where the other is meant. Whether the text is what it claims to be, only verifying tells.
///
/// ```
/// use keycard_jwt::{Refresh, Signed};
///
/// #[derive(serde::Deserialize)]
/// struct Body {
///     refresh_token: Signed<Refresh>,
/// }
/// let body: Body = serde_json::from_str(r#"{"refresh_token":"eyJ.e30.AA"}"#).unwrap();
/// assert_eq!(body.refresh_token.expose_text(), "eyJ.e30.AA");
/// assert!(!format!("{:?}", body.refresh_token).contains("e30"));
/// ```
///
/// # Security
///
/// Whoever holds the text can use the token. It is not printed, and is not to be stored.
pub struct Signed<K> {
    text: Box<str>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Signed<K> {
    /// A text that is presented as a token of this kind.
    #[must_use]
    pub fn presented(text: impl Into<Box<str>>) -> Self {
        Self {
            text: text.into(),
            kind: PhantomData,
        }
    }

    /// The text, to hand it to the client.
    #[must_use]
    pub fn expose_text(&self) -> &str {
        &self.text
    }
}

impl<K> Clone for Signed<K> {
    fn clone(&self) -> Self {
        Self::presented(self.text.clone())
    }
}

impl<K> fmt::Debug for Signed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signed(REDACTED)")
    }
}

impl<'de, K> Deserialize<'de> for Signed<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<str>::deserialize(deserializer).map(Self::presented)
    }
}
