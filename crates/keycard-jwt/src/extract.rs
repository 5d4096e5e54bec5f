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
    std::sync::Arc,
    tokio::sync::OnceCell,
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
/// request, either way. The route is one that the layer of the sessions wraps. A request with a cookie, of the session or of
/// the token, may come from [another site](keycard::guide::transports#security).
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

/// What extractors need of a request. It is kept with the request, so that they verify its token once; and it borrows
/// nothing, for not every framework's request may be kept.
#[cfg(any(feature = "axum", feature = "actix"))]
#[derive(Clone)]
pub(crate) struct Asked(Arc<Question>);

#[cfg(any(feature = "axum", feature = "actix"))]
struct Question {
    tokens: Tokens,
    presented: Result<Option<Signed<Access>>, TokenError>,
    /// The session of the tokens' own layer, by which the client is known.
    request: Option<LazySession>,
    answer: OnceCell<Result<AccessToken, TokenError>>,
}

#[cfg(any(feature = "axum", feature = "actix"))]
impl Asked {
    /// What was `asked` before, if that is the same question: of these tokens, for what the request shows, and within the same
    /// layers, for an extractor may stand in the middle of them.
    pub(crate) fn anew<H: RequestHeaders>(
        asked: Option<&Self>,
        tokens: Option<&Tokens>,
        headers: &H,
        sessions: Option<&LazySessions>,
    ) -> Result<Self, TokenError> {
        let tokens = tokens.ok_or_else(|| TokenError::told(TokenErrorKind::LayerMissing))?;
        let own = |sessions: &LazySessions| sessions.of(&tokens.0.keycard).cloned();
        let question = Question {
            presented: tokens.presented(headers),
            tokens: tokens.clone(),
            request: sessions.and_then(own),
            answer: OnceCell::new(),
        };
        let known = asked.filter(|asked| asked.0.is(&question)).cloned();
        Ok(known.unwrap_or_else(|| Self(Arc::new(question))))
    }

    pub(crate) async fn token(&self) -> Result<AccessToken, TokenError> {
        let question = &*self.0;
        question.answer.get_or_init(|| question.verify()).await.clone()
    }

    pub(crate) async fn claims<T: DeserializeOwned>(&self) -> Result<Claims<T>, TokenError> {
        self.token().await?.own_claims().map(Claims)
    }

    /// A token that is not accepted is not passed over for a session.
    pub(crate) async fn authorized<R: Rule>(&self) -> Result<Authorized<R>, TokenError> {
        let guard = R::guard();
        let request = self.0.request.as_ref().ok_or_else(missing_layer)?;
        let session = if matches!(self.0.presented, Ok(None)) {
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
impl Question {
    fn is(&self, other: &Self) -> bool {
        fn shown(question: &Question) -> (bool, Option<&str>) {
            let presented = question.presented.as_ref();
            let token = presented.ok().and_then(Option::as_ref);
            (presented.is_ok(), token.map(Signed::expose_text))
        }
        Arc::ptr_eq(&self.tokens.0, &other.tokens.0)
            && shown(self) == shown(other)
            && self.request.is_some() == other.request.is_some()
    }

    async fn verify(&self) -> Result<AccessToken, TokenError> {
        let token = self.presented.as_ref().map_err(Clone::clone)?;
        let token = token.as_ref().ok_or(TokenErrorKind::Missing)?;
        match &self.request {
            Some(request) => self.tokens.verify_for(token, request).await,
            None if self.tokens.0.keycard.binds_clients() => Err(missing_layer()),
            None => self.tokens.verify(token).await,
        }
    }
}

#[cfg(any(feature = "axum", feature = "actix"))]
fn missing_layer() -> TokenError {
    TokenError::told(TokenErrorKind::SessionLayerMissing)
}
