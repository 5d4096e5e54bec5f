//! One connection for many: commands go out in the order in which they were sent, many at once, and are answered in
//! that order.
//!
//! A sender leaves the bytes of its command in a queue. The [`Driver`] takes all that is there by one system call; whoever
//! is ready to run when the first of them is left has had a turn by then. So clients that ask at once cost one call, and a
//! lone command one more turn of the driver's task.

mod driver;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use redis::{ErrorKind, RedisError, RedisResult, Value};
use tokio::sync::oneshot;

pub(crate) use self::driver::{Driver, Open};
use crate::resp::Command;

/// How many bytes may wait to be sent: a server that takes no more is not worth more memory.
const MOST_UNSENT: usize = 16 * 1024 * 1024;

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

    /// Sends two commands of which nothing comes between, and the first one's answer is not waited for.
    pub(crate) fn ask_after(&self, first: &impl Command, second: &impl Command) -> Answer {
        let ((ignored, _), (asker, answer)) = (oneshot::channel(), oneshot::channel());
        let mut queue = self.lock();
        let waits = queue.push(first, ignored);
        let driver = queue.push(second, asker).or(waits);
        drop(queue);
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

fn given_up() -> RedisError {
    (ErrorKind::Io, "the connection was given up").into()
}

fn overflow() -> RedisError {
    (ErrorKind::Io, "the server takes no more commands").into()
}
