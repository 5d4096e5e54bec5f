//! The two applications: one on each framework, with a store and a clock of its own, over the same servers.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keycard::{Clock, IndexKey, KeyRing, Keycard, SystemClock, Timestamp};
use keycard_redis::RedisStoreBuilder;
use keycard_tests::app::{self, Backend, Gates};
use keycard_tests::world::Running;
use tokio::task::yield_now;

/// Both applications, by their number.
#[derive(Debug)]
pub(crate) struct Shop {
    servers: [Mutex<Arc<Running>>; 2],
    clocks: [WrongClock; 2],
    deadline: Duration,
}

/// The system's clock, and by how many milliseconds it is fast; less than none where it is slow.
#[derive(Clone, Debug, Default)]
struct WrongClock(Arc<AtomicI64>);

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        let ahead = self.0.load(Ordering::Relaxed);
        Timestamp::from_millis(SystemClock.now().as_millis().saturating_add_signed(ahead))
    }
}

impl Shop {
    pub(crate) async fn open(deadline: Duration, store: &impl Fn() -> RedisStoreBuilder) -> Self {
        let clocks = [WrongClock::default(), WrongClock::default()];
        let start = async |number: usize| {
            let server = start(number, store().deadline(deadline), clocks[number].clone()).await;
            Mutex::new(Arc::new(server))
        };
        Self {
            servers: [start(0).await, start(1).await],
            clocks: clocks.clone(),
            deadline,
        }
    }

    /// The application that requests go to now. It does not stop before those have been answered.
    pub(crate) fn server(&self, number: usize) -> Arc<Running> {
        Arc::clone(
            &self.servers[number]
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Sets a clock forward.
    pub(crate) fn set_forward(&self, number: usize, by: Duration) {
        self.set(number, i64::try_from(by.as_millis()).unwrap());
    }

    /// Sets a clock back.
    pub(crate) fn set_back(&self, number: usize, by: Duration) {
        self.set(number, -i64::try_from(by.as_millis()).unwrap());
    }

    fn set(&self, number: usize, by: i64) {
        self.clocks[number].0.fetch_add(by, Ordering::Relaxed);
    }

    /// Puts an application with another store in the place of one, as a deployment does.
    pub(crate) async fn deploy(&self, number: usize, store: RedisStoreBuilder) {
        let new = start(number, store.deadline(self.deadline), self.clocks[number].clone()).await;
        let mut old = {
            let mut server = self.servers[number]
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *server, Arc::new(new))
        };
        loop {
            match Arc::try_unwrap(old) {
                Ok(old) => return old.stop().await,
                Err(asked) => old = asked,
            }
            yield_now().await;
        }
    }
}

async fn start(number: usize, store: RedisStoreBuilder, clock: WrongClock) -> Running {
    let store = store
        .connect()
        .await
        .expect("the servers are up when an application starts");
    let (keycard, users) = Keycard::with_users(store, KeyRing::new([[1; 32]]).unwrap())
        .index_key(IndexKey::new([1; 32]).unwrap())
        .clock(clock)
        .build()
        .unwrap();
    serve(number, Backend::new(keycard, Gates::default()).with_users(users)).await
}

/// One application is on Axum, the other on Actix.
pub(super) async fn serve(number: usize, backend: Backend) -> Running {
    Running::start(move |listener, stop| match number {
        0 => tokio::spawn(app::on_axum::serve(listener, backend, stop)),
        _ => tokio::spawn(app::on_actix::serve(listener, backend, stop)),
    })
    .await
}
