//! A store whose index ends sessions by the verb that remembers it, as an application with a history does.

use bytes::Bytes;
use keycard::store::{
    Create, Created, End, Ended, Entry, History, Loaded, Note, Replace, Replaced, Retention, Revoked, Store,
    Touch, Touched, Update, Updated, UserIndex, Which,
};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, UserKey};

/// What ends a user's sessions is [`History::end_noting`]; all else is as in the store below.
#[derive(Debug)]
pub struct Noting<S>(S);

impl<S: History> Noting<S> {
    /// The endings of this store.
    pub fn over(store: S) -> Self {
        Self(store)
    }

    async fn end_noting(&self, user: UserKey, which: Which, now: Timestamp) -> Result<Revoked, StoreError> {
        let note = Note::new(user, Bytes::from(format!("{which:?}")), Retention::DEFAULT);
        self.0.end_noting(which, note, now).await
    }
}

impl<S: History> UserIndex for Noting<S> {
    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        let revoked = self.end_noting(user, Which::All, now).await?;
        Ok(revoked.into_keys())
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        self.end_noting(user, Which::Others(keep), now).await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        let revoked = self.end_noting(user, Which::Session(key), now).await?;
        Ok(match revoked.into_keys()[..] {
            [] => Ended::Absent,
            [ended] if ended == key => Ended::Applied,
            ref ended => panic!("{ended:?} have ended, and {key:?} was meant"),
        })
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        let revoked = self.end_noting(user, Which::Device(device), now).await?;
        Ok(revoked.into_keys())
    }

    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        self.0.sessions_of(user, now).await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        self.0.count(user, now).await
    }
}

impl<S: History> Store for Noting<S> {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.0.load(key, now).await
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.0.create(create).await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.0.update(update).await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.0.replace(replace).await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.0.touch(touch).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.0.end(end).await
    }
}
