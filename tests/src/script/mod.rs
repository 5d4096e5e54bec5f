//! Scripts: what several browsers ask of the applications, a row a request, so that other servers can be asked the same.
//!
//! A row names its browser; a new name is a browser without cookies. In the headers of a row, `{ann}` stands for the last
//! id that Ann was given, by cookie or by header, `{ann.0}` for the first, and `{ann!}` for the last with another signature;
//! `{ann~}` for the last CSRF token that she was told.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() {
//! use keycard::Transport;
//! use keycard_tests::script::{self, Stage};
//! use keycard_tests::world::{Adapter, Kind, World};
//!
//! let mut stage = Stage::new(World::new(Adapter::Axum, Kind::Memory).await, &[Transport::Cookie]).await;
//! let exchanges = stage.play(script::hostile()).await;
//! assert!(exchanges.iter().all(|exchange| exchange.answer.as_ref().unwrap().status != 500));
//! # }
//! ```

mod account;
mod acting;
mod csrf;
mod hostile;
mod login;
mod outage;
mod play;
mod renewal;
mod transports;

use std::fmt;
use std::time::Duration;

use keycard::Transport;

pub use self::account::account;
pub use self::acting::acting;
pub use self::csrf::csrf;
pub use self::hostile::hostile;
pub use self::login::login;
pub use self::outage::outage;
pub use self::play::{Exchange, Stage, renewing};
pub use self::renewal::renewal;
pub use self::transports::transports;

/// The header of ids of one's own, by which bearers are told theirs, too.
const ID: &str = "x-session-id";
const BEARER: &str = "authorization";

const ALICE: &str = r#"{"email":"alice@example.com","password":"password123"}"#;
const CAROL: &str = r#"{"email":"carol@example.com","password":"letmein789"}"#;
const BOB: &str = r#"{"email":"bob@example.com","password":"secret456"}"#;

/// A line of a script.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Step {
    /// A request, and its answer is waited for.
    Ask(Ask),
    /// A request whose handler stops at this gate.
    Hold(&'static str, Ask),
    /// Lets the handler at this gate go on, and waits for its answer.
    Resume(&'static str),
    /// Lets time pass.
    Pass(Duration),
    /// Changes the stored bytes of a browser's session.
    Tamper(&'static str, fn(&mut Vec<u8>)),
    /// The Redis server stops where it stands.
    Freeze,
    /// The Redis server ends.
    Kill,
    /// The Redis server goes on, and is found again.
    Thaw,
    /// The Redis server begins anew, and is found again.
    Restart,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    who: &'static str,
    app: App,
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum App {
    Login,
    Acting,
}

/// A request to the login application.
fn ask(who: &'static str, method: &'static str, target: &str) -> Ask {
    Ask {
        who,
        app: App::Login,
        method,
        target: target.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn get(who: &'static str, target: &str) -> Ask {
    ask(who, "GET", target)
}

fn post(who: &'static str, target: &str, json: &str) -> Ask {
    ask(who, "POST", target).json(json)
}

fn put(who: &'static str, entry: &str) -> Ask {
    ask(who, "PUT", "/session/data").json(entry)
}

/// A request to the acting application: its steps, without the brackets around them.
fn act(who: &'static str, steps: &str) -> Ask {
    let ask = ask(who, "POST", "/act").json(&format!("[{steps}]"));
    Ask {
        app: App::Acting,
        ..ask
    }
}

/// A request to the acting application that stops between its first steps and the others.
fn hold(who: &'static str, gate: &'static str, first: &str, then: &str) -> Step {
    let stop = format!(r#"{{"do":"arrive","gate":"{gate}"}},{{"do":"wait","gate":"{gate}, resumed"}}"#);
    Step::Hold(gate, act(who, &format!("{first},{stop},{then}")))
}

fn pass(seconds: u64) -> Step {
    Step::Pass(Duration::from_secs(seconds))
}

impl Ask {
    fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    fn body(self, body: &str) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    /// One more `Cookie` header; the row's own are sent in place of the jar's.
    fn cookie(self, value: impl AsRef<[u8]>) -> Self {
        self.header("cookie", value)
    }

    /// By which of these transports the session is chosen, and a new id told: the first that is present. Ids stand in
    /// braces.
    fn decided_by(&self, transports: &[Transport]) -> Transport {
        let is_present = |transport: &&Transport| {
            self.headers.iter().any(|(name, value)| match (transport, *name) {
                (Transport::Cookie, "cookie") => value.contains(&b'{'),
                (Transport::Bearer, BEARER) => value == b"Bearer" || value.contains(&b'{'),
                (Transport::Header(own), name) => *own == name,
                _ => false,
            })
        };
        *transports.iter().find(is_present).unwrap_or(&transports[0])
    }
}

impl From<Ask> for Step {
    fn from(ask: Ask) -> Self {
        Self::Ask(ask)
    }
}

/// The row, each part of it as far as it fits a line.
impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |bytes: &[u8]| bytes[..bytes.len().min(160)].escape_ascii().to_string();
        write!(
            f,
            "{}: {} {} ({:?})",
            self.who, self.method, self.target, self.app
        )?;
        for (name, value) in &self.headers {
            write!(f, "\n    {name}: {}", short(value))?;
        }
        if !self.body.is_empty() {
            write!(f, "\n    {}", short(&self.body))?;
        }
        Ok(())
    }
}

/// Rows and steps as one script. In braces, so that a row stays a line, however long it is.
macro_rules! script {
    ($($step:expr),* $(,)?) => { vec![$($crate::script::Step::from($step)),*] };
}
use script;
