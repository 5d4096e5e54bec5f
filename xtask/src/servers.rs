//! The private servers of a test run: a folder for them, and an end to those that the tests left behind.
//!
//! Whoever starts a server for a test makes a folder for it directly below the one that [`VARIABLE`] names, has the
//! server work there, and has it write its process id to [`PID_FILE`] in it.

use std::env;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process};

/// The environment variable that tells the tests where to keep their servers.
pub(crate) const VARIABLE: &str = "KEYCARD_TEST_DIR";

const PID_FILE: &str = "redis.pid";

/// In the folder of a server that is to end with the run, since several tests share it.
const LASTING: &str = "lasting";

/// A fresh folder for servers. When it is dropped, servers that still run in it are killed and it is removed.
pub(crate) struct ServerFolder {
    path: PathBuf,
}

impl ServerFolder {
    pub(crate) fn create() -> Result<Self, String> {
        Self::create_in(&env::temp_dir())
            .map_err(|error| format!("cannot make a folder for test servers: {error}"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        // Short, for the path of a Unix socket holds about a hundred bytes; the time tells a reused process id apart.
        let time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.subsec_nanos());
        let path = parent.join(format!("keycard-{}-{time}", process::id()));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self {
            path: path.canonicalize()?,
        })
    }
}

impl Drop for ServerFolder {
    fn drop(&mut self) {
        for (folder, server) in left_in(&self.path) {
            // A server that ended by itself in the meantime is what we wanted.
            let was_ended = kill_process(server, Signal::KILL).is_ok();
            if was_ended && !folder.join(LASTING).exists() {
                eprintln!(
                    "xtask: ended redis-server {} that the tests had left running",
                    server.as_raw_nonzero()
                );
            }
        }
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("xtask: cannot remove {}: {error}", self.path.display());
        }
    }
}

fn left_in(folder: &Path) -> Vec<(PathBuf, Pid)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let servers = entries.filter_map(|entry| Some((entry.path(), server_of(&entry.path())?)));
    servers.collect()
}

/// The server whose process id is on file in `folder`, if the process of that id is indeed a server of that folder:
/// the id may long belong to someone else.
fn server_of(folder: &Path) -> Option<Pid> {
    let filed = fs::read_to_string(folder.join(PID_FILE)).ok()?;
    let id: i32 = filed.trim().parse().ok()?;
    let process = PathBuf::from(format!("/proc/{id}"));
    let command = String::from_utf8(fs::read(process.join("cmdline")).ok()?).ok()?;
    let is_server = command
        .split(['\0', ' ', '/'])
        .any(|part| matches!(part, "redis-server" | "redis-sentinel" | "valkey-server"));
    // A server rewrites its command line, and then the folder may be gone from it; its working directory stays.
    let works_here = fs::read_link(process.join("cwd")).is_ok_and(|directory| directory.starts_with(folder));
    let names_here = folder.to_str().is_some_and(|folder| command.contains(folder));
    if is_server && (works_here || names_here) {
        Pid::from_raw(id)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A server that is ready: its pid file is written before it says so.
    fn start_server(folder: &Path) -> Child {
        fs::create_dir(folder).unwrap();
        let mut server = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--unixsocket",
                "redis.sock",
                "--save",
                "",
                "--daemonize",
                "no",
                "--dir",
            ])
            .arg(folder)
            .arg("--pidfile")
            .arg(folder.join(PID_FILE))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let ready = BufReader::new(server.stdout.take().unwrap())
            .lines()
            .any(|line| line.unwrap().contains("eady to accept connections"));
        assert!(ready, "redis-server ended before it was ready");
        server
    }

    #[test]
    fn a_server_left_behind_is_ended_and_the_folder_removed() {
        let folder = ServerFolder::create().unwrap();
        let path = folder.path().to_owned();
        let mut server = start_server(&path.join("one"));
        drop(folder);
        assert_eq!(server.wait().unwrap().signal(), Some(9));
        assert!(!path.exists());
    }

    #[test]
    fn a_process_that_is_no_server_of_the_folder_is_left_alone() {
        let folder = ServerFolder::create().unwrap();
        let other = ServerFolder::create_in(folder.path()).unwrap();
        let stale = folder.path().join("stale");
        fs::create_dir(&stale).unwrap();
        fs::write(stale.join(PID_FILE), process::id().to_string()).unwrap();
        assert_eq!(server_of(&stale), None);

        let mut server = start_server(&other.path().join("one"));
        fs::write(stale.join(PID_FILE), server.id().to_string()).unwrap();
        assert_eq!(server_of(&stale), None, "a server of another folder");
        assert_eq!(
            server_of(&other.path().join("one")),
            Some(Pid::from_child(&server))
        );
        drop(other);
        server.wait().unwrap();
    }
}
