//! The contract without its type: erased once, at the edge, so that handlers never name a store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use super::{
    Create, Created, End, Ended, Figures, Loaded, Refund, Replace, Replaced, Reserved, Statistics, Store,
    Throttle, Touch, Touched, Update, Updated, Window,
};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::StoreKey;

pub(super) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Whether a copy will do, or the original is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Any,
    Anew,
}

/// [`Store`] as a trait object.
pub(crate) trait ErasedStore: fmt::Debug + Send + Sync {
    fn load(&self, key: StoreKey, read: Read, now: Timestamp) -> Answer<'_, Loaded>;
    fn load_many<'a>(&'a self, keys: &'a [StoreKey], read: Read, now: Timestamp) -> Answer<'a, Vec<Loaded>>;
    fn create(&self, create: Create) -> Answer<'_, Created>;
    fn update(&self, update: Update) -> Answer<'_, Updated>;
    fn replace(&self, replace: Replace) -> Answer<'_, Replaced>;
    fn touch(&self, touch: Touch) -> Answer<'_, Touched>;
    fn end(&self, end: End) -> Answer<'_, Ended>;
}

impl<S: Store> ErasedStore for S {
    fn load(&self, key: StoreKey, read: Read, now: Timestamp) -> Answer<'_, Loaded> {
        match read {
            Read::Any => Box::pin(Store::load(self, key, now)),
            Read::Anew => Box::pin(self.load_anew(key, now)),
        }
    }

    fn load_many<'a>(&'a self, keys: &'a [StoreKey], read: Read, now: Timestamp) -> Answer<'a, Vec<Loaded>> {
        match read {
            Read::Any => Box::pin(Store::load_many(self, keys, now)),
            Read::Anew => Box::pin(async move {
                let mut found = Vec::with_capacity(keys.len());
                for key in keys {
                    found.push(self.load_anew(*key, now).await?);
                }
                Ok(found)
            }),
        }
    }

    fn create(&self, create: Create) -> Answer<'_, Created> {
        Box::pin(Store::create(self, create))
    }

    fn update(&self, update: Update) -> Answer<'_, Updated> {
        Box::pin(Store::update(self, update))
    }

    fn replace(&self, replace: Replace) -> Answer<'_, Replaced> {
        Box::pin(Store::replace(self, replace))
    }

    fn touch(&self, touch: Touch) -> Answer<'_, Touched> {
        Box::pin(Store::touch(self, touch))
    }

    fn end(&self, end: End) -> Answer<'_, Ended> {
        Box::pin(Store::end(self, end))
    }
}

/// [`Throttle`] as a trait object.
pub(crate) trait ErasedThrottle: fmt::Debug + Send + Sync {
    fn reserve<'a>(&'a self, windows: &'a [Window], now: Timestamp) -> Answer<'a, Reserved>;
    fn refund<'a>(&'a self, refund: &'a Refund) -> Answer<'a, ()>;
}

impl<S: Throttle> ErasedThrottle for S {
    fn reserve<'a>(&'a self, windows: &'a [Window], now: Timestamp) -> Answer<'a, Reserved> {
        Box::pin(Throttle::reserve(self, windows, now))
    }

    fn refund<'a>(&'a self, refund: &'a Refund) -> Answer<'a, ()> {
        Box::pin(Throttle::refund(self, refund))
    }
}

/// [`Statistics`] as a trait object.
pub(crate) trait ErasedStatistics: fmt::Debug + Send + Sync {
    fn statistics(&self, now: Timestamp) -> Answer<'_, Figures>;
}

impl<S: Statistics> ErasedStatistics for S {
    fn statistics(&self, now: Timestamp) -> Answer<'_, Figures> {
        Box::pin(Statistics::statistics(self, now))
    }
}
