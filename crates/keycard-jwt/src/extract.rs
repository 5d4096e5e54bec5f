//! What handlers state in their arguments, beside the [`AccessToken`](crate::AccessToken) itself. The features `axum` and
//! `actix` make extractors of them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use keycard::Session;
#[cfg(any(feature = "axum", feature = "actix"))]
use {
    crate::access::AccessToken,
    crate::claims::Access,
    crate::error::{TokenError, TokenErrorKind},
    crate::signed::Signed,
    crate::tokens::Tokens,
    keycard::auth::Rule,
    keycard::{LazySession, LazySessions, RequestHeaders},
    serde::de::DeserializeOwned,
};

/// The application's [own claims](crate::TokensBuilder::claims) of an access token that was verified.
///
/// ```
/// use keycard_jwt::Claims;
///
/// #[derive(serde::Deserialize)]
/// struct Tenant {
///     tenant: u32,
/// }
///
/// async fn orders(Claims(Tenant { tenant }): Claims<Tenant>) -> String {
///     format!("orders of {tenant}")
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct Claims<T>(pub T);

/// The session of a request, by its access token or by its cookie, if the guard of `R` lets it pass: one guard for browsers
/// and programs alike. It dereferences to [`keycard::Session`], and what is done to that is committed at the end of the
/// request, either way. The route is one that the layer of the sessions wraps.
///
/// ```
/// use keycard::auth::{Guard, Rule};
/// use keycard_jwt::Authorized;
///
/// struct Staff;
///
/// impl Rule for Staff {
///     fn guard() -> Guard {
///         Guard::role("staff")
///     }
/// }
///
/// async fn report(session: Authorized<Staff>) -> String {
///     format!("for {:?}", session.user())
/// }
/// ```
pub struct Authorized<R> {
    session: Session,
    rule: PhantomData<fn() -> R>,
}

impl<R> Authorized<R> {
    /// The session itself.
    #[must_use]
    pub fn into_inner(self) -> Session {
        self.session
    }
}

impl<R> Deref for Authorized<R> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl<R> fmt::Debug for Authorized<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.session).finish()
    }
}

/// What an extractor needs of a request. It borrows nothing, for not every framework's request may be kept.
#[cfg(any(feature = "axum", feature = "actix"))]
pub(crate) struct Asked {
    tokens: Tokens,
    presented: Result<Option<Signed<Access>>, TokenError>,
    /// The session of the tokens' own layer, by which the client is known.
    request: Option<LazySession>,
}

#[cfg(any(feature = "axum", feature = "actix"))]
impl Asked {
    pub(crate) fn new<H: RequestHeaders>(
        tokens: Option<&Tokens>,
        headers: &H,
        sessions: Option<&LazySessions>,
    ) -> Result<Self, TokenError> {
        let tokens = tokens.ok_or_else(|| TokenError::told(TokenErrorKind::LayerMissing))?;
        Ok(Self {
            presented: tokens.presented(headers),
            tokens: tokens.clone(),
            request: sessions
                .and_then(|sessions| sessions.of(&tokens.0.keycard))
                .cloned(),
        })
    }

    pub(crate) async fn token(self) -> Result<AccessToken, TokenError> {
        let token = self.presented?.ok_or(TokenErrorKind::Missing)?;
        match &self.request {
            Some(request) => self.tokens.verify_for(&token, request).await,
            None if self.tokens.0.keycard.binds_clients() => Err(missing_layer()),
            None => self.tokens.verify(&token).await,
        }
    }

    pub(crate) async fn claims<T: DeserializeOwned>(self) -> Result<Claims<T>, TokenError> {
        self.token().await?.own_claims().map(Claims)
    }

    /// A token that is not accepted is not passed over for a session.
    pub(crate) async fn authorized<R: Rule>(self) -> Result<Authorized<R>, TokenError> {
        let guard = R::guard();
        let request = self.request.as_ref();
        let request = request.ok_or_else(missing_layer)?;
        let session = if matches!(self.presented, Ok(None)) {
            request.require(&guard).await?
        } else {
            self.token().await?.admitted(&guard).await?
        };
        Ok(Authorized {
            session,
            rule: PhantomData,
        })
    }
}

#[cfg(any(feature = "axum", feature = "actix"))]
fn missing_layer() -> TokenError {
    TokenError::told(TokenErrorKind::SessionLayerMissing)
}
