//! The settings of tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use keycard::store::{Family, TokenStore};
use keycard::{Session, Users};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::erased::ErasedTokenStore;
use crate::error::TokenConfigError;
use crate::seal::TokenSeal;
use crate::tokens::Tokens;

/// How a token can be revoked before it expires.
///
/// # Security
///
/// Each way asks for what it has written itself. Where the way is changed while tokens are outstanding, those that were
/// revoked without their session, one by one or by [`revoke_all`](Tokens::revoke_all), may be accepted again until they
/// expire: change it when an [`access_life`](TokensBuilder::access_life) may pass without such a revocation, or end the
/// sessions. From any way to the allow-list nothing is accepted again: what is not on the list must be refreshed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Revocation {
    /// A token lives while its session lives: a logout, an end of all sessions or of a device, and the session's time-out
    /// end it at once; on a server whose near cache has the session, within its lease. To revoke a token is to end its session. To check one is to use the session, which costs what it
    /// costs with a cookie: one round trip, one more when a touch is due, and none where a
    /// [near cache](keycard::guide::near_cache) holds the session.
    #[default]
    SessionBound,
    /// A token lives while it stands on a list, on which it was put when it was issued. One round trip for a check.
    AllowList,
    /// A token lives until it is put on a list. One round trip for a check.
    BlockList,
}

/// Builds [`Tokens`]; begun with [`Tokens::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct TokensBuilder {
    pub(crate) users: Users,
    pub(crate) store: Arc<dyn ErasedTokenStore>,
    pub(crate) seal: TokenSeal,
    pub(crate) revocation: Revocation,
    pub(crate) access_life: Duration,
    pub(crate) refresh_life: Duration,
    pub(crate) grace: Duration,
    pub(crate) client: Option<String>,
    pub(crate) with_roles: bool,
    pub(crate) own: Option<Arc<OwnClaims>>,
    pub(crate) cookie: Option<String>,
}

/// What an application says of a session in its access tokens; `None` if that is no object.
type OwnClaims = dyn Fn(&Session) -> Option<Map<String, Value>> + Send + Sync;

impl TokensBuilder {
    pub(crate) fn new(users: &Users, store: impl TokenStore, seal: TokenSeal) -> Self {
        Self {
            users: users.clone(),
            store: Arc::new(store),
            seal,
            revocation: Revocation::default(),
            access_life: Duration::from_mins(15),
            refresh_life: Duration::from_hours(7 * 24),
            grace: Duration::from_secs(30),
            client: None,
            with_roles: false,
            own: None,
            cookie: None,
        }
    }

    /// How tokens are revoked. Default: [`Revocation::SessionBound`].
    pub fn revocation(mut self, revocation: Revocation) -> Self {
        self.revocation = revocation;
        self
    }

    /// How long an access token is valid. Default: 15 minutes. A second to a day, and never past the session's absolute
    /// deadline. A shorter life counts for the tokens that were issued before it, too.
    pub fn access_life(mut self, life: Duration) -> Self {
        self.access_life = life;
        self
    }

    /// How long a refresh token is valid. Default: 7 days. At least as long as an access token, at most 400 days, and never
    /// past the session's absolute deadline. Since a refresh asks the session, which times out when nobody uses it, what is
    /// to last for days takes a login that is [remembered](keycard::LoginAs::remembered).
    pub fn refresh_life(mut self, life: Duration) -> Self {
        self.refresh_life = life;
        self
    }

    /// For how long a refresh token that was spent is answered with its successor again, so that neither parallel tabs nor
    /// a lost answer log anybody out. Default: 30 seconds. At most five minutes, and 32 times the life of an access token: a
    /// client that refreshes as often as it must has spent [no more](keycard::store::Family::MOST_SPENT) by then. Zero: never.
    ///
    /// # Security
    ///
    /// Within the grace a thief with a copy of the token gets the same successor as its owner; whoever of the two uses that
    /// one last is noticed. When a token was spent is told by the clock of the server that was asked: where another one's is
    /// more than the grace ahead, a second tab that asks there passes for a thief, and ends the session.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The name of the client that tokens are issued to, which access tokens say as `client_id`. RFC 9068 §2.2 asks for it.
    /// Default: none, for an application that issues tokens to its own programs alone.
    ///
    /// ```
    #[doc = example!(begin)]
    /// # let session = keycard.open([]).load().await?;
    /// # session.login("alice");
    /// let tokens = Tokens::builder(&users, store, seal).client_id("shop-cli").build()?;
    /// let access = tokens.verify(&tokens.issue(&session).await?.access).await?;
    /// assert_eq!(access.claims().details.client.as_deref(), Some("shop-cli"));
    #[doc = example!(end)]
    /// ```
    pub fn client_id(mut self, name: impl Into<String>) -> Self {
        self.client = Some(name.into());
        self
    }

    /// Puts the user's roles into access tokens, for services that verify them by the [JWKS](TokenSeal::jwks) alone. Default:
    /// they stay in the session.
    ///
    /// # Security
    ///
    /// They are those of the time of issue: what is taken from a user stays in their tokens until these expire.
    pub fn roles(mut self) -> Self {
        self.with_roles = true;
        self
    }

    /// What else access tokens say, asked at each issue and refresh: an object whose names are not those of registered
    /// claims. Anybody who holds a token can read it.
    pub fn claims<T: Serialize>(mut self, of: impl Fn(&Session) -> T + Send + Sync + 'static) -> Self {
        self.own = Some(Arc::new(move |session| match serde_json::to_value(of(session)) {
            Ok(Value::Object(claims)) => Some(claims),
            Ok(_) | Err(_) => None,
        }));
        self
    }

    /// The name of a cookie in which access tokens come too, for browsers: `__Host-token`, say. Default: none.
    ///
    /// # Security
    ///
    /// The prefix is part of it: no other host, and no page over plain http, can plant such a cookie.
    ///
    /// A browser sends it by itself, also when another site makes it: see [what that asks for](keycard::guide::transports#security).
    /// Where there is no session layer nobody marks the answer as depending on a cookie: send `Cache-Control: private` and
    /// `Vary: Cookie` on such a route, or a shared cache hands one user's answer to another.
    pub fn cookie(mut self, name: impl Into<String>) -> Self {
        self.cookie = Some(name.into());
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// A life or a grace out of its bounds; a client without a name; a cookie whose name is not `__Host-` and letters, digits
    /// or hyphens, or is longer than 96 bytes: the longest token would not fit in behind it.
    pub fn build(self) -> Result<Tokens, TokenConfigError> {
        let (second, day) = (Duration::from_secs(1), Duration::from_hours(24));
        within("access_life", self.access_life, second, day)?;
        within("refresh_life", self.refresh_life, self.access_life, 400 * day)?;
        let remembered = u32::try_from(Family::MOST_SPENT).unwrap_or(u32::MAX);
        let most = Duration::from_mins(5).min(self.access_life * remembered);
        within("grace", self.grace, Duration::ZERO, most)?;
        if self.client.as_deref() == Some("") {
            return Err(TokenConfigError::new(
                "the client of tokens has no name: `client_id`",
            ));
        }
        if self.cookie.as_deref().is_some_and(|name| !names_a_cookie(name)) {
            return Err(TokenConfigError::new(format!(
                "a cookie of tokens is named `__Host-` and letters, digits or hyphens, {MOST_NAME} bytes in all at most"
            )));
        }
        Ok(Tokens::new(self))
    }
}

/// What the longest token leaves of the 4,096 bytes that browsers take for name and value (RFC 6265bis §5.6).
const MOST_NAME: usize = 4_096 - TokenSeal::MAX_LEN;

fn names_a_cookie(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let rest = name.strip_prefix("__Host-").filter(|rest| !rest.is_empty());
    name.len() <= MOST_NAME && rest.is_some_and(|rest| rest.bytes().all(allowed))
}

fn within(name: &str, span: Duration, least: Duration, most: Duration) -> Result<(), TokenConfigError> {
    if (least..=most).contains(&span) {
        return Ok(());
    }
    Err(TokenConfigError::new(format!(
        "{name} ({span:?}) must be from {least:?} to {most:?}"
    )))
}

impl fmt::Debug for TokensBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokensBuilder")
            .field("store", &self.store)
            .field("seal", &self.seal)
            .field("revocation", &self.revocation)
            .finish_non_exhaustive()
    }
}
