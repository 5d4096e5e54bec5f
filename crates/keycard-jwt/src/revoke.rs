//! Revoking before the end.

use std::time::Duration;

use keycard::{Timestamp, TokenId, UserId};

use crate::builder::Revocation;
use crate::claims::{Access, Kind, Refresh, TokenClaims};
use crate::error::{TokenError, TokenErrorKind};
use crate::signed::Signed;
use crate::tokens::Tokens;

/// By how much the clocks of servers may differ: a refresh that overtakes a mark makes a token that expires so much later.
const CLOCKS: Duration = Duration::from_mins(5);

/// Revoking before the end.
impl Tokens {
    /// Revokes what a client gives back, an access or a refresh token (RFC 7009). What is none of ours, or has expired, is
    /// no error: it is worth nothing already.
    ///
    /// A refresh token takes its family with it, and all access tokens of that. Where tokens are
    /// [bound](Revocation::SessionBound) to their session, either token ends it: to revoke is to log out.
    ///
    /// ```
    #[doc = example!(tokens)]
    /// let pair = tokens.issue(&session).await?;
    /// tokens.revoke("whatever").await?;
    /// tokens.revoke(pair.refresh.expose_text()).await?;
    /// assert!(tokens.verify(&pair.access).await.is_err());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Session`](TokenErrorKind::Session) if the store could not be asked.
    pub async fn revoke(&self, text: &str) -> Result<(), TokenError> {
        let (seal, now) = (self.seal(), self.now());
        // What the token says counts, not how long this server would accept it: while a life is changed, another server goes
        // by the longer one.
        if let Ok(claims) = seal.verify_at(&Signed::<Refresh>::presented(text), now) {
            return match self.0.settings.revocation {
                Revocation::SessionBound => self.end_session_of(&claims).await,
                Revocation::AllowList | Revocation::BlockList => {
                    let ended = self.0.settings.store.end_family(claims.family).await;
                    ended.map_err(TokenError::told)
                }
            };
        }
        match seal.verify_at(&Signed::<Access>::presented(text), now) {
            Ok(claims) if self.0.settings.revocation == Revocation::SessionBound => {
                self.end_session_of(&claims).await
            }
            Ok(claims) => self.revoke_each(&[(claims.id, claims.expires)]).await,
            Err(_) => Ok(()),
        }
    }

    /// Revokes access tokens by their names, however many, in one round trip. Their [life](crate::TokensBuilder::access_life)
    /// is taken for that of this server: while it is changed, hand the tokens to [`revoke`](Self::revoke), which reads theirs.
    ///
    /// ```
    #[doc = example!(begin)]
    /// # let session = keycard.open([]).load().await?;
    /// # session.login("alice");
    /// let tokens = Tokens::builder(&users, store, seal).revocation(Revocation::BlockList).build()?;
    /// let pair = tokens.issue(&session).await?;
    /// let id = tokens.verify(&pair.access).await?.id();
    /// tokens.revoke_ids([id]).await?;
    /// assert!(tokens.verify(&pair.access).await.is_err());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoList`](TokenErrorKind::NoList) where tokens are bound to their session, which then is what to end;
    /// [`Session`](TokenErrorKind::Session) if the store could not be asked.
    pub async fn revoke_ids(&self, ids: impl IntoIterator<Item = TokenId>) -> Result<(), TokenError> {
        let life = self.0.settings.access_life;
        let with_end = |id: TokenId| (id, id.issued_at().after(life));
        let tokens: Vec<_> = ids.into_iter().map(with_end).collect();
        self.revoke_each(&tokens).await
    }

    /// Revokes whatever was issued to a user until now, in one step: when this has returned, it is accepted nowhere, but by
    /// another server whose [near cache](keycard::guide::near_cache) has the session, for its lease. Where
    /// tokens are bound to their session, all sessions of the user end; with a list they go on, and can be issued tokens anew.
    ///
    /// ```
    #[doc = example!(tokens)]
    /// let pair = tokens.issue(&session).await?;
    /// tokens.revoke_all("alice").await?;
    /// assert!(tokens.verify(&pair.access).await.is_err());
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Session`](TokenErrorKind::Session) if the store could not be asked.
    ///
    /// # Security
    ///
    /// With a list, "until now" is by this server's clock, and the time of an [`issue`](Self::issue) by that of the server
    /// which was asked: what was issued a moment ago, by a server whose clock is ahead, may survive, and what is issued in the
    /// next moments, by one whose clock is behind, is revoked. A refresh that is under way does not survive, on whichever
    /// server, if their clocks differ by less than five minutes: what counts is when its first token was issued.
    pub async fn revoke_all(&self, user: impl Into<UserId>) -> Result<(), TokenError> {
        let (user, settings) = (user.into(), &self.0.settings);
        if settings.revocation == Revocation::SessionBound {
            let ended = settings.users.of(user).end_all().await;
            return ended.map(drop).map_err(TokenError::told);
        }
        let now = self.now();
        let until = self.end_of(now.after(settings.refresh_life)).after(CLOCKS);
        let user = self.0.keycard.user_key(&user);
        let revoked = settings.store.revoke_before(user, until, now).await;
        revoked.map_err(TokenError::told)
    }

    async fn end_session_of<K: Kind>(&self, claims: &TokenClaims<K>) -> Result<(), TokenError> {
        let sessions = self.0.settings.users.of(claims.user.clone());
        let ended = sessions.end(claims.session).await;
        ended.map(drop).map_err(TokenError::told)
    }

    /// Revokes access tokens, each of which expires at its time.
    async fn revoke_each(&self, tokens: &[(TokenId, Timestamp)]) -> Result<(), TokenError> {
        let store = &self.0.settings.store;
        let revoked = match self.0.settings.revocation {
            Revocation::SessionBound => return Err(TokenError::told(TokenErrorKind::NoList)),
            Revocation::AllowList => {
                let ids: Vec<TokenId> = tokens.iter().map(|(id, _)| *id).collect();
                store.disallow(&ids).await
            }
            Revocation::BlockList => {
                let until = |(id, expires): &(TokenId, Timestamp)| (*id, self.end_of(*expires));
                let blocked: Vec<_> = tokens.iter().map(until).collect();
                store.block(&blocked, self.now()).await
            }
        };
        revoked.map_err(TokenError::told)
    }
}
