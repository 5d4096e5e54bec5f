//! From the id of who is logged in to the application's user.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::Denied;
use crate::error::{Error, ErrorKind};
use crate::key::UserId;
use crate::session::Session;

/// Turns the id in a session into the application's user; the extractor `CurrentUser` of the adapters gives the handler
/// what it finds, and asks once per request.
///
/// ```
/// use keycard::UserId;
/// use keycard::auth::UserLoader;
/// use std::convert::Infallible;
///
/// struct Accounts;
///
/// #[derive(Debug, PartialEq)]
/// struct Account {
///     name: String,
/// }
///
/// impl UserLoader for Accounts {
///     type User = Account;
///     type Error = Infallible;
///
///     async fn load(&self, id: &UserId) -> Result<Option<Account>, Infallible> {
///         Ok((id.as_str() == "alice").then(|| Account { name: "Alice".to_owned() }))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(Accounts.load(&"alice".into()).await, Ok(Some(Account { name: "Alice".to_owned() })));
/// # }
/// ```
pub trait UserLoader: Send + Sync + 'static {
    /// The application's user.
    type User: Send + Sync + 'static;
    /// Why users cannot be looked up.
    type Error: Into<Box<dyn StdError + Send + Sync>>;

    /// Looks the user up; `None` if there is no such user any more, which the client sees as 401.
    ///
    /// # Errors
    ///
    /// If users cannot be looked up now: 503, for an outage is not a logout.
    fn load(&self, id: &UserId) -> impl Future<Output = Result<Option<Self::User>, Self::Error>> + Send;
}

/// The user of a request, looked up at the first question. Clones share it. For adapters, which keep it in the request's
/// extensions.
pub struct LoadedUser<L: UserLoader>(Arc<Mutex<Option<Known<L>>>>);

/// A user, under the id that they were looked up by.
type Known<L> = (UserId, Arc<<L as UserLoader>::User>);

impl<L: UserLoader> LoadedUser<L> {
    /// The user of the session. `layer` is how a loader is added, for the error's message where there is none.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`](ErrorKind::Unauthenticated) if nobody is logged in, or nobody whom the loader knows,
    /// [`UserLoader`](ErrorKind::UserLoader) if the loader fails, [`LayerMissing`](ErrorKind::LayerMissing).
    pub async fn of(
        &self,
        session: &Session,
        loader: Option<&L>,
        layer: &str,
    ) -> Result<Arc<L::User>, Error> {
        let loader = loader.ok_or_else(|| Error::loader_missing(layer))?;
        let id = session.require_user()?;
        let mut known = self.0.lock().await;
        if let Some((_, user)) = known.as_ref().filter(|(of, _)| *of == id) {
            return Ok(Arc::clone(user));
        }
        let user = loader.load(&id).await.map_err(|cause| {
            let error = Error::caused_by(ErrorKind::UserLoader, "the user could not be looked up", cause);
            crate::events::request_failed(&error);
            error
        })?;
        let user = Arc::new(user.ok_or(Denied::UNAUTHENTICATED)?);
        *known = Some((id, Arc::clone(&user)));
        Ok(user)
    }
}

impl<L: UserLoader> Clone for LoadedUser<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: UserLoader> Default for LoadedUser<L> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<L: UserLoader> fmt::Debug for LoadedUser<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoadedUser")
    }
}
