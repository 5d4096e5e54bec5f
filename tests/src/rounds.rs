//! A race is run again and again.

use tokio::task::JoinSet;

/// How many rounds of a race run, and how many of them at once.
pub const ROUNDS: usize = 1_000;
const AT_ONCE: usize = 25;

/// Runs all rounds of a race, some at once, each with its number.
///
/// # Panics
///
/// With the first round that does.
pub async fn rounds<F: Future<Output = ()> + Send + 'static>(round: impl Fn(usize) -> F) {
    let mut running = JoinSet::new();
    for number in 0..ROUNDS {
        if running.len() == AT_ONCE {
            join_next(&mut running).await;
        }
        running.spawn(round(number));
    }
    while !running.is_empty() {
        join_next(&mut running).await;
    }
}

async fn join_next(running: &mut JoinSet<()>) {
    if let Some(Err(error)) = running.join_next().await {
        std::panic::resume_unwind(error.into_panic());
    }
}
