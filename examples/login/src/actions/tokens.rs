//! Tokens for programs that call the API.

use keycard::{LazySession, Session};
use keycard_jwt::{AccessToken, TokenError, TokenErrorKind, TokenPair};

use crate::answers::LoggedIn;
use crate::app::App;
use crate::requests::{RefreshTokens, RevokeToken};

/// `POST /token`: a pair for who is logged in.
///
/// # Errors
///
/// 401 if nobody is.
pub async fn issue(app: &App, session: &Session) -> Result<TokenPair, TokenError> {
    app.tokens().issue(session).await
}

/// `POST /token/refresh`: the next pair.
///
/// # Errors
///
/// 401 if the token is not accepted, and if it was spent before.
pub async fn refresh(
    app: &App,
    lazy: &LazySession,
    request: &RefreshTokens,
) -> Result<TokenPair, TokenError> {
    app.tokens().refresh_for(&request.refresh_token, lazy).await
}

/// `POST /token/revoke`: ends the session that the token stands for. A token that is worth nothing is no error.
///
/// # Errors
///
/// 503 if the store cannot be asked.
pub async fn revoke(app: &App, request: &RevokeToken) -> Result<(), TokenError> {
    app.tokens().revoke(request.token.expose_text()).await
}

/// `GET /api/me`: whose token it is.
///
/// # Errors
///
/// 401 if there is no such user any more: their token is worth nothing.
pub fn api_me(app: &App, token: &AccessToken) -> Result<LoggedIn, TokenError> {
    let user = app.accounts.by_id(token.user()).ok_or(TokenErrorKind::Revoked)?;
    Ok(LoggedIn { user: user.clone() })
}
