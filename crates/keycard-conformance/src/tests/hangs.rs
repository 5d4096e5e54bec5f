//! A store that hangs fails its law, and does not hold up the others for ever.

use std::future::pending;
use std::thread;
use std::time::Duration;

use keycard::store::memory::MemoryStore;

use super::broken::Broken;
use super::flaw::Flaw;
use crate::property::random_sequences_within;
use crate::prove::prove_within;
use crate::sequence::{Command, IndexCommand};
use crate::testing::{ScriptedStore, Verb};

const SOON: Duration = Duration::from_millis(50);

#[test]
#[should_panic(expected = "a_call_that_is_awaited_for_ever hangs: it has not come to an end within 50ms")]
fn a_call_that_is_awaited_for_ever() {
    prove_within(SOON, async || (), async |()| pending().await);
}

#[test]
#[should_panic(expected = "a_call_that_blocks_its_thread hangs")]
fn a_call_that_blocks_its_thread() {
    let blocks = async |()| loop {
        thread::park();
    };
    prove_within(SOON, async || (), blocks);
}

#[test]
#[should_panic(expected = "the store has not let its thread go within 50ms\n\nThis fails")]
fn a_sequence_that_blocks_its_thread() {
    let begin = async || Broken::by(Flaw::LoadBlocks);
    random_sequences_within::<_, Command<IndexCommand>, _>(SOON, begin, "blocking()");
}

#[test]
#[should_panic(expected = "no server")]
fn what_fails_does_not_hang() {
    let begin = async || -> () { panic!("no server") };
    prove_within(Duration::MAX, begin, async |()| ());
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "no Update has come within 60s")]
async fn a_call_that_never_comes() {
    let store = ScriptedStore::new(MemoryStore::new());
    store.hold(Verb::Update).reached().await;
}
