//! Rules about words: what may be said where, and what nowhere.

use super::Violation;
use super::source::{Source, Word, words};

const CORE: &str = "crates/keycard/src/";
const CLOCKS: &[&str] = &["clock.rs"];
const RANDOMNESS: &[&str] = &["id.rs", "seal/"];
const STORE_CALLERS: &[&str] = &[
    "engine/",
    "users/",
    "statistics.rs",
    "auth/throttle.rs",
    "auth/throttle/attempt.rs",
    "store/",
];
/// What a store is called where it is asked.
const STORES: [&str; 3] = ["store", "index", "history"];
const STORE_VERBS: [&str; 22] = [
    "load",
    "load_many",
    "load_anew",
    "load_many_anew",
    "create",
    "update",
    "replace",
    "touch",
    "end",
    "sessions_of",
    "end_all",
    "end_others",
    "end_one",
    "end_device",
    "end_some",
    "end_noting",
    "history",
    "forget_history",
    "statistics",
    "count",
    "reserve",
    "refund",
];
const MARKERS: [&str; 3] = ["TODO", "FIXME", "XXX"];

/// Why a word must not stand where it stands, if it must not.
type Rule = fn(&Source, &Word<'_>) -> Option<&'static str>;

const RULES: [Rule; 6] = [clocks, randomness, store_calls, panics, sleeps, allowances];

/// The rules that look at the words of one file.
pub(super) fn judge(source: &Source) -> Vec<Violation> {
    let mut violations = markers(&source.path, &source.prose);
    for word in source.words() {
        let broken = RULES.iter().filter_map(|rule| rule(source, &word));
        violations.extend(broken.map(|rule| source.violation(word.offset, rule)));
    }
    violations
}

/// The rule for files that are not Rust, in which everything is prose.
pub(super) fn markers_in_prose(path: &str, text: &str) -> Vec<Violation> {
    markers(path, text)
}

fn markers(path: &str, text: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for marker in words(line).filter(|word| MARKERS.contains(&word.text)) {
            let rule = format!("`{}`: do it, or write an issue", marker.text);
            violations.push(Violation {
                path: path.into(),
                line: number + 1,
                rule,
            });
        }
    }
    violations
}

fn clocks(source: &Source, word: &Word<'_>) -> Option<&'static str> {
    let reads = matches!(word.text, "SystemTime" | "Instant") && word.after.starts_with("::now");
    (reads && core_forbids(source, CLOCKS))
        .then_some("only clock.rs reads a clock: take `now` as an argument")
}

fn randomness(source: &Source, word: &Word<'_>) -> Option<&'static str> {
    let random = word.text == "rand" && word.after.starts_with("::");
    (random && core_forbids(source, RANDOMNESS)).then_some("only id.rs and seal/ touch randomness")
}

/// A call is taken for the await: a store's future is good for nothing else.
fn store_calls(source: &Source, word: &Word<'_>) -> Option<&'static str> {
    let verb = word.after.trim_start().strip_prefix('.').map(str::trim_start);
    let called = STORES.contains(&word.text)
        && verb.is_some_and(|verb| {
            let mut parts = words(verb);
            parts.next().is_some_and(|verb| {
                verb.offset == 0 && STORE_VERBS.contains(&verb.text) && verb.after.starts_with('(')
            })
        });
    (called && !source.is_test(word.offset) && core_forbids(source, STORE_CALLERS))
        .then_some("only engine/, users/, statistics.rs and auth/throttle await a store")
}

fn panics(source: &Source, word: &Word<'_>) -> Option<&'static str> {
    let method = word.before.ends_with('.');
    let panics = word.text == "unwrap" && word.after.starts_with("()")
        || word.text == "expect" && word.after.starts_with('(');
    (method && panics && !source.is_test(word.offset)).then_some("no `unwrap` and no `expect` outside tests")
}

fn sleeps(source: &Source, word: &Word<'_>) -> Option<&'static str> {
    let sleeps = word.text == "sleep" && word.after.starts_with('(') && !word.before.ends_with("fn ");
    (sleeps && !says_why_it_sleeps(source, word.offset))
        .then_some("a `sleep` wins no race: wait for the event, or say why on the line: `// sleep: <reason>`")
}

/// On the line of the call, or on the line above it where the formatter may have put it.
fn says_why_it_sleeps(source: &Source, offset: usize) -> bool {
    let line_start = source.text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let above = source.text[..line_start]
        .trim_end_matches('\n')
        .rsplit('\n')
        .next()
        .unwrap_or_default();
    let line = source.text[line_start..].lines().next().unwrap_or_default();
    [above, line].iter().any(|line| {
        line.split_once("// sleep:")
            .is_some_and(|(_, reason)| !reason.trim().is_empty())
    })
}

fn allowances(_: &Source, word: &Word<'_>) -> Option<&'static str> {
    let attribute = word.before.ends_with("#[") || word.before.ends_with("#![");
    (attribute && word.text == "allow" && word.after.starts_with('('))
        .then_some("`allow` outlives its cause: write `#[expect(lint, reason = \"...\")]`")
}

/// Whether the file is one of the core, and none of those that may.
fn core_forbids(source: &Source, allowed: &[&str]) -> bool {
    source.path.strip_prefix(CORE).is_some_and(|path| {
        !allowed.iter().any(|place| {
            if place.ends_with('/') {
                path.starts_with(place)
            } else {
                path == *place
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines at which the rules are broken.
    fn lines(path: &str, text: &str) -> Vec<usize> {
        judge(&Source::new(path, text))
            .into_iter()
            .map(|violation| violation.line)
            .collect()
    }

    #[test]
    fn only_the_clock_reads_a_clock() {
        let text = "let a = Instant::now();\nlet b = std::time::SystemTime::now();\n// Instant::now()";
        assert_eq!(lines("crates/keycard/src/clock.rs", text), []);
        assert_eq!(lines("crates/keycard-redis/src/link.rs", text), []);
        assert_eq!(lines("crates/keycard/src/engine.rs", text), [1, 2]);
    }

    #[test]
    fn only_ids_and_seals_touch_randomness() {
        let text = "use rand::Rng;\nlet x = operand::new();\n";
        assert_eq!(lines("crates/keycard/src/id.rs", text), []);
        assert_eq!(lines("crates/keycard/src/seal/keyring.rs", text), []);
        assert_eq!(lines("crates/keycard/src/policy.rs", text), [1]);
        assert_eq!(lines("crates/keycard/src/store/id.rs", text), [1]);
    }

    #[test]
    fn only_some_rooms_await_a_store() {
        let text = "self\n.store\n.load(key)\n.await?;\nstore.end(key).await;\nkeystore.load(key);\nstore.loader(key)";
        assert_eq!(lines("crates/keycard/src/engine/mod.rs", text), []);
        assert_eq!(lines("crates/keycard/src/store/memory.rs", text), []);
        assert_eq!(lines("crates/keycard-conformance/src/lib.rs", text), []);
        assert_eq!(lines("crates/keycard/src/session.rs", text), [2, 5]);
        let index =
            "index.end_all(user, now);\nindex.count(user, now);\nindex.counter();\nhistory.history(user);";
        assert_eq!(lines("crates/keycard/src/session.rs", index), [1, 2, 4]);
        assert_eq!(lines("crates/keycard/src/users/sessions.rs", index), []);
        let attempts = "store.reserve(&windows, now);\nstore.refund(&refund)";
        assert_eq!(lines("crates/keycard/src/auth/throttle.rs", attempts), []);
        assert_eq!(
            lines("crates/keycard/src/auth/throttle/limits.rs", attempts),
            [1, 2]
        );
        let inside = "#[cfg(test)]\nmod tests { fn f() { store.load(key).await; } }";
        assert_eq!(lines("crates/keycard/src/session.rs", inside), []);
    }

    #[test]
    fn panics_are_for_tests() {
        let text = "a.unwrap();\nb.expect(\"c\");\nd.unwrap_or(e);\n#[expect(f)]\n// g.unwrap()\n";
        assert_eq!(lines("crates/x/src/lib.rs", text), [1, 2]);
        assert_eq!(lines("crates/x/tests/laws.rs", text), []);
        assert_eq!(lines("tests/src/lib.rs", text), []);
        assert_eq!(
            lines(
                "crates/x/src/lib.rs",
                &format!("#[cfg(test)]\nmod tests {{\n{text}}}\n")
            ),
            []
        );
    }

    #[test]
    fn a_sleep_has_a_reason() {
        let text =
            "sleep(a).await; // sleep: the server's own pause\n// sleep: as above\nthread::sleep(b);\n";
        assert_eq!(lines("tests/tests/journeys.rs", text), []);
        let text = "tokio::time::sleep(a).await;\nsleep(b); // sleep:\n\nsleep_until(c);\nfn sleep() {}\n";
        assert_eq!(lines("tests/tests/journeys.rs", text), [1, 2]);
        assert_eq!(lines("crates/x/src/lib.rs", text), [1, 2]);
    }

    #[test]
    fn lints_are_expected_and_not_allowed() {
        assert_eq!(
            lines(
                "crates/x/src/lib.rs",
                "#[expect(dead_code, reason = \"b\")]\nallow(c);\n"
            ),
            []
        );
        assert_eq!(
            lines("crates/x/src/lib.rs", "#![allow(dead_code)]\n#[allow(c)]\n"),
            [1, 2]
        );
    }

    #[test]
    fn nothing_is_left_to_be_done() {
        assert_eq!(
            lines("crates/x/src/lib.rs", "// todo: XXXL\nlet a = \"TODO\";\n"),
            []
        );
        assert_eq!(
            lines("crates/x/src/lib.rs", "// TODO: b\n/// FIXME\nlet XXX = c;\n"),
            [1, 2, 3]
        );
        assert_eq!(markers_in_prose("README.md", "# A\n\nNothing, methodos.\n"), []);
        assert_eq!(markers_in_prose("README.md", "# A\n\n\"TODO\"\n")[0].line, 3);
    }
}
