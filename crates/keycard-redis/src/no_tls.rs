//! In the place of TLS, where the crate was built without.

use std::io;

use tokio::net::TcpStream;

/// What cannot be made.
#[derive(Clone, Debug)]
pub(crate) enum Tls {}

impl Tls {
    #[expect(clippy::unused_async, reason = "as it is with TLS")]
    pub(crate) async fn open(&self, _: &str, _: TcpStream) -> io::Result<TcpStream> {
        match *self {}
    }
}
