//! The builder: every setting, checked against the others before the first request.

mod binding;
mod creation;
mod error;
mod outage;
mod times;
mod users;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::error::ConfigError;
pub use self::users::WithUsers;
use crate::clock::{Clock, SystemClock};
use crate::cookie::CookieSpec;
use crate::csrf::CsrfKeys;
use crate::engine::Engine;
use crate::events::{Events, Rate};
use crate::keycard::Keycard;
use crate::metrics::Metrics;
use crate::observer::Observer;
use crate::policy::Rules;
use crate::queue::Queue;
use crate::request::ClientSettings;
use crate::seal::{IndexKey, KeyRing};
use crate::store::{ErasedStore, Measured, Store};
use crate::transport::{Transport, Transports};

/// The longest time that a request may go on trying to commit.
const LONGEST_DEADLINE: Duration = Duration::from_mins(1);

/// Builds a [`Keycard`]; begun with [`Keycard::builder`], or with [`Keycard::with_users`] for what needs a user index.
///
/// ```
/// use keycard::{Keycard, KeyRing, Lifetimes};
/// use keycard::store::memory::MemoryStore;
/// use std::time::Duration;
///
/// let minute = Duration::from_secs(60);
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random())
///     .lifetimes(Lifetimes::new(15 * minute, 8 * 60 * minute)?)
///     .application("shop")
///     .build()?;
/// assert_eq!(keycard.cookie_name(), "__Host-sid");
/// # Ok::<(), keycard::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct KeycardBuilder<I = ()> {
    store: Arc<dyn ErasedStore>,
    keys: KeyRing,
    index_key: Option<IndexKey>,
    cookie: CookieSpec,
    application: String,
    rules: Rules,
    commit_deadline: Duration,
    clock: Arc<dyn Clock>,
    observer: Option<Arc<dyn Observer>>,
    unknown_ids: Rate,
    index: I,
    creation: Option<creation::Limited>,
    metrics: Metrics,
    pub(crate) client: ClientSettings,
    pub(crate) transports: Vec<Transport>,
}

impl KeycardBuilder {
    pub(crate) fn new(store: impl Store, keys: KeyRing) -> Self {
        let metrics = Metrics::register();
        Self::over(Arc::new(Measured::new(store, &metrics)), (), keys, metrics)
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    ///
    /// Settings that cannot work together; the message says what to change.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let error = builder.touch_after(Duration::from_hours(1)).build().unwrap_err();
    /// assert!(error.to_string().contains("must be below the idle times"));
    #[doc = example!(end)]
    /// ```
    pub fn build(self) -> Result<Keycard, ConfigError> {
        self.engine().map(Keycard::new)
    }
}

impl<I> KeycardBuilder<I> {
    fn over(store: Arc<dyn ErasedStore>, index: I, keys: KeyRing, metrics: Metrics) -> Self {
        Self {
            store,
            keys,
            index_key: None,
            cookie: CookieSpec::default(),
            application: String::new(),
            rules: Rules::DEFAULT,
            commit_deadline: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
            observer: None,
            unknown_ids: Rate::per_minute(100),
            index,
            creation: None,
            metrics,
            client: ClientSettings::default(),
            transports: vec![Transport::Cookie],
        }
    }

    /// The cookie's name and attributes. Default: `__Host-sid; Secure; HttpOnly; SameSite=Lax; Path=/`.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let keycard = builder.cookie(CookieSpec::builder("__Host-shop").build()?).build()?;
    /// assert_eq!(keycard.cookie_name(), "__Host-shop");
    #[doc = example!(end)]
    /// ```
    pub fn cookie(mut self, cookie: CookieSpec) -> Self {
        self.cookie = cookie;
        self
    }

    /// A label to which signatures are bound, so that a cookie of one application does not verify in another that has
    /// the same keys. Default: empty. At most 255 bytes. Another label is as good as another key: everybody is logged
    /// out.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let error = builder.application("x".repeat(256)).build().unwrap_err();
    /// assert!(error.to_string().contains("255 bytes"));
    #[doc = example!(end)]
    /// ```
    pub fn application(mut self, label: impl Into<String>) -> Self {
        self.application = label.into();
        self
    }

    /// The key of the user index. Default: derived from the signing key, if there is exactly one. With several it must be
    /// given: the oldest signing key goes on with the index that there was when it was the only one.
    ///
    /// ```
    /// use keycard::store::memory::MemoryStore;
    /// use keycard::{IndexKey, KeyRing, Keycard, UserId};
    ///
    /// let (new, old) = ([2; 32], [1; 32]);
    /// let before = Keycard::builder(MemoryStore::new(), KeyRing::new([old])?).build()?;
    /// let now = Keycard::builder(MemoryStore::new(), KeyRing::new([new, old])?).index_key(IndexKey::new(old)?).build()?;
    ///
    /// let alice = UserId::from("alice");
    /// assert_eq!(now.user_key(&alice), before.user_key(&alice));
    /// # Ok::<(), keycard::ConfigError>(())
    /// ```
    ///
    /// # Security
    ///
    /// With another index key the sessions that users already have stay open, but are no longer found under their users:
    /// [`end_all`](crate::store::UserIndex::end_all) misses them until they have expired. Whoever holds the key can tell
    /// which of the store's entries are a given user's; it opens no session.
    pub fn index_key(mut self, key: IndexKey) -> Self {
        self.index_key = Some(key);
        self
    }

    /// How long a commit waits for other commits of the same session in this process (for half of the time at most), and
    /// goes on trying while other servers keep changing it. A store that does not answer ends it sooner, by a deadline of
    /// its own. Default: five seconds. Above zero, at most one minute.
    ///
    /// ```
    #[doc = example!(builder)]
    /// let error = builder.commit_deadline(Duration::ZERO).build().unwrap_err();
    /// assert!(error.to_string().contains("above zero"));
    #[doc = example!(end)]
    /// ```
    pub fn commit_deadline(mut self, deadline: Duration) -> Self {
        self.commit_deadline = deadline;
        self
    }

    /// Where time comes from. Default: the operating system. Tests march a [`ManualClock`](crate::ManualClock).
    ///
    /// ```
    /// use keycard::store::memory::MemoryStore;
    /// use keycard::{KeyRing, Keycard, ManualClock, Timestamp};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ManualClock::starting_at(Timestamp::from_millis(1_800_000_000_000));
    /// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).clock(clock.clone()).build()?;
    /// let session = keycard.open([]).load().await?;
    /// session.login("alice");
    /// session.commit().await?;
    /// clock.advance(Duration::from_mins(30));
    /// assert!(session.touch().await.is_err(), "the session has expired");
    /// # Ok(())
    /// # }
    /// ```
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Who is told what happens to sessions: for audit logs. Default: nobody but `tracing`.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// How many ids of sessions that are not known a minute may bring to this server before it is
    /// [suspicious](crate::Suspicion::UnknownIds). Default: 100.
    ///
    /// Expired sessions are among them, so the figure grows with the number of users.
    pub fn unknown_ids(mut self, per_minute: u32) -> Self {
        self.unknown_ids = Rate::per_minute(per_minute);
        self
    }

    fn engine(mut self) -> Result<Engine, ConfigError> {
        self.rules.check()?;
        if self.commit_deadline.is_zero() || self.commit_deadline > LONGEST_DEADLINE {
            return Err(ConfigError::new(format!(
                "commit_deadline ({:?}) must be above zero and at most {LONGEST_DEADLINE:?}",
                self.commit_deadline
            )));
        }
        if self.application.len() > 255 {
            return Err(ConfigError::new(
                "the application label is longer than 255 bytes: shorten it",
            ));
        }
        let index_key = self.index_key.or_else(|| self.keys.sole_index_key()).ok_or_else(|| {
            ConfigError::new(
                "there are several signing keys and no index key: set index_key to the oldest signing key, \
                 or sessions would no longer be found under their users",
            )
        })?;
        self.rules.outage.check(|| self.store.keep_aside())?;
        self.client.fingerprint |= self.rules.binding.fingerprint.is_some();
        let creation = self
            .creation
            .map(|limited| limited.throttles(&index_key, &self.clock, &self.metrics));
        let csrf = CsrfKeys::new(&self.keys, &self.cookie, &self.application);
        let transports = Transports::new(&self.transports, self.cookie, &self.keys, &self.application)?;
        Ok(Engine {
            store: self.store,
            index_key,
            transports,
            csrf,
            rules: self.rules,
            commit_deadline: self.commit_deadline,
            creation,
            clock: self.clock,
            queue: Queue::default(),
            events: Events::new(self.observer, self.unknown_ids, self.metrics.clone()),
            metrics: self.metrics,
            client: self.client,
            history: None,
        })
    }
}

impl<I> fmt::Debug for KeycardBuilder<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeycardBuilder")
            .field("store", &self.store)
            .field("keys", &self.keys)
            .field("cookie", &self.cookie)
            .field("application", &self.application)
            .field("rules", &self.rules)
            .field("client", &self.client)
            .field("transports", &self.transports)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::UserId;
    use crate::policy::Lifetimes;
    use crate::store::memory::MemoryStore;

    fn builder(keys: &[u8]) -> KeycardBuilder {
        Keycard::builder(
            MemoryStore::new(),
            KeyRing::new(keys.iter().map(|byte| [*byte; 32])).unwrap(),
        )
    }

    fn refusal(builder: KeycardBuilder) -> String {
        builder
            .build()
            .expect_err("the configuration cannot work")
            .to_string()
    }

    #[test]
    fn settings_that_cannot_work_do_not_build() {
        let day = Duration::from_hours(24);
        let too_long = Lifetimes::new(day, 401 * day).unwrap();
        assert!(refusal(builder(&[1, 2])).contains("index_key"));
        assert!(refusal(builder(&[1]).remember_me(too_long)).contains("400 days"));
        assert!(refusal(builder(&[1]).touch_after(day)).contains("touch_after"));
        assert!(refusal(builder(&[1]).application("x".repeat(256))).contains("application"));
        assert!(refusal(builder(&[1]).commit_deadline(Duration::MAX)).contains("at most"));
        assert!(refusal(builder(&[1]).commit_deadline(Duration::ZERO)).contains("above zero"));
    }

    #[test]
    fn lifetimes_that_cannot_work_are_refused() {
        let day = Duration::from_hours(24);
        let above = Lifetimes::new(2 * day, day).unwrap_err().to_string();
        assert!(
            above.contains("above the absolute time") && above.contains("lower the one"),
            "{above}"
        );
        let zero = Lifetimes::new(Duration::ZERO, day).unwrap_err().to_string();
        assert!(zero.contains("raise it"), "{zero}");
    }

    #[test]
    fn keys_that_cannot_sign_are_refused() {
        let refused = |ring: Result<KeyRing, ConfigError>| ring.unwrap_err().to_string();
        assert!(refused(KeyRing::new([[1; 31]])).contains("31 bytes"));
        assert!(refused(KeyRing::new(Vec::<[u8; 32]>::new())).contains("no signing key"));
        assert!(refused(KeyRing::from_base64("not base64!")).contains("base64"));
        assert!(refused(KeyRing::from_env("KEYCARD_NO_SUCH_VARIABLE")).contains("is not set"));
        let index_key = IndexKey::from_env("KEYCARD_NO_SUCH_VARIABLE").unwrap_err();
        assert!(index_key.to_string().contains("is not set"));
    }

    #[test]
    fn the_oldest_key_goes_on_with_the_index_that_it_began() {
        let alice = UserId::from("alice");
        let before = builder(&[1]).build().unwrap().user_key(&alice);
        let index_key = |byte| IndexKey::new([byte; 32]).unwrap();
        for keys in [&[2, 1][..], &[3, 2, 1]] {
            let rotated = builder(keys).index_key(index_key(1)).build().unwrap();
            assert_eq!(rotated.user_key(&alice), before, "{keys:?}");
            let another = builder(keys).index_key(index_key(2)).build().unwrap();
            assert_ne!(another.user_key(&alice), before, "{keys:?}");
        }
    }
}
