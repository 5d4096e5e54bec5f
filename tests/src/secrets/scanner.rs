//! Finds secrets in bytes of any origin: any 16 characters of one in a row, in any encoding.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use super::encodings::ENCODINGS;

/// How many characters of an encoded secret are one too many. Of raw bytes they are half a secret; of the widest encoding
/// they are three bytes, which chance could write only where random bytes are listed in that very encoding, and nothing
/// that is looked at does so.
const WINDOW: usize = 16;

type Window = [u8; WINDOW];

/// Windows of secrets are random already, so that a few of their bytes will do for a hash.
#[derive(Default)]
struct Randomness(u64);

impl Hasher for Randomness {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks_exact(8) {
            let number = chunk
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte));
            self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What must not be found anywhere.
#[derive(Debug, Default)]
pub struct Scanner {
    names: Vec<String>,
    /// Every window, with the place of the secret's name and the encoding's.
    windows: HashMap<Window, (usize, &'static str), BuildHasherDefault<Randomness>>,
}

impl Scanner {
    /// One more secret.
    ///
    /// # Panics
    ///
    /// If it has less than 16 bytes.
    pub fn watch(&mut self, name: impl Into<String>, secret: &[u8]) {
        assert!(secret.len() >= WINDOW, "too short to be told from chance");
        let at = self.names.len();
        self.names.push(name.into());
        for (encoding, texts) in ENCODINGS {
            for text in texts(secret) {
                let windows = text.array_windows().map(|window| (*window, (at, encoding)));
                self.windows.extend(windows);
            }
        }
    }

    /// Where secrets begin in a text: a line for each. Looked at twice, as it is and without whitespace, since lists may be
    /// written an item a line.
    #[must_use]
    pub fn scan(&self, place: &str, text: &[u8]) -> Vec<String> {
        let (mut found, mut findings) = (BTreeSet::new(), Vec::new());
        let dense = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
        let dense: Vec<u8> = dense.collect();
        let windows = [text, &dense]
            .into_iter()
            .flat_map(|text| text.array_windows().enumerate().map(move |found| (text, found)));
        for (text, (at, window)) in windows {
            let Some((secret, encoding)) = self.windows.get(window) else {
                continue;
            };
            if found.insert(secret) {
                let around = &text[at.saturating_sub(80)..text.len().min(at + 80)];
                let name = &self.names[*secret];
                findings.push(format!(
                    "{place}: {name} as {encoding}: …{}…",
                    around.escape_ascii()
                ));
            }
        }
        findings
    }
}
