//! `cargo xtask tidy`: the rules of the house that no linter knows, each a pure function over what is in the tree.

mod graph;
mod packages;
mod shape;
mod source;
mod words;

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use self::source::Source;

/// Prints every violation as `path:line: rule` on stdout.
#[expect(
    clippy::print_stdout,
    reason = "the violations are what this command is asked for"
)]
pub(crate) fn run() -> Result<(), String> {
    let mut files = Vec::new();
    read_tree(Path::new("."), &mut files).map_err(|error| format!("cannot read the tree: {error}"))?;
    files.sort();

    let mut violations = judge(&files);
    violations.extend(packages::lock_is_committed());
    violations.extend(graph::core_stands_alone()?);
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => Err("1 violation".into()),
        many => Err(format!("{many} violations")),
    }
}

/// A broken rule and the place where it is broken.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// All rules that need nothing but the texts.
fn judge(files: &[(String, String)]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut sources = Vec::new();
    for (path, text) in files {
        if Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            sources.push(Source::new(path, text));
        } else {
            violations.extend(words::markers_in_prose(path, text));
        }
        violations.extend(packages::judge(path, text));
    }
    for source in &sources {
        violations.extend(shape::judge(source));
        violations.extend(words::judge(source));
    }
    violations.extend(shape::adapters_are_thin(&sources));
    violations
}

/// What git, cargo, the fuzzer and npm keep in the tree.
const NOT_OURS: [&str; 5] = [".git", "target", "corpus", "artifacts", "node_modules"];

/// All text files below `folder`, by their path.
fn read_tree(folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, name, path) = (entry.file_type()?, entry.file_name(), entry.path());
        if kind.is_dir() && !NOT_OURS.iter().any(|folder| name == *folder) {
            read_tree(&path, files)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs::read(&path)?)
        {
            let path = path.strip_prefix(".").unwrap_or(&path);
            files.push((path.display().to_string(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_printed_so_that_editors_jump_to_it() {
        let violation = Violation {
            path: "crates/x/src/lib.rs".into(),
            line: 7,
            rule: "no `sleep`".into(),
        };
        assert_eq!(violation.to_string(), "crates/x/src/lib.rs:7: no `sleep`");
    }

    #[test]
    fn each_file_meets_the_rules_for_its_kind() {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let good = [
            file("crates/x/src/lib.rs", "//! X.\n"),
            file("README.md", "# X\n"),
        ];
        assert_eq!(judge(&good), []);
        let bad = [
            file("crates/x/src/lib.rs", "mod y;\n"),
            file("README.md", "# X\n\nFIXME\n"),
        ];
        let places: Vec<_> = judge(&bad)
            .into_iter()
            .map(|violation| (violation.path, violation.line))
            .collect();
        assert_eq!(
            places,
            [("README.md".into(), 3), ("crates/x/src/lib.rs".into(), 1)]
        );
    }
}
