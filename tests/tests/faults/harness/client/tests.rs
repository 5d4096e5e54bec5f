//! What is looked for is found.

use keycard_fixtures::RedisServer;
use keycard_redis::RedisStore;

use super::*;
use crate::harness::PATIENCE;

#[tokio::test]
async fn a_logout_that_is_undone_is_found_however_many_came_after() {
    let server = RedisServer::start().unwrap();
    let store = || RedisStore::builder(&server.url()).unwrap();
    let shop = Arc::new(Shop::open(PATIENCE, &store).await);
    let log = Arc::new(Log::default());
    let mut client = Client::new(0, "ada", shop, Arc::clone(&log));
    client.log_in().await;
    let keys: Vec<String> = server.command(&["KEYS", "*"]).unwrap();
    for key in &keys {
        let copied: bool = server.command(&["COPY", key, &format!("copy of {key}")]).unwrap();
        assert!(copied);
    }
    client.log_out().await;
    for _ in 0..20 {
        client.log_in().await;
        client.log_out().await;
    }
    assert_eq!(log.entries().losses, []);
    for key in &keys {
        server
            .command::<()>(&["RENAME", &format!("copy of {key}"), key])
            .unwrap();
    }
    client.conclude().await;
    let losses = log.entries().losses;
    assert!(matches!(losses[..], [(Lost::Logout, _)]), "{losses:?}");
}
