//! For whom tokens are issued.

use keycard::{Session, StoreKey, Timestamp, TokenId, UserId};

use crate::claims::TokenClaims;
use crate::error::{TokenError, TokenErrorKind};

/// Who tokens are issued to.
pub(crate) struct Holder {
    user: UserId,
    pub(crate) handle: StoreKey,
    pub(crate) absolute: Timestamp,
}

impl Holder {
    pub(crate) fn of(session: &Session) -> Result<Self, TokenError> {
        let user = session.require_user()?;
        let stored = session.handle().zip(session.absolute_at());
        let (handle, absolute) = stored.ok_or(TokenErrorKind::Revoked)?;
        Ok(Self {
            user,
            handle,
            absolute,
        })
    }

    pub(crate) fn claims<K>(
        &self,
        family: TokenId,
        id: TokenId,
        expires: Timestamp,
        details: K,
    ) -> TokenClaims<K> {
        TokenClaims {
            user: self.user.clone(),
            session: self.handle,
            id,
            family,
            expires,
            details,
        }
    }
}

/// When the tokens of a pair expire.
pub(crate) struct Span {
    pub(crate) access: Timestamp,
    pub(crate) refresh: Timestamp,
}
