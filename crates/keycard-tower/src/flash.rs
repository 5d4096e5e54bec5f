//! The messages that wait for a page, as an extractor.

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use keycard::Flash;

use crate::error::Error;
use crate::request::SessionExt;

/// The messages that wait in the session, [taken](keycard::Session::take_flashes) out of it: for the page that shows them.
///
/// Rejected as [`Session`](crate::Session), and with the errors of taking them.
///
/// ```
/// use axum::response::Redirect;
/// use keycard_tower::{Error, Flash, Flashes, Session};
///
/// async fn save(session: Session) -> Result<Redirect, Error> {
///     session.flash(Flash::success("saved")).await?;
///     Ok(Redirect::to("/"))
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

impl<S: Send + Sync> FromRequestParts<S> for Flashes {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(parts.session().await?.take_flashes().await?))
    }
}
