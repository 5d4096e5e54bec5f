//! What the actions work with: one set of sessions, and everything that belongs to them.

use std::sync::Arc;

use keycard::auth::throttle::Throttles;
use keycard::auth::{Guard, Rule};
use keycard::store::{Statistics, Throttle, TokenStore, UserIndex};
use keycard::{KeyRing, Keycard, KeycardBuilder, Session, SessionStatistics, Users, WithUsers};
use keycard_jwt::{TokenKeys, TokenSeal, Tokens};

use crate::accounts::{Accounts, User};
use crate::settings::SettingsError;

/// Who issues tokens, and for whom: in an application of one's own these are its URLs.
const ISSUER: &str = "https://login.example";
const AUDIENCE: &str = "https://login.example/api";

/// The application. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    keycard: Keycard,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) sessions: Users,
    pub(crate) throttles: Throttles,
    pub(crate) statistics: SessionStatistics,
    tokens: Tokens,
}

impl App {
    /// The application over a store, with sessions as `configure` wants them.
    ///
    /// ```
    /// use keycard::{KeyRing, store::memory::MemoryStore};
    /// use login_domain::{Accounts, App};
    /// use std::sync::Arc;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let accounts = Arc::new(Accounts::hashed().await?);
    /// let app = App::new(MemoryStore::new(), KeyRing::random(), accounts, |builder| builder.application("login"))?;
    /// assert_eq!(app.keycard().cookie_name(), "__Host-sid");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Settings that cannot work together.
    pub fn new(
        store: impl UserIndex + Throttle + Statistics + TokenStore + Clone,
        keys: KeyRing,
        accounts: Arc<Accounts>,
        configure: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
    ) -> Result<Self, SettingsError> {
        let token_keys = TokenKeys::derived(&keys)?;
        let (keycard, sessions) = configure(Keycard::with_users(store.clone(), keys)).build()?;
        let seal = TokenSeal::new(token_keys, ISSUER, AUDIENCE)?;
        let tokens = Tokens::builder(&sessions, store.clone(), seal);
        Ok(Self {
            accounts,
            sessions,
            throttles: Throttles::new(&keycard, store.clone()),
            statistics: SessionStatistics::new(&keycard, store),
            tokens: tokens.build()?,
            keycard,
        })
    }

    /// What the session layer is made of.
    #[must_use]
    pub fn keycard(&self) -> &Keycard {
        &self.keycard
    }

    /// What APIs are called with.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Who is logged in.
    pub(crate) fn user(&self, session: &Session) -> Option<&User> {
        self.accounts.by_id(&session.user()?)
    }
}

/// Who may see what concerns everybody.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Admin;

impl Rule for Admin {
    fn guard() -> Guard {
        Guard::role("admin")
    }
}
