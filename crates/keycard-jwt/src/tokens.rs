//! Tokens at work: issued for a session, verified, refreshed, revoked.

use std::fmt;
use std::sync::Arc;

use keycard::auth::{Decision, Guard};
use keycard::store::{Fresh, TokenStore};
use keycard::{Error, ErrorKind, Keycard, LazySession, Session, Timestamp, TokenId, Users};

use crate::access::AccessToken;
use crate::builder::{Revocation, TokensBuilder};
use crate::claims::{Access, Kind, Refresh, TokenClaims, are_own, seconds};
use crate::error::{TokenError, TokenErrorKind};
use crate::events;
use crate::holder::{Holder, Span};
use crate::jwks::Jwks;
use crate::pair::TokenPair;
use crate::seal::TokenSeal;
use crate::signed::Signed;

/// The tokens of an application. Cheap to clone, for its state. See the [crate's documentation](crate).
#[derive(Clone)]
pub struct Tokens(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: TokensBuilder,
    pub(crate) keycard: Keycard,
}

impl Tokens {
    /// Begins the configuration: whose sessions tokens stand for, where what is known of tokens is kept, and who signs.
    ///
    /// ```
    #[doc = example!(begin)]
    /// let tokens = Tokens::builder(&users, store, seal).access_life(Duration::from_mins(5)).build()?;
    /// # drop(tokens);
    #[doc = example!(end)]
    /// ```
    pub fn builder(users: &Users, store: impl TokenStore, seal: TokenSeal) -> TokensBuilder {
        TokensBuilder::new(users, store, seal)
    }

    pub(crate) fn new(settings: TokensBuilder) -> Self {
        let keycard = settings.users.keycard();
        Self(Arc::new(Inner { settings, keycard }))
    }

    /// The seal: what verifies without asking a store.
    #[must_use]
    pub fn seal(&self) -> &TokenSeal {
        &self.0.settings.seal
    }

    /// The public keys, for `/.well-known/jwks.json`.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.seal().jwks()
    }

    /// Issues a pair for who is logged in. What the session has pending is committed first, for tokens bear its handle. A session
    /// has [16](keycard::store::Family::MOST) families of refresh tokens at most: another one ends the one that has not been
    /// refreshed for longest, and an [event](keycard::guide::events) tells it.
    ///
    /// ```
    #[doc = example!(tokens)]
    /// let pair = tokens.issue(&session).await?;
    /// assert_eq!(pair.expires_in, 15 * 60);
    /// let access = tokens.verify(&pair.access).await?;
    /// assert_eq!(access.claims().session, session.handle().unwrap());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Session`](TokenErrorKind::Session) if nobody is logged in, or the store could not be asked;
    /// [`StandIn`](TokenErrorKind::StandIn) for the session of a token: an access token that was stolen does not become a
    /// refresh token; [`OwnClaims`](TokenErrorKind::OwnClaims), [`TooLarge`](TokenErrorKind::TooLarge).
    pub async fn issue(&self, session: &Session) -> Result<TokenPair, TokenError> {
        if session.is_stand_in() {
            return Err(TokenErrorKind::StandIn.into());
        }
        session.commit().await.map_err(TokenError::told)?;
        let holder = Holder::of(session)?;
        let now = self.now();
        let id = TokenId::generate(holder.handle.tag(), now);
        let pair = self.sign_pair(session, &holder, id, id, now)?;
        let store = &self.0.settings.store;
        let begun = store.begin_family(self.fresh(id, &holder), holder.handle, now);
        let ended = begun.await.map_err(TokenError::told)?;
        if ended > 0 {
            events::families_ended(holder.handle, ended);
        }
        Ok(pair)
    }

    /// Verifies an access token: its signature and claims, and that it was not revoked. Where there is a request, use
    /// [`verify_for`](Self::verify_for).
    ///
    /// ```
    #[doc = example!(tokens)]
    /// let pair = tokens.issue(&session).await?;
    /// assert_eq!(tokens.verify(&pair.access).await?.user().as_str(), "alice");
    /// session.logout();
    /// session.commit().await?;
    /// let error = tokens.verify(&pair.access).await.unwrap_err();
    /// assert_eq!(error.kind(), TokenErrorKind::Revoked);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// Why it is not accepted; [`Session`](TokenErrorKind::Session) if the store could not be asked.
    pub async fn verify(&self, token: &Signed<Access>) -> Result<AccessToken, TokenError> {
        let claims = self.claims(token, self.now())?;
        let session = self.0.keycard.stand_in(claims.session);
        self.check(claims, session).await
    }

    /// Verifies the access token of a request, whose client is judged by what the session is [bound](keycard::Drift) to.
    ///
    /// What is done to its session is committed with the request's own.
    ///
    /// Where tokens are bound to their session the client is judged here. With a list the session is not asked, so its
    /// client is judged when it is: by [`AccessToken::session`] or [`AccessToken::require`].
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify); [`SessionLayerMissing`](TokenErrorKind::SessionLayerMissing) if the request's session
    /// is of another keycard than the tokens'.
    pub async fn verify_for(
        &self,
        token: &Signed<Access>,
        request: &LazySession,
    ) -> Result<AccessToken, TokenError> {
        let claims = self.claims(token, self.now())?;
        let session = self.stand_in(&claims, request)?;
        self.check(claims, session).await
    }

    /// The session for which a token was issued, in this request.
    pub(crate) fn stand_in<K>(
        &self,
        claims: &TokenClaims<K>,
        request: &LazySession,
    ) -> Result<LazySession, TokenError> {
        if !request.is_of(&self.0.keycard) {
            return Err(TokenError::told(TokenErrorKind::SessionLayerMissing));
        }
        Ok(request.stand_in(claims.session))
    }

    /// What a token says that is valid at `now`. A life that was made shorter counts for what was issued before it, too:
    /// lists and marks are kept for no longer.
    pub(crate) fn claims<K: Kind>(
        &self,
        token: &Signed<K>,
        now: Timestamp,
    ) -> Result<TokenClaims<K>, TokenError> {
        let claims = self.seal().verify_at(token, now)?;
        let issued = claims.id.issued_at();
        if self.end_of(issued.after(K::life(&self.0.settings))) <= now {
            return Err(TokenErrorKind::Expired.into());
        }
        Ok(claims)
    }

    async fn check(
        &self,
        claims: TokenClaims<Access>,
        session: LazySession,
    ) -> Result<AccessToken, TokenError> {
        let settings = &self.0.settings;
        let lives = match settings.revocation {
            Revocation::SessionBound => self.session_of(&claims, &session).await.map(|_| true)?,
            list @ (Revocation::AllowList | Revocation::BlockList) => {
                let user = self.0.keycard.user_key(&claims.user);
                let standing = settings
                    .store
                    .standing(claims.id, claims.family, user, self.now());
                let standing = standing.await.map_err(TokenError::told)?;
                let allowed = standing.allowed || list == Revocation::BlockList;
                allowed && standing.family_lives && !standing.revoked
            }
        };
        if !lives {
            return Err(TokenErrorKind::Revoked.into());
        }
        Ok(AccessToken::new(claims, session))
    }

    /// The live session for which a token was issued; this is a use of it.
    pub(crate) async fn session_of<K: Kind>(
        &self,
        claims: &TokenClaims<K>,
        session: &LazySession,
    ) -> Result<Session, TokenError> {
        let session = session.load().await?;
        if session.user().as_ref() != Some(&claims.user) {
            return Err(match session.judge(&Guard::user()).into_result() {
                // The client is another than the user's: it may yet prove that it is theirs.
                Err(denied) if matches!(denied.decision(), Decision::StepUp { .. }) => {
                    Error::from(denied).into()
                }
                Err(_) | Ok(()) => TokenErrorKind::Revoked.into(),
            });
        }
        match session.touch().await {
            Err(error) if error.kind() == ErrorKind::Ended => Err(error.into()),
            Err(error) => {
                events::touch_failed(claims.session, &error);
                Ok(session)
            }
            Ok(()) => Ok(session),
        }
    }

    pub(crate) fn fresh(&self, id: TokenId, holder: &Holder) -> Fresh {
        let Span { access, refresh } = self.span(id, holder);
        let fresh = Fresh::new(id, refresh);
        match self.0.settings.revocation {
            Revocation::AllowList => fresh.allowed(self.end_of(access)),
            Revocation::SessionBound | Revocation::BlockList => fresh,
        }
    }

    /// When the tokens of this name expire.
    fn span(&self, id: TokenId, holder: &Holder) -> Span {
        let until = |life| id.issued_at().after(life).min(holder.absolute);
        Span {
            access: until(self.0.settings.access_life),
            refresh: until(self.0.settings.refresh_life),
        }
    }

    /// When a token that expires then is accepted nowhere any more.
    pub(crate) fn end_of(&self, expires: Timestamp) -> Timestamp {
        expires.after(self.seal().most_leeway())
    }

    pub(crate) fn sign_pair(
        &self,
        session: &Session,
        holder: &Holder,
        family: TokenId,
        id: TokenId,
        now: Timestamp,
    ) -> Result<TokenPair, TokenError> {
        let settings = &self.0.settings;
        let span = self.span(id, holder);
        let own = settings.own.as_ref().map(|of| of(session).filter(are_own));
        let own = own.map(|own| own.ok_or_else(|| TokenError::told(TokenErrorKind::OwnClaims)));
        let own = own.transpose()?;
        let roles = settings.with_roles.then(|| session.roles());
        let access = Access {
            client: settings.client.clone(),
            authenticated_at: session.authenticated_at(),
            roles: roles.unwrap_or_default(),
            own: own.unwrap_or_default(),
        };
        Ok(TokenPair {
            access: settings
                .seal
                .sign(&holder.claims(family, id, span.access, access))?,
            refresh: settings
                .seal
                .sign(&holder.claims(family, id, span.refresh, Refresh))?,
            expires_in: seconds(span.access).saturating_sub(seconds(now)),
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.keycard.now()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").field(&self.0.settings).finish()
    }
}
