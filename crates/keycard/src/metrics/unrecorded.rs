//! In the place of the metrics where the feature is off: nothing.

use super::Verb;
use crate::arrival::Base;
use crate::auth::throttle::Purpose;
use crate::error::Error;
use crate::observer::EventKind;
use crate::store::near::NearCacheFigures;

#[derive(Clone, Debug)]
pub(crate) struct Metrics;

#[expect(clippy::unused_self, reason = "the handles, where the feature is on")]
impl Metrics {
    pub(crate) fn register() -> Self {
        Self
    }

    pub(crate) fn timed<F: Future>(&self, _: Verb, call: F) -> F {
        call
    }

    pub(crate) fn written<F: Future>(&self, _: Verb, call: F) -> F {
        call
    }

    pub(crate) fn loaded(&self, _id_came: bool, _: &Result<Base, Error>) {}

    pub(crate) fn happened(&self, _: EventKind) {}

    pub(crate) fn throttled(&self, _: Purpose) {}

    pub(crate) fn not_throttled(&self, _: Purpose) {}
}

pub(crate) struct NearMetrics;

#[expect(clippy::unused_self, reason = "the handles, where the feature is on")]
impl NearMetrics {
    pub(crate) fn register() -> Self {
        Self
    }

    pub(crate) fn told(&self, _alive: bool, _: impl FnOnce() -> NearCacheFigures) {}
}
