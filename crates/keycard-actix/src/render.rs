//! What errors of sessions become: an empty body, or what the application renders.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpResponse;

use crate::error::Error;

type RenderFn = dyn Fn(&keycard::Error) -> HttpResponse + Send + Sync;

#[derive(Clone, Default)]
pub(crate) struct Render(Option<Arc<RenderFn>>);

impl Render {
    pub(crate) fn by(render: impl Fn(&keycard::Error) -> HttpResponse + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(render)))
    }

    /// The response for this error.
    pub(crate) fn render(&self, error: &keycard::Error) -> HttpResponse {
        let empty = || HttpResponse::from_error(Error::from(error.clone()));
        self.rerender(error).unwrap_or_else(empty)
    }

    /// The response for this error in place of the one that it became on its own; `None` leaves that one as it is.
    pub(crate) fn rerender(&self, error: &keycard::Error) -> Option<HttpResponse> {
        self.0.as_ref().map(|render| render(error))
    }

    /// Whether the application renders errors.
    pub(crate) fn is_custom(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Render {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Render").field(&self.is_custom()).finish()
    }
}
