//! A crowd of readers while another node writes. `cargo run --release -p keycard-redis --example near_stress` does it for
//! longer, with another process, and prints what it has measured.

use keycard_fixtures::RedisServer;

use super::*;
use crate::load::{forgotten_writes, quiet, read, stale, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_sees_nothing_that_is_older_than_the_lease() {
    let server = RedisServer::start().unwrap();
    let writer = unchecked(&server.url()).connect().await.unwrap();
    let reader = node_at(&server.url()).await;
    let lasting = Duration::from_secs(2);
    let (acknowledged, seen, forgotten) = tokio::join!(
        write(&writer, 1_000, lasting),
        read(&reader, lasting),
        forgotten_writes(&reader, lasting)
    );
    assert_eq!(forgotten, 0);
    let delays = seen.delays(acknowledged);
    assert!(
        delays.len() > 64,
        "readers have seen versions come and go: {delays:?}"
    );
    let longest = delays.last().unwrap();
    assert!(*longest <= LEASE, "{longest:?}");
    quiet(&reader).await;
    assert_eq!(stale(&reader, &writer).await, [0_u8; 0]);
    assert!(reader.figures().counts.hits > 1_000, "{:?}", reader.figures());
}
