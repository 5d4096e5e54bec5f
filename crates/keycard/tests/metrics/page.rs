//! The page of the guide has a table of all metrics: it and the code agree.

use std::collections::BTreeMap;

use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard_conformance::testing::ScriptedStore;
use metrics::Unit;
use metrics_util::MetricKind;

use crate::client::App;
use crate::monitor::Monitor;

/// By the page, each series: `name`, or `name label value`.
pub(crate) fn series() -> BTreeMap<String, (MetricKind, Unit)> {
    let rows = include_str!("../../docs/metrics.md").lines();
    let mut series = BTreeMap::new();
    for row in rows.filter_map(|line| line.strip_prefix("| `keycard_")) {
        let cells: Vec<_> = row.split(" | ").collect();
        let name = format!("keycard_{}", cells[0].trim_end_matches('`'));
        let kind = match cells[1] {
            "counter" => MetricKind::Counter,
            "gauge" => MetricKind::Gauge,
            "histogram" => MetricKind::Histogram,
            other => panic!("{name} is a {other}"),
        };
        let unit = Unit::from_string(cells[2]).unwrap();
        match cells[3].split_once("`: ") {
            None => drop(series.insert(name, (kind, unit))),
            Some((label, values)) => {
                for value in values.split(", ") {
                    let name = format!("{name} {} {}", &label[1..], value.trim_matches('`'));
                    series.insert(name, (kind, unit));
                }
            }
        }
    }
    series
}

#[test]
fn the_page_names_each_series_with_its_type_and_unit_and_no_other() {
    let monitor = Monitor::default();
    let _made = monitor.over(|| {
        let near = NearCache::over(ScriptedStore::new(MemoryStore::new()));
        App::over(near, |builder| builder)
    });
    let told = monitor.series();
    let told: BTreeMap<_, _> = told
        .into_iter()
        .map(|(name, kind, unit, _)| (name, (kind, unit.unwrap())))
        .collect();
    assert_eq!(told, series());
}

#[test]
fn names_follow_the_customs_of_prometheus() {
    for (series, (kind, unit)) in series() {
        let name = series.split(' ').next().unwrap();
        assert_eq!(name.ends_with("_total"), kind == MetricKind::Counter, "{name}");
        assert_eq!(name.ends_with("_seconds"), unit == Unit::Seconds, "{name}");
        assert_eq!(name.ends_with("_bytes"), unit == Unit::Bytes, "{name}");
    }
}
