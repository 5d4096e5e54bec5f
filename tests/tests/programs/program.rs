//! A program of the examples, with an environment of its own.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use keycard_tests::browser::Origin;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

pub(crate) const LOGIN_AXUM: &str = env!("CARGO_BIN_EXE_program-login-axum");
pub(crate) const LOGIN_ACTIX: &str = env!("CARGO_BIN_EXE_program-login-actix");
pub(crate) const DEMO: &str = env!("CARGO_BIN_EXE_program-demo");

/// How long a program may take for a line or for its end, before the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program that accepts connections. It is killed with this value.
pub(crate) struct Program {
    pub(crate) origin: Origin,
    process: Child,
    stdout: BufReader<ChildStdout>,
}

/// What a program has left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// Starts a program on any free port, and waits until its first line says that it accepts connections.
    pub(crate) async fn start(path: &str, settings: &[(&str, &str)]) -> Self {
        let mut process = command(path, settings).spawn().expect(path);
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let first = line(&mut stdout).await;
        let url = first
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("{path}: {first:?}"));
        Self {
            origin: origin(url),
            process,
            stdout,
        }
    }

    /// The address in the next line that begins so.
    pub(crate) async fn url_after(&mut self, beginning: &str) -> Origin {
        loop {
            let line = line(&mut self.stdout).await;
            if let Some(url) = line.strip_prefix(beginning) {
                return origin(url.trim_start());
            }
        }
    }

    /// Sends a signal and waits for the end.
    pub(crate) async fn end(mut self, signal: Signal) -> Ended {
        kill_process(
            Pid::from_raw(self.process.id().unwrap().cast_signed()).unwrap(),
            signal,
        )
        .unwrap();
        let mut stdout = String::new();
        let rest = self.stdout.read_to_string(&mut stdout);
        timeout(PATIENCE, rest).await.expect("the program ends").unwrap();
        Ended {
            stdout,
            ..ended(self.process).await
        }
    }
}

/// Runs a program that ends by itself.
pub(crate) async fn run(path: &str, settings: &[(&str, &str)]) -> Ended {
    ended(command(path, settings).spawn().expect(path)).await
}

fn command(path: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PORT", "0")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn ended(process: Child) -> Ended {
    let output = timeout(PATIENCE, process.wait_with_output());
    let output = output.await.expect("the program ends").unwrap();
    Ended {
        status: output.status,
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

async fn line(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    let read = timeout(PATIENCE, stdout.read_line(&mut line)).await;
    assert_ne!(read.expect("a line in time").unwrap(), 0, "the program has ended");
    line.trim_end().to_owned()
}

fn origin(url: &str) -> Origin {
    let address = url.strip_prefix("http://").expect(url);
    Origin::at(address.parse().expect(url))
}
