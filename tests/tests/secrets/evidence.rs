//! What a run left behind, and the secrets that must not be in it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header;
use keycard::StoreKey;
use keycard_fixtures::RedisServer;
use keycard_tests::browser::Response;
use keycard_tests::script::Exchange;
use keycard_tests::world::World;

use crate::scanner::Scanner;
use crate::{INDEX_KEY, SIGNING_KEY, log, redis};

const COOKIE: &[u8] = b"__Host-sid=";

/// Texts by what they are from, and what is looked for in them.
#[derive(Default)]
pub(crate) struct Evidence {
    scanner: Scanner,
    /// The values that the cookie was set to.
    ids: BTreeSet<String>,
    texts: BTreeMap<&'static str, Vec<Text>>,
}

/// A text, and where it is from exactly.
type Text = (String, Vec<u8>);

/// A source of texts, how many there are at least, and what is written in some of them. A run that has left less proves
/// nothing.
pub(crate) type Source = (&'static str, usize, &'static [&'static str]);

impl Evidence {
    /// Nothing yet but the keys, which must be found nowhere.
    pub(crate) fn of_keys() -> Self {
        let mut evidence = Self::default();
        evidence.scanner.watch("the signing key", &[SIGNING_KEY; 32]);
        evidence.scanner.watch("the index key", INDEX_KEY);
        evidence
    }

    /// More texts of a source.
    pub(crate) fn add(&mut self, source: &'static str, texts: impl IntoIterator<Item = Text>) {
        self.texts.entry(source).or_default().extend(texts);
    }

    /// Answers: the cookies that they set are secret, all else of them is not.
    pub(crate) fn answers(&mut self, exchanges: &[Exchange]) {
        for exchange in exchanges {
            if let Ok(answer) = &exchange.answer {
                let text = (exchange.ask.to_string(), self.less_cookies(answer));
                self.add("answers", [text]);
            }
        }
    }

    /// An answer and the URL that it answers, without the session's cookie.
    fn less_cookies(&mut self, answer: &Response) -> Vec<u8> {
        let mut text = format!("{}\n{}\n", answer.fetch.target(), answer.status).into_bytes();
        for (name, value) in &answer.headers {
            if name == header::SET_COOKIE && value.as_bytes().starts_with(COOKIE) {
                self.set_cookie(value.as_bytes());
            } else {
                text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat());
            }
        }
        [&text, &answer.body[..]].concat()
    }

    /// A `Set-Cookie` header of the session: both halves of what it sets are secret.
    pub(crate) fn set_cookie(&mut self, header: &[u8]) {
        let value = header[COOKIE.len()..].split(|byte| *byte == b';').next().unwrap();
        let value = std::str::from_utf8(value).unwrap();
        if value.is_empty() || !self.ids.insert(value.to_owned()) {
            return;
        }
        let number = self.ids.len();
        let (id, mac) = decoded(value);
        self.scanner
            .watch(format!("the secret half of id {number}"), &id[20..]);
        self.scanner.watch(format!("the signature of id {number}"), &mac);
    }

    /// Every command that Redis was sent.
    pub(crate) fn commands(&mut self, lines: Vec<String>) {
        let text = |line: String| (line.clone(), redis::unescaped(&line));
        self.add("commands", lines.into_iter().map(text));
    }

    /// What a Redis server keeps, and what its process has logged.
    pub(crate) fn redis(&mut self, server: &RedisServer) {
        self.add("redis", redis::contents(server));
        self.add("redis-server's log", [(String::new(), redis::log(server))]);
    }

    /// The records of all sessions that still have one, as the store hands them out.
    pub(crate) async fn records(&mut self, world: &World) {
        for value in self.ids.clone() {
            let (id, _) = decoded(&value);
            let session = StoreKey::from_bytes(*id.first_chunk().unwrap()).to_string();
            let record = world.stored(&session).await;
            self.add("records", record.map(|record| (session, record.to_vec())));
        }
    }

    /// What was logged.
    pub(crate) fn log(&mut self, log: &[u8]) {
        let entries = log::entries(log);
        self.add("the log", entries.into_iter().map(|entry| (String::new(), entry)));
    }

    /// Asserts that there were so many ids to look for, and enough to look through.
    pub(crate) fn assert_enough(&self, ids: usize, sources: &[Source]) {
        assert!(self.ids.len() >= ids, "{} ids were given out", self.ids.len());
        for (source, least, words) in sources {
            let texts = self.texts.get(source).map_or(&[][..], Vec::as_slice);
            assert!(texts.len() >= *least, "{source}: {} texts", texts.len());
            for word in *words {
                let is_there = |(_, text): &Text| String::from_utf8_lossy(text).contains(word);
                assert!(texts.iter().any(is_there), "{source}: nothing says {word:?}");
            }
        }
    }

    /// Where secrets are that must not be there.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (source, texts) in &self.texts {
            for (place, text) in texts {
                leaks.extend(self.scanner.scan(&format!("{source}, {place}"), text));
            }
        }
        leaks
    }
}

/// The bytes of the id and of the signature in a cookie's value.
fn decoded(value: &str) -> (Vec<u8>, Vec<u8>) {
    let (id, mac) = value.split_at(1).1.split_once('.').unwrap();
    (
        URL_SAFE_NO_PAD.decode(id).unwrap(),
        URL_SAFE_NO_PAD.decode(mac).unwrap(),
    )
}
