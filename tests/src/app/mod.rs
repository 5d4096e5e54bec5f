//! The acting application: its one route does to the request's session what the request's body says, so that a test of
//! whatever a session can do needs no route of its own.
//!
//! `POST /act` (and `POST /app/act`, for cookies with a path) takes a JSON list of [`Step`]s and answers the list of what
//! each of them gave: a value, `null`, or `{"error": kind, "message": text}`. `POST /stream` takes and answers the same, but
//! does the steps while the body is sent, when the response has begun. Beside it are routes behind [guards] and
//! behind the [check](csrf) against forged requests, `GET /greeting`, which greets the [`Accounts`]' user twice, and
//! `GET /flashes`, which shows the messages that wait.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() {
//! use keycard::store::memory::MemoryStore;
//! use keycard::{KeyRing, Keycard};
//! use keycard_tests::app::{self, Gates};
//! use keycard_tests::browser::{Browser, Origin};
//! use serde_json::json;
//!
//! let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random()).build().unwrap();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
//! let shop = Origin::at(listener.local_addr().unwrap()).named("shop.example").https();
//! let gates = Gates::default();
//! tokio::spawn(app::on_axum::serve(listener, app::Backend::new(keycard, gates.clone()), std::future::pending()));
//!
//! let mut browser = Browser::new();
//! let steps = json!([{"do": "login", "user": "alice"}, {"do": "increment", "key": "n", "by": 2}, {"do": "user"}]);
//! assert_eq!(browser.act(&shop, steps).await.json(), json!([null, 2, "alice"]));
//!
//! // A handler that has read the session, and goes on when another request is done.
//! let held = browser.snapshot();
//! let slow = json!([
//!     {"do": "arrive", "gate": "read"},
//!     {"do": "wait", "gate": "done"},
//!     {"do": "increment", "key": "n", "by": 1},
//! ]);
//! let logout = async {
//!     gates.wait("read").await;
//!     browser.act(&shop, json!([{"do": "logout"}])).await;
//!     gates.arrive("done");
//! };
//! let (slow, ()) = tokio::join!(held.act(&shop, slow), logout);
//! assert_eq!(slow.json()[2]["error"], "Ended");
//! # }
//! ```

mod accounts;
mod act;
mod backend;
pub mod csrf;
mod gates;
pub mod guards;
pub mod on_actix;
pub mod on_axum;
mod step;

use serde_json::Value;

pub use accounts::Accounts;
pub use backend::Backend;
pub use gates::Gates;
pub use step::{Call, Change, Login, Step};

use crate::browser::{Browser, Response, Server, Snapshot};

/// Where both mounts have the route.
const PATHS: [&str; 2] = ["/act", "/app/act"];
/// Where both mounts have the route whose body acts.
const STREAM: &str = "/stream";
/// Where both mounts have the route that extracts the application's user.
const GREETING: &str = "/greeting";
/// Where both mounts have the route that extracts the messages that wait.
const FLASHES: &str = "/flashes";

impl Browser {
    /// `POST /act` of these steps.
    pub async fn act(&mut self, server: &impl Server, steps: Value) -> Response {
        self.post_json(server, PATHS[0], steps).await
    }
}

impl Snapshot {
    /// `POST /act` of these steps.
    pub async fn act(&self, server: &impl Server, steps: Value) -> Response {
        self.post_json(server, PATHS[0], steps).await
    }
}
