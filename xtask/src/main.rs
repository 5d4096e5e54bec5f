//! `cargo xtask`: the commands of this project. Arguments, then a match, then one file per command.

mod apt;
mod bench;
mod ci;
mod demo;
mod faults;
mod fuzz;
mod process;
mod redis;
mod servers;
mod test;
mod tidy;

use std::env;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  bench [ARGS...]     Keycard beside its peers: builds the applications of bench/, measures them in turns, and writes
                      bench/RESULTS.md; `bench --help` names the ARGS
  ci                  formatting, lints, tidy, documentation, tests: all that must hold before a merge
  demo [--redis]      the login applications on Axum and Actix over one store: in memory, in the Redis of REDIS_URL,
                      or in a private one
  fuzz [TARGET] [SECONDS]
                      feed the parsers (cookie, record, seal) with inputs that look for new paths through their code,
                      each for a minute
  redis               make sure that redis-server is installed
  test [-- ARGS...]   all tests against private Redis servers; ARGS go to the test runner and choose among them
  test --faults       faults that last, with traffic running, every law on every topology, and every journey on those
                      that a run of all tests leaves out: at most 20 minutes; a host name that moves needs root and
                      util-linux's `unshare`
  tidy                the rules of the house that no linter knows
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Err(error) = process::enter_workspace() {
        return failure(&error);
    }
    let outcome = match words.as_slice() {
        ["bench", arguments @ ..] => bench::run(arguments),
        ["ci"] => ci::run(),
        ["demo"] => demo::run(false),
        ["demo", "--redis"] => demo::run(true),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["redis"] => redis::ensure(),
        ["test"] => test::run(&[]),
        ["test", "--faults"] => faults::run(),
        ["test", "--", filter @ ..] => test::run(filter),
        ["tidy"] => tidy::run(),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.map_or_else(|error| failure(&error), |()| ExitCode::SUCCESS)
}

fn failure(error: &str) -> ExitCode {
    eprintln!("xtask: {error}");
    ExitCode::FAILURE
}
