//! The measurements: all of one round, then those of the next, so that whatever else happens on the machine meets every
//! variant alike.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::app::App;
use crate::count::{self, Cost};
use crate::load::{Load, Sample};
use crate::options::Options;
use crate::plan::{SCENARIOS, Variant};
use crate::{machine, report, server};

/// What was measured, by the names of scenario and variant.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) samples: BTreeMap<(&'static str, &'static str), Vec<Sample>>,
    pub(crate) costs: BTreeMap<(&'static str, &'static str), Cost>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let programs = programs()?;
    let redis = server::start()?;
    let load = Load::new()?;
    let mut results = Results::default();
    let mut progress = Progress::new(options);
    for round in 0..options.rounds {
        for variant in &options.variants {
            let named = |error| format!("{}: {error}", variant.name);
            server::clear(&redis)?;
            let app = App::start(variant, &programs, &redis.url())?;
            load.measure(&app, &SCENARIOS[0], 1).map_err(named)?; // until it is warm
            for scenario in &options.scenarios {
                let cell = (scenario.name, variant.name);
                if round == 0 && variant.uses_redis {
                    results
                        .costs
                        .insert(cell, count::measure(&app, &redis, scenario).map_err(named)?);
                }
                let sample = load.measure(&app, scenario, options.seconds);
                let sample = sample.map_err(|error| named(format!("{}: {error}", scenario.name)))?;
                progress.tell(round, variant, scenario.name, &sample);
                results.samples.entry(cell).or_default().push(sample);
            }
        }
    }
    let text = report::markdown(options, &results, &machine::facts(&server::version(&redis)?));
    println!("{text}");
    if options.is_everything() {
        fs::write("bench/RESULTS.md", text).map_err(|error| format!("bench/RESULTS.md: {error}"))?;
    }
    Ok(())
}

/// The folder of the release binaries: this program is one of them.
fn programs() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = this.parent().ok_or("this program is in no folder")?;
    Ok(folder.to_owned())
}

struct Progress {
    start: Instant,
    done: u32,
    all: u32,
    rounds: usize,
}

impl Progress {
    fn new(options: &Options) -> Self {
        let all = options.rounds * options.variants.len() * options.scenarios.len();
        Self {
            start: Instant::now(),
            done: 0,
            all: u32::try_from(all).unwrap_or(u32::MAX),
            rounds: options.rounds,
        }
    }

    fn tell(&mut self, round: usize, variant: &Variant, scenario: &str, sample: &Sample) {
        self.done += 1;
        let left = self.start.elapsed() / self.done * (self.all - self.done);
        eprintln!(
            "bench: round {} of {}: {}, {scenario}: {:.1} thousand/s, {:.1} µs ({} of {}, {} s left)",
            round + 1,
            self.rounds,
            variant.name,
            sample.per_second / 1e3,
            report::micros(sample.cpu),
            self.done,
            self.all,
            left.as_secs(),
        );
    }
}
