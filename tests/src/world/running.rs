//! A server of a journey, on a port of its own.

use std::pin::Pin;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::browser::{Origin, Server};

/// Ready when a server is to end.
pub type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server that answers on a port of its own, as `https://shop.example` for the browser's jar.
#[derive(Debug)]
pub struct Running {
    origin: Origin,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Starts what `serve` makes of a listener and of the word to end.
    pub async fn start(serve: impl FnOnce(TcpListener, Stop) -> JoinHandle<std::io::Result<()>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Origin::at(listener.local_addr().unwrap())
            .named("shop.example")
            .https();
        let (stop, stopped) = oneshot::channel();
        let stopped: Stop = Box::pin(async move {
            stopped.await.ok();
        });
        Self {
            origin,
            stop,
            task: serve(listener, stopped),
        }
    }

    /// Ends the server, as a deployment does, and waits until it has ended.
    pub async fn stop(self) {
        self.stop.send(()).ok();
        self.task.await.unwrap().unwrap();
    }
}

impl Server for Running {
    fn origin(&self) -> Origin {
        self.origin.clone()
    }
}
