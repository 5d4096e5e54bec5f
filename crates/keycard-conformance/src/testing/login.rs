//! A user who is logged in, for tests of handlers that want one.

use keycard::{Error, Keycard, LoginAs, Outcome};

use super::headers::Headers;

/// Logs a user in without a request, and answers what their client sends from then on: the value of the `Cookie` header,
/// or of the header that is the application's first [transport](keycard::Transport). Whatever a login may say is said by a
/// [`LoginAs`] in the place of the user.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard::{KeyRing, Keycard, LoginAs};
/// use keycard_conformance::testing::log_in_as;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build()?;
/// let cookie = log_in_as(&keycard, "alice").await?;
/// assert!(cookie.starts_with("__Host-sid="));
///
/// let session = keycard.open([cookie.as_bytes()]).load().await?;
/// assert_eq!(session.user().unwrap().as_str(), "alice");
///
/// let admin = log_in_as(&keycard, LoginAs::user("bob").roles(["admin"])).await?;
/// assert!(keycard.open([admin.as_bytes()]).load().await?.has_role("admin"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// When the store fails, as a login in an application would.
pub async fn log_in_as(keycard: &Keycard, login: impl Into<LoginAs>) -> Result<String, Error> {
    let lazy = keycard.open([]);
    lazy.load().await?.login_with(login.into());
    let closing = keycard.close(&lazy, Outcome::Completed).await;
    if let Some(error) = closing.error() {
        return Err(error.clone());
    }
    let mut headers = Headers::default();
    closing.apply(&mut headers);
    let sent = match keycard.id_headers().next() {
        Some("authorization") => headers.header("x-session-id").map(|id| format!("Bearer {id}")),
        Some(name) if name != "cookie" => headers.header(name).map(str::to_owned),
        _ => headers.cookie().map(str::to_owned),
    };
    Ok(sent.unwrap_or_default())
}
