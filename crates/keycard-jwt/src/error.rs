//! What can be wrong with a token, and with the settings of tokens.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use keycard::ErrorKind;
use keycard::auth::Decision;

use crate::events;

/// Why a token is not accepted, or cannot be issued. Its text is for logs.
///
/// ```
/// use keycard_jwt::{TokenError, TokenErrorKind};
///
/// let error = TokenError::from(TokenErrorKind::Expired);
/// assert_eq!(error.status(), 401);
/// assert_eq!(
///     error.www_authenticate().as_deref(),
///     Some(r#"Bearer error="invalid_token", error_description="the token has expired""#),
/// );
/// ```
#[derive(Clone, Debug)]
pub struct TokenError {
    kind: TokenErrorKind,
    source: Option<keycard::Error>,
}

/// What kind of error a [`TokenError`] is, for `match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// There is none. 401.
    Missing,
    /// Not a token in compact form, as long as allowed and each part of it written in the one way there is. 401.
    Malformed,
    /// None of our keys has the name that the token gives, or its algorithm is not the key's. 401.
    UnknownKey,
    /// The key has not signed this. 401.
    Signature,
    /// A token of another kind: a refresh token where an access token is meant, or the other way round. 401.
    WrongKind,
    /// A claim is missing, stands twice, or is not of its form. 401.
    Claims,
    /// Another issuer's. 401.
    WrongIssuer,
    /// For another audience. 401.
    WrongAudience,
    /// It has expired. 401.
    Expired,
    /// It is not valid yet, or comes from the future. 401.
    NotYetValid,
    /// It was revoked, or its session has ended. 401.
    Revoked,
    /// A refresh token that was spent came again: its family and its session have ended. 401.
    Reused,
    /// The claims are too long for a token: more than [`TokenSeal::MAX_LEN`](crate::TokenSeal::MAX_LEN). 500.
    TooLarge,
    /// The application's own claims are no object, or one has the name of a claim that this crate writes. 500.
    OwnClaims,
    /// Tokens were to be issued to who has shown a token: they belong to who has shown the session's id. 403.
    StandIn,
    /// The request has several headers `Authorization`, or cookies with tokens that differ (RFC 6750 §3.1). 400.
    Ambiguous,
    /// The request says `Bearer`, and no token stands behind it. 400.
    EmptyBearer,
    /// The extractor finds no [`Tokens`](crate::Tokens): add them to the application. 500.
    LayerMissing,
    /// The request has not passed the layer of the sessions that the tokens stand for, so nobody would commit what is done
    /// to one, or judge its client: wrap the route in it. 500.
    SessionLayerMissing,
    /// Tokens are bound to their session, and there is no list of them. 500.
    NoList,
    /// The session could not be asked or changed: [`source`](StdError::source) says why, and with which status.
    Session,
}

impl TokenError {
    /// An error of which nobody else has told the operator.
    pub(crate) fn told(error: impl Into<Self>) -> Self {
        let error = error.into();
        events::failed(&error);
        error
    }

    /// What kind of error this is.
    #[must_use]
    pub fn kind(&self) -> TokenErrorKind {
        self.kind
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        match (self.kind, &self.source) {
            // RFC 9470 §3: another token would be let in.
            (TokenErrorKind::Session, Some(error)) if error.kind() == ErrorKind::StepUp => 401,
            (TokenErrorKind::Session, Some(error)) => error.status(),
            (TokenErrorKind::Ambiguous | TokenErrorKind::EmptyBearer, _) => 400,
            (TokenErrorKind::StandIn, _) => 403,
            (
                TokenErrorKind::TooLarge
                | TokenErrorKind::OwnClaims
                | TokenErrorKind::NoList
                | TokenErrorKind::LayerMissing
                | TokenErrorKind::SessionLayerMissing,
                _,
            ) => 500,
            (_, _) => 401,
        }
    }

    /// The header `WWW-Authenticate` that belongs to the status (RFC 6750 §3, RFC 9470 §3); `None` where nothing that the
    /// client shows would help.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<Cow<'static, str>> {
        match self.source.as_ref().and_then(keycard::Error::denied) {
            Some(denied) => Some(challenge(denied.decision())),
            None => matches!(self.status(), 400 | 401 | 403).then(|| self.kind.texts().challenge.into()),
        }
    }

    /// The JSON body to answer with. It does not tell a forger what was wrong.
    ///
    /// ```
    /// use keycard_jwt::{TokenError, TokenErrorKind};
    ///
    /// let json = r#"{"error":"the token is not valid"}"#;
    /// assert_eq!(TokenError::from(TokenErrorKind::Signature).to_json(), json);
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        if let Some((_, denied)) = self.source.as_ref().and_then(keycard::Error::body) {
            return denied;
        }
        let text = match self.status() {
            400 | 401 | 403 => self.kind.texts().body,
            503 => "please try again later",
            _ => "internal error",
        };
        format!(r#"{{"error":"{text}"}}"#)
    }
}

/// What a guard asks for. Without an error the scheme has a realm, for it must not stand alone (RFC 6750 §3).
fn challenge(decision: &Decision) -> Cow<'static, str> {
    match decision {
        Decision::Unauthenticated => UNASKED.into(),
        Decision::StepUp { within: None, .. } => STEP_UP.into(),
        Decision::StepUp {
            within: Some(within), ..
        } => format!(r#"{STEP_UP}, max_age="{}""#, within.as_secs()).into(),
        Decision::Allowed | Decision::Forbidden | _ => r#"Bearer error="insufficient_scope""#.into(),
    }
}

const UNASKED: &str = r#"Bearer realm="api""#;
const STEP_UP: &str = r#"Bearer error="insufficient_user_authentication""#;

/// What an error says: to the log, in the body, and in `WWW-Authenticate`.
struct Texts {
    log: &'static str,
    body: &'static str,
    challenge: &'static str,
}

impl TokenErrorKind {
    fn texts(self) -> Texts {
        let texts = |log, body, challenge| Texts { log, body, challenge };
        let invalid = |log| texts(log, "the token is not valid", r#"Bearer error="invalid_token""#);
        let revoked = |log| {
            texts(
                log,
                "the token was revoked",
                r#"Bearer error="invalid_token", error_description="the token was revoked""#,
            )
        };
        let wrong = |log, body| texts(log, body, r#"Bearer error="invalid_request""#);
        let unasked = |log, body| texts(log, body, UNASKED);
        match self {
            Self::Missing => unasked("there is no token", "a token is needed"),
            Self::Malformed => invalid("not a token in compact form"),
            Self::UnknownKey => {
                invalid("the token names none of our keys, or another algorithm than its key's")
            }
            Self::Signature => invalid("the token's signature does not verify"),
            Self::WrongKind => invalid("a token of another kind"),
            Self::Claims => invalid("a claim of the token is missing, stands twice, or is not of its form"),
            Self::WrongIssuer => invalid("another issuer's token"),
            Self::WrongAudience => invalid("a token for another audience"),
            Self::NotYetValid => invalid("the token is not valid yet"),
            Self::Expired => texts(
                "the token has expired",
                "the token has expired",
                r#"Bearer error="invalid_token", error_description="the token has expired""#,
            ),
            Self::Revoked => revoked("the token was revoked, or its session has ended"),
            Self::Reused => {
                revoked("a spent refresh token came again: its family and its session have ended")
            }
            Self::TooLarge => unasked("the claims are too long for a token", ""),
            Self::OwnClaims => unasked("own claims are an object whose names are not registered", ""),
            Self::StandIn => texts(
                "a token was to issue tokens: that is for the session's own id",
                "a token issues no tokens",
                r#"Bearer error="insufficient_scope""#,
            ),
            Self::Ambiguous => wrong(
                "several headers `Authorization`, or tokens that differ",
                "there are several tokens",
            ),
            Self::EmptyBearer => wrong("no token behind `Bearer`", "there is no token behind Bearer"),
            Self::LayerMissing => unasked("there are no tokens in the application: add them to it", ""),
            Self::SessionLayerMissing => unasked(
                "no layer of the sessions that the tokens stand for: add it outside of this route",
                "",
            ),
            Self::NoList => unasked("tokens are bound to their session: end that", ""),
            Self::Session => unasked("the session of the token failed", "nobody is logged in"),
        }
    }
}

impl From<TokenErrorKind> for TokenError {
    fn from(kind: TokenErrorKind) -> Self {
        Self { kind, source: None }
    }
}

impl From<keycard::Error> for TokenError {
    fn from(error: keycard::Error) -> Self {
        if error.kind() == ErrorKind::Ended {
            return TokenErrorKind::Revoked.into();
        }
        Self {
            kind: TokenErrorKind::Session,
            source: Some(error),
        }
    }
}

impl From<keycard::StoreError> for TokenError {
    fn from(error: keycard::StoreError) -> Self {
        keycard::Error::from(error).into()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.texts().log)
    }
}

impl StdError for TokenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// Settings of tokens that cannot work; the message says what to change.
///
/// ```
/// let error = keycard_jwt::TokenKey::hs256(b"short").unwrap_err();
/// assert!(error.to_string().contains("at least 32"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenConfigError(String);

impl TokenConfigError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for TokenConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for TokenConfigError {}
