//! The contract without its type: erased once, at the edge, so that handlers never name a store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use super::{
    Create, Created, End, Ended, Figures, Loaded, Refund, Replace, Replaced, Reserved, Statistics, Store,
    Throttle, Touch, Touched, Update, Updated, Window,
};
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::StoreKey;
use crate::metrics::{Metrics, Verb};

pub(super) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Whether a copy will do, or the original is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Any,
    Anew,
}

/// A store, and who is told how it answers.
pub(crate) struct Measured<S> {
    pub(super) store: S,
    pub(super) metrics: Metrics,
}

impl<S> Measured<S> {
    pub(crate) fn new(store: S, metrics: &Metrics) -> Self {
        let metrics = metrics.clone();
        Self { store, metrics }
    }
}

impl<S: fmt::Debug> fmt::Debug for Measured<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

/// [`Store`] as a trait object.
pub(crate) trait ErasedStore: fmt::Debug + Send + Sync {
    fn load(&self, key: StoreKey, read: Read, now: Timestamp) -> Answer<'_, Loaded>;
    fn load_many<'a>(&'a self, keys: &'a [StoreKey], read: Read, now: Timestamp) -> Answer<'a, Vec<Loaded>>;
    fn ready(&self) -> Answer<'_, ()>;
    fn keep_aside(&self) -> bool;
    fn aside(&self, key: StoreKey, within: Duration, now: Timestamp) -> Option<Bytes>;
    fn create(&self, create: Create) -> Answer<'_, Created>;
    fn update(&self, update: Update) -> Answer<'_, Updated>;
    fn replace(&self, replace: Replace) -> Answer<'_, Replaced>;
    fn touch(&self, touch: Touch) -> Answer<'_, Touched>;
    fn end(&self, end: End) -> Answer<'_, Ended>;
}

impl<S: Store> ErasedStore for Measured<S> {
    fn load(&self, key: StoreKey, read: Read, now: Timestamp) -> Answer<'_, Loaded> {
        match read {
            Read::Any => Box::pin(self.metrics.timed(Verb::Load, self.store.load(key, now))),
            Read::Anew => Box::pin(self.metrics.timed(Verb::LoadAnew, self.store.load_anew(key, now))),
        }
    }

    fn load_many<'a>(&'a self, keys: &'a [StoreKey], read: Read, now: Timestamp) -> Answer<'a, Vec<Loaded>> {
        match read {
            Read::Any => Box::pin(
                self.metrics
                    .timed(Verb::LoadMany, self.store.load_many(keys, now)),
            ),
            Read::Anew => Box::pin(
                self.metrics
                    .timed(Verb::LoadAnew, self.store.load_many_anew(keys, now)),
            ),
        }
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(self.metrics.timed(Verb::Ready, self.store.ready()))
    }

    fn keep_aside(&self) -> bool {
        self.store.keep_aside()
    }

    fn aside(&self, key: StoreKey, within: Duration, now: Timestamp) -> Option<Bytes> {
        self.store.aside(key, within, now)
    }

    fn create(&self, create: Create) -> Answer<'_, Created> {
        Box::pin(self.metrics.written(Verb::Create, self.store.create(create)))
    }

    fn update(&self, update: Update) -> Answer<'_, Updated> {
        Box::pin(self.metrics.written(Verb::Update, self.store.update(update)))
    }

    fn replace(&self, replace: Replace) -> Answer<'_, Replaced> {
        Box::pin(self.metrics.written(Verb::Replace, self.store.replace(replace)))
    }

    fn touch(&self, touch: Touch) -> Answer<'_, Touched> {
        Box::pin(self.metrics.timed(Verb::Touch, self.store.touch(touch)))
    }

    fn end(&self, end: End) -> Answer<'_, Ended> {
        Box::pin(self.metrics.timed(Verb::End, self.store.end(end)))
    }
}

/// [`Throttle`] as a trait object.
pub(crate) trait ErasedThrottle: fmt::Debug + Send + Sync {
    fn reserve<'a>(&'a self, windows: &'a [Window], now: Timestamp) -> Answer<'a, Reserved>;
    fn refund<'a>(&'a self, refund: &'a Refund) -> Answer<'a, ()>;
}

impl<S: Throttle> ErasedThrottle for Measured<S> {
    fn reserve<'a>(&'a self, windows: &'a [Window], now: Timestamp) -> Answer<'a, Reserved> {
        Box::pin(
            self.metrics
                .timed(Verb::Reserve, self.store.reserve(windows, now)),
        )
    }

    fn refund<'a>(&'a self, refund: &'a Refund) -> Answer<'a, ()> {
        Box::pin(self.metrics.timed(Verb::Refund, self.store.refund(refund)))
    }
}

/// [`Statistics`] as a trait object.
pub(crate) trait ErasedStatistics: fmt::Debug + Send + Sync {
    fn statistics(&self, now: Timestamp) -> Answer<'_, Figures>;
}

impl<S: Statistics> ErasedStatistics for Measured<S> {
    fn statistics(&self, now: Timestamp) -> Answer<'_, Figures> {
        Box::pin(self.metrics.timed(Verb::Statistics, self.store.statistics(now)))
    }
}
