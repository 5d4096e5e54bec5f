//! The end of a request: what its session has to say to its response, or to the one that an error stands for.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use keycard::{Closing, Closings, ErrorKind};

use crate::error::Error;
use crate::headers::Headers;
use crate::render::Render;

pub(crate) struct Closed {
    closing: Arc<Closing>,
    render: Render,
    /// Whether there is a session middleware further out.
    nested: bool,
}

impl Closed {
    pub(crate) fn new(closing: Closing, render: Render, nested: bool) -> Self {
        Self {
            closing: Arc::new(closing),
            render,
            nested,
        }
    }

    /// The response with the headers of the session, or what is sent in its place.
    pub(crate) fn apply<B>(&self, response: HttpResponse<B>) -> HttpResponse<EitherBody<B>> {
        let rendered = self.rendered(response.error());
        self.apply_to(response, rendered)
    }

    /// The error that stands for a response with the headers of the session, or for what is sent in its place.
    pub(crate) fn wrap(self, error: actix_web::Error) -> actix_web::Error {
        let rendered = self.rendered(Some(&error));
        if self.closing.is_empty() && rendered.is_none() {
            return error;
        }
        let status = rendered
            .as_ref()
            .map_or_else(|| error.as_response_error().status_code(), HttpResponse::status);
        let rendered = Cell::new(rendered);
        Failed {
            error,
            closed: self,
            status,
            rendered,
        }
        .into()
    }

    fn apply_to<B>(
        &self,
        mut response: HttpResponse<B>,
        rendered: Option<HttpResponse>,
    ) -> HttpResponse<EitherBody<B>> {
        let inner: Closings = response.extensions_mut().remove().unwrap_or_default();
        let mut response = match rendered {
            Some(mut rendered) => {
                inner.apply(&mut Headers(rendered.headers_mut()));
                rendered.map_into_right_body()
            }
            None => response.map_into_left_body(),
        };
        self.closing.apply(&mut Headers(response.headers_mut()));
        if self.nested {
            response
                .extensions_mut()
                .insert(inner.with(Arc::clone(&self.closing)));
        }
        response
    }

    /// What is sent in place of a response that stands for `error`, if for any.
    fn rendered(&self, error: Option<&actix_web::Error>) -> Option<HttpResponse> {
        match self.closing.error() {
            Some(error) => Some(self.render.render(error)),
            None => self.render.rerender(&session_error(error?)?),
        }
    }
}

/// An error that a service failed with, in place of the response that it stands for.
struct Failed {
    error: actix_web::Error,
    closed: Closed,
    status: StatusCode,
    /// What is sent in place of its response. Actix asks for the status first, perhaps more than once, and then for the
    /// response: the application renders one answer, and the first who asks for the response gets it.
    rendered: Cell<Option<HttpResponse>>,
}

impl Failed {
    /// The error of ours that a middleware further out may render.
    fn session_error(&self) -> Option<keycard::Error> {
        if self.closed.render.is_custom() {
            return None;
        }
        let uncommitted = self.closed.closing.error().cloned();
        uncommitted.or_else(|| session_error(&self.error))
    }
}

impl ResponseError for Failed {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let response = self.error.error_response();
        let again = || self.closed.rendered(Some(&self.error));
        let rendered = self.rendered.take().or_else(again);
        self.closed.apply_to(response, rendered).map_into_boxed_body()
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// The error of a session that stands behind an error of Actix, unless it was rendered already.
fn session_error(error: &actix_web::Error) -> Option<keycard::Error> {
    if let Some(failed) = error.as_error::<Failed>() {
        return failed.session_error();
    }
    let error = error.as_error::<Error>()?;
    (error.kind() != ErrorKind::LayerMissing).then(|| error.clone().into_inner())
}
