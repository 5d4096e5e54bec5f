//! Renewing a pair by its refresh token, once.

use keycard::store::{Refresh as RefreshOf, Refreshed};
use keycard::{LazySession, Suspicion, TokenId};

use crate::claims::{Refresh, TokenClaims};
use crate::error::{TokenError, TokenErrorKind};
use crate::holder::Holder;
use crate::pair::TokenPair;
use crate::signed::Signed;
use crate::tokens::Tokens;

/// Renewing a pair.
impl Tokens {
    /// Spends a refresh token for a new pair. Within the grace a spent one gets the same successor again; after it, the
    /// family and its session end. Where there is a request, use [`refresh_for`](Self::refresh_for).
    ///
    /// ```
    #[doc = example!(tokens)]
    /// let first = tokens.issue(&session).await?;
    /// let second = tokens.refresh(&first.refresh).await?;
    /// let again = tokens.refresh(&first.refresh).await?; // another tab, or the answer was lost
    /// assert_eq!(again.refresh.expose_text(), second.refresh.expose_text());
    ///
    /// clock.advance(Duration::from_secs(31));
    /// let error = tokens.refresh(&first.refresh).await.unwrap_err(); // a thief, or its victim
    /// assert_eq!(error.kind(), TokenErrorKind::Reused);
    /// assert!(tokens.refresh(&second.refresh).await.is_err() && tokens.verify(&second.access).await.is_err());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// Why it is not accepted: [`Reused`](TokenErrorKind::Reused), [`Revoked`](TokenErrorKind::Revoked) also where the
    /// session has ended. [`Session`](TokenErrorKind::Session) if the store could not be asked: the same token may be
    /// tried again within the grace.
    pub async fn refresh(&self, token: &Signed<Refresh>) -> Result<TokenPair, TokenError> {
        let claims = self.claims(token, self.now())?;
        let session = self.0.keycard.stand_in(claims.session);
        self.renew(&claims, &session).await
    }

    /// Spends the refresh token of a request, whose client is judged by what the session is [bound](keycard::Drift) to,
    /// before anything is spent.
    ///
    /// # Errors
    ///
    /// As [`refresh`](Self::refresh) and [`verify_for`](Self::verify_for).
    pub async fn refresh_for(
        &self,
        token: &Signed<Refresh>,
        request: &LazySession,
    ) -> Result<TokenPair, TokenError> {
        let claims = self.claims(token, self.now())?;
        let session = self.stand_in(&claims, request)?;
        self.renew(&claims, &session).await
    }

    async fn renew(
        &self,
        claims: &TokenClaims<Refresh>,
        session: &LazySession,
    ) -> Result<TokenPair, TokenError> {
        let session = self.session_of(claims, session).await?;
        let (holder, settings, now) = (Holder::of(&session)?, &self.0.settings, self.now());
        let next = TokenId::generate(holder.handle.tag(), now);
        let user = self.0.keycard.user_key(&claims.user);
        let sign = |id| self.sign_pair(&session, &holder, claims.family, id, now);
        // Signed before the token is spent: what cannot be signed must not cost the client the token that it has.
        let pair = sign(next)?;
        let fresh = self.fresh(next, &holder);
        let refresh = RefreshOf::new(
            claims.family,
            claims.id,
            fresh,
            claims.session,
            user,
            settings.grace,
            now,
        );
        let refreshed = settings.store.refresh(refresh).await;
        match refreshed.map_err(TokenError::told)? {
            Refreshed::Applied => Ok(pair),
            Refreshed::Again(current) => sign(current),
            Refreshed::Reused => Err(self.reused(claims).await?),
            Refreshed::Gone | _ => Err(TokenErrorKind::Revoked.into()),
        }
    }

    /// The family has ended in the store; its session ends with it.
    async fn reused(&self, claims: &TokenClaims<Refresh>) -> Result<TokenError, TokenError> {
        let (keycard, user) = (&self.0.keycard, &claims.user);
        keycard.suspect(Suspicion::SpentToken, claims.session, user);
        let sessions = self.0.settings.users.of(user.clone());
        let ended = sessions.end(claims.session).await;
        ended.map_err(TokenError::told)?;
        Ok(TokenErrorKind::Reused.into())
    }
}
