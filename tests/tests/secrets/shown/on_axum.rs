//! The types of the Tower adapter, and the requests and responses that pass it.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::routing::get;
use keycard::Keycard;
use keycard_tower::{Error, LazySession, Session, SessionLayer};
use tower::{Layer as _, ServiceExt as _};

use super::Shown;

/// A request with this cookie to a handler that rotates its id; the cookie that the answer sets.
pub(super) async fn rotate(keycard: &Keycard, cookie: &str, shown: &Shown) -> String {
    let layer = SessionLayer::new(keycard.clone());
    shown.add(&layer);
    let routes = Router::new().route("/", get(handle)).with_state(shown.clone());
    let service = layer.layer(routes);
    shown.add(&service);
    let request = Request::get("/")
        .header(header::COOKIE, cookie)
        .body(Body::empty());
    let response = service.oneshot(request.unwrap()).await.unwrap();
    shown.add(&response);
    response.headers()[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned()
}

async fn handle(
    State(shown): State<Shown>,
    session: Session,
    lazy: LazySession,
    request: Request,
) -> Result<(), Error> {
    session.rotate();
    session.insert("n", &1).unwrap();
    shown.add(&session);
    shown.add(&lazy);
    shown.add(&request);
    shown.add(&request.into_parts().0);
    shown.error(&Error::from(session.get::<String>("n").unwrap_err()));
    Ok(())
}
