//! The environment → settings → an [`App`].

use std::env::VarError;
use std::fmt;
use std::sync::Arc;

use keycard::store::memory::MemoryStore;
use keycard::store::{Statistics, Throttle, TokenStore, UserIndex};
use keycard::{ConfigError, CookieSpec, IndexKey, KeyRing};
use keycard_jwt::TokenConfigError;
use keycard_redis::{RedisConfigError, RedisStore, RedisStoreBuilder};

use crate::accounts::Accounts;
use crate::app::App;

const DEFAULT_PORT: u16 = 3000;

/// How the application is run. Shows no secrets.
#[derive(Debug)]
pub struct Settings {
    port: u16,
    redis: Option<RedisStoreBuilder>,
    keys: Option<KeyRing>,
    index_key: Option<IndexKey>,
    insecure_http: bool,
}

impl Settings {
    /// Reads the settings; `lookup` is [`std::env::var`], or stands for it.
    ///
    /// ```
    /// use login_domain::Settings;
    /// use std::env::VarError;
    ///
    /// let settings = Settings::read(|name| match name {
    ///     "PORT" => Ok("8080".to_owned()),
    ///     _ => Err(VarError::NotPresent),
    /// })?;
    /// assert_eq!(settings.port(), 8080);
    /// # Ok::<(), login_domain::SettingsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A variable that is set to what cannot be used; the message names it and says what to set.
    pub fn read(lookup: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, SettingsError> {
        let settings = Self {
            port: parsed(&lookup, "PORT", port)?.unwrap_or(DEFAULT_PORT),
            redis: parsed(&lookup, "REDIS_URL", RedisStore::builder)?,
            keys: parsed(&lookup, "KEYCARD_KEYS", KeyRing::from_base64)?,
            index_key: parsed(&lookup, "KEYCARD_INDEX_KEY", IndexKey::from_base64)?,
            insecure_http: parsed(&lookup, "KEYCARD_INSECURE_HTTP", switch)?.unwrap_or(true),
        };
        if settings.index_key.is_none() && settings.keys.as_ref().is_some_and(|keys| keys.len() > 1) {
            return Err(SettingsError::new(
                "KEYCARD_KEYS names several keys: set KEYCARD_INDEX_KEY to the oldest key that there ever was, \
                 or users' sessions are no longer found under their names",
            ));
        }
        Ok(settings)
    }

    /// The port to listen on; 0 for any that is free.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What whoever starts the application should know.
    pub fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let no_keys = self.keys.is_none().then_some(
            "KEYCARD_KEYS is not set: cookies are signed with a random key, and survive neither a restart nor a second \
             server; make a key with `openssl rand -base64 32`",
        );
        let insecure = self.insecure_http.then_some(
            "cookies are sent over plain http (KEYCARD_INSECURE_HTTP is not 0): never do this in production",
        );
        no_keys.into_iter().chain(insecure)
    }

    /// The application with its sessions in Redis or in memory. A Redis that is down at the moment is found again when it is
    /// up; `warn` is told.
    ///
    /// # Errors
    ///
    /// Settings that cannot work together.
    pub async fn app(
        mut self,
        accounts: Arc<Accounts>,
        warn: impl FnOnce(&str),
    ) -> Result<App, SettingsError> {
        match self.redis.take() {
            Some(redis) => self.app_over(connect(redis.statistics(true), warn).await?, accounts),
            None => self.app_over(MemoryStore::new(), accounts),
        }
    }

    fn app_over(
        self,
        store: impl UserIndex + Throttle + Statistics + TokenStore + Clone,
        accounts: Arc<Accounts>,
    ) -> Result<App, SettingsError> {
        let cookie = if self.insecure_http {
            CookieSpec::insecure_http("sid").build()?
        } else {
            CookieSpec::default()
        };
        let keys = self.keys.unwrap_or_else(KeyRing::random);
        App::new(store, keys, accounts, |builder| {
            let builder = builder.cookie(cookie);
            match self.index_key {
                Some(index_key) => builder.index_key(index_key),
                None => builder,
            }
        })
    }
}

async fn connect(redis: RedisStoreBuilder, warn: impl FnOnce(&str)) -> Result<RedisStore, RedisConfigError> {
    match redis.clone().connect().await {
        Ok(store) => Ok(store),
        Err(error) => {
            warn(&format!("sessions are not available until Redis is: {error}"));
            redis.connect_lazily()
        }
    }
}

/// The variable's value, if it is set.
fn parsed<T, E: fmt::Display>(
    lookup: &impl Fn(&str) -> Result<String, VarError>,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, SettingsError> {
    let refused = |reason: &dyn fmt::Display| SettingsError::new(format!("{name}: {reason}"));
    match lookup(name) {
        Ok(text) => parse(&text).map(Some).map_err(|error| refused(&error)),
        Err(VarError::NotPresent) => Ok(None),
        Err(error @ VarError::NotUnicode(_)) => Err(refused(&error)),
    }
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse()
        .map_err(|_| "not a port: set a number from 0 (any free port) to 65535")
}

fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" => Ok(true),
        "0" => Ok(false),
        _ => Err("set 1 for cookies over plain http, or 0 for Secure ones"),
    }
}

/// A setting that cannot be used. The message says what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(String);

impl SettingsError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

impl From<ConfigError> for SettingsError {
    fn from(error: ConfigError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<TokenConfigError> for SettingsError {
    fn from(error: TokenConfigError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<RedisConfigError> for SettingsError {
    fn from(error: RedisConfigError) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    const KEY: &str = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=";
    const OLD: &str = "b2xkLWtleS1vbGQta2V5LW9sZC1rZXktb2xkLWtleSE=";

    fn read(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        Settings::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .ok_or(VarError::NotPresent)
        })
    }

    async fn app(settings: Settings, warn: impl FnOnce(&str)) -> App {
        let accounts = Arc::new(Accounts::hashed().await.unwrap());
        settings.app(accounts, warn).await.unwrap()
    }

    fn refusal(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn nothing_needs_to_be_set() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.port(), 3000);
        assert_eq!(settings.warnings().count(), 2);
        let app = app(settings, |warning| panic!("{warning}")).await;
        assert_eq!(app.keycard().cookie_name(), "sid");
    }

    #[tokio::test]
    async fn production_is_secure_and_warns_of_nothing() {
        let settings = read(&[
            ("PORT", "0"),
            ("KEYCARD_KEYS", KEY),
            ("KEYCARD_INSECURE_HTTP", "0"),
        ])
        .unwrap();
        assert_eq!(settings.port(), 0);
        assert_eq!(settings.warnings().count(), 0);
        let app = app(settings, |warning| panic!("{warning}")).await;
        assert_eq!(app.keycard().cookie_name(), "__Host-sid");
    }

    #[tokio::test]
    async fn several_keys_need_an_index_key() {
        let keys = format!("{KEY},{OLD}");
        assert!(refusal(&[("KEYCARD_KEYS", &keys)]).contains("KEYCARD_INDEX_KEY"));
        let settings = read(&[("KEYCARD_KEYS", &keys), ("KEYCARD_INDEX_KEY", OLD)]).unwrap();
        app(settings, |warning| panic!("{warning}")).await;
    }

    #[test]
    fn a_refusal_names_the_variable() {
        for (name, value) in [
            ("PORT", ""),
            ("PORT", "http"),
            ("PORT", "65536"),
            ("REDIS_URL", ""),
            ("REDIS_URL", "http://127.0.0.1"),
            ("KEYCARD_KEYS", ""),
            ("KEYCARD_KEYS", "c2hvcnQ="),
            ("KEYCARD_KEYS", "not base64!"),
            ("KEYCARD_INDEX_KEY", "c2hvcnQ="),
            ("KEYCARD_INSECURE_HTTP", "yes"),
        ] {
            let refusal = refusal(&[(name, value)]);
            assert!(refusal.starts_with(&format!("{name}: ")), "{refusal}");
        }
        let garbled = Settings::read(|_| Err(VarError::NotUnicode(OsString::new())));
        assert!(garbled.unwrap_err().to_string().starts_with("PORT: "));
    }

    #[tokio::test]
    async fn a_redis_that_is_down_is_a_warning() {
        // Port 9 (discard) of this machine: nobody listens, and the connection is refused at once.
        let settings = read(&[("REDIS_URL", "redis://:hunter2@127.0.0.1:9")]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        let mut warning = String::new();
        app(settings, |text| warning = text.to_owned()).await;
        assert!(
            warning.contains("Redis") && !warning.contains("hunter2"),
            "{warning}"
        );
    }
}
