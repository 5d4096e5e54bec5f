//! The doors of guards on Axum.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use keycard::auth::{Denied, Rule};
use keycard_tower::auth::{GuardLayer, Guarded};
use keycard_tower::{Error, Session, SessionExt as _};

use super::{Doors, HOLD, INSIDE, ask, with_all};
use crate::app::Gates;

/// The routes of every guard.
pub(in crate::app) fn routes(gates: &Gates) -> Router {
    with_all(Router::new()).layer(from_fn_with_state(gates.clone(), hold))
}

impl Doors for Router {
    fn to<R: Rule + 'static>(self, name: &str) -> Self {
        let path = |door: &str| format!("/guards/{door}/{name}");
        let inside = || get(async || INSIDE);
        let layer = GuardLayer::new(R::guard());
        self.route(&path("layer"), inside().layer(layer.clone()))
            .route(&path("page"), inside().layer(layer.on_denied(page)))
            .route(&path("extractor"), get(async |_: Guarded<R>| INSIDE))
            .route(&path("handler"), get(handler::<R>))
    }
}

async fn handler<R: Rule>(session: Session) -> Result<&'static str, Error> {
    Ok(ask::<R>(&session).await?)
}

fn page(denied: &Denied, request: &Parts) -> Response {
    if denied.status() == 401 {
        return Redirect::to("/login").into_response();
    }
    (StatusCode::FORBIDDEN, format!("{}: {denied}", request.uri.path())).into_response()
}

async fn hold(State(gates): State<Gates>, request: Request, next: Next) -> Result<Response, Error> {
    let name = request.headers().get(HOLD).and_then(|name| name.to_str().ok());
    if let Some(name) = name.map(str::to_owned) {
        request.session().await?;
        super::hold(&gates, &name).await;
    }
    Ok(next.run(request).await)
}
