//! How a metric is registered: described once, with a series for each value of its label.

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// A label's name and its values, all of which are known beforehand: nothing that comes from a client becomes a series.
pub(super) type Label<const N: usize> = (&'static str, [&'static str; N]);

pub(super) fn count(name: &'static str, what: &'static str) -> Counter {
    describe_counter!(name, Unit::Count, what);
    counter!(name)
}

pub(super) fn counts<const N: usize>(
    name: &'static str,
    (label, values): Label<N>,
    what: &'static str,
) -> [Counter; N] {
    describe_counter!(name, Unit::Count, what);
    values.map(|value| counter!(name, label => value))
}

pub(super) fn level(name: &'static str, unit: Unit, what: &'static str) -> Gauge {
    describe_gauge!(name, unit, what);
    gauge!(name)
}

pub(super) fn duration(name: &'static str, what: &'static str) -> Histogram {
    describe_histogram!(name, Unit::Seconds, what);
    histogram!(name)
}

pub(super) fn durations<const N: usize>(
    name: &'static str,
    (label, values): Label<N>,
    what: &'static str,
) -> [Histogram; N] {
    describe_histogram!(name, Unit::Seconds, what);
    values.map(|value| histogram!(name, label => value))
}
