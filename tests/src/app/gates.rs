//! Places where a handler stops until another request has got somewhere: an overlap that is certain, without a sleep.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long anyone waits for what does not happen, before the test fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// Named gates, shared by the servers of a test and the test itself. Each counts who has arrived, and stays open.
#[derive(Clone, Debug, Default)]
pub struct Gates(Arc<Mutex<HashMap<String, watch::Sender<usize>>>>);

impl Gates {
    /// Lets those go on who wait at this gate.
    pub fn arrive(&self, gate: &str) {
        self.counter(gate).send_modify(|arrived| *arrived += 1);
    }

    /// How many have arrived at this gate.
    #[must_use]
    pub fn arrived(&self, gate: &str) -> usize {
        *self.counter(gate).borrow()
    }

    /// Waits until somebody has arrived at this gate.
    ///
    /// # Panics
    ///
    /// If nobody arrives for 20 seconds.
    pub async fn wait(&self, gate: &str) {
        self.wait_for(gate, 1).await;
    }

    /// Waits until so many have arrived at this gate.
    ///
    /// # Panics
    ///
    /// If they do not within 20 seconds.
    pub async fn wait_for(&self, gate: &str, count: usize) {
        let mut arrivals = self.counter(gate).subscribe();
        let arrived = timeout(PATIENCE, arrivals.wait_for(|arrived| *arrived >= count)).await;
        assert!(
            arrived.is_ok(),
            "{count} were awaited at the gate {gate:?}, {} came",
            self.arrived(gate)
        );
    }

    fn counter(&self, gate: &str) -> watch::Sender<usize> {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(gate.to_owned()).or_default().clone()
    }
}
