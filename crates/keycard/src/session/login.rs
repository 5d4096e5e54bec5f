//! Who the session belongs to: logging in, out, and changing the id.

use super::Session;
use crate::intent::Login;
use crate::key::UserId;

impl Session {
    /// Logs a user in: the client gets a new id, and the old one is dead no later than the new one is handed out
    /// (ASVS 5.0 7.2.4). The session's data is kept, unless it belongs to a different user.
    ///
    /// For the user who is logged in already this is a re-authentication: the session stays, with a new secret, and both
    /// time-outs start again.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("cart", &vec![7])?;
    /// session.login("alice");
    /// assert_eq!(session.user().unwrap().as_str(), "alice");
    /// assert!(session.contains("cart"), "the guest's data is kept");
    /// session.login("bob");
    /// assert!(!session.contains("cart"), "alice's is not");
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// Call it only after the user has proved who they are, and once more after each further factor.
    pub fn login(&self, user: impl Into<UserId>) {
        self.login_with(LoginAs::user(user));
    }

    /// Logs a user in as [`login`](Self::login) does, by options: remembered, or without the data from before.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").remembered(true));
    /// session.commit().await?;
    /// assert_eq!(session.absolute_at(), Some(clock.now().after(Duration::from_hours(30 * 24))));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// As [`login`](Self::login).
    pub fn login_with(&self, login: LoginAs) {
        let mut state = self.state();
        let current = state.user().cloned();
        state.intent.log_in(login.0, current.as_ref());
        state.refresh_view();
    }

    /// Ends the session when it is committed, also by a 5xx answer: its id is dead on every server, and the cookie is
    /// removed. What is put in afterwards goes into a new, anonymous session.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.insert("cart", &[7])?;
    /// session.commit().await?;
    /// session.logout();
    /// assert!(session.user().is_none() && session.is_empty());
    /// session.commit().await?;
    /// assert_eq!(session.handle(), None);
    #[doc = example!(end)]
    /// ```
    pub fn logout(&self) {
        self.logout_keeping::<&str>(&[]);
    }

    /// Ends the session as [`logout`](Self::logout) does, and keeps the named values in a new, anonymous session.
    ///
    /// ```
    #[doc = example!(session)]
    /// const LANGUAGE: Key<String> = Key::new("language");
    /// const FONT_SIZE: Key<u8> = Key::new("font size");
    ///
    /// session.login("alice");
    /// session.insert(LANGUAGE, &"en".to_owned())?;
    /// session.insert(FONT_SIZE, &12)?;
    /// session.insert("address", "…")?;
    /// session.logout_keeping(&[LANGUAGE.name(), FONT_SIZE.name()]);
    /// assert_eq!((session.user(), session.get(FONT_SIZE)?), (None, Some(12)));
    /// assert!(session.contains(LANGUAGE) && !session.contains("address"));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// Name only what may be seen by the next person at this device.
    pub fn logout_keeping<K: AsRef<str>>(&self, keys: &[K]) {
        let mut state = self.state();
        let kept = keys.iter().filter_map(|key| {
            let key = key.as_ref();
            Some((key.to_owned(), state.data()?.get(key)?.clone()))
        });
        let kept = kept.collect();
        state.intent.log_out(kept);
        state.refresh_view();
    }

    /// Gives the client a new id for the same session: its secret is replaced, its data stays. A session that is not
    /// stored has none to replace. [`login`](Self::login) does it by itself.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.commit().await?;
    /// let handle = session.handle();
    /// session.rotate();
    /// session.commit().await?;
    /// assert_eq!(session.handle(), handle, "the public name stays");
    #[doc = example!(end)]
    /// ```
    pub fn rotate(&self) {
        self.state().intent.rotate = true;
    }
}

/// How a user logs in, for [`Session::login_with`].
///
/// ```
#[doc = example!(session)]
/// session.login_with(LoginAs::user("alice").remembered(true));
/// session.commit().await?;
/// assert_eq!(session.user(), Some("alice".into()));
/// assert_eq!(session.expires_at(), Some(clock.now().after(Duration::from_hours(14 * 24))));
#[doc = example!(end)]
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody is logged in until `login_with` is called"]
pub struct LoginAs(Login);

impl LoginAs {
    /// A login of this user, with the default lifetimes, that keeps the session's data.
    pub fn user(user: impl Into<UserId>) -> Self {
        Self(Login {
            user: user.into(),
            remember: false,
            drop_data: false,
        })
    }

    /// Remember me: the second pair of lifetimes, and a cookie that outlives the browser. Default: no.
    ///
    /// # Security
    ///
    /// Only when the user asked for it (NIST SP 800-63B-4 §5.1: session secrets should not persist across a restart).
    pub fn remembered(mut self, remember: bool) -> Self {
        self.0.remember = remember;
        self
    }

    /// Drops what the session held before the login. Default: kept, unless it is another user's.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("cart", &[7])?;
    /// session.login_with(LoginAs::user("alice").without_earlier_data());
    /// assert!(session.is_empty(), "the guest's cart is not taken over");
    #[doc = example!(end)]
    /// ```
    pub fn without_earlier_data(mut self) -> Self {
        self.0.drop_data = true;
        self
    }
}
