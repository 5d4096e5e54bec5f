//! Playing a script: the servers, the browsers, and what they were answered.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests fail as tests do"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use keycard::{CsrfToken, Keycard, Transport};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::renewal::{GRACE, RENEWED_EVERY};
use super::{App, Ask, ID, Step, act, put};
use crate::browser::{Browser, Origin, Response, SendError, SendErrorKind, Server as _, Snapshot};
use crate::world::{Builder, Running, World, sid};

/// How long a Redis server that came back may stay unnoticed.
const FOUND_WITHIN: Duration = Duration::from_secs(20);

/// A row and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// The row.
    pub ask: Ask,
    /// The answer, or how far the request came.
    pub answer: Result<Response, SendErrorKind>,
}

impl Exchange {
    /// Whether the answer tells the client of its id where the request has not come by, with these transports.
    #[must_use]
    pub fn is_told_elsewhere(&self, transports: &[Transport]) -> bool {
        let is_by_cookie = self.ask.decided_by(transports) == Transport::Cookie;
        let elsewhere = if is_by_cookie { ID } else { "set-cookie" };
        let answer = self.answer.as_ref();
        answer.is_ok_and(|answer| answer.headers.contains_key(elsewhere))
    }
}

/// Both applications in one world, and the browsers that ask them.
#[derive(Debug)]
pub struct Stage {
    /// The world of both applications.
    pub world: World,
    login: Running,
    acting: Running,
    cast: BTreeMap<&'static str, Character>,
    held: BTreeMap<&'static str, (Ask, Sent)>,
}

type Sent = JoinHandle<Result<Response, SendError>>;

/// A browser, and the ids that it was given, by cookie or by header.
#[derive(Debug)]
struct Character {
    browser: Browser,
    given: Vec<String>,
    /// The last CSRF token.
    token: Option<String>,
}

impl Stage {
    /// Starts both applications as the world configures them, with ids that are renewed and travel so.
    pub async fn new(world: World, transports: &[Transport]) -> Self {
        let configured = |builder: Builder| renewing(builder).transports(transports.iter().copied());
        let login = world.app_with(&[1], configured).await;
        let acting = world.keycard_with(&[1], configured);
        Self::with(world, login, acting).await
    }

    /// Starts both applications, each with sessions of one's own making.
    pub async fn with(world: World, login: login_domain::App, acting: Keycard) -> Self {
        Self {
            login: world.server_with(world.adapter, login).await,
            acting: world.acting_server_with(world.adapter, acting).await,
            world,
            cast: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// Plays a script to its end.
    pub async fn play(&mut self, script: Vec<Step>) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        for step in script {
            exchanges.extend(self.step(step).await);
        }
        assert!(self.held.is_empty(), "a handler was held and not resumed");
        exchanges
    }

    async fn step(&mut self, step: Step) -> Option<Exchange> {
        match step {
            Step::Ask(ask) => {
                let sent = self.send(&ask);
                return Some(self.answered(ask, sent).await);
            }
            Step::Hold(gate, ask) => {
                let sent = self.send(&ask);
                self.world.gates.wait(gate).await;
                self.held.insert(gate, (ask, sent));
            }
            Step::Resume(gate) => {
                self.world.gates.arrive(&format!("{gate}, resumed"));
                let (ask, sent) = self.held.remove(gate).expect("a handler is held there");
                return Some(self.answered(ask, sent).await);
            }
            Step::Pass(span) => {
                self.world.clock.advance(span);
                for character in self.cast.values_mut() {
                    character.browser.advance(span);
                }
            }
            Step::Tamper(who, change) => {
                let handle = handle(self.given(who).last().expect("a session to tamper with"));
                self.world.tamper(&handle, change).await;
            }
            Step::Freeze => self.world.redis().freeze().unwrap(),
            Step::Kill => self.world.redis().kill().unwrap(),
            Step::Thaw => {
                self.world.redis().thaw().unwrap();
                self.redis_is_found().await;
            }
            Step::Restart => {
                self.world.redis().restart().unwrap();
                self.redis_is_found().await;
            }
        }
        None
    }

    fn send(&mut self, ask: &Ask) -> Sent {
        let world = &self.world;
        let character = self.cast.entry(ask.who).or_insert_with(|| Character {
            browser: world.browser(),
            given: Vec::new(),
            token: None,
        });
        let snapshot = character.browser.snapshot();
        let server = match ask.app {
            App::Login => self.login.origin(),
            App::Acting => self.acting.origin(),
        };
        let mut ask = ask.clone();
        for (_, value) in &mut ask.headers {
            *value = self.filled_in(value);
        }
        tokio::spawn(async move { deliver(&snapshot, &server, ask).await })
    }

    async fn answered(&mut self, ask: Ask, sent: Sent) -> Exchange {
        let answer = sent.await.expect("the browser does not panic");
        if let Ok(response) = &answer {
            let character = self.cast.get_mut(ask.who).expect("who has asked is there");
            let before = sid(&character.browser);
            character.browser.absorb(response);
            let by_cookie = sid(&character.browser).filter(|value| Some(value) != before.as_ref());
            let by_header = response.header(ID).filter(|id| !id.is_empty());
            let token = response.header(CsrfToken::HEADER).map(str::to_owned);
            character.token = token.or(character.token.take());
            character.given.extend(by_cookie.or(by_header.map(str::to_owned)));
        }
        Exchange {
            ask,
            answer: answer.map_err(|error| error.kind()),
        }
    }

    fn given(&self, who: &str) -> &[String] {
        self.cast.get(who).map_or(&[], |character| &character.given)
    }

    /// A header with the ids that its names in braces stand for.
    fn filled_in(&self, header: &[u8]) -> Vec<u8> {
        let mut filled = Vec::new();
        for part in header.split_inclusive(|byte| *byte == b'}') {
            let Some(at) = part.iter().position(|byte| *byte == b'{') else {
                filled.extend_from_slice(part);
                continue;
            };
            filled.extend_from_slice(&part[..at]);
            let name = std::str::from_utf8(&part[at + 1..part.len() - 1]).unwrap();
            filled.extend(self.value(name).bytes());
        }
        filled
    }

    fn value(&self, name: &str) -> String {
        let last = |who| self.given(who).last();
        let value = if let Some(who) = name.strip_suffix('!') {
            last(who).map(|value| with_another_signature(value))
        } else if let Some(who) = name.strip_suffix('~') {
            self.cast.get(who).and_then(|character| character.token.clone())
        } else if let Some((who, at)) = name.split_once('.') {
            self.given(who).get(at.parse::<usize>().unwrap()).cloned()
        } else {
            last(name).cloned()
        };
        value.unwrap_or_else(|| panic!("nobody was given {{{name}}}"))
    }

    /// Asks both applications for a session until each of them has its store again.
    async fn redis_is_found(&mut self) {
        let guest = r#"{"key":"n","value":1}"#;
        for ask in [
            put("guest", guest),
            act("guest", r#"{"do":"increment","key":"n","by":1}"#),
        ] {
            let found = timeout(FOUND_WITHIN, self.served(ask)).await;
            found.expect("Redis is found again");
        }
    }

    async fn served(&mut self, ask: Ask) {
        while self.send(&ask).await.unwrap().unwrap().status == 503 {}
    }
}

/// Renews ids as the script of renewals supposes.
pub fn renewing(builder: Builder) -> Builder {
    builder.renew_ids(RENEWED_EVERY, GRACE)
}

async fn deliver(snapshot: &Snapshot, server: &Origin, ask: Ask) -> Result<Response, SendError> {
    let method = Method::from_bytes(ask.method.as_bytes()).unwrap();
    let mut request = snapshot.request(method, server, &ask.target);
    for (name, value) in ask.headers {
        if name == "cookie" {
            request = request.without_cookies();
        }
        request = request.raw_header(name, value);
    }
    request.raw_body(ask.body).try_send().await
}

/// The public name of the session that an id opens.
fn handle(value: &str) -> String {
    let id = value.split('.').next().unwrap().get(1..).unwrap();
    let id = URL_SAFE_NO_PAD.decode(id).expect("an id is base64url");
    let key: [u8; 20] = id[..20].try_into().unwrap();
    keycard::StoreKey::from_bytes(key).to_string()
}

fn with_another_signature(value: &str) -> String {
    let (id, mac) = value.split_once('.').unwrap();
    let first = if mac.starts_with('A') { 'B' } else { 'A' };
    format!("{id}.{first}{}", &mac[1..])
}
