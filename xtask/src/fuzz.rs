//! `cargo xtask fuzz`: feeds the parsers with inputs that grow the coverage of their code, from the seeds in `fuzz/seeds`.
//!
//! libFuzzer comes as source with the crate `libfuzzer-sys`; the compiler's part, the coverage, needs no nightly.

use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::apt;
use crate::process::{Supervisor, answers, cargo, step, succeed};

const MANIFEST: &str = "--manifest-path=fuzz/Cargo.toml";
const TARGETS: [&str; 4] = ["cookie", "record", "seal", "token"];
const SECONDS: u32 = 60;

/// Counters for each edge and the operands of comparisons, which the fuzzer tries as input.
const FLAGS: &str = "--cfg=fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

const MISSING: &str = "a C++ compiler is missing, which libFuzzer is built with: install one \
    (`sudo apt-get install g++`, `xcode-select --install`, ...), or name it in CXX";

/// How often the fuzzer's state is shown.
const PACE: Duration = Duration::from_secs(2);

/// Runs all targets or the one that is named, each for a minute or as many seconds as are given.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let (targets, seconds) = choose(arguments)?;
    apt::ensure(has_compiler, "g++", MISSING)?;
    let mut supervisor = Supervisor::new()?;
    step("build the fuzz targets", || {
        supervisor.succeed(&mut fuzzer(&["build"]))
    })?;
    let mut outcome = Ok(());
    for target in targets {
        let name = format!("fuzz {target} for {seconds} s");
        outcome = outcome.and(step(&name, || fuzz(&mut supervisor, target, seconds)));
    }
    outcome
}

/// Formats and lints the targets, which the workspace leaves out. Nothing is linked, and so libFuzzer is not built, which
/// would take a C++ compiler half a minute.
pub(crate) fn check() -> Result<(), String> {
    succeed(&mut cargo(&["fmt", "--check", MANIFEST]))?;
    let mut clippy = cargo(&["clippy", MANIFEST, "--", "-D", "warnings"]);
    clippy.env("RUSTFLAGS", "--cfg=fuzzing");
    succeed(clippy.env("CUSTOM_LIBFUZZER_PATH", "fuzz/not-linked.a"))
}

fn choose<'a>(arguments: &[&'a str]) -> Result<(Vec<&'a str>, u32), String> {
    let (targets, seconds) = match arguments {
        [target, rest @ ..] if TARGETS.contains(target) => (vec![*target], rest),
        rest => (TARGETS.to_vec(), rest),
    };
    match seconds {
        [] => Ok((targets, SECONDS)),
        [seconds] => match seconds.parse() {
            Ok(seconds) if seconds > 0 => Ok((targets, seconds)),
            _ => Err(format!(
                "`{seconds}` is neither one of {} nor a number of seconds",
                TARGETS.join(", ")
            )),
        },
        _ => Err("give a target and a number of seconds at most".into()),
    }
}

fn has_compiler() -> bool {
    let program = env::var_os("CXX").unwrap_or_else(|| "c++".into());
    answers(Command::new(program).arg("--version"))
}

fn fuzzer(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    // Naming the platform keeps the flags away from build scripts and procedural macros.
    command
        .args([MANIFEST, "--release", "--target", "host-tuple"])
        .env("RUSTFLAGS", FLAGS);
    command
}

/// Inputs that reach new code are added to `fuzz/corpus`, one that breaks the target is kept in `fuzz/artifacts`.
fn fuzz(supervisor: &mut Supervisor, target: &str, seconds: u32) -> Result<(), String> {
    let (seeds, corpus) = (format!("fuzz/seeds/{target}"), format!("fuzz/corpus/{target}"));
    let findings = format!("fuzz/artifacts/{target}/");
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make {folder}: {error}"))?;
    }
    let (reader, writer) = io::pipe().map_err(|error| format!("cannot watch the fuzzer: {error}"))?;
    let mut command = fuzzer(&["run"]);
    command
        .args(["--quiet", "--bin", target, "--", &corpus, &seeds])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={findings}"))
        .args(["-timeout=10", "-print_final_stats=1"])
        .stderr(writer);
    let shown = thread::spawn(|| show(reader));
    let outcome = supervisor.succeed(&mut command);
    // The last writer but the fuzzer's own, whose end ends the reading.
    drop(command);
    match shown.join() {
        Ok(Some(input)) => Err(format!(
            "{input} breaks it: copied to {seeds}, it does so in `cargo test -p keycard -p keycard-jwt seeds` too"
        )),
        _ => outcome,
    }
}

/// Shows what the fuzzer says on stderr, of its frequent lines on its state only some. Answers the file of a finding.
fn show(fuzzer: impl Read) -> Option<String> {
    let (mut shown, mut finding) = (None::<Instant>, None);
    for line in BufReader::new(fuzzer).lines().map_while(Result::ok) {
        let frequent = line.contains("\tNEW ") || line.contains("\tREDUCE ");
        let dictionary = line.contains("# Uses:") || line.starts_with("####");
        if dictionary || frequent && shown.is_some_and(|shown| shown.elapsed() < PACE) {
            continue;
        }
        if frequent {
            shown = Some(Instant::now());
        }
        if let Some((_, file)) = line.split_once("Test unit written to ") {
            finding = Some(file.to_owned());
        }
        eprintln!("{line}");
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_and_time_may_be_left_out() {
        assert_eq!(choose(&[]), Ok((TARGETS.to_vec(), 60)));
        assert_eq!(choose(&["seal"]), Ok((vec!["seal"], 60)));
        assert_eq!(choose(&["5"]), Ok((TARGETS.to_vec(), 5)));
        assert_eq!(choose(&["cookie", "5"]), Ok((vec!["cookie"], 5)));
        for wrong in [
            &["session"][..],
            &["seal", "0"],
            &["5", "seal"],
            &["seal", "5", "6"],
        ] {
            assert!(choose(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn each_target_has_its_file_and_its_seeds() {
        for target in TARGETS {
            let fuzz = format!("{}/../fuzz", env!("CARGO_MANIFEST_DIR"));
            assert!(fs::exists(format!("{fuzz}/targets/{target}.rs")).unwrap());
            assert!(fs::read_dir(format!("{fuzz}/seeds/{target}")).unwrap().count() > 0);
        }
    }

    #[test]
    fn a_finding_is_named() {
        let said = "#2\tINITED cov: 3\n#3\tNEW cov: 4\npanicked\nartifact_prefix='a/'; Test unit written to a/crash-1\n";
        assert_eq!(show(said.as_bytes()), Some("a/crash-1".into()));
        assert_eq!(show(&b"#3\tDONE cov: 4\n"[..]), None);
    }
}
