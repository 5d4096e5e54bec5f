//! How a user logs in: as whom, proved by what, from where, and for how long.

use super::login::shared;
use crate::device::Device;
use crate::factor::Factor;
use crate::intent::{Login, LoginKind};
use crate::key::UserId;
use crate::record::Metadata;
use crate::request::Binding;

/// How a user logs in, for [`Session::login_with`](crate::Session::login_with).
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
pub struct LoginAs(pub(super) Login);

impl LoginAs {
    /// A login of this user, with the default lifetimes, that keeps the session's data.
    pub fn user(user: impl Into<UserId>) -> Self {
        Self(Login {
            user: user.into(),
            remember: false,
            drop_data: false,
            kind: LoginKind::Complete,
            factors: Vec::new(),
            roles: None,
            metadata: Metadata::default(),
            binding: Binding::default(),
        })
    }

    /// What the user has proved who they are with. May be given several times. Default: not noted.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").factor(Factor::PASSWORD));
    /// assert_eq!(session.proved_at(&Factor::PASSWORD), Some(clock.now()));
    #[doc = example!(end)]
    /// ```
    pub fn factor(mut self, factor: Factor) -> Self {
        self.0.factors.push(factor);
        self
    }

    /// A further factor is awaited: nobody is logged in until [`Session::prove`](crate::Session::prove) is called. The session ends
    /// [ten minutes](crate::KeycardBuilder::pending_login) later if it is not, and with the user's other sessions; until
    /// then it is neither listed nor counted.
    ///
    /// Data that the guest's session holds stays. If the user is logged in already, they are not any more until the
    /// factor is proved.
    pub fn pending(mut self) -> Self {
        self.0.kind = LoginKind::Pending;
        self
    }

    /// The user's roles, for [guards](crate::Session::has_role). Default: those that the user's session has already, or none.
    ///
    /// They are kept in the session: where the application changes a user's roles, end the sessions that hold the old
    /// ones, or [set](crate::Session::set_roles) them.
    pub fn roles<R: AsRef<str>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.0.roles = Some(shared(roles));
        self
    }

    /// The device that the user logs in on: their session there so far ends in the same step. Default: the one that the
    /// user's session names already, or none.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login_with(LoginAs::user("alice").device(Device::new("7f3a")?.named("Phone")?));
    /// assert_eq!(session.device().unwrap().name(), Some("Phone"));
    #[doc = example!(end)]
    /// ```
    pub fn device(mut self, device: Device) -> Self {
        self.0.metadata.device = Some(device);
        self
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

/// A [login of this user](LoginAs::user).
impl<U: Into<UserId>> From<U> for LoginAs {
    fn from(user: U) -> Self {
        Self::user(user)
    }
}
