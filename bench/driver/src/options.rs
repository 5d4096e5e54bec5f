//! What is measured, and for how long.

use crate::plan::{SCENARIOS, Scenario, VARIANTS, Variant};

pub(crate) const USAGE: &str =
    "usage: cargo xtask bench [--rounds N] [--seconds N] [--variants A,B…] [--scenarios A,B…] [--sessions N]
       cargo xtask bench --instructions

  --rounds N         how often each variant is measured in each scenario, in turns (default 3)
  --seconds N        how long each measurement takes (default 3)
  --variants A,B…    only these variants
  --scenarios A,B…   only these scenarios
  --sessions N       how many sessions Redis's memory is filled with, to measure what each takes (default 200000); 0 leaves it out
  --instructions     counts the instructions of a request instead, which need no idle machine

A run of everything writes bench/RESULTS.md, that of the instructions bench/INSTRUCTIONS.md; a partial one only prints its results.";

/// So many that what Redis takes apart from them does not count.
const SESSIONS: usize = 200_000;

pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
    pub(crate) variants: Vec<&'static Variant>,
    pub(crate) scenarios: Vec<&'static Scenario>,
    pub(crate) sessions: usize,
}

impl Options {
    pub(crate) fn read(words: &[&str]) -> Result<Self, String> {
        let mut options = Self {
            rounds: 3,
            seconds: 3,
            variants: VARIANTS.iter().collect(),
            scenarios: SCENARIOS.iter().collect(),
            sessions: SESSIONS,
        };
        let mut words = words.iter();
        while let Some(name) = words.next() {
            let value = words.next().ok_or(USAGE)?;
            let number = || value.parse().ok().filter(|number| *number > 0).ok_or(USAGE);
            match *name {
                "--rounds" => options.rounds = usize::try_from(number()?).map_err(|_| USAGE)?,
                "--seconds" => options.seconds = number()?,
                "--variants" => options.variants = chosen(value, VARIANTS, |variant| variant.name)?,
                "--scenarios" => options.scenarios = chosen(value, SCENARIOS, |scenario| scenario.name)?,
                "--sessions" => options.sessions = value.parse().map_err(|_| USAGE)?,
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(options)
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.rounds >= 3
            && self.sessions >= SESSIONS
            && self.variants.len() == VARIANTS.len()
            && self.scenarios.len() == SCENARIOS.len()
    }
}

fn chosen<T>(list: &str, all: &'static [T], name: impl Fn(&T) -> &str) -> Result<Vec<&'static T>, String> {
    let find = |wanted: &str| {
        let found = all.iter().find(|each| name(each) == wanted);
        found.ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(&name).collect();
            format!("there is no {wanted:?}: choose among {}", names.join(", "))
        })
    };
    list.split(',').map(find).collect()
}
