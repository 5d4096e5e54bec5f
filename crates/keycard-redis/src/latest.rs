//! What several servers say of who is who, where some may be behind.

use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// How long they may take, connecting included.
const WITHIN: Duration = Duration::from_secs(1);
/// How long the others may take, once one has answered.
const OTHERS_WITHIN: Duration = Duration::from_millis(200);

/// A word of somebody, with the epoch that it is of: epochs grow with each failover. Of one epoch who knows more is believed,
/// for some have heard of it and not yet of what it brought.
pub(crate) struct Word<T> {
    pub(crate) epoch: u64,
    pub(crate) knows: usize,
    pub(crate) says: T,
}

impl<T> Word<T> {
    fn rank(&self) -> (u64, usize) {
        (self.epoch, self.knows)
    }
}

/// What is said of the latest epoch by those that were asked at once.
///
/// # Errors
///
/// A failure, if nobody has answered otherwise; `None` if nobody has answered at all.
pub(crate) async fn latest<T: 'static>(mut asked: JoinSet<RedisResult<Word<T>>>) -> RedisResult<Option<T>> {
    let (mut latest, mut failure) = (None::<Word<T>>, None);
    let mut until = Instant::now() + WITHIN;
    while let Ok(Some(answer)) = timeout_at(until, asked.join_next()).await {
        match answer.unwrap_or_else(|_| Err(given_up())) {
            Ok(word) => {
                until = until.min(Instant::now() + OTHERS_WITHIN);
                if latest.as_ref().is_none_or(|latest| latest.rank() < word.rank()) {
                    latest = Some(word);
                }
            }
            // What somebody says of itself tells more than that nobody answers.
            Err(error) if failure.is_none() || error.code().is_some() => failure = Some(error),
            Err(_) => {}
        }
    }
    match (latest, failure) {
        (None, Some(failure)) => Err(failure),
        (latest, _) => Ok(latest.map(|word| word.says)),
    }
}

fn given_up() -> RedisError {
    (ErrorKind::Io, "nobody waited for the answer").into()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    fn word(epoch: u64, says: &'static str) -> Word<&'static str> {
        let knows = says.len();
        Word { epoch, knows, says }
    }

    fn failed() -> RedisResult<Word<&'static str>> {
        Err(RedisError::from((ErrorKind::Io, "away")))
    }

    #[tokio::test(start_paused = true)]
    async fn who_knows_of_the_latest_epoch_is_believed_and_nobody_is_waited_for_in_vain() {
        let mut asked: JoinSet<_> = [
            failed(),
            Ok(word(2, "new")),
            Ok(word(2, "-")),
            Ok(word(1, "oldest")),
            failed(),
        ]
        .map(ready)
        .into_iter()
        .collect();
        asked.spawn(pending());
        let began = Instant::now();
        assert_eq!(latest(asked).await.unwrap(), Some("new"));
        assert_eq!(began.elapsed(), OTHERS_WITHIN);
    }

    #[tokio::test]
    async fn where_nobody_knows_it_is_said_why() {
        let mut asked = JoinSet::new();
        asked.spawn(async { failed() });
        assert!(latest(asked).await.is_err());
        assert_eq!(latest::<()>(JoinSet::new()).await.unwrap(), None);
    }
}
