//! Finds secrets in bytes of any origin: any 16 characters of one in a row, in any encoding.

use std::collections::{BTreeSet, HashMap};

use crate::encodings::ENCODINGS;

/// How many characters of an encoded secret are one too many: as many as a record has bytes of a secret's digest.
const WINDOW: usize = 16;

type Window = [u8; WINDOW];

/// What must not be found anywhere.
#[derive(Default)]
pub(crate) struct Scanner {
    names: Vec<String>,
    /// Every window, with the place of the secret's name and the encoding's.
    windows: HashMap<Window, (usize, &'static str)>,
}

impl Scanner {
    /// One more secret, of at least 16 bytes.
    pub(crate) fn watch(&mut self, name: impl Into<String>, secret: &[u8]) {
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
    pub(crate) fn scan(&self, place: &str, text: &[u8]) -> Vec<String> {
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
