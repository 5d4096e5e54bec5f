//! A private Redis, and what it is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use keycard_fixtures::RedisServer;

/// How long a report may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The end of a series of reports.
const MARK: &str = "what-was-counted-ends-here";

/// Removes what matches, and answers how many keys that were.
const REMOVE: &str = "
    local cursor, removed = '0', 0
    repeat
        local found = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
        cursor = found[1]
        for _, name in ipairs(found[2]) do removed = removed + redis.call('DEL', name) end
    until cursor == '0'
    return removed";

/// What the server has seen since it was started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traffic {
    pub(crate) reads: u64,
    pub(crate) bytes: u64,
}

pub(crate) fn start() -> Result<RedisServer, String> {
    RedisServer::start().map_err(|error| error.to_string())
}

pub(crate) fn traffic(server: &RedisServer) -> Result<Traffic, String> {
    let info = info(server, "stats")?;
    Ok(Traffic {
        reads: number(&info, "total_reads_processed")?,
        bytes: number(&info, "total_net_input_bytes")? + number(&info, "total_net_output_bytes")?,
    })
}

pub(crate) fn version(server: &RedisServer) -> Result<String, String> {
    Ok(field(&info(server, "server")?, "redis_version")?.to_owned())
}

/// How many bytes the server holds.
pub(crate) fn used_memory(server: &RedisServer) -> Result<u64, String> {
    number(&info(server, "memory")?, "used_memory")
}

/// How many keys there are.
pub(crate) fn keys(server: &RedisServer) -> Result<u64, String> {
    server.command(&["DBSIZE"]).map_err(|error| error.to_string())
}

/// Removes everything, so that what one variant leaves costs no other.
pub(crate) fn clear(server: &RedisServer) -> Result<(), String> {
    server
        .command::<()>(&["FLUSHALL", "SYNC"])
        .map_err(|error| error.to_string())
}

/// Removes the keys whose names match.
pub(crate) fn remove(server: &RedisServer, names: &str) -> Result<u64, String> {
    server
        .command(&["EVAL", REMOVE, "0", names])
        .map_err(|error| error.to_string())
}

fn info(server: &RedisServer, section: &str) -> Result<String, String> {
    server
        .command(&["INFO", section])
        .map_err(|error| error.to_string())
}

fn field<'a>(info: &'a str, name: &str) -> Result<&'a str, String> {
    info.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
        .ok_or_else(|| format!("the server does not tell {name}: Redis 7.0 or newer is needed"))
}

fn number(info: &str, name: &str) -> Result<u64, String> {
    let value = field(info, name)?;
    value.parse().map_err(|_| format!("{name} is {value}"))
}

/// Counts the commands of clients; those of scripts are part of one.
pub(crate) struct Monitor<'a> {
    server: &'a RedisServer,
    reports: BufReader<TcpStream>,
}

impl<'a> Monitor<'a> {
    pub(crate) fn over(server: &'a RedisServer) -> Result<Self, String> {
        let open = || {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port()))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(b"MONITOR\r\n")?;
            let mut reports = BufReader::new(stream);
            reports.read_line(&mut String::new())?;
            Ok(Self { server, reports })
        };
        open().map_err(|error: std::io::Error| format!("MONITOR: {error}"))
    }

    /// How many commands there were.
    pub(crate) fn count(mut self) -> Result<u64, String> {
        self.server
            .command::<String>(&["ECHO", MARK])
            .map_err(|error| error.to_string())?;
        let mut count = 0;
        loop {
            let mut line = String::new();
            let read = self.reports.read_line(&mut line);
            if read.map_err(|error| format!("MONITOR: {error}"))? == 0 {
                return Err("MONITOR ended".to_owned());
            }
            let (client, command) = line.split_once("] ").ok_or("a report names no client")?;
            if command.contains(MARK) {
                return Ok(count);
            }
            let is_ours = command.starts_with("\"CLIENT\"") || command.starts_with("\"HELLO\"");
            if !client.ends_with(" lua") && !is_ours {
                count += 1;
            }
        }
    }
}
