//! The application of the laws on guards, on Actix.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::COOKIE;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, Path, ServiceConfig, get, post, resource, scope};
use actix_web::{HttpRequest, HttpResponse, Resource};
use keycard::{Factor, Keycard};
use keycard_actix::auth::{CurrentUser, Denied, Guard, GuardMiddleware, Guarded, RequireUser};
use keycard_actix::{Error, Session, SessionExt, SessionMiddleware};

use crate::app::{ActixApp, rendered};
use crate::shared::browser::{Reply, Request};
use crate::shared::guards::{self, Accounts, Admin, FIVE_MINUTES, Unwired, login_as};
use crate::shared::{App, Setup};

pub(crate) struct GuardedApp(ActixApp);

impl App for GuardedApp {
    const LAYER: &'static str = ActixApp::LAYER;

    async fn start(setup: &Setup) -> Self {
        Self(ActixApp::serving(routes(setup.clone())).await)
    }

    async fn send(&self, request: Request) -> Reply {
        self.0.send(request).await
    }
}

impl guards::GuardedApp for GuardedApp {
    const LOADER: &'static str = ".app_data(web::Data::new(loader))";
}

fn routes(setup: Setup) -> impl FnOnce(&mut ServiceConfig) {
    move |app| {
        let outer = SessionMiddleware::new(setup.outer.clone());
        let outer = if setup.renders {
            outer.render_errors(rendered)
        } else {
            outer
        };
        let guard = GuardMiddleware::new(Guard::user());
        let routes = scope("").configure(layered(setup)).configure(extracting);
        app.service(resource("/bare").route(get().to(inside)).wrap(guard.clone()))
            .service(
                resource("/bare/hook")
                    .route(get().to(inside))
                    .wrap(guard.on_denied(hook)),
            )
            .service(routes.wrap(outer));
    }
}

fn layered(setup: Setup) -> impl FnOnce(&mut ServiceConfig) {
    move |app| {
        let user = || GuardMiddleware::new(Guard::user());
        let admin = || GuardMiddleware::new(Guard::role("admin"));
        let anew = GuardMiddleware::new(Guard::user().read_anew());
        let office = || SessionMiddleware::new(setup.office.clone());
        app.app_data(Data::new(setup.outer.clone()))
            .service(at("/user").wrap(user()))
            .service(at("/otp").wrap(GuardMiddleware::new(Guard::factor(Factor::OTP))))
            .service(at("/lately").wrap(GuardMiddleware::new(Guard::fresh(FIVE_MINUTES))))
            .service(resource("/put").route(get().to(put)).wrap(admin()))
            .service(at("/hook").wrap(admin().on_denied(hook)))
            .service(at("/nested").wrap(admin()).wrap(user()))
            .service(at("/stale").wrap(user()).wrap(from_fn(end_elsewhere)))
            .service(at("/anew").wrap(anew).wrap(from_fn(end_elsewhere)))
            .service(at("/office").wrap(user()).wrap(office()))
            .service(at("/vault").wrap(office()).wrap(user()));
    }
}

fn extracting(app: &mut ServiceConfig) {
    app.app_data(Data::new(Accounts::default()))
        .route("/login/{who}", post().to(log_in))
        .route("/prove", post().to(prove))
        .route("/plain", get().to(async || "plain"))
        .route("/guarded", get().to(async |_: Guarded<Admin>| "in"))
        .route(
            "/id",
            get().to(async |RequireUser(id): RequireUser| id.to_string()),
        )
        .route("/me", get().to(me))
        .route("/unwired", get().to(async |_: CurrentUser<Unwired>| "in"));
}

fn at(path: &str) -> Resource {
    resource(path).route(get().to(inside))
}

async fn inside() -> &'static str {
    "in"
}

fn hook(denied: &Denied, request: &HttpRequest) -> HttpResponse {
    HttpResponse::ImATeapot().body(format!("{} at {}", denied.status(), request.path()))
}

async fn log_in(who: Path<String>, session: Session) -> HttpResponse {
    session.login_with(login_as(&who));
    HttpResponse::Ok().finish()
}

async fn prove(session: Session) -> Result<HttpResponse, Error> {
    session.prove(Factor::OTP)?;
    Ok(HttpResponse::Ok().finish())
}

async fn put(session: Session) -> Result<&'static str, Error> {
    session.insert("n", &1)?;
    Ok("in")
}

async fn me(user: CurrentUser<Accounts>, accounts: Data<Accounts>, again: CurrentUser<Accounts>) -> String {
    assert_eq!(*user, *again);
    format!("{}, {}", *user, accounts.asked())
}

async fn end_elsewhere<B: MessageBody>(
    keycard: Data<Keycard>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let cookies = request.headers().get_all(COOKIE);
    let cookies: Vec<Vec<u8>> = cookies.map(|cookie| cookie.as_bytes().to_vec()).collect();
    request.session().await?;
    guards::end_elsewhere(&keycard, &cookies).await;
    next.call(request).await
}
