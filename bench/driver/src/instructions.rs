//! `cargo xtask bench --instructions`: how many instructions a request costs, counted by callgrind: the same number on a
//! busy machine as on an idle one.

use std::path::Path;
use std::process::Command;

const PROGRAM: &str = "bench-instructions";

/// Runs of different lengths: what is done once is in both, and falls out of the difference.
const RUNS: [u64; 2] = [1_000, 3_000];

const FOOT: &str = "
Through the Tower layer, over the memory store. Valgrind offers no SHA instructions: a block of SHA-256 counts about 3,400
instructions here, and takes a fraction of their time on a processor that has them.";

/// Counts each scenario, and prints a table.
pub(crate) fn run(programs: &Path) -> Result<(), String> {
    let program = programs.join(PROGRAM);
    let list = Command::new(&program).output();
    let list = list.map_err(|error| format!("{PROGRAM} does not start: {error}"))?;
    let list = String::from_utf8_lossy(&list.stdout);
    let scenarios: Vec<&str> = list.lines().collect();
    let mut floor = 0;
    println!("| scenario | instructions per request | over the floor |\n|---|--:|--:|");
    for (at, scenario) in scenarios.iter().enumerate() {
        eprintln!("bench: {scenario} ({} of {}) ...", at + 1, scenarios.len());
        let counted = per_request(&program, scenario)?;
        if at == 0 {
            floor = counted;
        }
        println!("| {scenario} | {counted} | {} |", counted.saturating_sub(floor));
    }
    println!("{FOOT}");
    Ok(())
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
