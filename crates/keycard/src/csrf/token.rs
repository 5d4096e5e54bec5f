//! The token as a page holds it.

use std::fmt;

use crate::error::Error;
use crate::lazy::LazySession;

/// What a page sends back to show that it is one of the application's: in a form's field `csrf_token`, or in the header
/// `X-CSRF-Token`. Made by [`LazySession::csrf_token`].
///
/// Its text is base64url, 86 characters, and another one each time; all of them are valid for as long as the session is.
///
/// ```
#[doc = example!(keycard)]
/// let request = keycard.open([]);
/// # let headers: &[(&str, &str)] = &[];
/// # request.check_csrf(&CsrfPolicy::default(), &CsrfRequest::new("GET", headers))?;
/// let token = request.csrf_token().await?;
/// assert_eq!(token.as_str().len(), 86);
/// assert_eq!(token.hidden_field(), format!(r#"<input type="hidden" name="csrf_token" value="{token}">"#));
#[doc = example!(end)]
/// ```
///
/// # Security
///
/// It is a secret of the user's: put it into no URL, and into no log. `Debug` does not show it, `Display` does.
#[derive(Clone)]
pub struct CsrfToken {
    text: String,
    request: LazySession,
}

impl CsrfToken {
    /// The request header in which a script sends it, in lower case.
    pub const HEADER: &'static str = "x-csrf-token";
    /// The field in which a form sends it.
    pub const FIELD: &'static str = "csrf_token";

    pub(crate) fn new(text: String, request: LazySession) -> Self {
        Self { text, request }
    }

    /// The text. Nothing in it needs to be escaped, in HTML or anywhere else.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text in a hidden field, as HTML for the inside of a form.
    #[must_use]
    pub fn hidden_field(&self) -> String {
        format!(r#"<input type="hidden" name="{}" value="{self}">"#, Self::FIELD)
    }

    /// A token that is valid with the cookie that this very response sets, for a handler that logs somebody in or out and
    /// then renders a form. The login or logout is committed first, as by [`commit`](crate::Session::commit).
    ///
    /// ```
    #[doc = example!(keycard)]
    /// async fn log_in(session: Session, token: CsrfToken) -> Result<String, Error> {
    ///     session.login("alice");
    ///     Ok(format!("<form>{}</form>", token.renewed().await?.hidden_field()))
    /// }
    /// # let request = keycard.open([]);
    /// # let headers = [("authorization", "Bearer x")];
    /// # request.check_csrf(&CsrfPolicy::default(), &CsrfRequest::new("POST", headers.as_slice()))?;
    /// # let token = request.csrf_token().await?;
    /// assert!(!log_in(request.load().await?, token.clone()).await?.contains(token.as_str()));
    /// assert!(request.load().await?.handle().is_some(), "the login is committed");
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// As [`LazySession::csrf_token`].
    pub async fn renewed(&self) -> Result<Self, Error> {
        self.request.csrf_token().await
    }
}

impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(REDACTED)")
    }
}
