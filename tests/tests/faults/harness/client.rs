//! One client: a browser, what it does, and what it must be answered.

mod learn;
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use http::Method;
use keycard_tests::browser::{Browser, Response, Snapshot};
use keycard_tests::world::sid;
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::log::{Log, Lost};
use super::model::Model;
use super::shop::Shop;

/// How many of the last answers are told when one is wrong.
const TRACED: usize = 12;

/// A browser, and what it knows. It asks either application, by chance.
pub(super) struct Client {
    number: usize,
    user: String,
    shop: Arc<Shop>,
    log: Arc<Log>,
    chance: SmallRng,
    browser: Browser,
    pub(super) session: Option<Model>,
    /// Whether its session is being ended, or nobody knows whether it was.
    pub(super) is_doomed: bool,
    /// Whether its last request failed: it goes on with what it has, and ends nothing.
    pub(super) hesitates: bool,
    /// All of them, since one that ended before the fault may be back after it.
    ended: Vec<Ended>,
    written: usize,
    trace: VecDeque<String>,
}

/// A session that has ended: its cookies, what ended it, and when that was asked for.
struct Ended(Snapshot, Lost, Instant);

/// What became of a request.
pub(super) enum Answer {
    /// It was done as the client's own user, with these values.
    Mine(Vec<Value>),
    /// There is no session.
    Nobodys,
    /// It may have been done, or not.
    Failed,
}

impl Client {
    pub(super) fn new(number: usize, user: &str, shop: Arc<Shop>, log: Arc<Log>) -> Self {
        Self {
            number,
            user: user.to_owned(),
            shop,
            log,
            chance: SmallRng::seed_from_u64(number as u64),
            browser: Browser::new(),
            session: None,
            is_doomed: false,
            hesitates: false,
            ended: Vec::new(),
            written: 0,
            trace: VecDeque::new(),
        }
    }

    /// Does one thing of all that clients do.
    pub(super) async fn turn(&mut self) {
        match self.chance.random_range(0..20) {
            _ if self.session.is_none() => self.log_in().await,
            _ if self.hesitates => self.turn_within().await,
            0..7 => self.read(None).await,
            7..9 => self.greet().await,
            9..12 => self.write().await,
            12..15 => self.count().await,
            15..18 => self.write_and_count().await,
            18 => self.look_back().await,
            _ => self.log_out().await,
        }
    }

    /// Does one thing with the session that it has, if it has one.
    pub(super) async fn turn_within(&mut self) {
        match self.chance.random_range(0..3) {
            _ if self.session.is_none() => self.look_back().await,
            0 => self.read(None).await,
            1 => self.write().await,
            _ => self.count().await,
        }
    }

    async fn log_in(&mut self) {
        let asked = Instant::now();
        let steps = json!([{"do": "login", "user": self.user}, {"do": "user"}]);
        let (server, cookies) = (self.either(), self.browser.snapshot());
        let (answer, response) = self.act(server, &cookies, steps, 1).await;
        self.note("login", &answer);
        match answer {
            Answer::Mine(_) => {
                self.browser.absorb(&response);
                if sid(&self.browser).is_none() {
                    self.wrong("a login without a cookie");
                }
                self.session = Some(Model::begun(asked));
            }
            Answer::Nobodys => self.wrong("a login that logs nobody in"),
            Answer::Failed => {}
        }
    }

    /// Reads the session, from one of the applications or from either.
    pub(super) async fn read(&mut self, server: Option<usize>) {
        let steps = json!([{"do": "user"}, {"do": "get", "key": "text"}, {"do": "get", "key": "count"}]);
        let server = server.unwrap_or_else(|| self.either());
        let (answer, response) = self.act(server, &self.browser.snapshot(), steps, 0).await;
        self.note("read", &answer);
        if !response.set_cookies().is_empty() {
            self.wrong("a read that changes the cookie");
        }
        match answer {
            Answer::Mine(values) => {
                let count = values[2].as_u64().unwrap_or_default();
                self.judge(|model| model.read(values[1].as_str(), count));
            }
            Answer::Nobodys => self.gone(),
            Answer::Failed => {}
        }
    }

    /// Asks a route that is behind a guard.
    async fn greet(&mut self) {
        let server = self.either();
        let (server, cookies) = (self.shop.server(server), self.browser.snapshot());
        let request = cookies.request(Method::GET, &*server, "/greeting");
        let greeting = format!("Dr {0}, Dr {0}", self.user);
        let read = |response: &Response| match response.status.as_u16() {
            401 => Answer::Nobodys,
            _ if response.text() == greeting => Answer::Mine(Vec::new()),
            _ => self.wrong(&response.text()),
        };
        let (answer, _) = self.ask(request, read).await;
        self.note("greeting", &answer);
        if matches!(answer, Answer::Nobodys) {
            self.gone();
        }
    }

    async fn write(&mut self) {
        let text = self.new_text();
        let (asked, server, cookies) = (Instant::now(), self.either(), self.browser.snapshot());
        let (answer, _) = self.act(server, &cookies, insert(&text), 0).await;
        self.wrote(&text, asked, &answer);
    }

    async fn count(&mut self) {
        let (asked, server, cookies) = (Instant::now(), self.either(), self.browser.snapshot());
        let (answer, _) = self.act(server, &cookies, increment(), 0).await;
        self.counted(asked, &answer);
    }

    /// Asks both applications at once.
    async fn write_and_count(&mut self) {
        let text = self.new_text();
        let (asked, server, cookies) = (Instant::now(), self.either(), self.browser.snapshot());
        let ((writing, _), (counting, _)) = tokio::join!(
            self.act(server, &cookies, insert(&text), 0),
            self.act(1 - server, &cookies, increment(), 0)
        );
        // What was acknowledged first, for nothing tells which of them was first, and what is not known may still come.
        if matches!(counting, Answer::Failed) {
            self.wrote(&text, asked, &writing);
            self.counted(asked, &counting);
        } else {
            self.counted(asked, &counting);
            self.wrote(&text, asked, &writing);
        }
    }

    /// Logs out, and makes sure of an ending whose outcome is not known.
    pub(super) async fn log_out(&mut self) {
        let (asked, server, cookies) = (Instant::now(), self.either(), self.browser.snapshot());
        let steps = json!([{"do": "user"}, {"do": "logout"}]);
        let (answer, response) = self.act(server, &cookies, steps, 0).await;
        self.note("logout", &answer);
        match answer {
            Answer::Mine(_) => {
                self.browser.absorb(&response);
                if sid(&self.browser).is_none() {
                    self.over(cookies, Lost::Logout, asked);
                } else {
                    // Only who ends a session removes its cookie: there was none to be ended any more.
                    self.gone();
                }
            }
            Answer::Nobodys => self.gone(),
            Answer::Failed => self.is_doomed = true,
        }
    }

    /// Ends all sessions of the user.
    pub(super) async fn end_all(&mut self) -> Answer {
        let steps = json!([{"do": "user"}, {"do": "mine", "call": "end_all"}]);
        let (server, cookies) = (self.either(), self.browser.snapshot());
        let (answer, _) = self.act(server, &cookies, steps, 0).await;
        self.note("end all", &answer);
        answer
    }

    /// All sessions of the user were ended, its own among them.
    pub(super) fn was_ended(&mut self, asked: Instant) {
        if self.session.is_some() {
            self.over(self.browser.snapshot(), Lost::EndAll, asked);
        }
    }

    /// Tries the cookies of a session that has ended.
    async fn look_back(&mut self) {
        if !self.ended.is_empty() {
            let place = self.chance.random_range(0..self.ended.len());
            self.look_back_at(place).await;
        }
    }

    async fn look_back_at(&mut self, place: usize) {
        let (server, cookies) = (self.either(), self.ended[place].0.clone());
        let (answer, _) = self.act(server, &cookies, json!([{"do": "user"}]), 0).await;
        self.note("look back", &answer);
        if matches!(answer, Answer::Mine(_)) {
            let Ended(_, what, asked) = self.ended.swap_remove(place);
            self.log.lost(what, asked);
        }
    }

    /// When all is quiet: both applications know the session as it is, and none that has ended.
    pub(super) async fn conclude(&mut self) {
        for server in [0, 1] {
            if self.session.is_some() {
                self.read(Some(server)).await;
            }
        }
        for place in (0..self.ended.len()).rev() {
            self.look_back_at(place).await;
        }
    }

    /// The session is not there.
    pub(super) fn gone(&mut self) {
        let Some(model) = &self.session else { return };
        let cookies = self.browser.snapshot();
        if !self.is_doomed {
            self.log.lost(Lost::Session, model.acknowledged());
        }
        self.over(cookies, Lost::Session, Instant::now());
    }

    fn over(&mut self, cookies: Snapshot, how: Lost, asked: Instant) {
        self.ended.push(Ended(cookies, how, asked));
        self.session = None;
        self.is_doomed = false;
        self.browser.close_browser();
    }

    fn either(&mut self) -> usize {
        self.chance.random_range(0..2)
    }

    fn new_text(&mut self) -> String {
        self.written += 1;
        format!("{}/{}/{}", self.user, self.number, self.written)
    }
}

fn insert(text: &str) -> Value {
    json!([{"do": "user"}, {"do": "insert", "key": "text", "value": text}])
}

fn increment() -> Value {
    json!([{"do": "user"}, {"do": "increment", "key": "count", "by": 1}])
}
