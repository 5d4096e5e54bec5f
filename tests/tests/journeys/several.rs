//! Two sessions in one application: the shop's for everyone, the office's under `/office`, each with its own cookie.

use keycard::{CookieSpec, Keycard};
use keycard_tests::browser::Browser;
use tokio::net::TcpListener;

use crate::world::{Adapter, Running, World};

journeys! {
    each_layer_has_a_session_of_its_own
    a_layer_that_stands_twice_counts_once
}

const OFFICE: &str = "__Host-office";

struct Keycards {
    shop: Keycard,
    office: Keycard,
}

impl Keycards {
    fn of(world: &World) -> Self {
        let cookie = CookieSpec::builder(OFFICE).build().unwrap();
        Self {
            shop: world.keycard(),
            office: world.keycard_with(&[1], |builder| builder.cookie(cookie)),
        }
    }
}

async fn count(session: &keycard::Session) -> Result<String, keycard::Error> {
    Ok(session.increment("n", 1).await?.to_string())
}

mod on_axum {
    use super::{Keycards, OFFICE, count};
    use axum::Router;
    use axum::extract::Request;
    use axum::routing::get;
    use keycard_tower::{Error, Session, SessionExt as _, SessionLayer};

    async fn own(session: Session) -> Result<String, Error> {
        Ok(count(&session).await?)
    }

    async fn shop_s(request: Request) -> Result<String, Error> {
        Ok(count(&request.session_named("__Host-sid").await?).await?)
    }

    async fn both(request: Request) -> Result<String, Error> {
        let shop = count(&request.session_named("__Host-sid").await?).await?;
        let office = count(&request.session_named(OFFICE).await?).await?;
        Ok(format!("{shop} {office}"))
    }

    pub(super) fn app(Keycards { shop, office }: Keycards) -> Router {
        let inner = Router::new()
            .route("/own", get(own))
            .route("/shop", get(shop_s))
            .route("/both", get(both))
            .layer(SessionLayer::new(office));
        let twice = Router::new()
            .route("/", get(own))
            .layer(SessionLayer::new(shop.clone()));
        Router::new()
            .route("/", get(own))
            .nest("/office", inner)
            .nest("/twice", twice)
            .layer(SessionLayer::new(shop))
    }
}

mod on_actix {
    use super::{Keycards, OFFICE, count};
    use actix_web::HttpRequest;
    use actix_web::web::{ServiceConfig, get, scope};
    use keycard_actix::{Error, Session, SessionExt as _, SessionMiddleware};

    async fn own(session: Session) -> Result<String, Error> {
        Ok(count(&session).await?)
    }

    async fn shop_s(request: HttpRequest) -> Result<String, Error> {
        Ok(count(&request.session_named("__Host-sid").await?).await?)
    }

    async fn both(request: HttpRequest) -> Result<String, Error> {
        let shop = count(&request.session_named("__Host-sid").await?).await?;
        let office = count(&request.session_named(OFFICE).await?).await?;
        Ok(format!("{shop} {office}"))
    }

    pub(super) fn routes(app: &mut ServiceConfig, Keycards { shop, office }: &Keycards) {
        app.service(
            scope("/office")
                .wrap(SessionMiddleware::new(office.clone()))
                .route("/own", get().to(own))
                .route("/shop", get().to(shop_s))
                .route("/both", get().to(both)),
        )
        .service(
            scope("/twice")
                .wrap(SessionMiddleware::new(shop.clone()))
                .route("", get().to(own)),
        )
        .route("/", get().to(own));
    }
}

async fn serve(world: &World) -> Running {
    let (adapter, keycards) = (world.adapter, Keycards::of(world));
    Running::start(move |listener: TcpListener, stop| match adapter {
        Adapter::Axum => tokio::spawn(async move {
            axum::serve(listener, on_axum::app(keycards))
                .with_graceful_shutdown(stop)
                .await
        }),
        Adapter::Actix => {
            let keycards = std::sync::Arc::new(keycards);
            let app = move || {
                let keycards = std::sync::Arc::clone(&keycards);
                let layer = keycard_actix::SessionMiddleware::new(keycards.shop.clone());
                actix_web::App::new()
                    .configure(|app| on_actix::routes(app, &keycards))
                    .wrap(layer)
            };
            let server = actix_web::HttpServer::new(app).workers(1).shutdown_signal(stop);
            let server = server.listen(listener.into_std().unwrap()).unwrap().run();
            tokio::spawn(server)
        }
    })
    .await
}

async fn text(browser: &mut Browser, server: &Running, target: &str) -> String {
    browser.get(server, target).await.expect_status(200).text()
}

async fn each_layer_has_a_session_of_its_own(world: World) {
    let (server, mut browser) = (serve(&world).await, world.browser());
    assert_eq!(text(&mut browser, &server, "/").await, "1");
    assert_eq!(browser.jar().cookies().len(), 1);
    assert_eq!(text(&mut browser, &server, "/office/own").await, "1");
    assert_eq!(browser.jar().cookies().len(), 2);
    assert_eq!(text(&mut browser, &server, "/office/own").await, "2");
    assert_eq!(text(&mut browser, &server, "/office/shop").await, "2");
    assert_eq!(text(&mut browser, &server, "/office/both").await, "3 3");
    assert_eq!(text(&mut browser, &server, "/").await, "4");

    let first = world
        .browser()
        .get(&server, "/office/both")
        .await
        .expect_status(200);
    assert_eq!((first.text().as_str(), first.set_cookies().len()), ("1 1", 2));
}

async fn a_layer_that_stands_twice_counts_once(world: World) {
    let (server, mut browser) = (serve(&world).await, world.browser());
    let first = browser.get(&server, "/twice").await.expect_status(200);
    assert_eq!((first.text().as_str(), first.set_cookies().len()), ("1", 1));
    assert_eq!(text(&mut browser, &server, "/twice").await, "2");
    assert_eq!(text(&mut browser, &server, "/").await, "3");
}
