//! What a scripted store does when it is told several things.

use keycard::store::memory::MemoryStore;
use keycard::store::{Loaded, Store};

use crate::record::{NOW, anonymous};
use crate::testing::{ScriptedStore, Verb};

#[tokio::test]
async fn what_is_held_stays_held_when_the_store_recovers() {
    let store = ScriptedStore::new(MemoryStore::new());
    store.fail_once(Verb::Load);
    let held = store.hold(Verb::Load);
    store.lose_answer(Verb::Load);
    store.go_down();
    store.recover();

    let call = tokio::spawn({
        let store = store.clone();
        async move { store.load(anonymous(1), NOW).await }
    });
    held.reached().await;
    assert!(!call.is_finished());
    held.release();
    assert_eq!(call.await.unwrap().unwrap(), Loaded::Absent);
    let next = store.load(anonymous(1), NOW).await;
    assert_eq!(next.unwrap(), Loaded::Absent, "its answer is not lost");
}
