//! What a token says, and what kind of token it is: an access token has no refresh token's type.

use std::fmt::Debug;
use std::time::Duration;

use keycard::{StoreKey, Timestamp, TokenId, UserId};
use serde_json::{Map, Value};

use crate::builder::TokensBuilder;

/// The claims that this crate writes: an application's own have other names.
const REGISTERED: [&str; 12] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    CLIENT,
    AUTHENTICATED_AT,
    ROLES,
    FAMILY,
];
const CLIENT: &str = "client_id";
const AUTHENTICATED_AT: &str = "auth_time";
const ROLES: &str = "roles";
const FAMILY: &str = "fam";

/// The last second of the year 9999: no date of a token lies beyond it.
const LAST_DATE: u64 = 253_402_300_799;

/// What a verified token says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenClaims<K> {
    /// Whose it is (`sub`).
    pub user: UserId,
    /// For which session it was issued (`sid`): its handle.
    pub session: StoreKey,
    /// Its name (`jti`). An access token and the refresh token that was issued with it share it.
    pub id: TokenId,
    /// The first token of its family: all that come of it by refreshing name it (`fam`).
    pub family: TokenId,
    /// When it expires (`exp`), in whole seconds.
    pub expires: Timestamp,
    /// What only this kind of token says.
    pub details: K,
}

/// What only an access token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// The client that it was issued to (`client_id`), where the application [names](crate::TokensBuilder::client_id) one.
    pub client: Option<String>,
    /// When the user had last proved who they are (`auth_time`), in whole seconds. A later proof moves it in what is issued
    /// from then on, unlike RFC 9068 §2.2.1, since the session stands behind all of its tokens. A [guard](crate::AccessToken::require) asks
    /// the session instead, where that is known as it is now.
    pub authenticated_at: Option<Timestamp>,
    /// The roles of the user when it was issued, where the application [asks](crate::TokensBuilder::roles) for them.
    pub roles: Vec<String>,
    /// The application's own claims.
    pub own: Map<String, Value>,
}

/// What only a refresh token says: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refresh;

/// [`Access`] or [`Refresh`].
pub trait Kind: Form + Clone + Debug {}

impl Kind for Access {}
impl Kind for Refresh {}

pub(crate) mod sealed {
    use super::{Duration, Map, TokensBuilder, Value};

    /// How a kind of token is told from the other, and what it has beside the common claims.
    #[expect(unnameable_types, reason = "nobody else may add a kind of token")]
    pub trait Form: Sized {
        /// The types of its header; the first is written.
        const TYPES: &'static [&'static str];
        /// What its `jti` begins with, since pairs share a name.
        const PREFIX: &'static str;

        /// For whom it is, of the two that a seal names: no service takes the one kind for the other, though it looked at
        /// nothing else (RFC 8725 §3.12).
        fn audience<'a>(issuer: &'a str, audience: &'a str) -> &'a str;
        /// For how long it is valid.
        fn life(settings: &TokensBuilder) -> Duration;
        fn write(&self, claims: &mut Map<String, Value>);
        fn read(claims: Map<String, Value>) -> Option<Self>;
    }
}

use sealed::Form;

impl Form for Access {
    /// RFC 9068 §4 accepts both.
    const TYPES: &'static [&'static str] = &["at+jwt", "application/at+jwt"];
    const PREFIX: &'static str = "";

    fn audience<'a>(_: &'a str, audience: &'a str) -> &'a str {
        audience
    }

    fn life(settings: &TokensBuilder) -> Duration {
        settings.access_life
    }

    fn write(&self, claims: &mut Map<String, Value>) {
        claims.extend(self.own.clone());
        if let Some(client) = &self.client {
            claims.insert(CLIENT.to_owned(), client.as_str().into());
        }
        if let Some(at) = self.authenticated_at {
            claims.insert(AUTHENTICATED_AT.to_owned(), seconds(at).into());
        }
        if !self.roles.is_empty() {
            claims.insert(ROLES.to_owned(), self.roles.clone().into());
        }
    }

    fn read(mut claims: Map<String, Value>) -> Option<Self> {
        let roles = claims.remove(ROLES).map(serde_json::from_value).transpose();
        let client = claims.remove(CLIENT).map(serde_json::from_value).transpose();
        let date = claims.remove(AUTHENTICATED_AT);
        let date = date.map(|date| date_of(&date).ok_or(())).transpose();
        Some(Self {
            client: client.ok()?,
            authenticated_at: date.ok()?.map(at),
            roles: roles.ok()?.unwrap_or_default(),
            own: claims,
        })
    }
}

impl Form for Refresh {
    const TYPES: &'static [&'static str] = &["keycard-refresh+jwt"];
    const PREFIX: &'static str = "refresh.";

    fn audience<'a>(issuer: &'a str, _: &'a str) -> &'a str {
        issuer
    }

    fn life(settings: &TokensBuilder) -> Duration {
        settings.refresh_life
    }

    fn write(&self, _: &mut Map<String, Value>) {}

    fn read(_: Map<String, Value>) -> Option<Self> {
        Some(Self)
    }
}

/// Whether an application's claims have names of their own.
pub(crate) fn are_own(claims: &Map<String, Value>) -> bool {
    !REGISTERED.iter().any(|name| claims.contains_key(*name))
}

/// The dates of a token in whole seconds.
pub(crate) struct Dates {
    pub(crate) issued: u64,
    pub(crate) not_before: u64,
    pub(crate) expires: u64,
}

impl<K: Kind> TokenClaims<K> {
    pub(crate) fn write(&self, issuer: &str, audience: &str) -> Map<String, Value> {
        let mut claims = Map::new();
        let since = seconds(self.id.issued_at());
        let jti = format!("{}{}", K::PREFIX, self.id);
        let common: [(&str, Value); 9] = [
            ("iss", issuer.into()),
            ("sub", self.user.as_str().into()),
            ("aud", K::audience(issuer, audience).into()),
            ("exp", seconds(self.expires).into()),
            ("nbf", since.into()),
            ("iat", since.into()),
            ("jti", jti.into()),
            ("sid", self.session.to_string().into()),
            (FAMILY, self.family.to_string().into()),
        ];
        claims.extend(common.map(|(name, value)| (name.to_owned(), value)));
        self.details.write(&mut claims);
        claims
    }

    /// Reads what is left when issuer and audience are judged; `None` if something is missing or not of its form.
    pub(crate) fn read(mut claims: Map<String, Value>) -> Option<(Self, Dates)> {
        let mut date = |name| date_of(&claims.remove(name)?);
        let dates = Dates {
            issued: date("iat")?,
            not_before: date("nbf")?,
            expires: date("exp")?,
        };
        let mut text = |name| {
            let text: String = serde_json::from_value(claims.remove(name)?).ok()?;
            (!text.is_empty()).then_some(text)
        };
        let (user, session, jti, family) = (text("sub")?, text("sid")?, text("jti")?, text(FAMILY)?);
        let id: TokenId = jti.strip_prefix(K::PREFIX)?.parse().ok()?;
        let session: StoreKey = session.parse().ok()?;
        let agree = id.tag() == session.tag() && seconds(id.issued_at()) == dates.issued;
        let claims = Self {
            user: user.into(),
            session,
            id,
            family: family.parse().ok()?,
            expires: at(dates.expires),
            details: K::read(claims)?,
        };
        agree.then_some((claims, dates))
    }
}

fn date_of(claim: &Value) -> Option<u64> {
    claim.as_u64().filter(|date| *date <= LAST_DATE)
}

/// The time of a date, which none is too late for.
fn at(date: u64) -> Timestamp {
    Timestamp::from_millis(date * 1_000)
}

/// Whole seconds, rounded down: no token lives longer than it may.
pub(crate) fn seconds(time: Timestamp) -> u64 {
    time.as_millis() / 1_000
}
