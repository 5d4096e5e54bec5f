//! One user of two clients, which act at the same time and wait for each other before they act again: so what is known of
//! both sessions is certain.

use std::sync::Arc;
use std::time::Instant;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::watch;
use tokio::time::sleep;

use super::PAUSE;
use super::client::{Answer, Client};
use super::log::Log;
use super::shop::Shop;

pub(super) struct User {
    clients: [Client; 2],
    chance: SmallRng,
}

impl User {
    pub(super) fn new(number: usize, shop: &Arc<Shop>, log: &Arc<Log>) -> Self {
        let name = format!("user-{number}");
        let client = |client| Client::new(2 * number + client, &name, Arc::clone(shop), Arc::clone(log));
        Self {
            clients: [client(0), client(1)],
            chance: SmallRng::seed_from_u64(1_000 + number as u64),
        }
    }

    /// Goes on until it is told to stop.
    pub(super) async fn shop(mut self, stop: watch::Receiver<bool>) -> Self {
        while !*stop.borrow() {
            self.round().await;
            sleep(PAUSE).await; // sleep: how much traffic there is
        }
        self
    }

    /// When all is quiet.
    pub(super) async fn conclude(mut self) {
        self.make_sure().await;
        for client in &mut self.clients {
            client.conclude().await;
        }
    }

    async fn round(&mut self) {
        let ends_all = self.chance.random_bool(0.05);
        self.make_sure().await;
        match &mut self.clients {
            [one, _] if ends_all && one.session.is_some() && !one.hesitates => self.end_all().await,
            [one, other] => {
                tokio::join!(one.turn(), other.turn());
            }
        }
    }

    /// Sessions of which nobody knows whether they have ended are ended, as far as that can be done now.
    async fn make_sure(&mut self) {
        for client in &mut self.clients {
            if client.is_doomed {
                client.log_out().await;
            }
        }
    }

    /// One client ends the sessions of both, while the other goes on.
    async fn end_all(&mut self) {
        let [one, other] = &mut self.clients;
        one.is_doomed = true;
        other.is_doomed = other.session.is_some();
        let asked = Instant::now();
        let (ended, ()) = tokio::join!(one.end_all(), other.turn_within());
        match ended {
            Answer::Mine(_) => {
                one.was_ended(asked);
                other.was_ended(asked);
            }
            Answer::Nobodys => {
                other.is_doomed = false;
                one.is_doomed = false;
                one.gone();
            }
            Answer::Failed => {}
        }
    }
}
