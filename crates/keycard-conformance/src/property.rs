//! Random sequences, played by several threads, each on a store of its own; what fails is shrunk and printed as a test.

mod progress;

use std::cell::Cell;
use std::env;
use std::fmt::Debug;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use self::progress::Progress;
use crate::prove::within;
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
/// After how long a sequence is taken to hang, and how long is spent on making one shorter.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same for one that holds its thread, where no timer ends the wait.
const BLOCKED: Duration = Duration::from_secs(35);

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
pub fn replay<S, P: Play<S>, F: Future<Output = S>>(
    begin: impl Fn() -> F + Send + Sync + 'static,
    sequence: &[P],
) {
    if let Err(wrong) = play_afresh(&Arc::new(begin), BLOCKED, sequence) {
        panic!("{wrong}");
    }
}

/// Plays random sequences; `store` is the text of what makes a fresh one.
pub fn random_sequences<S, P, F>(begin: impl Fn() -> F + Send + Sync + 'static, store: &str)
where
    S: Send + Sync + 'static,
    P: Play<S>,
    F: Future<Output = S>,
{
    random_sequences_within::<S, P, F>(BLOCKED, begin, store);
}

pub(crate) fn random_sequences_within<S, P, F>(
    blocked: Duration,
    begin: impl Fn() -> F + Send + Sync + 'static,
    store: &str,
) where
    S: Send + Sync + 'static,
    P: Play<S>,
    F: Future<Output = S>,
{
    let begin = Arc::new(begin);
    let run = Run {
        begin: Arc::clone(&begin),
        blocked,
        cases: cases(variable(CASES_VARIABLE).as_deref()).div_ceil(P::OF),
        seed: seed(variable(SEED_VARIABLE).as_deref()),
        has_failed: AtomicBool::new(false),
    };
    let Some((wrong, sequence)) = run.first_failure::<P>() else {
        return;
    };
    let shorter = without_the_needless(&begin, blocked, sequence.clone());
    let (wrong, what, sequence) = match play_afresh(&begin, blocked, &shorter) {
        Err(wrong) => (wrong, "This fails", shorter),
        Ok(()) => (
            wrong,
            "This fails on a store on which others were played before it",
            sequence,
        ),
    };
    panic!(
        "{wrong}\n\n{what} ({SEED_VARIABLE}={}):\n\n{}",
        run.seed,
        as_test(&sequence, P::TYPE, store)
    );
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// Shrinking tries only once to leave a step out, before it makes the others simpler.
fn without_the_needless<S, P: Play<S>, F: Future<Output = S>>(
    begin: &Arc<impl Fn() -> F + Send + Sync + 'static>,
    blocked: Duration,
    mut sequence: Vec<P>,
) -> Vec<P> {
    let (mut at, start) = (0, Instant::now());
    while at < sequence.len() && start.elapsed() < PATIENCE {
        let mut shorter = sequence.clone();
        shorter.remove(at);
        if play_afresh(begin, blocked, &shorter).is_err() {
            (sequence, at) = (shorter, 0);
        } else {
            at += 1;
        }
    }
    sequence
}

#[derive(Debug)]
struct Run<B> {
    begin: Arc<B>,
    /// After how long a store is taken to hold its thread for ever.
    blocked: Duration,
    cases: u32,
    seed: u64,
    /// Whoever has met a failure goes on until it is shrunk; the others stop.
    has_failed: AtomicBool,
}

impl<S, F, B> Run<B>
where
    S: Send + Sync + 'static,
    F: Future<Output = S>,
    B: Fn() -> F + Send + Sync + 'static,
{
    /// What is wrong, and the shortest sequence that was found to show it.
    fn first_failure<P: Play<S>>(&self) -> Option<(String, Vec<P>)> {
        let progress = Progress::of(self.cases);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let progress = &progress;
                    scope.spawn(move || self.play_some(thread, progress))
                })
                .collect();
            let mut outcomes = threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|failure| resume_unwind(failure)));
            match outcomes.find_map(Result::err)? {
                TestError::Fail(reason, sequence) => Some((reason.message().to_owned(), sequence)),
                TestError::Abort(reason) => panic!("no sequences: {reason}"),
            }
        })
    }

    fn play_some<P: Play<S>>(&self, thread: u32, progress: &Progress) -> Result<(), TestError<Vec<P>>> {
        let begin = Arc::clone(&self.begin);
        let player = within(BLOCKED, move || Arc::new(Player::begin(&*begin)));
        let player = player.unwrap_or_else(|| panic!("no store was made within {BLOCKED:?}"));
        let (case, is_blocked) = (Cell::new(u64::from(thread)), Cell::new(false));
        let play_next = |sequence: Vec<P>| {
            if is_blocked.get() {
                return Ok(()); // On this store nothing shorter can be tried.
            }
            let (player, number) = (Arc::clone(&player), case.get());
            let outcome = within(self.blocked, move || player.play(number, &sequence));
            is_blocked.set(outcome.is_none());
            case.set(number + u64::from(THREADS));
            let outcome = outcome.unwrap_or_else(|| Err(holds_its_thread(self.blocked)));
            self.has_failed.fetch_or(outcome.is_err(), Ordering::Relaxed);
            outcome.map_err(TestCaseError::fail)
        };
        let sequences = P::sequences();
        let mut runner = TestRunner::new_with_rng(config(), rng(self.seed, thread));
        for _ in 0..self.cases.div_ceil(THREADS) {
            if self.has_failed.load(Ordering::Relaxed) {
                break;
            }
            let sequence = sequences.new_tree(&mut runner).map_err(TestError::Abort)?;
            runner.run_one(sequence, play_next)?;
            progress.one_more();
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

/// A store, and what its connections live in.
#[derive(Debug)]
struct Player<S> {
    store: ScriptedStore<S>,
    runtime: Runtime,
}

impl<S> Player<S> {
    fn begin<F: Future<Output = S>>(begin: &impl Fn() -> F) -> Self {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_all().build().expect("tokio starts");
        let store = ScriptedStore::new(runtime.block_on(begin()));
        Self { store, runtime }
    }

    fn play<P: Play<S>>(&self, case: u64, sequence: &[P]) -> Result<(), String> {
        self.store.forget();
        self.runtime.block_on(play(&self.store, case, sequence))
    }
}

fn play_afresh<S, P: Play<S>, F: Future<Output = S>>(
    begin: &Arc<impl Fn() -> F + Send + Sync + 'static>,
    blocked: Duration,
    sequence: &[P],
) -> Result<(), String> {
    let (begin, sequence) = (Arc::clone(begin), sequence.to_vec());
    let outcome = within(blocked, move || Player::begin(&*begin).play(0, &sequence));
    outcome.unwrap_or_else(|| Err(holds_its_thread(blocked)))
}

async fn play<S, P: Play<S>>(store: &ScriptedStore<S>, case: u64, sequence: &[P]) -> Result<(), String> {
    timeout(PATIENCE, P::play(store, case, sequence))
        .await
        .unwrap_or_else(|_| Err(format!("the store has not answered within {PATIENCE:?}")))
}

fn holds_its_thread(blocked: Duration) -> String {
    format!("the store has not let its thread go within {blocked:?}")
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
}
