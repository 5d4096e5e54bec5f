//! The contract of [`keycard::store`], verb by verb: every outcome of each.

pub mod active;
pub mod admission;
pub mod create;
pub mod end;
pub mod end_all;
pub mod end_others;
pub mod end_some;
pub mod history;
pub mod index;
pub mod limits;
pub mod load;
pub mod once;
pub mod replace;
pub mod retention;
pub mod statistics;
pub mod throttle;
pub mod token;
pub mod token_marks;
pub mod touch;
pub mod update;
mod ways;

use bytes::Bytes;
use keycard::StoreKey;
use keycard::store::{Create, Created, End, Ended, Loaded, Store};

use crate::record::{NOW, Sample, create};

/// What `load` answers at [`NOW`].
async fn load(store: &impl Store, key: StoreKey) -> Loaded {
    store.load(key, NOW).await.expect("`load` answers")
}

fn live(sample: &Sample) -> Loaded {
    Loaded::Live(sample.bytes())
}

/// Begins a session, which must succeed.
async fn begin(store: &impl Store, key: StoreKey, sample: &Sample) {
    let created = store.create(create(key, sample)).await;
    assert_eq!(created.expect("`create` answers"), Created::Applied);
}

/// Puts bytes under a key of which the store can know nothing.
async fn put(store: &impl Store, key: StoreKey, bytes: Bytes) {
    let created = store.create(Create::new(key, bytes, None, NOW)).await;
    assert_eq!(created.expect("`create` answers"), Created::Applied);
}

/// Ends an anonymous session at [`NOW`].
async fn end(store: &impl Store, key: StoreKey) -> Ended {
    store.end(End::new(key, None, NOW)).await.expect("`end` answers")
}

/// The bytes under a key are what was put there.
async fn assert_kept(store: &impl Store, key: StoreKey, bytes: &Bytes) {
    assert_eq!(
        load(store, key).await,
        Loaded::Live(bytes.clone()),
        "the bytes are handed out as they were stored"
    );
}
