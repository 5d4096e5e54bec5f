//! The transport below a connection: how it is opened, and for how long the server has been silent on it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use redis::io::tcp::socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// After how much silence, then how often, and how many times in vain an idle connection is probed before it breaks.
const PROBE_AFTER: Duration = Duration::from_secs(5);
const PROBE_EVERY: Duration = Duration::from_secs(1);
const PROBES: u32 = 3;
/// How long the peer's kernel may leave what was sent without a receipt. Linux breaks off probing by it too.
#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
const RECEIPT_WITHIN: Duration = PROBE_AFTER.saturating_add(PROBE_EVERY.saturating_mul(PROBES));

/// Opens a TCP connection that sends at once and breaks when the peer's host has vanished.
pub(crate) async fn open_tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    let probes = TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_EVERY)
        .with_retries(PROBES);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    socket.set_tcp_user_timeout(Some(RECEIPT_WITHIN))?;
    Ok(stream)
}

/// Since when the server has left unanswered what was sent, or was to be sent and is not taken: the first write after it
/// was last heard. A `std` lock, since it is held for one assignment and never across an await.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silence(Arc<Mutex<Option<Instant>>>);

impl Silence {
    /// Ends when the silence has lasted this long, whoever waits for an answer. It looks once in that time, so that
    /// commands need no timers for it.
    pub(crate) async fn lasts(&self, patience: Duration) {
        loop {
            let since = *self.lock();
            if since.is_some_and(|since| since.elapsed() >= patience) {
                return;
            }
            sleep_until(since.unwrap_or_else(Instant::now) + patience).await;
        }
    }

    fn begin(&self) {
        self.lock().get_or_insert_with(Instant::now);
    }

    fn end(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that notes when something is to be sent and when something arrives.
#[derive(Debug)]
pub(crate) struct Heard<S> {
    stream: S,
    silence: Silence,
}

impl<S> Heard<S> {
    pub(crate) fn new(stream: S, silence: Silence) -> Self {
        Self { stream, silence }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.silence.end();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.silence.begin();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.silence.begin();
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn silence_is_counted_from_the_first_write_that_the_peer_leaves_unanswered() {
        let (near, mut far) = duplex(4);
        let silence = Silence::default();
        let mut stream = Heard::new(near, silence.clone());
        let since = || *silence.lock();
        assert_eq!(since(), None);
        stream.write_all(b"ab").await.unwrap();
        let begun = since();
        assert!(begun.is_some());
        stream.write_all(b"cd").await.unwrap();
        assert_eq!(since(), begun, "the oldest write counts");
        far.write_all(b".").await.unwrap();
        stream.read_u8().await.unwrap();
        assert_eq!(since(), None);
        let write = poll_fn(|cx| Poll::Ready(Pin::new(&mut stream).poll_write(cx, b"e"))).await;
        assert!(write.is_pending(), "the peer takes no more");
        assert!(since().is_some());
    }

    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    #[tokio::test]
    async fn the_system_breaks_a_connection_to_a_host_that_has_vanished() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = open_tcp("127.0.0.1", listener.local_addr().unwrap().port())
            .await
            .unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), PROBE_AFTER);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), PROBE_EVERY);
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), PROBES);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(RECEIPT_WITHIN));
    }
}
