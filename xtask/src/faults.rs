//! `cargo xtask test --faults`: what takes too long for every run of the tests.

use std::fs;
use std::time::Duration;

use crate::process::{Supervisor, step, stop_after};
use crate::redis;
use crate::servers::{self, ServerFolder};
use crate::test::Runner;

const LIMIT: Duration = Duration::from_mins(20);

/// Where each fault adds a row.
const ROWS: &str = "faults.txt";

const PACKAGE: [&str; 4] = ["-p", "keycard-tests", "--features", "faults"];
const FAULTS: [&str; 2] = ["--test", "faults"];
const EVERYWHERE: [&str; 4] = ["--test", "topologies", "--test", "journeys"];

/// Runs the faults, one by one, since they assert times; then every law on every topology, and every
/// journey where a run of all tests does not take it; and shows what the faults did.
pub(crate) fn run() -> Result<(), String> {
    step("redis-server", redis::ensure)?;
    let runner = Runner::choose();
    let mut supervisor = Supervisor::new()?;
    let folder = ServerFolder::create()?;
    let selection = [&PACKAGE[..], &FAULTS, &EVERYWHERE].concat();
    step("build the tests", || {
        supervisor.succeed(&mut runner.build(&selection))
    })?;
    stop_after(LIMIT);

    let mut faults = runner.run(&[&PACKAGE[..], &FAULTS].concat());
    faults
        .env("NEXTEST_TEST_THREADS", "1")
        .env("RUST_TEST_THREADS", "1")
        // What passes at the second attempt only is no evidence.
        .env("NEXTEST_RETRIES", "0")
        .env(servers::VARIABLE, folder.path());
    let faults = step("faults, one by one", || supervisor.succeed(&mut faults));
    let mut everywhere = runner.run(&[&PACKAGE[..], &EVERYWHERE].concat());
    everywhere.env(servers::VARIABLE, folder.path());
    let everywhere = step("every law and every journey on every other topology", || {
        supervisor.succeed(&mut everywhere)
    });
    eprint!(
        "{}",
        fs::read_to_string(folder.path().join(ROWS)).unwrap_or_default()
    );
    faults.and(everywhere)
}
