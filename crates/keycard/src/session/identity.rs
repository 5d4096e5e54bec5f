//! Who uses the session, what they have proved, and from where they logged in.

use super::Session;
use crate::clock::Timestamp;
use crate::device::Device;
use crate::factor::Factor;
use crate::intent::Standing;
use crate::key::UserId;
use crate::record::Authentication;

impl Session {
    /// Whose login waits for a further factor, or who must prove one since they come with
    /// [another client](crate::Drift::StepUp); `None` where nobody must, and where somebody is logged in.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("carol").pending());
    /// assert_eq!((session.user(), session.pending_user()), (None, Some("carol".into())));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Security
    ///
    /// Not who is logged in: use it to verify the further factor, and for nothing else.
    #[must_use]
    pub fn pending_user(&self) -> Option<UserId> {
        self.state().user_who(|standing| standing != Standing::LoggedIn)
    }

    /// When the user last proved who they are, by a login or by a further factor; `None` for a guest.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// assert_eq!(session.authenticated_at(), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        self.known(|known| known.at)
    }

    /// The factors that were proved in this session, each with the last time that it was.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").factor(Factor::PASSWORD));
    /// assert_eq!(session.factors(), [(Factor::PASSWORD, clock.now())]);
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn factors(&self) -> Vec<(Factor, Timestamp)> {
        self.known(|known| known.factors.clone()).unwrap_or_default()
    }

    /// When the factor was last proved in this session; `None` if it was not.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").factor(Factor::PASSWORD));
    /// assert_eq!(session.proved_at(&Factor::OTP), None);
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn proved_at(&self, factor: &Factor) -> Option<Timestamp> {
        self.known(|known| known.proved_at(factor))?
    }

    /// The roles of who is logged in; none for a guest, and none while a login waits for a further factor.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("bob").roles(["user", "admin"]));
    /// assert_eq!(session.roles(), ["user", "admin"]);
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn roles(&self) -> Vec<String> {
        let roles = self.known(|known| known.roles.iter().map(ToString::to_string).collect::<Vec<_>>());
        roles.filter(|_| self.user().is_some()).unwrap_or_default()
    }

    /// Whether who is logged in has the role.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("bob").roles(["admin"]));
    /// assert!(session.has_role("admin") && !session.has_role("auditor"));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        let has = self.known(|known| known.has_role(role));
        has.filter(|_| self.user().is_some()).unwrap_or_default()
    }

    /// The device that the user named at the login.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").device(Device::new("7f3a")?));
    /// assert_eq!(session.device().unwrap().id(), "7f3a");
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn device(&self) -> Option<Device> {
        self.state().metadata().device.clone()
    }

    /// Whether the user asked to be remembered.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").remembered(true));
    /// session.commit().await?;
    /// assert!(session.is_remembered());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn is_remembered(&self) -> bool {
        self.state().is_remembered()
    }

    fn known<T>(&self, read: impl FnOnce(&Authentication) -> T) -> Option<T> {
        let now = self.0.engine.clock.now();
        self.state().authentication(now).map(|known| read(&known))
    }
}
