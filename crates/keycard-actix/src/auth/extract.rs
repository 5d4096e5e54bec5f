//! Extractors: guards that a handler states in its arguments, and the application's user.

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use keycard::UserId;
use keycard::auth::{LoadedUser, Rule, UserLoader};

use crate::error::Error;
use crate::request::SessionExt;

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Error>>>>;

/// How a loader of users is added.
const LOADER: &str = ".app_data(web::Data::new(loader))";

/// The session of the request, if the guard of `R` lets it pass. It dereferences to [`keycard::Session`].
///
/// Rejected with the status and the JSON of [`Denied`](super::Denied), with 503 if the store cannot be asked, and with 500
/// on a route without [`SessionMiddleware`](crate::SessionMiddleware).
///
/// ```
/// use keycard_actix::auth::{Guard, Guarded, Rule};
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

impl<R: Rule + 'static> FromRequest for Guarded<R> {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let lazy = request.lazy_session();
        Box::pin(async move {
            let session = lazy?.require(&R::guard()).await?;
            Ok(Self {
                session,
                rule: PhantomData,
            })
        })
    }
}

/// The id of who is logged in. Rejected as [`Guarded`], with 401 where nobody is.
///
/// ```
/// use keycard_actix::auth::RequireUser;
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

impl FromRequest for RequireUser {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.session();
        Box::pin(async move { Ok(Self(session.await?.require_user()?)) })
    }
}

/// The application's user, whom the loader `L` finds by the id of who is logged in; looked up once in a request, however
/// many extractors ask. It dereferences to the user.
///
/// The loader is put into the application's data. Rejected with 401 where nobody is logged in or the loader knows them no
/// more, with 503 if the loader fails, and with 500 where there is none.
///
/// ```
/// use actix_web::{App, web};
/// use keycard_actix::UserId;
/// use keycard_actix::auth::{CurrentUser, UserLoader};
/// use std::convert::Infallible;
///
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
/// let app = App::new()
///     .app_data(web::Data::new(Accounts))
///     .route("/", web::get().to(greet));
/// # let _ = app; // to be wrapped in a `SessionMiddleware`
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

impl<L: UserLoader> FromRequest for CurrentUser<L> {
    type Error = Error;
    type Future = Extracting<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.session();
        let loader = request.app_data::<Data<L>>().cloned();
        let mut extensions = request.extensions_mut();
        let user = extensions.get_or_insert_with(LoadedUser::<L>::default).clone();
        Box::pin(async move {
            let (session, loader) = (session.await?, loader.as_deref().map(AsRef::as_ref));
            Ok(Self(user.of(&session, loader, LOADER).await?))
        })
    }
}
