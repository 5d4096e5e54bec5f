//! Pipes over a stream in memory, at whose other end a test is the server.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex,
};
use tokio::task::{JoinHandle, JoinSet, yield_now};

use super::driver::BUFFER;
use super::*;
use crate::silence::Silence;

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// Counts the system calls that would be made.
struct Counted(DuplexStream, Arc<AtomicUsize>);

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

struct Line {
    pipe: Pipe,
    driver: JoinHandle<Open>,
    server: DuplexStream,
    silence: Silence,
    writes: Arc<AtomicUsize>,
    told: Arc<Mutex<Vec<Value>>>,
}

impl Line {
    /// A connection over which so many bytes may be under way.
    fn begin(room: usize) -> Self {
        let (near, server) = duplex(room);
        let (silence, writes) = (Silence::default(), Arc::default());
        let told = Arc::<Mutex<Vec<Value>>>::default();
        let (stream, hears) = (Counted(near, Arc::clone(&writes)), Arc::clone(&told));
        let driver = Driver::new(stream, silence.clone(), move |value| {
            hears.lock().unwrap().push(value);
        });
        Self {
            pipe: driver.pipe(),
            driver: tokio::spawn(driver.run()),
            server,
            silence,
            writes,
            told,
        }
    }

    async fn reads(&mut self, expected: &[u8]) {
        let mut read = vec![0; expected.len()];
        self.server.read_exact(&mut read).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&read), String::from_utf8_lossy(expected));
    }
}

async fn gets_their_own(pipe: Pipe, client: usize) {
    let answer = pipe.ask(&["GET", &client.to_string()]).await.unwrap();
    assert_eq!(answer, Value::BulkString(client.to_string().into_bytes()));
}

#[tokio::test]
async fn what_many_send_at_once_goes_out_at_once_and_is_answered_in_order() {
    const CLIENTS: usize = 64;
    let mut line = Line::begin(BUFFER);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(gets_their_own(line.pipe.clone(), client));
    }
    for client in 0..CLIENTS {
        let name = client.to_string();
        line.reads(format!("*2\r\n$3\r\nGET\r\n${}\r\n{name}\r\n", name.len()).as_bytes())
            .await;
        let answer = format!("${}\r\n{name}\r\n", name.len());
        line.server.write_all(answer.as_bytes()).await.unwrap();
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert_eq!(line.writes.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_command_that_follows_an_answer_goes_out_too() {
    let mut line = Line::begin(8);
    for number in 0..3 {
        let answer = line.pipe.ask(&["PING"]);
        line.reads(PING).await;
        line.server
            .write_all(format!(":{number}\r\n").as_bytes())
            .await
            .unwrap();
        assert_eq!(answer.await.unwrap(), Value::Int(number));
    }
}

#[tokio::test]
async fn an_answer_may_come_in_parts_and_be_larger_than_the_buffer() {
    let mut line = Line::begin(1000);
    let large = vec![b'a'; 3 * BUFFER];
    let said = [
        format!("${}\r\n", large.len()).as_bytes(),
        &large,
        b"\r\n$1\r\nb\r\n",
    ]
    .concat();
    let answers = [line.pipe.ask(&["GET", "a"]), line.pipe.ask(&["GET", "b"])];
    let (first, rest) = said.split_at(3);
    let server = async {
        line.server.write_all(first).await.unwrap();
        yield_now().await;
        line.server.write_all(rest).await.unwrap();
    };
    let [one, other] = answers;
    let (one, other, ()) = tokio::join!(one, other, server);
    assert_eq!(one.unwrap(), Value::BulkString(large));
    assert_eq!(other.unwrap(), Value::BulkString(b"b".into()));
}

#[tokio::test]
async fn what_the_server_says_unasked_answers_nobody() {
    let mut line = Line::begin(BUFFER);
    let answer = line.pipe.ask(&["PING"]);
    line.reads(PING).await;
    line.server
        .write_all(b">2\r\n+invalidate\r\n_\r\n+PONG\r\n")
        .await
        .unwrap();
    assert_eq!(answer.await.unwrap(), Value::SimpleString("PONG".to_owned()));
    assert_eq!(line.told.lock().unwrap().len(), 1);
}

async fn errors_of(answers: impl Iterator<Item = Answer>) -> Vec<String> {
    let mut errors = Vec::new();
    for answer in answers {
        errors.extend(answer.await.err().map(|error| error.to_string()));
    }
    errors
}

#[tokio::test]
async fn whoever_waits_fails_when_the_connection_breaks_and_not_before_its_wreck_is_dropped() {
    for (said, why) in [
        (&b""[..], "closed the connection"),
        (b"HTTP/1.1 400\r\n", "none of Redis"),
        (b":1\r\n:2\r\n:3\r\n", "what nobody asked"),
    ] {
        let mut line = Line::begin(16);
        let sent = [line.pipe.ask(&["PING"]), line.pipe.ask(&["PING"])];
        line.reads(PING).await;
        line.server.write_all(said).await.unwrap();
        drop(line.server);
        let wreck = line.driver.await.unwrap();
        let late = line.pipe.ask(&["PING"]);
        drop(wreck);
        let answers = sent.into_iter().chain([late, line.pipe.ask(&["PING"])]);
        let errors = errors_of(answers).await;
        assert!(
            errors.len() >= 2 && errors.iter().all(|error| error.contains(why)),
            "{errors:?}"
        );
    }
}

#[tokio::test]
async fn whoever_waits_fails_when_the_driver_is_gone() {
    let mut line = Line::begin(BUFFER);
    let sent = line.pipe.ask(&["PING"]);
    line.reads(PING).await;
    let unsent = line.pipe.ask(&["PING"]);
    line.driver.abort();
    for answer in [sent, unsent] {
        assert!(answer.await.unwrap_err().to_string().contains("given up"));
    }
    assert!(line.pipe.ask(&["PING"]).await.is_err());
}

#[tokio::test]
async fn a_server_that_takes_nothing_does_not_fill_the_memory() {
    let line = Line::begin(16);
    let value = "v".repeat(MOST_UNSENT);
    let taken = line.pipe.ask(&["SET", "k", &value]);
    while line.writes.load(Ordering::Relaxed) == 0 {
        yield_now().await;
    }
    let waits = line.pipe.ask(&["SET", "k", &value]);
    let refused = line.pipe.ask(&["PING"]).await.unwrap_err();
    assert!(refused.to_string().contains("takes no more commands"));
    drop((taken, waits));
}

#[tokio::test]
async fn silence_is_counted_from_the_first_write_that_the_peer_leaves_unanswered() {
    let mut line = Line::begin(PING.len());
    assert_eq!(line.silence.since(), None);
    let first = line.pipe.ask(&["PING"]);
    line.reads(PING).await;
    let begun = line.silence.since();
    assert!(begun.is_some());
    let second = line.pipe.ask(&["PING"]);
    line.reads(PING).await;
    assert_eq!(line.silence.since(), begun, "the oldest write counts");
    line.server.write_all(b"+PONG\r\n+PONG\r\n").await.unwrap();
    drop((first.await.unwrap(), second.await.unwrap()));
    assert_eq!(line.silence.since(), None);
    drop([line.pipe.ask(&["PING"]), line.pipe.ask(&["PING"])]);
    while line.writes.load(Ordering::Relaxed) < 4 {
        yield_now().await;
    }
    assert!(line.silence.since().is_some(), "the peer takes no more");
}

#[test]
fn what_is_to_be_sent_is_not_shown() {
    let pipe = Pipe::default();
    drop(pipe.ask(&["AUTH", "hunter2"]));
    assert!(!format!("{pipe:?}").contains("hunter2"));
}
