//! Who the session belongs to: logging in, out, and changing the id.

use std::sync::Arc;

use super::{LoginAs, Session};
use crate::error::Error;
use crate::factor::Factor;
use crate::intent::{Login, LoginKind, Standing};
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
        let login = self.told_of(login.0);
        let mut state = self.state();
        // What a guest put in while a login waited is still a guest's.
        let current = state.user_who(|standing| standing != Standing::Pending);
        state.intent.log_in(login, current.as_ref());
        state.refresh_view();
    }

    /// The user has proved a further factor: a login that [waits](LoginAs::pending) for one is complete, and its
    /// time-outs start; in a session that has a user already the factor is noted (step-up). Either way the client gets a
    /// new id (ASVS 5.0 7.2.4).
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("carol").factor(Factor::PASSWORD).pending());
    /// assert_eq!((session.user(), session.pending_user()), (None, Some("carol".into())));
    ///
    /// session.prove(Factor::OTP)?; // the code was right
    /// assert_eq!((session.user(), session.pending_user()), (Some("carol".into()), None));
    /// assert_eq!(session.proved_at(&Factor::OTP), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) if nobody is logged in, nor about to be.
    ///
    /// # Security
    ///
    /// Call it only after the factor has been verified, and count wrong tries against the pending login.
    pub fn prove(&self, factor: Factor) -> Result<(), Error> {
        let mut state = self.state();
        state.identity().ok_or_else(|| state.nobody())?;
        let binding = state.client.shows;
        state.intent.prove(factor, binding);
        Ok(())
    }

    /// The user who is logged in has proved again who they are: both time-outs start anew, and the client gets a new id
    /// (ASVS 5.0 7.5.3, NIST SP 800-63B-4 §5.2). Whether they are remembered, their roles and their device stay. Where the
    /// session has ended meanwhile no other begins, since its other factors are not proved any more.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").remembered(true));
    /// session.commit().await?;
    /// clock.advance(Duration::from_hours(24));
    /// session.reauthenticate(Factor::PASSWORD)?;
    /// session.commit().await?;
    /// assert_eq!(session.authenticated_at(), Some(clock.now()));
    /// assert_eq!(session.absolute_at(), Some(clock.now().after(Duration::from_hours(30 * 24))));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) if nobody is logged in.
    pub fn reauthenticate(&self, factor: Factor) -> Result<(), Error> {
        let user = self.state().user_who(|standing| standing != Standing::Pending);
        let user = user.ok_or_else(|| self.state().nobody())?;
        let mut login = LoginAs::user(user)
            .factor(factor)
            .remembered(self.is_remembered());
        login.0.kind = LoginKind::Again;
        self.login_with(login);
        Ok(())
    }

    /// Gives the user other roles from now on, and the client a new id: what the id opens has changed.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("bob").roles(["user", "admin"]));
    /// assert!(session.has_role("admin"));
    /// session.set_roles(["user"])?;
    /// assert!(!session.has_role("admin"));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](crate::ErrorKind::Unauthenticated) if nobody is logged in, nor about to be.
    pub fn set_roles<R: AsRef<str>>(&self, roles: impl IntoIterator<Item = R>) -> Result<(), Error> {
        let mut state = self.state();
        state.identity().ok_or_else(|| state.nobody())?;
        state.intent.set_roles(shared(roles));
        Ok(())
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
            Some((key.to_owned(), state.data()?.get(key)?.to_vec()))
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

impl Session {
    /// Whether the client has the newest id, or is about to be told it.
    pub(crate) fn holds_the_secret(&self) -> bool {
        self.state().base.holds_the_secret()
    }

    /// The login with what its request tells of the client.
    fn told_of(&self, mut login: Login) -> Login {
        login.metadata = self.client().metadata(login.metadata.device);
        login.binding = self.state().client.shows;
        login
    }
}

pub(super) fn shared<R: AsRef<str>>(roles: impl IntoIterator<Item = R>) -> Vec<Arc<str>> {
    roles.into_iter().map(|role| role.as_ref().into()).collect()
}
