//! Rules about the shape of files: a first line that says what the room is for, and no room too long.

use super::Violation;
use super::source::{Source, words};

const MAX_LINES: usize = 300;
const MAX_TEST_LINES: usize = 500;

/// What knows nothing of what sessions are about.
const ADAPTERS: [&str; 2] = ["crates/keycard-tower/src/", "crates/keycard-actix/src/"];
/// Layer, service and extractors of an adapter: what must stay thin.
const THIN_FILES: [&str; 5] = [
    "layer.rs",
    "service.rs",
    "extract.rs",
    "middleware.rs",
    "closed.rs",
];
const POLICY_WORDS: [&str; 9] = [
    "expir",
    "idle",
    "absolute",
    "touch",
    "rotat",
    "seal",
    "hmac",
    "digest",
    "tombstone",
];

/// The rules that look at one file.
pub(super) fn judge(source: &Source) -> Vec<Violation> {
    if !["crates/", "examples/", "tests/", "xtask/"]
        .iter()
        .any(|folder| source.path.starts_with(folder))
    {
        return Vec::new();
    }
    let mut violations = Vec::new();
    violations.extend(head_says_the_purpose(source));
    violations.extend(length_is_bounded(source));
    violations.extend(adapters_know_no_policy(source));
    violations
}

/// The rule that looks at an adapter as a whole.
pub(super) fn adapters_are_thin(sources: &[Source]) -> Vec<Violation> {
    let judged = ADAPTERS.iter().filter_map(|adapter| {
        let mut files = sources.iter().filter(|source| is_thin_file(source, adapter));
        let lines: usize = files.clone().map(lines_of_code).sum();
        let rule = format!(
            "{lines} lines in {} together, at most {MAX_LINES}: what both adapters need belongs in the core",
            THIN_FILES.join(", ")
        );
        files
            .next()
            .filter(|_| lines > MAX_LINES)
            .map(|source| source.violation(0, rule))
    });
    judged.collect()
}

fn head_says_the_purpose(source: &Source) -> Option<Violation> {
    let missing = !source.text.starts_with("//!");
    missing.then(|| source.violation(0, "the first line is not a `//!` line that says the purpose"))
}

fn length_is_bounded(source: &Source) -> Option<Violation> {
    let (lines, most) = if source.is_test_file() {
        (source.text.lines().count(), MAX_TEST_LINES)
    } else {
        (source.lines_without_tests().count(), MAX_LINES)
    };
    let rule = format!("{lines} lines (tests aside), at most {most}, unless the head says `long because`");
    (lines > most && !head(source).contains("long because")).then(|| source.violation(0, rule))
}

/// The `//!` lines at the top, as one line.
fn head(source: &Source) -> String {
    let lines = source.text.lines().map_while(|line| line.strip_prefix("//!"));
    lines
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ")
}

fn adapters_know_no_policy(source: &Source) -> Vec<Violation> {
    if !ADAPTERS.iter().any(|adapter| source.path.starts_with(adapter)) {
        return Vec::new();
    }
    let known = words(&source.code).filter(|word| {
        let lower = word.text.to_lowercase();
        !source.is_test(word.offset) && POLICY_WORDS.iter().any(|policy| lower.contains(policy))
    });
    known
        .map(|word| {
            source.violation(
                word.offset,
                format!("an adapter translates, it knows no `{}`", word.text),
            )
        })
        .collect()
}

fn is_thin_file(source: &Source, adapter: &str) -> bool {
    source
        .path
        .strip_prefix(adapter)
        .is_some_and(|name| THIN_FILES.contains(&name))
}

/// Lines that are neither blank nor documentation nor tests.
fn lines_of_code(source: &Source) -> usize {
    source
        .lines_without_tests()
        .filter(|line| !line.is_empty() && !line.starts_with("///") && !line.starts_with("//!"))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<String> {
        judge(&Source::new(path, text))
            .into_iter()
            .map(|violation| violation.rule)
            .collect()
    }

    fn one(path: &str, text: &str, expected: &str) {
        let rules = rules(path, text);
        assert!(rules.len() == 1 && rules[0].contains(expected), "{rules:?}");
    }

    #[test]
    fn a_file_begins_with_its_purpose() {
        assert!(rules("crates/x/src/a.rs", "//! A.\n").is_empty());
        assert!(rules("bench/src/main.rs", "fn main() {}\n").is_empty());
        one("crates/x/src/a.rs", "// A.\n", "first line");
    }

    #[test]
    fn a_file_has_at_most_300_lines_without_its_tests() {
        let body = |lines: usize| format!("//! A.\n{}", "f();\n".repeat(lines - 1));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "f();\n".repeat(400));
        assert!(rules("crates/x/src/a.rs", &(body(300) + &tests)).is_empty());
        one("crates/x/src/a.rs", &(body(301) + &tests), "301 lines");
        assert!(rules("crates/x/tests/a.rs", &body(500)).is_empty());
        one("tests/src/a.rs", &body(501), "501 lines");
    }

    #[test]
    fn a_long_file_may_say_why() {
        let body = "f();\n".repeat(400);
        assert!(
            rules(
                "crates/x/src/a.rs",
                &format!("//! A, long\n//! because it is a table.\n{body}")
            )
            .is_empty()
        );
        one(
            "crates/x/src/a.rs",
            &format!("//! A.\nfn long() {{}} // long because\n{body}"),
            "402 lines",
        );
    }

    #[test]
    fn an_adapter_has_at_most_300_lines_of_code() {
        let file = |name: &str, lines: usize| {
            let text = format!("//! A.\n\n    /// B.\n{}", "f();\n".repeat(lines));
            Source::new(&format!("crates/keycard-tower/src/{name}"), &text)
        };
        assert!(
            adapters_are_thin(&[
                file("layer.rs", 150),
                file("service.rs", 150),
                file("csrf.rs", 90)
            ])
            .is_empty()
        );
        let violations = adapters_are_thin(&[file("layer.rs", 150), file("service.rs", 151)]);
        assert_eq!(violations.len(), 1);
        assert!(violations[0].rule.starts_with("301 lines"), "{violations:?}");
    }

    #[test]
    fn an_adapter_names_no_policy() {
        let path = "crates/keycard-actix/src/middleware.rs";
        assert!(
            rules(
                path,
                "//! A.\n/// Before it expires.\nfn call() { f(\"idle\") }\n"
            )
            .is_empty()
        );
        assert!(rules(path, "//! A.\n#[cfg(test)]\nmod tests { fn idle() {} }\n").is_empty());
        assert!(rules("crates/keycard/src/engine.rs", "//! A.\nfn idle() {}\n").is_empty());
        one(
            "crates/keycard-actix/src/guard.rs",
            "//! A.\nfn idle() {}\n",
            "`idle`",
        );
        one(path, "//! A.\nlet IsExpired = 1;\n", "`IsExpired`");
        one(path, "//! A.\ncore.touch_after();\n", "`touch_after`");
    }
}
