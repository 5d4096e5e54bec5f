//! Extractors: guards that a handler states in its arguments, and the application's user.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use keycard::UserId;
use keycard::auth::{LoadedUser, Rule, UserLoader};

use crate::error::Error;
use crate::request::SessionExt;

/// How a loader of users is added.
const LOADER: &str = ".layer(Extension(loader))";

/// The session of the request, if the guard of `R` lets it pass. It dereferences to [`keycard::Session`].
///
/// Rejected with the status and the JSON of [`Denied`](super::Denied), with 503 if the store cannot be asked, and with 500
/// on a route without [`SessionLayer`](crate::SessionLayer).
///
/// ```
/// use keycard_tower::auth::{Guard, Guarded, Rule};
/// use std::time::Duration;
///
/// struct MayPay;
///
/// impl Rule for MayPay {
///     fn guard() -> Guard {
///         Guard::role("customer").and(Guard::fresh(Duration::from_mins(5)))
///     }
/// }
///
/// async fn pay(session: Guarded<MayPay>) -> String {
///     format!("paid by {:?}", session.user())
/// }
/// ```
#[derive(Debug)]
pub struct Guarded<R> {
    session: keycard::Session,
    rule: PhantomData<fn() -> R>,
}

impl<R> Guarded<R> {
    /// The core's own [`Session`](keycard::Session).
    #[must_use]
    pub fn into_inner(self) -> keycard::Session {
        self.session
    }
}

impl<R> Deref for Guarded<R> {
    type Target = keycard::Session;

    fn deref(&self) -> &keycard::Session {
        &self.session
    }
}

impl<S: Send + Sync, R: Rule> FromRequestParts<S> for Guarded<R> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let session = parts.lazy_session()?.require(&R::guard()).await?;
        Ok(Self {
            session,
            rule: PhantomData,
        })
    }
}

/// The id of who is logged in. Rejected as [`Guarded`], with 401 where nobody is.
///
/// ```
/// use keycard_tower::auth::RequireUser;
///
/// async fn greet(RequireUser(id): RequireUser) -> String {
///     format!("hello {id}")
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct RequireUser(pub UserId);

impl<S: Send + Sync> FromRequestParts<S> for RequireUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(parts.session().await?.require_user()?))
    }
}

/// The application's user, whom the loader `L` finds by the id of who is logged in; looked up once in a request, however
/// many extractors ask. It dereferences to the user.
///
/// The loader is put into the extensions of requests, by Axum's `Extension` for instance. Rejected with 401 where nobody is
/// logged in or the loader knows them no more, with 503 if the loader fails, and with 500 where there is none.
///
/// ```
/// use axum::routing::get;
/// use axum::{Extension, Router};
/// use keycard_tower::UserId;
/// use keycard_tower::auth::{CurrentUser, UserLoader};
/// use std::convert::Infallible;
///
/// #[derive(Clone)]
/// struct Accounts;
///
/// impl UserLoader for Accounts {
///     type User = String;
///     type Error = Infallible;
///
///     async fn load(&self, id: &UserId) -> Result<Option<String>, Infallible> {
///         Ok(Some(format!("Dr {id}"))) // from a database
///     }
/// }
///
/// async fn greet(user: CurrentUser<Accounts>) -> String {
///     format!("hello {}", *user)
/// }
///
/// let routes: Router = Router::new().route("/", get(greet)).layer(Extension(Accounts));
/// # let _ = routes; // to be wrapped in a `SessionLayer`
/// ```
#[derive(Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct CurrentUser<L: UserLoader>(pub Arc<L::User>);

impl<L: UserLoader> Deref for CurrentUser<L> {
    type Target = L::User;

    fn deref(&self) -> &L::User {
        &self.0
    }
}

impl<S: Send + Sync, L: UserLoader> FromRequestParts<S> for CurrentUser<L> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let session = parts.session().await?;
        let user = parts.extensions.get_or_insert_default::<LoadedUser<L>>().clone();
        Ok(Self(user.of(&session, parts.extensions.get(), LOADER).await?))
    }
}
