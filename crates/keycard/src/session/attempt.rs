//! One commit of a handle: whatever becomes of it, what was asked for is carried out, taken back, or told to be lost.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::MutexGuard;

use super::Session;
use crate::clock::Deadline;
use crate::engine::{Commit, Step};
use crate::error::{Error, ErrorKind};
use crate::intent::Standing;
use crate::policy::Outcome;

impl Session {
    /// One commit; `true` if changes were dropped because the session has ended. Called in this handle's turn.
    pub(super) async fn attempt(
        &self,
        step: Option<&mut Step<'_>>,
        outcome: Outcome,
        cookie_may_change: bool,
    ) -> Result<bool, Error> {
        let (base, intent, trusted) = {
            let mut state = self.state();
            let trusted = state.standing() != Some(Standing::Mistrusted);
            (state.base.clone(), state.begin().unwrap_or_default(), trusted)
        };
        let under_way = UnderWay {
            session: self,
            asked: AtomicBool::new(false),
        };
        let engine = &self.0.engine;
        let now = engine.clock.now();
        let mut commit = Commit {
            engine,
            base,
            intent: &intent,
            step,
            now,
            cookie_may_change,
            trusted,
            asked: &under_way.asked,
            client: self.client(),
        };
        let result = commit.run(outcome).await;
        engine.tell(&commit.base, intent.login.as_deref(), &result, now);
        drop(intent);
        let mut state = self.state();
        match result {
            Ok(committed) => Ok(state.settle(committed)),
            Err(failure) => Err(state.fail(failure)),
        }
    }

    /// Waits for the end of another commit of this handle, and not longer than until the deadline: it may have stopped to
    /// be polled.
    pub(super) async fn turn(&self) -> Result<MutexGuard<'_, ()>, Error> {
        if let Ok(turn) = self.0.commits.try_lock() {
            return Ok(turn);
        }
        let deadline = Deadline::within(self.0.engine.commit_deadline);
        let turn = deadline.bound(self.0.commits.lock()).await;
        turn.ok_or_else(|| {
            Error::new(
                ErrorKind::Contended,
                "another commit of this session has begun in this request and does not end: is its future still polled?",
            )
        })
    }
}

/// A commit between its begin and its end. If it is dropped before, the handle takes back what was asked for.
struct UnderWay<'a> {
    session: &'a Session,
    asked: AtomicBool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.session.state().abandon(self.asked.load(Ordering::Relaxed));
    }
}
