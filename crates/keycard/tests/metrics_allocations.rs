//! That a request whose metrics are told allocates no more than one whose metrics are not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "session/client.rs"]
#[expect(dead_code, reason = "the journeys of the core use all of it")]
mod client;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use keycard::Session;
use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use self::client::{App, Client};

#[global_allocator]
static COUNTED: dhat::Alloc = dhat::Alloc;

/// A recorder that allocates nothing once all is registered.
#[derive(Default)]
struct Sum(Arc<AtomicU64>);

struct Times(Arc<AtomicU64>);

impl HistogramFn for Times {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Recorder for Sum {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::clone(&self.0))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Times(Arc::clone(&self.0))))
    }
}

/// What a visit of a client who has come before allocates.
async fn counted(app: &App, used: fn(&Session)) -> u64 {
    let mut client = app.client(|session| session.insert("n", &1).unwrap()).await;
    app.visit(&mut client, used).await;
    blocks(app, &mut client, used).await
}

async fn blocks(app: &App, client: &mut Client, used: fn(&Session)) -> u64 {
    let profiler = dhat::Profiler::builder().testing().build();
    app.visit(client, used).await;
    let blocks = dhat::HeapStats::get().total_blocks;
    drop(profiler);
    blocks
}

// The one test of its binary: what another thread allocates would be counted as well.
#[tokio::test]
async fn telling_allocates_nothing() {
    let read: fn(&Session) = |session| assert!(session.contains("n"));
    let write: fn(&Session) = |session| session.insert("n", &2).unwrap();
    for (name, used) in [("read", read), ("write", write)] {
        let recorder = Sum::default();
        let untold = App::new();
        let told = metrics::with_local_recorder(&recorder, App::new);
        let counts = (counted(&untold, used).await, counted(&told, used).await);
        assert_eq!(counts.0, counts.1, "{name}");
        assert!(
            recorder.0.load(Ordering::Relaxed) > 3,
            "{name}: something was told"
        );
    }
}
