//! One connection for everybody: commands go out in the order in which they were sent, many at once, and are answered in
//! that order.
//!
//! A sender leaves the bytes of its command in a queue. The [`Driver`] takes all that is there by one system call; whoever
//! is ready to run when the first of them is left has had a turn by then. With 64 clients on one thread that makes 2 % of
//! the calls that a call for each command would be, and a lone command waits for nobody.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use crate::resp::{self, Command};
use crate::silence::Silence;

/// How many bytes may wait to be sent: a server that takes no more is not worth more memory.
const MOST_UNSENT: usize = 16 * 1024 * 1024;
/// How many bytes are read at once, as long as no value is larger.
const BUFFER: usize = 32 * 1024;
/// How large a buffer of commands may have become to be used again.
const KEPT: usize = 8 * BUFFER;

/// The senders' end.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Arc<Mutex<Queue>>);

type Asker = oneshot::Sender<RedisResult<Value>>;

/// A `std` lock holds it, never across an await.
#[derive(Default)]
struct Queue {
    unsent: Vec<u8>,
    /// Who asked for what is unsent.
    askers: Vec<Asker>,
    /// Wakes the driver, where it waits for something to send.
    driver: Option<Waker>,
    /// Why nothing is sent any more.
    closed: Option<RedisError>,
}

impl Pipe {
    /// Sends a command, whether or not the answer is awaited.
    pub(crate) fn ask(&self, command: &impl Command) -> Answer {
        let (asker, answer) = oneshot::channel();
        let driver = self.lock().push(command, asker);
        if let Some(driver) = driver {
            driver.wake();
        }
        Answer(answer)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a command is answered with, which may be an error of the server.
#[must_use = "an answer must be awaited to be known"]
pub(crate) struct Answer(oneshot::Receiver<RedisResult<Value>>);

impl Future for Answer {
    type Output = RedisResult<Value>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(answer.unwrap_or_else(|_| Err(given_up())))
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is unsent holds passwords and sessions.
        f.debug_struct("Pipe").finish_non_exhaustive()
    }
}

impl Queue {
    fn push(&mut self, command: &impl Command, asker: Asker) -> Option<Waker> {
        let refused = match &self.closed {
            Some(reason) => Some(reason.clone()),
            None => (self.unsent.len() > MOST_UNSENT).then(overflow),
        };
        if let Some(reason) = refused {
            asker.send(Err(reason)).ok();
            return None;
        }
        command.write(&mut self.unsent);
        self.askers.push(asker);
        self.driver.take()
    }
}

/// The connection's end, which moves the bytes.
pub(crate) struct Driver<S, T> {
    stream: S,
    silence: Silence,
    /// Hears what the server says unasked.
    told: T,
    sending: Vec<u8>,
    sent: usize,
    has_gathered: bool,
    received: Vec<u8>,
    /// How much of `received` has been filled.
    filled: usize,
    open: Open,
}

/// A connection that commands can be sent on: when it is dropped no more can, and whoever waits for an answer fails.
pub(crate) struct Open {
    pipe: Pipe,
    /// Who asked for what was sent, and is answered next.
    askers: VecDeque<Asker>,
    broke: Option<RedisError>,
}

impl<S, T> Driver<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: FnMut(Value),
{
    pub(crate) fn new(stream: S, silence: Silence, told: T) -> Self {
        Self {
            stream,
            silence,
            told,
            sending: Vec::new(),
            sent: 0,
            has_gathered: false,
            received: vec![0; BUFFER],
            filled: 0,
            open: Open {
                pipe: Pipe::default(),
                askers: VecDeque::new(),
                broke: None,
            },
        }
    }

    pub(crate) fn pipe(&self) -> Pipe {
        self.open.pipe.clone()
    }

    /// Moves bytes until the connection breaks.
    pub(crate) async fn run(mut self) -> Open {
        let Err(error) = poll_fn(|cx| self.poll(cx)).await;
        self.open.broke = Some(error);
        self.open
    }

    /// What has arrived is read first, so that a server that says why it hangs up is heard.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<RedisResult<Infallible>> {
        match self.poll_receive(cx) {
            Poll::Ready(broke) => Poll::Ready(broke),
            Poll::Pending => self.poll_send(cx),
        }
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<RedisResult<Infallible>> {
        loop {
            if self.filled == self.received.len() {
                self.received.resize(2 * self.filled, 0);
            }
            let mut buffer = ReadBuf::new(&mut self.received[self.filled..]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            let len = buffer.filled().len();
            if len == 0 {
                return Poll::Ready(Err(hung_up()));
            }
            self.silence.end();
            self.filled += len;
            self.answer()?;
        }
    }

    /// Hands out what has been received.
    fn answer(&mut self) -> RedisResult<()> {
        let mut start = 0;
        while let Some((value, len)) = resp::read(&self.received[start..self.filled])? {
            start += len;
            if matches!(value, Value::Push { .. }) {
                (self.told)(value);
            } else {
                let asker = self.open.askers.pop_front().ok_or_else(unasked)?;
                asker.send(Ok(value)).ok(); // Nobody may wait any more.
            }
        }
        self.received.copy_within(start..self.filled, 0);
        self.filled -= start;
        if self.received.len() > BUFFER && self.filled < BUFFER {
            self.received.truncate(BUFFER);
            self.received.shrink_to_fit();
        }
        Ok(())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<RedisResult<Infallible>> {
        loop {
            if self.sent == self.sending.len() {
                ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
                ready!(self.poll_take(cx));
            }
            self.silence.begin();
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.sending[self.sent..]))? {
                0 => return Poll::Ready(Err(hung_up())),
                len => self.sent += len,
            }
        }
    }

    /// Takes what is to be sent, after everybody has had a turn to add to it.
    fn poll_take(&mut self, cx: &Context<'_>) -> Poll<()> {
        let mut queue = self.open.pipe.lock();
        if queue.unsent.is_empty() {
            queue
                .driver
                .get_or_insert_with(|| cx.waker().clone())
                .clone_from(cx.waker());
            return Poll::Pending;
        }
        self.has_gathered = !self.has_gathered;
        if self.has_gathered {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.sending.clear();
        self.sending.shrink_to(KEPT);
        self.sent = 0;
        mem::swap(&mut queue.unsent, &mut self.sending);
        self.open.askers.extend(queue.askers.drain(..));
        Poll::Ready(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let broke = self.broke.take().unwrap_or_else(given_up);
        let mut queue = self.pipe.lock();
        queue.closed = Some(broke.clone());
        queue.unsent = Vec::new();
        let unsent = mem::take(&mut queue.askers);
        drop(queue);
        for asker in self.askers.drain(..).chain(unsent) {
            asker.send(Err(broke.clone())).ok(); // Nobody may wait any more.
        }
    }
}

fn hung_up() -> RedisError {
    (ErrorKind::Io, "the server closed the connection").into()
}

fn given_up() -> RedisError {
    (ErrorKind::Io, "the connection was given up").into()
}

fn unasked() -> RedisError {
    (ErrorKind::Parse, "the server answered what nobody asked").into()
}

fn overflow() -> RedisError {
    (ErrorKind::Io, "the server takes no more commands").into()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::task::{JoinHandle, JoinSet, yield_now};

    use super::*;

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
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
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
}
