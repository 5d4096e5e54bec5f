//! A store that shows what it is asked and what it answers.

use keycard::store::memory::MemoryStore;
use keycard::store::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Store, Touch, Touched, Update, Updated,
};
use keycard::{StoreError, StoreKey, Timestamp};

use super::Shown;

#[derive(Clone, Debug)]
pub(super) struct Spy {
    pub(super) store: MemoryStore,
    shown: Shown,
}

impl Spy {
    pub(super) fn new(shown: &Shown) -> Self {
        Self {
            store: MemoryStore::new(),
            shown: shown.clone(),
        }
    }
}

impl Store for Spy {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.shown.add(&key);
        self.store
            .load(key, now)
            .await
            .inspect(|loaded| self.shown.add(loaded))
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.shown.add(&create);
        self.store
            .create(create)
            .await
            .inspect(|created| self.shown.add(created))
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.shown.add(&update);
        self.shown.add(&update.expected);
        self.store
            .update(update)
            .await
            .inspect(|updated| self.shown.add(updated))
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.shown.add(&replace);
        if let Some(owner) = &replace.new.owner {
            self.shown.add(owner);
            self.shown.add(&owner.device);
        }
        self.store
            .replace(replace)
            .await
            .inspect(|replaced| self.shown.add(replaced))
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.shown.add(&touch);
        self.store
            .touch(touch)
            .await
            .inspect(|touched| self.shown.add(touched))
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.shown.add(&end);
        self.store.end(end).await.inspect(|ended| self.shown.add(ended))
    }
}
