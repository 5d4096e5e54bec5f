//! The doors of guards on Actix.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::LOCATION;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, ServiceConfig, get, resource, scope};
use actix_web::{HttpRequest, HttpResponse};
use keycard::auth::{Denied, Rule};
use keycard_actix::auth::{GuardMiddleware, Guarded};
use keycard_actix::{Error, Session, SessionExt as _};

use super::{Doors, HOLD, INSIDE, ask, with_all};
use crate::app::Backend;

/// Adds the routes of every guard.
pub(in crate::app) fn routes(app: &mut ServiceConfig) {
    let doors = |routes: &mut ServiceConfig| {
        with_all(routes);
    };
    app.service(scope("/guards").configure(doors).wrap(from_fn(hold)));
}

impl Doors for &mut ServiceConfig {
    fn to<R: Rule + 'static>(self, name: &str) -> Self {
        let at = |door: &str| resource(format!("/{door}/{name}"));
        let inside = || get().to(async || INSIDE);
        let guard = GuardMiddleware::new(R::guard());
        self.service(at("layer").route(inside()).wrap(guard.clone()))
            .service(at("page").route(inside()).wrap(guard.on_denied(page)))
            .service(at("extractor").route(get().to(async |_: Guarded<R>| INSIDE)))
            .service(at("handler").route(get().to(handler::<R>)))
    }
}

async fn handler<R: Rule>(session: Session) -> Result<&'static str, Error> {
    Ok(ask::<R>(&session).await?)
}

fn page(denied: &Denied, request: &HttpRequest) -> HttpResponse {
    if denied.status() == 401 {
        return HttpResponse::SeeOther()
            .insert_header((LOCATION, "/login"))
            .finish();
    }
    HttpResponse::Forbidden().body(format!("{}: {denied}", request.path()))
}

async fn hold<B: MessageBody>(
    backend: Data<Backend>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let name = request.headers().get(HOLD).and_then(|name| name.to_str().ok());
    if let Some(name) = name.map(str::to_owned) {
        request.session().await?;
        super::hold(&backend.gates, &name).await;
    }
    next.call(request).await
}
