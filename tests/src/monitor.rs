//! What a Redis server is asked, as its own `MONITOR` reports it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests fail as tests do"
)]

use std::time::Duration;

use keycard_fixtures::RedisServer;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a report may take before the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads the reports of a server, of all its connections.
#[derive(Debug)]
pub struct Monitor {
    reports: BufReader<TcpStream>,
    /// Where marks are set, to know that all reports before them have been read.
    marker: TcpStream,
    marks: usize,
}

/// The client and the command of a line such as `+1700000000.000001 [0 127.0.0.1:50000] "GET" "key"`.
fn command(line: &str) -> (&str, &str) {
    line.split_once("] ").expect("a report names its client")
}

/// A command that the server has run.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
struct Report {
    name: String,
    /// Whether a script issued it, and no client.
    by_script: bool,
}

impl Report {
    fn of(line: &str) -> Self {
        let (client, command) = command(line);
        Self {
            name: command
                .split('"')
                .nth(1)
                .expect("a report names its command")
                .to_owned(),
            by_script: client.ends_with(" lua"),
        }
    }
}

impl Monitor {
    /// Reports what happens from now on.
    pub async fn over(server: &RedisServer) -> Self {
        let connect = || TcpStream::connect(("127.0.0.1", server.port()));
        let mut monitor = Self {
            reports: BufReader::new(connect().await.unwrap()),
            marker: connect().await.unwrap(),
            marks: 0,
        };
        monitor.reports.write_all(b"MONITOR\r\n").await.unwrap();
        assert_eq!(monitor.line().await, "+OK");
        monitor
    }

    /// The names of the commands that clients have sent since the last call.
    pub async fn commands(&mut self) -> Vec<String> {
        let reports = self.reports().await.into_iter();
        reports
            .filter(|report| !report.by_script)
            .map(|report| report.name)
            .collect()
    }

    /// A line for each command that was run since the last call, by clients and by scripts, with its arguments as
    /// `MONITOR` writes them.
    pub async fn lines(&mut self) -> Vec<String> {
        self.marks += 1;
        let mark = format!("\"ECHO\" \"mark {}\"", self.marks);
        self.marker
            .write_all(format!("{mark}\r\n").as_bytes())
            .await
            .unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.line().await;
            if command(&line).1 == mark {
                return lines;
            }
            lines.push(line);
        }
    }

    async fn reports(&mut self) -> Vec<Report> {
        let lines = self.lines().await;
        lines.iter().map(|line| Report::of(line)).collect()
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.reports.read_line(&mut line)).await;
        assert!(
            read.expect("the server reports").unwrap() > 0,
            "the server has hung up"
        );
        line.trim_end().to_owned()
    }
}

#[tokio::test]
async fn a_monitor_sees_every_command_and_tells_clients_from_scripts() {
    let server = RedisServer::start().unwrap();
    let mut monitor = Monitor::over(&server).await;
    assert_eq!(monitor.reports().await, []);
    let script = r#"EVAL "redis.call('SET', 'a', '\\r\\n] \"ECHO\"')" 0"#;
    let mut client = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    client
        .write_all(format!("{script}\r\nGET a\r\n").as_bytes())
        .await
        .unwrap();
    BufReader::new(client).lines().next_line().await.unwrap();
    let report = |name: &str, by_script| Report {
        name: name.to_owned(),
        by_script,
    };
    let expected = [report("EVAL", false), report("SET", true), report("GET", false)];
    assert_eq!(monitor.reports().await, expected);
    assert_eq!(monitor.commands().await, [""; 0]);
}
