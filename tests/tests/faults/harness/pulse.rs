//! How the machine is: what requests take that ask no store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use keycard_tests::browser::{Browser, Request};
use tokio::sync::watch;
use tokio::time::sleep;

use super::log::Log;
use super::shop::Shop;

const PAUSE: Duration = Duration::from_millis(20);

/// Asks both applications for what neither has, again and again.
pub(super) struct Pulse {
    shop: Arc<Shop>,
    log: Arc<Log>,
}

impl Pulse {
    pub(super) fn new(shop: Arc<Shop>, log: Arc<Log>) -> Self {
        Self { shop, log }
    }

    /// Goes on until it is told to stop.
    pub(super) async fn beat(self, stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let began = Instant::now();
            tokio::join!(self.ask(0), self.ask(1));
            sleep(PAUSE).await; // sleep: what it takes beyond is the machine's
            self.log.stood_still(began, began.elapsed().saturating_sub(PAUSE));
        }
    }

    async fn ask(&self, number: usize) {
        let (server, visitor) = (self.shop.server(number), Browser::new().snapshot());
        let asked: Request<'_> = visitor.request(Method::GET, &*server, "/no/such/route");
        asked.send().await.expect_status(404);
    }
}
