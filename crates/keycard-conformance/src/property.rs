//! Random sequences, played by several threads, each on a store of its own; what fails is shrunk and printed as a test.

use std::cell::Cell;
use std::env;
use std::fmt::Debug;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::sequence::Play;
use crate::testing::ScriptedStore;

/// At least: a run with fewer proves less than the suite promises.
const CASES: u32 = 10_000;
/// Names a greater number.
const CASES_VARIABLE: &str = "KEYCARD_CONFORMANCE_CASES";
/// Names the seed of a run that is to be made again.
const SEED_VARIABLE: &str = "KEYCARD_CONFORMANCE_SEED";
/// More than there are processors: a store on the network is waited for.
const THREADS: u32 = 8;
/// How long a run says nothing of how far it has come.
const SILENCE: Duration = Duration::from_secs(5);
/// After how long a sequence is taken to hang, and how long is spent on making one shorter.
const PATIENCE: Duration = Duration::from_secs(30);

/// Plays a sequence on a fresh store: for a test that a failing random one was printed as.
///
/// ```
/// use keycard::store::memory::MemoryStore;
/// use keycard_conformance::sequence::words::*;
///
/// let sequence: &[Command] = &[
///     Create(Guest(0), 60),
///     End(Guest(0)),
///     Update(Guest(0), Newest, 60),
/// ];
/// keycard_conformance::replay(async || MemoryStore::new(), sequence);
/// ```
///
/// # Panics
///
/// When the store does not do what the contract says.
pub fn replay<S, P: Play<S>, F: Future<Output = S>>(begin: impl Fn() -> F, sequence: &[P]) {
    if let Err(wrong) = play_afresh(&begin, sequence) {
        panic!("{wrong}");
    }
}

/// Plays random sequences; `store` is the text of what makes a fresh one.
pub fn random_sequences<S, P: Play<S>, F: Future<Output = S>>(begin: impl Fn() -> F + Sync, store: &str) {
    let cases = cases(variable(CASES_VARIABLE).as_deref()).div_ceil(P::OF);
    let seed = seed(variable(SEED_VARIABLE).as_deref());
    let Some((wrong, sequence)) = first_failure::<S, P, F>(&begin, cases, seed) else {
        return;
    };
    let shorter = without_the_needless(&begin, sequence.clone());
    let (wrong, what, sequence) = match play_afresh(&begin, &shorter) {
        Err(wrong) => (wrong, "This fails", shorter),
        Ok(()) => (
            wrong,
            "This fails on a store on which others were played before it",
            sequence,
        ),
    };
    panic!(
        "{wrong}\n\n{what} ({SEED_VARIABLE}={seed}):\n\n{}",
        as_test(&sequence, P::TYPE, store)
    );
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Shrinking tries only once to leave a step out, before it makes the others simpler.
fn without_the_needless<S, P: Play<S>, F: Future<Output = S>>(
    begin: &impl Fn() -> F,
    mut sequence: Vec<P>,
) -> Vec<P> {
    let (mut at, start) = (0, Instant::now());
    while at < sequence.len() && start.elapsed() < PATIENCE {
        let mut shorter = sequence.clone();
        shorter.remove(at);
        if play_afresh(begin, &shorter).is_err() {
            (sequence, at) = (shorter, 0);
        } else {
            at += 1;
        }
    }
    sequence
}

/// What is wrong, and the shortest sequence that was found to show it.
fn first_failure<S, P: Play<S>, F: Future<Output = S>>(
    begin: &(impl Fn() -> F + Sync),
    cases: u32,
    seed: u64,
) -> Option<(String, Vec<P>)> {
    let run = Run {
        begin,
        cases: cases.div_ceil(THREADS),
        seed,
        progress: Progress::new(cases, SILENCE),
        has_failed: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let run = &run;
                scope.spawn(move || run.play_some(thread))
            })
            .collect();
        let mut outcomes = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread of sequences ends"));
        match outcomes.find_map(Result::err)? {
            TestError::Fail(reason, sequence) => Some((reason.message().to_owned(), sequence)),
            TestError::Abort(reason) => panic!("no sequences: {reason}"),
        }
    })
}

#[derive(Debug)]
struct Run<'a, B> {
    begin: &'a B,
    /// Of each thread.
    cases: u32,
    seed: u64,
    progress: Progress,
    /// Whoever has met a failure goes on until it is shrunk; the others stop.
    has_failed: AtomicBool,
}

impl<S, F: Future<Output = S>, B: Fn() -> F> Run<'_, B> {
    fn play_some<P: Play<S>>(&self, thread: u32) -> Result<(), TestError<Vec<P>>> {
        let runtime = runtime();
        let store = ScriptedStore::new(runtime.block_on((self.begin)()));
        let case = Cell::new(u64::from(thread));
        let play_next = |sequence: Vec<P>| {
            store.forget();
            let played = runtime.block_on(play(&store, case.get(), &sequence));
            case.set(case.get() + u64::from(THREADS));
            self.has_failed.fetch_or(played.is_err(), Ordering::Relaxed);
            played.map_err(TestCaseError::fail)
        };
        let sequences = P::sequences();
        let mut runner = TestRunner::new_with_rng(config(), rng(self.seed, thread));
        for _ in 0..self.cases {
            if self.has_failed.load(Ordering::Relaxed) {
                break;
            }
            let sequence = sequences.new_tree(&mut runner).map_err(TestError::Abort)?;
            runner.run_one(sequence, play_next)?;
            self.progress.one_more();
        }
        Ok(())
    }
}

/// All that matters is said, since the default is what proptest's own variables make of it.
fn config() -> Config {
    Config {
        failure_persistence: None,
        max_shrink_iters: 10_000,
        max_shrink_time: u32::try_from(PATIENCE.as_millis()).unwrap_or(u32::MAX),
        max_default_size_range: 100,
        max_local_rejects: 10_000,
        verbose: 0,
        ..Config::default()
    }
}

/// No two threads draw the same sequences.
fn rng(seed: u64, thread: u32) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..12].copy_from_slice(&thread.to_be_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

fn play_afresh<S, P: Play<S>, F: Future<Output = S>>(
    begin: &impl Fn() -> F,
    sequence: &[P],
) -> Result<(), String> {
    runtime().block_on(async {
        let store = ScriptedStore::new(begin().await);
        play(&store, 0, sequence).await
    })
}

async fn play<S, P: Play<S>>(store: &ScriptedStore<S>, case: u64, sequence: &[P]) -> Result<(), String> {
    timeout(PATIENCE, P::play(store, case, sequence))
        .await
        .unwrap_or_else(|_| Err(format!("the store has not answered within {PATIENCE:?}")))
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("tokio starts")
}

fn cases(variable: Option<&str>) -> u32 {
    let number = variable.map_or(Ok(CASES), str::parse);
    number
        .unwrap_or_else(|_| panic!("{CASES_VARIABLE} is not a number of sequences"))
        .max(CASES)
}

/// Another one for each run, unless a run is to be made again.
fn seed(variable: Option<&str>) -> u64 {
    let Some(seed) = variable else {
        return RandomState::new().build_hasher().finish();
    };
    let seed = seed.parse();
    seed.unwrap_or_else(|_| panic!("{SEED_VARIABLE} is not the seed of a run"))
}

/// A test to paste into the file that mounts the laws.
fn as_test<P: Debug>(sequence: &[P], name: &str, store: &str) -> String {
    let steps = sequence.iter().map(|step| format!("        {step:?},"));
    let steps = steps.collect::<Vec<_>>().join("\n");
    format!(
        "#[test]
fn a_sequence_that_failed() {{
    use keycard_conformance::sequence::words::*;
    let sequence: &[{name}] = &[
{steps}
    ];
    keycard_conformance::replay(async || {store}, sequence);
}}
"
    )
}

/// Says now and then how far a run has come.
#[derive(Debug)]
struct Progress {
    all: u32,
    done: AtomicU32,
    silence: Duration,
    said: Mutex<Instant>,
}

impl Progress {
    fn new(all: u32, silence: Duration) -> Self {
        Self {
            all,
            done: AtomicU32::new(0),
            silence,
            said: Mutex::new(Instant::now()),
        }
    }

    fn one_more(&self) {
        // Not by `eprintln!`, which is silent until the test has failed. Nobody is told if nobody can be.
        if let Some(line) = self.count() {
            drop(writeln!(io::stderr(), "{line}"));
        }
    }

    fn count(&self) -> Option<String> {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        let mut said = self
            .said
            .try_lock()
            .ok()
            .filter(|said| said.elapsed() >= self.silence)?;
        *said = Instant::now();
        Some(format!(
            "keycard-conformance: {done} of {} sequences played",
            self.all
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use keycard::store::memory::MemoryStore;
    use proptest::prelude::Rng as _;

    use super::*;
    use crate::sequence::Command;
    use crate::testing::Verb;

    #[test]
    fn the_environment_raises_the_number_of_sequences_and_does_not_lower_it() {
        let numbers = [None, Some("0"), Some("9999"), Some("250000")].map(cases);
        assert_eq!(numbers, [10_000, 10_000, 10_000, 250_000]);
    }

    #[test]
    #[should_panic(expected = "KEYCARD_CONFORMANCE_CASES is not a number of sequences")]
    fn a_number_of_sequences_that_is_none_is_a_mistake() {
        cases(Some("many"));
    }

    #[test]
    fn a_seed_draws_the_same_sequences_again_and_others_for_each_thread() {
        let draw = |seed, thread| rng(seed, thread).next_u64();
        assert_eq!(draw(7, 0), draw(7, 0));
        assert_ne!(draw(7, 0), draw(7, 1));
        assert_ne!(draw(7, 0), draw(8, 0));
        assert_eq!(seed(Some("18446744073709551615")), u64::MAX);
        assert_ne!(seed(None), seed(None), "each run has its own");
    }

    #[test]
    #[should_panic(expected = "KEYCARD_CONFORMANCE_SEED is not the seed of a run")]
    fn a_seed_that_is_none_is_a_mistake() {
        seed(Some("-1"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_never_answers_fails_the_sequence() {
        let store = ScriptedStore::new(MemoryStore::new());
        let _held = store.hold(Verb::Load);
        let played = play(&store, 0, &[Command::<Infallible>::LoadAll]).await;
        assert_eq!(played.unwrap_err(), "the store has not answered within 30s");
    }

    #[test]
    fn a_run_says_how_far_it_has_come_when_it_was_silent_for_long_enough() {
        let (quick, slow) = (Progress::new(3, Duration::MAX), Progress::new(3, Duration::ZERO));
        assert_eq!((quick.count(), quick.count()), (None, None));
        assert_eq!(
            slow.count().as_deref(),
            Some("keycard-conformance: 1 of 3 sequences played")
        );
        assert_eq!(
            slow.count().as_deref(),
            Some("keycard-conformance: 2 of 3 sequences played")
        );
    }
}
