//! The types of the Actix adapter, and the requests and responses that pass it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform as _};
use actix_web::http::header;
use actix_web::test::TestRequest;
use actix_web::{FromRequest as _, HttpResponse};
use keycard::Keycard;
use keycard_actix::{Error, LazySession, Session, SessionMiddleware};

use super::Shown;

/// A request with this cookie to a handler that rotates its id; the cookie that the answer sets.
pub(super) async fn rotate(keycard: &Keycard, cookie: &str, shown: &Shown) -> String {
    let middleware = SessionMiddleware::new(keycard.clone());
    shown.add(&middleware);
    let service = middleware.new_transform(Handler(shown.clone())).await.unwrap();
    shown.add(&service);
    let request = TestRequest::get().insert_header((header::COOKIE, cookie));
    let response = service.call(request.to_srv_request()).await.unwrap();
    shown.add(response.response());
    response
        .headers()
        .get(header::SET_COOKIE)
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

#[derive(Debug)]
struct Handler(Shown);

impl Service<ServiceRequest> for Handler {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse, actix_web::Error>>>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), actix_web::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let shown = self.0.clone();
        Box::pin(async move {
            // Not `ServiceRequest`: Actix prints all headers of it, and the request is not the middleware's alone, so
            // that none of them can be marked. An `HttpRequest` does not print its cookies.
            let request = request.into_parts().0;
            shown.add(&request);
            let session = Session::extract(&request).await?;
            session.rotate();
            session.insert("n", &1).unwrap();
            shown.add(&session);
            shown.add(&LazySession::extract(&request).await?);
            shown.error(&Error::from(session.get::<String>("n").unwrap_err()));
            Ok(ServiceResponse::new(request, HttpResponse::Ok().finish()))
        })
    }
}
