//! What a run left behind, and the secrets that must not be in it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keycard::{CsrfToken, StoreKey};
use keycard_fixtures::RedisAddress;

use super::{Scanner, log, redis};
use crate::browser::Response;
use crate::world::World;

/// Where clients that keep no cookies are told their ids.
const TOLD: &str = "x-session-id";
/// Where routes tell the tokens that they give out.
const TOKEN: &str = CsrfToken::HEADER;

/// Texts by what they are from, and what is looked for in them.
#[derive(Debug, Default)]
pub struct Evidence {
    scanner: Scanner,
    /// The ids that were given out, as they were.
    ids: BTreeSet<String>,
    texts: BTreeMap<&'static str, Vec<Text>>,
}

/// A text, and where it is from exactly.
type Text = (String, Vec<u8>);

/// A source of texts, how many there are at least, and what is written in some of them. A run that has left less proves
/// nothing.
pub type Source = (&'static str, usize, &'static [&'static str]);

impl Evidence {
    /// One more secret that must be found nowhere.
    pub fn watch(&mut self, name: impl Into<String>, secret: &[u8]) {
        self.scanner.watch(name, secret);
    }

    /// More texts of a source.
    pub fn add(&mut self, source: &'static str, texts: impl IntoIterator<Item = Text>) {
        self.texts.entry(source).or_default().extend(texts);
    }

    /// An answer and the URL that it answers: the ids that it gives out are secret, all else of it is not.
    pub fn answer(&mut self, answer: &Response) {
        let mut text = format!("{}\n{}\n", answer.fetch.target(), answer.status).into_bytes();
        for (name, value) in &answer.headers {
            let (before, value, after) = match name.as_str() {
                "set-cookie" => self.set_cookie(value.as_bytes()),
                TOLD if self.given_out(value.as_bytes()) => Default::default(),
                TOKEN => {
                    self.scanner.watch("a CSRF token", value.as_bytes());
                    Default::default()
                }
                _ => (value.as_bytes(), b"".as_slice(), b"".as_slice()),
            };
            text.extend([name.as_str().as_bytes(), b": ", before, value, after, b"\n"].concat());
        }
        text.extend_from_slice(&answer.body);
        self.add("answers", [(answer.to_string(), text)]);
    }

    /// A `Set-Cookie` header in three parts, of which the second is the cookie's value unless that is an id.
    pub fn set_cookie<'h>(&mut self, header: &'h [u8]) -> (&'h [u8], &'h [u8], &'h [u8]) {
        let end = header
            .iter()
            .position(|byte| *byte == b';')
            .unwrap_or(header.len());
        let (pair, after) = header.split_at(end);
        let name = pair.iter().position(|byte| *byte == b'=').map_or(0, |at| at + 1);
        let (before, value) = pair.split_at(name);
        let is_id = self.given_out(value);
        (before, if is_id { b"" } else { value }, after)
    }

    /// Whether a value is an id, by its form. Both halves of it are secret then, its public name is not.
    fn given_out(&mut self, value: &[u8]) -> bool {
        if let Some((visitor, mac)) = parts(value).filter(|(visitor, _)| visitor.len() == 16) {
            self.scanner.watch("the name of a visitor", &visitor);
            self.scanner.watch("the signature of a visitor's name", &mac);
            return true;
        }
        let Some((id, mac)) = decoded(value) else {
            return false;
        };
        if self.ids.insert(String::from_utf8_lossy(value).into_owned()) {
            let number = self.ids.len();
            self.scanner
                .watch(format!("the secret half of id {number}"), &id[20..]);
            self.scanner.watch(format!("the signature of id {number}"), &mac);
        }
        true
    }

    /// Every command that Redis was sent.
    pub fn commands(&mut self, lines: Vec<String>) {
        let text = |line: String| (line.clone(), redis::unescaped(&line));
        self.add("commands", lines.into_iter().map(text));
    }

    /// What a Redis server keeps under keys that match, `*` for all, and what its process has logged.
    pub fn redis(&mut self, server: &RedisAddress, keys: &str) {
        self.add("redis", redis::contents(server, keys));
        self.add("redis-server's log", [(String::new(), redis::log(server))]);
    }

    /// The records of all sessions that still have one, as the store hands them out.
    pub async fn records(&mut self, world: &World) {
        for value in self.ids.clone() {
            let (id, _) = decoded(value.as_bytes()).expect("it is one");
            let session = StoreKey::from_bytes(*id.first_chunk().unwrap()).to_string();
            let record = world.stored(&session).await;
            self.add("records", record.map(|record| (session, record.to_vec())));
        }
    }

    /// What was logged.
    pub fn log(&mut self, log: &[u8]) {
        let entries = log::entries(log);
        self.add("the log", entries.into_iter().map(|entry| (String::new(), entry)));
    }

    /// Asserts that there were so many ids to look for, and enough to look through.
    pub fn assert_enough(&self, ids: usize, sources: &[Source]) {
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
    #[must_use]
    pub fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (source, texts) in &self.texts {
            for (place, text) in texts {
                leaks.extend(self.scanner.scan(&format!("{source}, {place}"), text));
            }
        }
        leaks
    }
}

/// The bytes of the id and of the signature, if a value is an id.
fn decoded(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    parts(value).filter(|(id, _)| id.len() == 52)
}

/// The bytes of what is signed, and of the signature.
fn parts(value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (id, mac) = std::str::from_utf8(value)
        .ok()?
        .strip_prefix('1')?
        .split_once('.')?;
    let (id, mac) = (
        URL_SAFE_NO_PAD.decode(id).ok()?,
        URL_SAFE_NO_PAD.decode(mac).ok()?,
    );
    (mac.len() == 32).then_some((id, mac))
}
