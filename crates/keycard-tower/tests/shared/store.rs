//! A memory store that fails when it is told to, and counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use keycard::store::memory::MemoryStore;
use keycard::store::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Store, Touch, Touched, Update, Updated,
};
use keycard::{StoreError, StoreKey, Timestamp};

#[derive(Clone, Debug, Default)]
pub(crate) struct FragileStore {
    inner: MemoryStore,
    switches: Arc<Switches>,
}

#[derive(Debug, Default)]
struct Switches {
    loads_fail: AtomicBool,
    writes_fail: AtomicBool,
    calls: AtomicUsize,
}

impl FragileStore {
    pub(crate) fn fail_loads(&self, fail: bool) {
        self.switches.loads_fail.store(fail, Ordering::SeqCst);
    }

    pub(crate) fn fail_writes(&self, fail: bool) {
        self.switches.writes_fail.store(fail, Ordering::SeqCst);
    }

    pub(crate) fn calls(&self) -> usize {
        self.switches.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    fn pass(&self, switch: &AtomicBool) -> Result<(), StoreError> {
        self.switches.calls.fetch_add(1, Ordering::SeqCst);
        if switch.load(Ordering::SeqCst) {
            Err(StoreError::unavailable("connection to 10.0.0.7 refused"))
        } else {
            Ok(())
        }
    }
}

impl Store for FragileStore {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.pass(&self.switches.loads_fail)?;
        self.inner.load(key, now).await
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.pass(&self.switches.writes_fail)?;
        self.inner.create(create).await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.pass(&self.switches.writes_fail)?;
        self.inner.update(update).await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.pass(&self.switches.writes_fail)?;
        self.inner.replace(replace).await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.pass(&self.switches.writes_fail)?;
        self.inner.touch(touch).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.pass(&self.switches.writes_fail)?;
        self.inner.end(end).await
    }
}
