//! Other programs: how they are started, watched and timed.

use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process, kill_process_group};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Makes the root of the workspace the current directory, so that every path below is relative to it.
pub(crate) fn enter_workspace() -> Result<(), String> {
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = manifest.join("..");
    env::set_current_dir(&root).map_err(|error| format!("cannot enter {}: {error}", root.display()))
}

/// The cargo that runs us, with `arguments`.
///
/// Some variables are [withheld](is_withheld) from it.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_withheld) {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

/// Those in which `cargo run` describes this package: build scripts that watch them would run again at every change
/// between `cargo xtask` and a plain `cargo`. And those by which property tests could be made to prove less than they
/// promise, such as `PROPTEST_CASES`.
fn is_withheld(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "PROPTEST_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

/// Does `work`, announcing it on stderr before and after, with the time that it took.
pub(crate) fn step(name: &str, work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let start = Instant::now();
    eprintln!("xtask: {name} ...");
    match work() {
        Ok(()) => {
            eprintln!("xtask: {name}: ok, {}", seconds(start.elapsed()));
            Ok(())
        }
        Err(error) => Err(format!(
            "{name}: failed after {}: {error}",
            seconds(start.elapsed())
        )),
    }
}

/// Time as it is shown to people: `12.3 s`.
pub(crate) fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}

/// Whether `program` can be started with `arguments` and says that all went well; its output is dropped.
pub(crate) fn answers(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs `command` to its end.
pub(crate) fn succeed(command: &mut Command) -> Result<(), String> {
    judge(command.status(), command)
}

/// What `command` prints on stdout.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output();
    let printed = output
        .as_ref()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    judge(output.map(|output| output.status), command).map(|()| printed)
}

/// Runs programs that we must outlive: a signal that asks us to stop goes to them, and we go on when they have ended.
pub(crate) struct Supervisor {
    signals: Signals,
    stopped: bool,
}

impl Supervisor {
    pub(crate) fn new() -> Result<Self, String> {
        let signals = Signals::new([SIGCHLD, SIGHUP, SIGINT, SIGTERM])
            .map_err(|error| format!("cannot listen to signals: {error}"))?;
        Ok(Self {
            signals,
            stopped: false,
        })
    }

    /// Runs `command` to its end, in a process group of its own: so a Ctrl-C at the terminal reaches it once, through us.
    /// After such a signal nothing is started any more.
    pub(crate) fn succeed(&mut self, command: &mut Command) -> Result<(), String> {
        if self.stopped {
            return Err("stopped by a signal".into());
        }
        let child = command.stdin(Stdio::null()).process_group(0).spawn();
        judge(child.and_then(|child| self.wait(child)), command)
    }

    fn wait(&mut self, mut child: Child) -> io::Result<ExitStatus> {
        let group = Pid::from_child(&child);
        for signal in &mut self.signals {
            match (signal, child.try_wait()?) {
                (_, Some(status)) => return Ok(status),
                (SIGCHLD, None) => {}
                (signal, None) => {
                    self.stopped = true;
                    forward(signal, group)?;
                }
            }
        }
        child.wait()
    }
}

/// Stops what a supervisor runs, and all that it would run, when this time is over.
pub(crate) fn stop_after(limit: Duration) {
    thread::spawn(move || {
        thread::sleep(limit); // sleep: the limit itself
        eprintln!("xtask: stopped, for it takes more than {}", seconds(limit));
        kill_process(getpid(), Signal::TERM).ok();
    });
}

fn forward(signal: i32, group: Pid) -> io::Result<()> {
    Signal::from_named_raw(signal).map_or(Ok(()), |signal| Ok(kill_process_group(group, signal)?))
}

fn judge(status: io::Result<ExitStatus>, command: &Command) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{}` ended with {status}", line(command))),
        Err(error) => Err(format!("`{}` does not start: {error}", line(command))),
    }
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_named_as_one_would_type_it() {
        assert_eq!(
            line(Command::new("/usr/bin/cargo").args(["fmt", "--check"])),
            "cargo fmt --check"
        );
    }

    #[test]
    fn cargo_is_not_told_what_describes_this_package_or_lowers_the_number_of_cases() {
        let command = cargo(&["test"]);
        assert!(
            command
                .get_envs()
                .any(|variable| variable == ("CARGO_PKG_NAME".as_ref(), None))
        );
        assert!(is_withheld("PROPTEST_CASES"));
        assert!(!is_withheld("CARGO_TARGET_DIR"));
    }

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = succeed(&mut Command::new("false")).unwrap_err();
        assert!(error.contains("`false`"), "{error}");
        assert!(succeed(&mut Command::new("true")).is_ok());
    }

    #[test]
    fn a_supervised_command_runs_to_its_end() {
        let mut supervisor = Supervisor::new().unwrap();
        assert!(supervisor.succeed(&mut Command::new("true")).is_ok());
        assert!(supervisor.succeed(&mut Command::new("false")).is_err());
    }
}
