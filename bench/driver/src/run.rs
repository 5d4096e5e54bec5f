//! The measurements: all of one round, then those of the next, so that whatever else happens on the machine meets every
//! variant alike.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use keycard_fixtures::RedisServer;

use crate::app::App;
use crate::count::{self, Cost};
use crate::load::{Load, Sample};
use crate::options::Options;
use crate::plan::{SCENARIOS, Variant};
use crate::{machine, memory, report, server};

/// What was measured, by the names of scenario and variant.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) samples: BTreeMap<(&'static str, &'static str), Vec<Sample>>,
    pub(crate) costs: BTreeMap<(&'static str, &'static str), Cost>,
    /// Bytes of Redis's memory per session, by what is kept.
    pub(crate) memory: Vec<(String, f64)>,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let programs = programs()?;
    let redis = server::start()?;
    let load = Load::new()?;
    let bench = Bench {
        options,
        programs: &programs,
        redis: &redis,
        load: &load,
    };
    let mut results = Results::default();
    let mut progress = Progress::new(options);
    for round in 0..options.rounds {
        for variant in &options.variants {
            let measured = bench.measure(round, variant, &mut results, &mut progress);
            measured.map_err(|error| format!("{}: {error}", variant.name))?;
        }
    }
    if options.sessions > 0 {
        results.memory = bench.memory()?;
    }
    let text = report::markdown(options, &results, &machine::facts(&server::version(&redis)?));
    println!("{text}");
    if options.is_everything() {
        fs::write("bench/RESULTS.md", text).map_err(|error| format!("bench/RESULTS.md: {error}"))?;
    }
    Ok(())
}

/// What every measurement needs.
struct Bench<'a> {
    options: &'a Options,
    programs: &'a Path,
    redis: &'a RedisServer,
    load: &'a Load,
}

impl Bench<'_> {
    /// All scenarios of one variant, once.
    fn measure(
        &self,
        round: usize,
        variant: &Variant,
        results: &mut Results,
        progress: &mut Progress,
    ) -> Result<(), String> {
        server::clear(self.redis)?;
        let app = App::start(variant, self.programs, &self.redis.url())?;
        self.load.measure(&app, &SCENARIOS[0], 1)?; // until it is warm
        for scenario in &self.options.scenarios {
            let cell = (scenario.name, variant.name);
            if round == 0 && variant.uses_redis {
                results
                    .costs
                    .insert(cell, count::measure(&app, self.redis, scenario)?);
            }
            let sample = self.load.measure(&app, scenario, self.options.seconds);
            let sample = sample.map_err(|error| format!("{}: {error}", scenario.name))?;
            progress.tell(round, variant, scenario.name, &sample);
            results.samples.entry(cell).or_default().push(sample);
        }
        Ok(())
    }

    fn memory(&self) -> Result<Vec<(String, f64)>, String> {
        let Self { options, redis, .. } = self;
        let mut rows = memory::of_forms(redis, options.sessions)?;
        for variant in options.variants.iter().filter(|variant| variant.uses_redis) {
            let app = App::start(variant, self.programs, &redis.url())?;
            let bytes = memory::of_variant(redis, options.sessions, variant, &app)?;
            rows.push((format!("{}: a user's id", variant.name), bytes));
        }
        Ok(rows)
    }
}

/// The folder of the release binaries: this program is one of them.
pub(crate) fn programs() -> Result<PathBuf, String> {
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
