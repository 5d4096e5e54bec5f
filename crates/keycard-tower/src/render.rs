//! What errors of sessions become: an empty body, or what the application renders.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use keycard::ErrorKind;

/// Renders the responses that stand for errors of sessions. Every `Fn(&keycard::Error) -> Response<B>` does, and
/// [`EmptyBody`]; see
/// [`SessionLayer::render_errors`](crate::SessionLayer::render_errors).
///
/// ```
/// use axum::http::Response;
/// use keycard::{Error, StoreError};
/// use keycard_tower::RenderError;
///
/// let render = |error: &Error| Response::new(format!("please try again ({:?})", error.kind()));
/// let response = render.render(&Error::from(StoreError::timeout("no answer")));
/// assert_eq!(response.body(), "please try again (Store)");
/// ```
pub trait RenderError<B>: Rerender<B> {
    /// The response for this error.
    fn render(&self, error: &keycard::Error) -> Response<B>;
}

/// What the default renderer does otherwise than a function.
#[expect(unnameable_types, reason = "it seals `RenderError`")]
pub trait Rerender<B> {
    /// The response for this error in place of the one that an [`Error`](crate::Error) became on its own; `None` leaves
    /// that one as it is.
    fn rerender(&self, error: &keycard::Error) -> Option<Response<B>>;
}

impl<F, B> RenderError<B> for F
where
    F: Fn(&keycard::Error) -> Response<B>,
{
    fn render(&self, error: &keycard::Error) -> Response<B> {
        self(error)
    }
}

impl<F, B> Rerender<B> for F
where
    F: Fn(&keycard::Error) -> Response<B>,
{
    fn rerender(&self, error: &keycard::Error) -> Option<Response<B>> {
        Some(self(error))
    }
}

/// The default: the [`status`](keycard::Error::status) of the error, `Retry-After` where an attempt was throttled, and an
/// empty body.
///
/// ```
/// use axum::http::Response;
/// use keycard::{Error, StoreError};
/// use keycard_tower::{EmptyBody, RenderError};
///
/// let response: Response<String> = EmptyBody::default().render(&Error::from(StoreError::timeout("no answer")));
/// assert_eq!((response.status().as_u16(), response.body().as_str()), (503, ""));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EmptyBody;

impl<B: Default> RenderError<B> for EmptyBody {
    fn render(&self, error: &keycard::Error) -> Response<B> {
        answer_with(error, B::default())
    }
}

impl<B> Rerender<B> for EmptyBody {
    fn rerender(&self, _: &keycard::Error) -> Option<Response<B>> {
        None
    }
}

/// The response that an error becomes on its own.
pub(crate) fn answer<B: From<String>>(error: &keycard::Error) -> Response<B> {
    let (content_type, body) = error.body().unzip();
    let mut response = answer_with(error, B::from(body.unwrap_or_default()));
    if let Some(content_type) = content_type {
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
    }
    response
}

fn answer_with<B>(error: &keycard::Error, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status(error);
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    // What is met on a developer's desk is rendered by nobody else.
    if error.kind() != ErrorKind::LayerMissing {
        response.extensions_mut().insert(Failure(error.clone()));
    }
    response
}

/// Marks a response that an error became, for the innermost layer that renders errors.
#[derive(Clone)]
pub(crate) struct Failure(pub(crate) keycard::Error);

fn status(error: &keycard::Error) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
