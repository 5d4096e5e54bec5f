//! A small HTTP/1.1 client: one connection, one request, the whole answer.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How far a request came that got no complete answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// Nobody accepts connections at the address.
    Refused,
    /// The connection broke, or what came was no HTTP.
    Broken,
    /// The answer was not complete in time.
    TimedOut,
}

/// A request that got no complete answer; the text names the request.
#[derive(Debug)]
pub struct SendError {
    request: String,
    time_out: Duration,
    kind: SendErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl SendError {
    /// How far the request came.
    #[must_use]
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = &self.request;
        match self.kind {
            SendErrorKind::Refused => write!(f, "{request}: cannot connect"),
            SendErrorKind::Broken => write!(
                f,
                "{request}: the connection broke before the answer was complete"
            ),
            SendErrorKind::TimedOut => write!(f, "{request}: no complete answer within {:?}", self.time_out),
        }?;
        self.source
            .as_ref()
            .map_or(Ok(()), |source| write!(f, " ({source})"))
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| -> &(dyn Error + 'static) { source.as_ref() })
    }
}

/// Sends `request` over a new connection and collects the answer, all of it within `time_out`.
///
/// A future that is dropped closes the connection: that is how a client that leaves is played.
pub(super) async fn exchange(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
    label: &str,
    time_out: Duration,
) -> Result<Response<Bytes>, SendError> {
    let failure = |kind, source| SendError {
        request: label.to_owned(),
        time_out,
        kind,
        source,
    };
    let connected = async {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|e| failure(SendErrorKind::Refused, Some(e.into())))?;
        converse(stream, request)
            .await
            .map_err(|e| failure(SendErrorKind::Broken, Some(e.into())))
    };
    tokio::time::timeout(time_out, connected)
        .await
        .unwrap_or_else(|_| Err(failure(SendErrorKind::TimedOut, None)))
}

async fn converse(stream: TcpStream, request: Request<Full<Bytes>>) -> hyper::Result<Response<Bytes>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut answer = pin!(async {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    });
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}
