//! An application under measurement: started on a core of its own, asked what it has cost, and ended.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::plan::{Program, Variant};

/// The core of the application; whatever it talks to runs on the other.
const CORE: &str = "0";

pub(crate) struct App {
    process: Child,
    address: String,
    has_sessions: bool,
}

impl App {
    pub(crate) fn start(variant: &Variant, programs: &Path, redis: &str) -> Result<Self, String> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", CORE]);
        match variant.program {
            Program::Cargo(name) => command.arg(programs.join(name)),
            Program::Node(folder) => command
                .arg("node")
                .arg(Path::new("bench").join(folder).join("index.js")),
        };
        command
            .env_clear()
            .envs(std::env::var("PATH").map(|path| ("PATH", path)))
            .envs([("PORT", "0"), ("WORKERS", "1"), ("NODE_ENV", "production")])
            .envs(variant.uses_redis.then_some(("REDIS_URL", redis)))
            .envs(variant.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = command
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", variant.name))?;
        let address = process
            .stdout
            .take()
            .and_then(|stdout| BufReader::new(stdout).lines().next()?.ok())
            .and_then(|line| Some(line.strip_prefix("listening on ")?.to_owned()));
        // From here on it is ended whatever comes.
        let mut app = Self {
            process,
            address: String::new(),
            has_sessions: variant.uses_redis,
        };
        app.address = address.ok_or_else(|| format!("{} does not listen", variant.name))?;
        Ok(app)
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn has_sessions(&self) -> bool {
        self.has_sessions
    }

    /// The processor time that it has used, of all threads, in user and system mode.
    pub(crate) fn cpu(&self) -> Result<Duration, String> {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        // The name in parentheses may hold anything, also spaces; times are fields 14 and 15 of all.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        let ticks = |field: usize| fields.get(field - 3).and_then(|text| text.parse::<u64>().ok());
        let used = ticks(14)
            .zip(ticks(15))
            .ok_or_else(|| format!("{path} has no times"))?;
        let per_second = rustix::param::clock_ticks_per_second();
        Ok(Duration::from_secs(used.0 + used.1) / u32::try_from(per_second).unwrap_or(100))
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if kill_process(Pid::from_child(&self.process), Signal::KILL).is_ok() {
            self.process.wait().ok();
        }
    }
}
