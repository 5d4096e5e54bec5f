//! `cargo xtask bench --instructions`: how many instructions a request costs, counted by callgrind: the same number on a
//! busy machine as on an idle one.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::machine::said_by;

const PROGRAM: &str = "bench-instructions";

const FILE: &str = "bench/INSTRUCTIONS.md";

/// Runs of different lengths: what is done once is in both, and falls out of the difference.
const RUNS: [u64; 2] = [1_000, 3_000];

const HEAD: &str = "# Instructions of a request

Written by `cargo xtask bench --instructions`: what callgrind counts through the Tower layer, over the memory store, the same on a busy machine as on
an idle one. Valgrind offers no SHA instructions: a block of SHA-256 counts about 3,400 instructions here, and takes a fraction of their time on a
processor that has them. A login is one without an index of the users' sessions. The floor is the handler alone, for a request with a cookie, which all
but `no-cookie` bear, too.
";

const TABLE: &str = "
| scenario | instructions per request | over the floor |
|---|--:|--:|
";

/// Counts each scenario, prints a table, and writes it down.
pub(crate) fn run(programs: &Path) -> Result<(), String> {
    let program = programs.join(PROGRAM);
    let list = Command::new(&program).output();
    let list = list.map_err(|error| format!("{PROGRAM} does not start: {error}"))?;
    let list = String::from_utf8_lossy(&list.stdout);
    let scenarios: Vec<&str> = list.lines().collect();
    let versions = [("rustc", "--version"), ("valgrind", "--version")];
    let [rustc, valgrind] = versions.map(|(program, question)| said_by(program, &[question]));
    let (mut floor, mut text) = (0, format!("{HEAD}\n{rustc}, {valgrind}\n{TABLE}"));
    for (at, scenario) in scenarios.iter().enumerate() {
        eprintln!("bench: {scenario} ({} of {}) ...", at + 1, scenarios.len());
        let counted = per_request(&program, scenario)?;
        if at == 0 {
            floor = counted;
        }
        let over = counted.saturating_sub(floor);
        text.extend([format!("| {scenario} | {counted} | {over} |\n")]);
    }
    println!("{text}");
    fs::write(FILE, text).map_err(|error| format!("{FILE}: {error}"))
}

fn per_request(program: &Path, scenario: &str) -> Result<u64, String> {
    let [few, many] = RUNS;
    let more = instructions(program, scenario, many)?.saturating_sub(instructions(program, scenario, few)?);
    Ok(more / (many - few))
}

fn instructions(program: &Path, scenario: &str, times: u64) -> Result<u64, String> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([scenario, &times.to_string()]);
    let run = valgrind
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let said = String::from_utf8_lossy(&run.stderr);
    collected(&said)
        .filter(|_| run.status.success())
        .ok_or_else(|| format!("callgrind has counted nothing of {scenario}:\n{said}"))
}

/// The number in callgrind's closing line.
fn collected(said: &str) -> Option<u64> {
    let (_, number) = said.rsplit_once("Collected : ")?;
    number.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_tells_the_number() {
        assert_eq!(
            collected("==7== Events    : Ir\n==7== Collected : 19943144\n==7== \n"),
            Some(19_943_144)
        );
        assert_eq!(collected("valgrind: no such program"), None);
    }
}
