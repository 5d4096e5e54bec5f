//! The messages that wait for a page, as an extractor.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use keycard::Flash;

use crate::error::Error;
use crate::request::SessionExt;

/// The messages that wait in the session, [taken](keycard::Session::take_flashes) out of it: for the page that shows them.
///
/// Rejected as [`Session`](crate::Session), and with the errors of taking them.
///
/// ```
/// use actix_web::web::Redirect;
/// use keycard_actix::{Error, Flash, Flashes, Session};
///
/// async fn save(session: Session) -> Result<Redirect, Error> {
///     session.flash(Flash::success("saved")).await?;
///     Ok(Redirect::to("/").see_other())
/// }
///
/// async fn home(Flashes(flashes): Flashes) -> String {
///     let lines = flashes.iter().map(|flash| format!("{}: {}", flash.level().name(), flash.text()));
///     lines.collect::<Vec<_>>().join("\n")
/// }
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "handlers take it apart in their arguments"
)]
pub struct Flashes(pub Vec<Flash>);

impl FromRequest for Flashes {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.session();
        Box::pin(async move { Ok(Self(session.await?.take_flashes().await?)) })
    }
}
