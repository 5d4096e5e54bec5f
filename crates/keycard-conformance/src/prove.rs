//! One law at a time: what runs it, and does not wait for ever.

use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// More than the longest law takes, which waits eight times for a store whose deadline is ten seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// Runs a test on what `begin` makes for it, in a thread that is left behind if it never ends: a store that is wrong may
/// hang, also where no timer of its runtime can interrupt it.
pub fn prove<T, Begin, Test>(
    begin: impl FnOnce() -> Begin + Send + 'static,
    test: impl FnOnce(T) -> Test + Send + 'static,
) where
    Begin: Future<Output = T>,
    Test: Future<Output = ()>,
{
    prove_within(PATIENCE, begin, test);
}

pub(crate) fn prove_within<T, Begin, Test>(
    patience: Duration,
    begin: impl FnOnce() -> Begin + Send + 'static,
    test: impl FnOnce(T) -> Test + Send + 'static,
) where
    Begin: Future<Output = T>,
    Test: Future<Output = ()>,
{
    let proof = move || runtime().block_on(async { test(begin().await).await });
    let law = name();
    within(patience, proof)
        .unwrap_or_else(|| panic!("{law} hangs: it has not come to an end within {patience:?}"));
}

/// What comes of work in a thread of its own, which is left behind if it has come to no end by then: nothing.
pub(crate) fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (until_its_end, end) = mpsc::channel::<()>();
    let worker = thread::Builder::new().name(name()).spawn(move || {
        let _until_its_end = until_its_end;
        work()
    });
    // Nothing is ever sent: the channel closes when the work is done, or has panicked.
    let has_ended = end.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected);
    let worker = worker.expect("a thread starts");
    let outcome = has_ended.then(|| worker.join())?;
    Some(outcome.unwrap_or_else(|failure| resume_unwind(failure)))
}

/// Of the test that is run here.
fn name() -> String {
    thread::current().name().unwrap_or("a law").to_owned()
}

fn runtime() -> Runtime {
    let mut runtime = Builder::new_multi_thread();
    runtime
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("tokio starts")
}
