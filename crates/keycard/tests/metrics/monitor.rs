//! A monitor: what it was told since it was asked last.

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use metrics_util::{CompositeKey, MetricKind};

use crate::page;

#[derive(Default)]
pub(crate) struct Monitor(DebuggingRecorder);

impl Monitor {
    /// What `make` makes tells this monitor.
    pub(crate) fn over<T>(&self, make: impl FnOnce() -> T) -> T {
        metrics::with_local_recorder(&self.0, make)
    }

    /// Each series as `name`, or `name label value`, and its value.
    pub(crate) fn series(&self) -> Vec<(String, MetricKind, Option<metrics::Unit>, Vec<f64>)> {
        let snapshot = self.0.snapshotter().snapshot().into_vec();
        let read = |(key, unit, _, value): (CompositeKey, _, _, DebugValue)| {
            (name(&key), key.kind(), unit, numbers(&value))
        };
        snapshot.into_iter().map(read).collect()
    }

    /// What has changed, and by how much, but for how long things took. Whatever it is, the page tells of it: so no series
    /// names a session or a user.
    pub(crate) fn told(&self) -> Vec<(String, f64)> {
        let series = self.series();
        let of_the_page = page::series();
        for (name, ..) in &series {
            assert!(of_the_page.contains_key(name), "{name} is not on the page");
        }
        let changed = series.into_iter().filter_map(|(name, kind, _, values)| {
            let number = *values.first()?;
            (kind != MetricKind::Histogram && number != 0.0).then_some((name, number))
        });
        let mut changed: Vec<_> = changed.collect();
        changed.sort_by(|a, b| a.0.cmp(&b.0));
        changed
    }

    /// What was told of what took its time: in seconds.
    pub(crate) fn seconds(&self) -> Vec<(String, Vec<f64>)> {
        let series = self.series().into_iter();
        let timed = series
            .filter(|(.., kind, _, values)| *kind == MetricKind::Histogram && !values.is_empty())
            .map(|(name, .., values)| (name, values));
        timed.collect()
    }
}

fn name(key: &CompositeKey) -> String {
    let mut words = vec![key.key().name()];
    for label in key.key().labels() {
        words.extend([label.key(), label.value()]);
    }
    words.join(" ")
}

fn numbers(value: &DebugValue) -> Vec<f64> {
    match value {
        DebugValue::Counter(count) => vec![f64::from(u32::try_from(*count).unwrap())],
        DebugValue::Gauge(level) => vec![level.0],
        DebugValue::Histogram(values) => values.iter().map(|value| value.0).collect(),
    }
}

/// `name label value` with the prefix that all have in common.
#[track_caller]
pub(crate) fn assert_told(monitor: &Monitor, expected: &[(&str, u32)], of: &str) {
    let expected = expected
        .iter()
        .map(|(name, count)| (format!("keycard_{name}"), f64::from(*count)));
    assert_eq!(monitor.told(), expected.collect::<Vec<_>>(), "{of}");
}
