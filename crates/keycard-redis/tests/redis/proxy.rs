//! A way to a server that can be led elsewhere, and whose connections can die without being closed.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub(crate) struct Proxy {
    port: u16,
    traffic: Arc<watch::Sender<Traffic>>,
}

#[derive(Clone, Copy)]
struct Traffic {
    /// Where new connections lead to.
    target: u16,
    opened: usize,
    /// From which connection to which nothing is carried any more.
    dead: (usize, usize),
    /// How many pieces were read from a dead connection.
    swallowed: usize,
}

impl Proxy {
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let traffic = Arc::new(watch::Sender::new(Traffic {
            target,
            opened: 0,
            dead: (0, 0),
            swallowed: 0,
        }));
        tokio::spawn(accept(listener, Arc::clone(&traffic)));
        Self { port, traffic }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn lead_to(&self, target: u16) {
        self.traffic.send_modify(|traffic| traffic.target = target);
    }

    /// From now on the present connections swallow whatever they are given, as after a lost entry in a router's table.
    pub(crate) fn kill_connections(&self) {
        self.kill(1, self.opened());
    }

    /// The same of those connections alone that were opened as the first to the last of these numbers, counted from 1.
    pub(crate) fn kill(&self, first: usize, last: usize) {
        self.traffic.send_modify(|traffic| traffic.dead = (first, last));
    }

    pub(crate) fn opened(&self) -> usize {
        self.traffic.borrow().opened
    }

    /// Waits until so many connections have been opened, the first included.
    pub(crate) async fn has_opened(&self, connections: usize) {
        self.until(|traffic| traffic.opened >= connections).await;
    }

    /// Waits until a dead connection is given something, or another connection is opened.
    pub(crate) async fn swallows(&self) {
        let now = *self.traffic.borrow();
        self.until(|traffic| traffic.swallowed > now.swallowed || traffic.opened > now.opened)
            .await;
    }

    async fn until(&self, is_so: impl FnMut(&Traffic) -> bool) {
        self.traffic.subscribe().wait_for(is_so).await.unwrap();
    }
}

async fn accept(listener: TcpListener, traffic: Arc<watch::Sender<Traffic>>) {
    while let Ok((client, _)) = listener.accept().await {
        traffic.send_modify(|traffic| traffic.opened += 1);
        let Traffic { opened, target, .. } = *traffic.borrow();
        let traffic = Arc::clone(&traffic);
        tokio::spawn(async move {
            let server = TcpStream::connect(("127.0.0.1", target)).await?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::select! {
                end = carry(opened, from_client, to_server, &traffic) => end,
                end = carry(opened, from_server, to_client, &traffic) => end,
            }
        });
    }
}

async fn carry(
    connection: usize,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    traffic: &watch::Sender<Traffic>,
) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(());
        }
        let (first, last) = traffic.borrow().dead;
        if (first..=last).contains(&connection) {
            traffic.send_modify(|traffic| traffic.swallowed += 1);
        } else {
            to.write_all(&piece[..length]).await?;
        }
    }
}
