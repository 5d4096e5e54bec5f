//! The connection's end of a pipe.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Asker, Pipe, given_up};
use crate::resp;
use crate::silence::Silence;

/// How many bytes are read at once, as long as no value is larger.
pub(super) const BUFFER: usize = 32 * 1024;
/// How large a buffer of commands may have become to be used again.
const KEPT: usize = 8 * BUFFER;

/// Moves the bytes.
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

fn unasked() -> RedisError {
    (ErrorKind::Parse, "the server answered what nobody asked").into()
}
