//! Where access tokens travel: as bearer tokens, and for browsers in a cookie.

use keycard::RequestHeaders;

use crate::claims::Access;
use crate::error::{TokenError, TokenErrorKind};
use crate::pair::TokenPair;
use crate::signed::Signed;
use crate::tokens::Tokens;

/// Where access tokens travel. For adapters, and for frameworks that have none.
impl Tokens {
    /// The access token of a request: behind `Authorization: Bearer` (RFC 6750 §2.1), or in the
    /// [cookie](crate::TokensBuilder::cookie) if no `Bearer` came. A bearer token that has the form of a session's id is none
    /// of ours: it is left to the [session layer](keycard::Transport::Bearer), as that leaves ours.
    ///
    /// ```
    #[doc = example!(tokens)]
    /// let headers = [("authorization", "Bearer eyJ0eXAiOiJhdCtqd3QifQ.e30.AA")];
    /// assert!(tokens.presented(headers.as_slice())?.is_some());
    /// assert!(tokens.presented::<[(&str, &str)]>(&[])?.is_none());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Ambiguous`](TokenErrorKind::Ambiguous) if there are two headers `Authorization`, or cookies that differ;
    /// [`EmptyBearer`](TokenErrorKind::EmptyBearer).
    pub fn presented<H: RequestHeaders + ?Sized>(
        &self,
        headers: &H,
    ) -> Result<Option<Signed<Access>>, TokenError> {
        let mut authorizations = headers.values("authorization");
        let authorization = authorizations.next();
        if authorizations.next().is_some() {
            return Err(TokenErrorKind::Ambiguous.into());
        }
        match authorization.and_then(bearer) {
            Some([]) => return Err(TokenErrorKind::EmptyBearer.into()),
            Some(token) if is_a_session_s(token) => return Ok(None),
            Some(token) => return presented(token).map(Some),
            None => {}
        }
        let Some(name) = &self.0.settings.cookie else {
            return Ok(None);
        };
        the_only_one(headers.values("cookie").flat_map(|header| cookies(header, name)))
    }

    /// The header `Set-Cookie` that gives a browser its access token: `Secure; HttpOnly; SameSite=Strict; Path=/`, for as
    /// long as the token lives. `None` without a [cookie](crate::TokensBuilder::cookie).
    ///
    /// ```
    #[doc = example!(begin)]
    /// # let session = keycard.open([]).load().await?;
    /// # session.login("alice");
    /// let tokens = Tokens::builder(&users, store, seal).cookie("__Host-token").build()?;
    /// let pair = tokens.issue(&session).await?;
    /// let cookie = tokens.set_cookie(&pair).unwrap();
    /// assert!(cookie.starts_with("__Host-token=eyJ") && cookie.contains("HttpOnly"));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// A browser sends a cookie by itself: what changes something needs protection from requests of other sites beyond
    /// `SameSite`. For a browser a session is the better choice.
    #[must_use]
    pub fn set_cookie(&self, pair: &TokenPair) -> Option<String> {
        self.cookie(pair.access.expose_text(), pair.expires_in)
    }

    /// The header `Set-Cookie` that takes the access token from a browser.
    #[must_use]
    pub fn remove_cookie(&self) -> Option<String> {
        self.cookie("", 0)
    }

    fn cookie(&self, value: &str, max_age: u64) -> Option<String> {
        let name = self.0.settings.cookie.as_deref()?;
        Some(format!(
            "{name}={value}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite=Strict"
        ))
    }
}

/// What stands behind the scheme `Bearer`, or nothing where nothing does; `None` for another scheme.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace);
    let (scheme, token) = value.split_at(end.unwrap_or(value.len()));
    scheme.eq_ignore_ascii_case(b"bearer").then(|| token.trim_ascii())
}

/// Whether it has the form of a session's id, which has one dot.
fn is_a_session_s(token: &[u8]) -> bool {
    token.split(|byte| *byte == b'.').count() == 2
}

/// The values of the cookies of this name that are not empty.
fn cookies<'a>(header: &'a [u8], name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
    header.split(|byte| *byte == b';').filter_map(move |pair| {
        let value = pair
            .trim_ascii()
            .strip_prefix(name.as_bytes())?
            .strip_prefix(b"=")?;
        (!value.is_empty()).then_some(value)
    })
}

fn the_only_one<'a>(mut texts: impl Iterator<Item = &'a [u8]>) -> Result<Option<Signed<Access>>, TokenError> {
    let Some(first) = texts.next() else {
        return Ok(None);
    };
    if texts.any(|other| other != first) {
        return Err(TokenErrorKind::Ambiguous.into());
    }
    presented(first).map(Some)
}

fn presented(token: &[u8]) -> Result<Signed<Access>, TokenError> {
    let text = std::str::from_utf8(token).map_err(|_| TokenErrorKind::Malformed)?;
    Ok(Signed::presented(text))
}
