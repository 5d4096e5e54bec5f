//! How the machine is: what requests take to applications that ask no store.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use http::Method;
use keycard::store::memory::MemoryStore;
use keycard::{KeyRing, Keycard};
use keycard_tests::app::{Backend, Gates};
use keycard_tests::browser::{Browser, Request};
use keycard_tests::world::Running;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::time::sleep;

use super::log::Log;
use super::shop::serve;

const PAUSE: Duration = Duration::from_millis(20);

/// Asks two applications for what neither has, again and again, until it is told to stop. They and it are on a thread and a
/// runtime of their own: a store that blocks those under test excuses nothing.
pub(super) fn beat(log: Arc<Log>, stop: watch::Receiver<bool>) -> JoinHandle<()> {
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let servers = [start(0).await, start(1).await];
            while !*stop.borrow() && stop.has_changed().is_ok() {
                let began = Instant::now();
                tokio::join!(ask(&servers[0]), ask(&servers[1]));
                sleep(PAUSE).await; // sleep: a beat is as long as this, and what asking takes
                log.beat(began, began.elapsed());
            }
            for server in servers {
                server.stop().await;
            }
        });
    })
}

async fn start(number: usize) -> Running {
    let keycard = Keycard::builder(MemoryStore::new(), KeyRing::random());
    serve(number, Backend::new(keycard.build().unwrap(), Gates::default())).await
}

async fn ask(server: &Running) {
    let visitor = Browser::new().snapshot();
    let asked: Request<'_> = visitor.request(Method::GET, server, "/no/such/route");
    asked.send().await.expect_status(404);
}
