//! The results as tables.

use std::time::Duration;

use crate::load::Sample;
use crate::options::Options;
use crate::plan::{HANDWRITTEN, Scenario, Variant};
use crate::run::Results;

const HEAD: &str = "# Results

Written by `cargo xtask bench`. One application of one worker has a core to itself; Redis and the load (`wrk`) share the other. In each round
the variants are measured one after another, always in the order of the tables; numbers are medians. *CPU* is the processor time of the
application for a request, in user and system mode. *Commands*, *round trips* and *bytes* are Redis's, counted for single requests: a call of a
script is one command, whatever the script does. Requests per second compare within one run only.

What each does for them: the floors have no session at all. `handwritten-axum` signs nothing, compares nothing and knows no users' sessions; its reads
extend a session's life at every request, as those of `peer-tower-sessions-always-save`, `peer-actix-session-extending` and `peer-express` do. It sends
each command at once, as Keycard does; `handwritten-axum-nagle` leaves its connection as the `redis` crate opens it, without `TCP_NODELAY`: what is sent
waits for the acknowledgement of what was sent before, so that under load many commands are sent together. The Rust peers are as their stores open them,
mostly without it, too. Keycard signs, compares revisions at every write, keeps an index of each user's sessions, and extends a session's life once in
`touch_after`, which is a minute here: in measurements of seconds none of its reads does, and one that does costs what a write does. `peer-tower-sessions`
and `peer-actix-session` extend no life on a read; `peer-axum-session` keeps sessions in its own memory, hence reads without a command. Sessions hold a
user's id, and a counter once there was a write; Keycard's the client's user agent as well.
";

const COLUMNS: &str = "| variant | requests/s | p50 µs | p99 µs | CPU µs | over the floor µs | × floor | × hand-written | commands | round trips | bytes |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

pub(crate) fn markdown(options: &Options, results: &Results, facts: &[String]) -> String {
    let mut text = HEAD.to_owned();
    let (rounds, seconds) = (options.rounds, options.seconds);
    text.extend([format!("\n- {rounds} rounds of {seconds} s\n")]);
    text.extend(facts.iter().map(|fact| format!("- {fact}\n")));
    for scenario in &options.scenarios {
        text += &table(options, results, scenario);
    }
    if !results.memory.is_empty() {
        text += &memory(results, options.sessions);
    }
    text
}

fn memory(results: &Results, sessions: usize) -> String {
    let mut text = format!(
        "\n## Memory\n\nWhat {sessions} sessions of as many users add to Redis's `used_memory`, keys and expiry included.\n\n\
         | what is kept | bytes per session |\n|---|--:|\n"
    );
    let rows = results.memory.iter();
    text.extend(rows.map(|(kept, bytes)| format!("| {kept} | {bytes:.0} |\n")));
    text
}

fn table(options: &Options, results: &Results, scenario: &Scenario) -> String {
    let Scenario {
        name,
        method,
        path,
        connections,
        ..
    } = scenario;
    let connections = if *connections == 1 {
        "one connection".to_owned()
    } else {
        format!("{connections} connections")
    };
    let mut text = format!("\n## {name}: `{method} {path}`, {connections}\n\n{COLUMNS}");
    for variant in &options.variants {
        text += &row(results, scenario, variant);
    }
    text
}

fn row(results: &Results, scenario: &Scenario, variant: &Variant) -> String {
    let of = |name: &'static str| {
        results
            .samples
            .get(&(scenario.name, name))
            .map(|samples| median(samples))
    };
    let Some(own) = of(variant.name) else {
        return String::new();
    };
    let floor = variant.framework.floor().and_then(of);
    let ratio = |other: Option<Sample>| {
        other.map_or("–".to_owned(), |other| {
            format!("{:.2}", own.per_second / other.per_second)
        })
    };
    let over = floor.map_or("–".to_owned(), |floor| {
        format!("{:.1}", micros(own.cpu) - micros(floor.cpu))
    });
    let cost = results.costs.get(&(scenario.name, variant.name));
    let cost = cost.map_or("– | – | –".to_owned(), |cost| {
        format!(
            "{:.2} | {:.2} | {:.0}",
            cost.commands, cost.round_trips, cost.bytes
        )
    });
    format!(
        "| {} | {:.0} | {:.0} | {:.0} | {:.1} | {over} | {} | {} | {cost} |\n",
        variant.name,
        own.per_second,
        micros(own.p50),
        micros(own.p99),
        micros(own.cpu),
        ratio(floor),
        ratio(of(HANDWRITTEN)),
    )
}

pub(crate) fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Each number by itself.
fn median(samples: &[Sample]) -> Sample {
    Sample {
        per_second: middle(samples, |sample| sample.per_second),
        p50: middle(samples, |sample| sample.p50),
        p99: middle(samples, |sample| sample.p99),
        cpu: middle(samples, |sample| sample.cpu),
    }
}

fn middle<T: PartialOrd + Copy>(samples: &[Sample], of: impl Fn(&Sample) -> T) -> T {
    let mut values: Vec<T> = samples.iter().map(of).collect();
    values.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}
