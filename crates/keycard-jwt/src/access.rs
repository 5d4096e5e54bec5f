//! An access token that was verified, and the session that it stands for.

use keycard::auth::Guard;
use keycard::{Error, ErrorKind, LazySession, Session, TokenId, UserId};
use serde::de::DeserializeOwned;

use crate::claims::{Access, TokenClaims};
use crate::error::{TokenError, TokenErrorKind};

/// An access token that was verified and not revoked: the extractor of APIs. However many arguments of a handler ask for it
/// or for what it says, it is verified once for a request; what ends its session later in that request is seen by
/// [`session`](Self::session) and [`require`](Self::require) alone.
///
/// ```
#[doc = example!(tokens)]
/// use keycard::auth::Guard;
///
/// let token = tokens.verify(&tokens.issue(&session).await?.access).await?;
/// assert_eq!(token.user().as_str(), "alice");
/// token.require(&Guard::role("user")).await?; // the guards of sessions
/// let session = token.session().await?; // and what they hold
/// session.insert("theme", "dark")?;
/// session.commit().await?; // in a request the session layer does so at its end
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug)]
pub struct AccessToken {
    claims: TokenClaims<Access>,
    session: LazySession,
}

impl AccessToken {
    pub(crate) fn new(claims: TokenClaims<Access>, session: LazySession) -> Self {
        Self { claims, session }
    }

    /// Whose it is.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.claims.user
    }

    /// Its name, by which it can be [revoked](crate::Tokens::revoke_ids).
    #[must_use]
    pub fn id(&self) -> TokenId {
        self.claims.id
    }

    /// The roles that its user had when it was issued, where the application [asks](crate::TokensBuilder::roles) for them. To
    /// let somebody in ask [`require`](Self::require), which knows those of now.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.claims.details.roles
    }

    /// What it says.
    #[must_use]
    pub fn claims(&self) -> &TokenClaims<Access> {
        &self.claims
    }

    /// The application's own claims.
    ///
    /// # Errors
    ///
    /// [`Claims`](TokenErrorKind::Claims) if they are not of this type.
    pub fn own_claims<T: DeserializeOwned>(&self) -> Result<T, TokenError> {
        let own = serde_json::Value::Object(self.claims.details.own.clone());
        serde_json::from_value(own).map_err(|_| TokenErrorKind::Claims.into())
    }

    /// The session for which it was issued, which brings about no cookie: see [`Keycard::stand_in`](keycard::Keycard::stand_in).
    /// A token that is [bound](crate::Revocation::SessionBound) to it has loaded it already; another one costs a round trip
    /// once, and its session may have ended. What is done to it is committed at the end of the request, if the session
    /// layer wraps the route; elsewhere commit it.
    ///
    /// # Errors
    ///
    /// Those of [`LazySession::load`].
    pub async fn session(&self) -> Result<Session, Error> {
        self.session.load().await
    }

    /// Lets nobody go on whom the guard keeps out. It is the session that is judged: what its user has proved, and their
    /// roles as they are now.
    ///
    /// # Errors
    ///
    /// [`Session`](TokenErrorKind::Session) with those of [`LazySession::require`];
    /// [`Revoked`](TokenErrorKind::Revoked) if the session has ended.
    pub async fn require(&self, guard: &Guard) -> Result<(), TokenError> {
        self.admitted(guard).await.map(drop)
    }

    /// Nobody but somebody logged in is issued a token, so where nobody is, the session has ended.
    pub(crate) async fn admitted(&self, guard: &Guard) -> Result<Session, TokenError> {
        let admitted = self.session.require(guard).await;
        admitted.map_err(|error| {
            if error.kind() == ErrorKind::Unauthenticated {
                return TokenErrorKind::Revoked.into();
            }
            error.into()
        })
    }
}
