//! What an operator's monitor is told, by the crate `metrics`. Without the feature of that name nothing is told, and nothing
//! is compiled in. See [the page](crate::guide::metrics) for each metric.

#[cfg(feature = "metrics")]
mod near;
#[cfg(feature = "metrics")]
mod recorded;
#[cfg(feature = "metrics")]
mod series;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

#[cfg(not(feature = "metrics"))]
pub(crate) use self::unrecorded::{Metrics, NearMetrics};
#[cfg(feature = "metrics")]
pub(crate) use self::{near::NearMetrics, recorded::Metrics};

/// What a store is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Load,
    LoadMany,
    LoadAnew,
    Ready,
    Create,
    Update,
    Replace,
    Touch,
    End,
    SessionsOf,
    Count,
    EndOne,
    EndDevice,
    EndAll,
    EndOthers,
    EndNoting,
    History,
    ForgetHistory,
    Statistics,
    Reserve,
    Refund,
}
