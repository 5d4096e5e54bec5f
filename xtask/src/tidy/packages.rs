//! Rules about packages: what every published crate declares, and where dependencies come from.

use std::process::Command;

use super::Violation;

const REGISTRY: &str = "\"registry+https://github.com/rust-lang/crates.io-index\"";

/// What `crates/*/Cargo.toml` must say: section, key, how the value begins (nothing: any), and the rule.
const DECLARED: [(&str, &str, &str, &str); 4] = [
    ("package", "description", "\"", "the crate has no description"),
    ("package", "license", "", "the crate has no license"),
    (
        "package",
        "version.workspace",
        "true",
        "all crates share one version: write `version.workspace = true`",
    ),
    (
        "lints",
        "workspace",
        "true",
        "the crate does not take the lints of the workspace: `[lints] workspace = true`",
    ),
];

/// The rules for the file at `path`, if it is a manifest or the lock file.
pub(super) fn judge(path: &str, text: &str) -> Vec<Violation> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["Cargo.lock"] => sources_are_the_registry(text),
        ["crates", _, "Cargo.toml"] => declarations_are_complete(path, text),
        _ => Vec::new(),
    }
}

/// Looks up whether git knows the lock file; says nothing about a tree that git does not know.
pub(super) fn lock_is_committed() -> Option<Violation> {
    // Another user's clone counts as well: the question is harmless.
    let asked = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "Cargo.lock"])
        .output();
    let missing = asked.is_ok_and(|answer| answer.status.success() && answer.stdout.is_empty());
    missing.then(|| violation("Cargo.lock", 1, "the lock file is not committed".into()))
}

fn sources_are_the_registry(lock: &str) -> Vec<Violation> {
    let entries = entries(lock);
    let foreign = entries
        .iter()
        .filter(|entry| entry.key == "source" && entry.value != REGISTRY);
    foreign
        .map(|entry| {
            violation(
                "Cargo.lock",
                entry.line,
                format!("{} is not crates.io", entry.value),
            )
        })
        .collect()
}

fn declarations_are_complete(path: &str, manifest: &str) -> Vec<Violation> {
    let entries = entries(manifest);
    let missing = DECLARED.iter().filter(|(section, key, value, _)| {
        let declares = |entry: &Entry<'_>| {
            let name = entry.key.strip_suffix(".workspace").unwrap_or(entry.key);
            entry.section == *section && (entry.key == *key || name == *key) && entry.value.starts_with(value)
        };
        !entries.iter().any(declares)
    });
    missing
        .map(|(_, _, _, rule)| violation(path, 1, (*rule).into()))
        .collect()
}

fn violation(path: &str, line: usize, rule: String) -> Violation {
    Violation {
        path: path.into(),
        line,
        rule,
    }
}

/// A line `key = value` of a TOML file.
struct Entry<'a> {
    section: &'a str,
    key: &'a str,
    value: &'a str,
    line: usize,
}

/// The entries that stand on one line, which all those that we look at do.
fn entries(toml: &str) -> Vec<Entry<'_>> {
    let (mut entries, mut section) = (Vec::new(), "");
    for (number, line) in toml.lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']', ' ']);
        } else if let Some((key, value)) = line.split_once('=') {
            entries.push(Entry {
                section,
                key: key.trim(),
                value: value.trim(),
                line: number + 1,
            });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"x\"\ndescription = \"X.\"\nversion.workspace = true\n\
        license.workspace = true\n\n[lints]\nworkspace = true\n";

    #[test]
    fn a_crate_declares_what_it_must() {
        assert_eq!(judge("crates/x/Cargo.toml", MANIFEST), []);
        assert_eq!(judge("xtask/Cargo.toml", ""), []);
        for line in [
            "description = \"X.\"",
            "license.workspace = true",
            "[lints]\nworkspace = true",
        ] {
            assert_eq!(
                judge("crates/x/Cargo.toml", &MANIFEST.replace(line, "")).len(),
                1,
                "{line}"
            );
        }
        let own_version = MANIFEST.replace("version.workspace = true", "version = \"0.2.0\"");
        assert!(
            judge("crates/x/Cargo.toml", &own_version)[0]
                .rule
                .contains("one version")
        );
    }

    #[test]
    fn dependencies_come_from_the_registry() {
        let lock = format!(
            "version = 4\n\n[[package]]\nname = \"a\"\n\n[[package]]\nname = \"b\"\nsource = {REGISTRY}\n"
        );
        assert_eq!(judge("Cargo.lock", &lock), []);
        let lock = lock.replace(REGISTRY, "\"git+https://example.org/b#1\"");
        let violations = judge("Cargo.lock", &lock);
        assert_eq!((violations.len(), violations[0].line), (1, 8));
    }
}
