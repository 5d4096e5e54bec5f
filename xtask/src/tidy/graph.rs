//! The rule about dependencies: the core knows no framework, no Redis, and no runtime to start.

use crate::process::{cargo, output};

use super::Violation;

/// Families of crates: each name stands for itself and for all that begin with it and a hyphen.
const STRANGERS: [&str; 8] = [
    "tower",
    "axum",
    "actix",
    "redis",
    "hyper",
    "tokio-util",
    "mio",
    "http",
];

/// Of tokio the core takes the types that work without a runtime, and the timer that bounds waiting for others.
const TOKIO_FEATURES: [&str; 3] = ["default", "sync", "time"];

/// Asks cargo what the core is built from, with all its features and on any platform.
pub(super) fn core_stands_alone() -> Result<Vec<Violation>, String> {
    let tree = output(&mut cargo(&[
        "tree",
        "-p",
        "keycard",
        "--all-features",
        "--target",
        "all",
        "-e",
        "normal",
        "--prefix",
        "none",
        "-f",
        "{p}|{f}",
    ]))?;
    Ok(strangers(&tree))
}

/// `tree` has a line `name vX.Y.Z|feature,feature` for each package, perhaps with ` (*)` for one that came before.
fn strangers(tree: &str) -> Vec<Violation> {
    let mut rules: Vec<String> = tree.lines().filter_map(stranger).collect();
    rules.sort();
    rules.dedup();
    let manifest = |rule| Violation {
        path: "crates/keycard/Cargo.toml".into(),
        line: 1,
        rule,
    };
    rules.into_iter().map(manifest).collect()
}

fn stranger(line: &str) -> Option<String> {
    let (package, features) = line.split_once('|')?;
    let name = package.split(' ').next()?;
    if STRANGERS.iter().any(|family| belongs(name, family)) {
        return Some(format!(
            "the core depends on `{name}` (ask `cargo tree -p keycard -i {name}`)"
        ));
    }
    let features = features
        .trim_end_matches(" (*)")
        .split(',')
        .filter(|feature| !feature.is_empty());
    let excess: Vec<_> = features
        .filter(|feature| !TOKIO_FEATURES.contains(feature))
        .collect();
    (name == "tokio" && !excess.is_empty()).then(|| {
        format!(
            "the core takes more than `sync` and `time` of tokio: {}",
            excess.join(", ")
        )
    })
}

fn belongs(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_may_have_the_types_of_tokio_and_no_runtime() {
        assert_eq!(
            strangers("keycard v0.1.0 (/k)|\ntokio v1.54.0|sync,time\ntokio v1.54.0|default,sync (*)\n"),
            []
        );
        let violations = strangers("tokio v1.54.0|rt,sync,time\ntokio v1.54.0|rt,sync,time (*)\n");
        assert_eq!(violations.len(), 1);
        assert!(violations[0].rule.ends_with(": rt"), "{violations:?}");
    }

    #[test]
    fn the_core_knows_no_framework() {
        assert_eq!(strangers("httparse v1.0.0|std\nredistribute v1.0.0|\n"), []);
        let family = [
            "http",
            "tower",
            "tower-service",
            "actix-rt",
            "axum-core",
            "http-body",
        ];
        for name in family {
            let violations = strangers(&format!("{name} v1.5.0|std\n{name} v1.5.0|std (*)\n"));
            assert_eq!(violations.len(), 1, "{name}");
            assert!(
                violations[0].rule.contains(&format!("`{name}`")),
                "{violations:?}"
            );
        }
    }
}
