//! Random attempts, judged by a model that remembers every one.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use keycard::auth::throttle::Limit;
use keycard::store::{Refund, Reserved, Throttle, ThrottleKey, Window};
use keycard::{StoreError, Timestamp};
use proptest::prelude::*;

use super::Play;
use crate::record::NOW;
use crate::testing::ScriptedStore;

/// What may happen to three windows: of two attempts in a second, of three in two, of four in three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThrottleCommand {
    /// So many milliseconds pass.
    Elapse(u64),
    /// An attempt in some of the windows.
    Attempt([bool; 3]),
    /// One of the attempts that were reserved and have not succeeded yet does: the first window is cleared, the others give
    /// it back.
    Succeed(usize),
}

impl<S: Throttle> Play<S> for ThrottleCommand {
    const TYPE: &str = "ThrottleCommand";
    const OF: u32 = 5;

    fn sequences() -> BoxedStrategy<Vec<Self>> {
        let command = prop_oneof![
            2 => (1..1_500_u64).prop_map(Self::Elapse),
            // What was a window's span ago is just over.
            1 => (0..3_u64).prop_map(|seconds| Self::Elapse(seconds * 1_000)),
            5 => any::<[bool; 3]>()
                .prop_filter("some window", |some| some.contains(&true))
                .prop_map(Self::Attempt),
            2 => (0..4_usize).prop_map(Self::Succeed),
        ];
        proptest::collection::vec(command, 1..25).boxed()
    }

    async fn play(store: &ScriptedStore<S>, case: u64, sequence: &[Self]) -> Result<(), String> {
        // Each case begins when those before it are over, so that a store that sweeps has something to sweep.
        let mut now = NOW.after(Duration::from_hours(case));
        let (mut model, mut reserved) = (Model::default(), Vec::new());
        for command in sequence {
            match *command {
                Self::Elapse(millis) => now = now.after(Duration::from_millis(millis)),
                Self::Attempt(some) => {
                    let windows = windows(case, some);
                    let expected = model.reserve(&windows, now);
                    let answer = store.reserve(&windows, now).await;
                    compare(*command, answer, expected)?;
                    let is_counted = matches!(expected, Reserved::Applied { .. });
                    reserved.extend(is_counted.then_some((windows, now)));
                }
                Self::Succeed(number) if number < reserved.len() => {
                    let (windows, at) = reserved.remove(number);
                    let keys: Vec<ThrottleKey> = windows.iter().map(|window| window.key).collect();
                    let refund = Refund::new(keys[1..].to_vec(), keys[..1].to_vec(), at);
                    model.refund(&refund);
                    compare(*command, store.refund(&refund).await, ())?;
                }
                Self::Succeed(_) => {}
            }
        }
        Ok(())
    }
}

fn compare<T: Debug + PartialEq>(
    command: ThrottleCommand,
    answer: Result<T, StoreError>,
    expected: T,
) -> Result<(), String> {
    if answer.as_ref().ok() == Some(&expected) {
        return Ok(());
    }
    Err(format!("{command:?}: {answer:?} and not {expected:?}"))
}

fn windows(case: u64, some: [bool; 3]) -> Vec<Window> {
    let all = (1_u8..).zip(some).filter(|(_, is_in)| *is_in).map(|(number, _)| {
        let mut key = [number; 16];
        key[..8].copy_from_slice(&case.to_be_bytes());
        let limit = Limit::new(usize::from(number) + 1, Duration::from_secs(number.into()));
        Window::new(ThrottleKey::from_bytes(key), limit.expect("a limit"))
    });
    all.collect()
}

/// Remembers every attempt, and counts anew each time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model(pub(crate) BTreeMap<ThrottleKey, Vec<Timestamp>>);

impl Model {
    pub(crate) fn reserve(&mut self, windows: &[Window], now: Timestamp) -> Reserved {
        let mut moment = now;
        while !windows
            .iter()
            .all(|window| self.counted(window, moment) < window.limit.attempts())
        {
            moment = self.next_change(windows, moment);
        }
        if moment > now {
            return Reserved::Throttled { until: moment };
        }
        for window in windows {
            self.0.entry(window.key).or_default().push(now);
        }
        let room = windows
            .iter()
            .map(|window| window.limit.attempts() - self.counted(window, now));
        Reserved::Applied {
            left: room.min().expect("a window"),
        }
    }

    pub(crate) fn refund(&mut self, refund: &Refund) {
        for key in &refund.keys {
            let attempts = self.0.entry(*key).or_default();
            if let Some(place) = attempts.iter().position(|at| *at == refund.reserved) {
                attempts.remove(place);
            }
        }
        for key in &refund.cleared {
            self.0.remove(key);
        }
    }

    fn attempts(&self, window: &Window) -> impl Iterator<Item = Timestamp> {
        self.0.get(&window.key).into_iter().flatten().copied()
    }

    fn counted(&self, window: &Window, moment: Timestamp) -> usize {
        self.attempts(window)
            .filter(|at| at.after(window.limit.span()) > moment)
            .count()
    }

    /// The next moment at which an attempt leaves a window.
    fn next_change(&self, windows: &[Window], moment: Timestamp) -> Timestamp {
        let leaves = windows
            .iter()
            .flat_map(|window| self.attempts(window).map(|at| at.after(window.limit.span())));
        leaves
            .filter(|leaves| *leaves > moment)
            .min()
            .expect("what is full empties")
    }
}
