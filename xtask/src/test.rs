//! `cargo xtask test`: all tests of the workspace, against Redis servers that they start for themselves.

use std::io;
use std::process::Command;

use crate::process::{Supervisor, answers, cargo, step};
use crate::redis;
use crate::servers::{self, ServerFolder};

/// What tests a feature that is off by default: the rest of the workspace is tested without it.
const FEATURES: [&str; 7] = [
    "-p",
    "keycard",
    "--all-features",
    "--test",
    "metrics",
    "--test",
    "metrics_allocations",
];

/// Runs the tests that `filter` (arguments of the test runner) names; without one all of them, and the doctests.
///
/// What the runner prints goes to stdout, whichever stream it chose. The doctests come first, for cargo closes them
/// with a few lines for each crate, and the summary of the tests would be out of sight above those.
pub(crate) fn run(filter: &[&str]) -> Result<(), String> {
    step("redis-server", redis::ensure)?;
    let runner = Runner::choose();
    let selection = if filter.is_empty() {
        &["--workspace"]
    } else {
        filter
    };
    let mut supervisor = Supervisor::new()?;
    let folder = ServerFolder::create()?;
    step("build the tests", || {
        supervisor.succeed(&mut runner.build(selection))
    })?;

    let mut outcome = Ok(());
    if filter.is_empty() {
        let mut doctests = cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]);
        doctests.env(servers::VARIABLE, folder.path());
        outcome = step("doctests", || supervisor.succeed(&mut doctests))
            .and(step("features", || features(runner, &mut supervisor)));
    }
    eprintln!("xtask: tests, run by {} ...", runner.name());
    let tests = supervisor.succeed(runner.run(selection).env(servers::VARIABLE, folder.path()));
    outcome.and(tests)
}

fn features(runner: Runner, supervisor: &mut Supervisor) -> Result<(), String> {
    let page = ["test", "-p", "keycard", "--all-features", "--doc", "metrics"];
    supervisor.succeed(&mut cargo(&page))?;
    supervisor.succeed(&mut runner.run(&FEATURES))
}

/// What runs the tests: cargo-nextest where it is installed, for its speed, otherwise cargo itself.
#[derive(Clone, Copy)]
pub(crate) enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    pub(crate) fn choose() -> Self {
        if answers(&mut cargo(&["nextest", "--version"])) {
            Self::Nextest
        } else {
            Self::Cargo
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nextest => "cargo nextest",
            Self::Cargo => "cargo test (cargo-nextest is not installed)",
        }
    }

    pub(crate) fn build(self, selection: &[&str]) -> Command {
        self.command(selection, &["--no-run"])
    }

    pub(crate) fn run(self, selection: &[&str]) -> Command {
        let mut command = self.command(selection, &["--no-fail-fast"]);
        // Nextest reports on stderr.
        command.stderr(io::stdout());
        command
    }

    fn command(self, selection: &[&str], option: &[&str]) -> Command {
        let mut command = match self {
            Self::Nextest => cargo(&["nextest", "run"]),
            Self::Cargo => cargo(&["test", "--tests"]),
        };
        command.args(option).args(selection);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_the_place_of_the_whole_workspace() {
        let command = Runner::Nextest.run(&["-p", "keycard"]);
        let words: Vec<_> = command.get_args().collect();
        assert_eq!(words, ["nextest", "run", "--no-fail-fast", "-p", "keycard"]);
    }
}
