//! A store of throttles that is right passes, and each flaw is found.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use keycard::store::{Refund, Reserved, Throttle, Window};
use keycard::{StoreError, Timestamp};
use tokio::sync::Barrier;

use crate::prove::prove;
use crate::record::MILLISECOND;
use crate::sequence::ThrottleCommand;
use crate::sequence::throttle::Model;

mod right {
    use super::Counting;

    crate::throttle_laws!(Counting::by(None));

    mod without_its_server {
        use keycard::store::memory::MemoryStore;

        use crate::testing::ScriptedStore;

        crate::throttle_outage_laws!({
            let store = ScriptedStore::new(MemoryStore::new());
            (store.clone(), async move || store.go_down())
        });
    }
}

/// What a store does and must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// An attempt is counted up to the window that refuses it.
    CountsInPart,
    /// An attempt that is refused is counted.
    CountsTheRefused,
    /// An attempt counts a millisecond too long.
    SlidesLate,
    /// Room is looked for before it is taken, and two may look at once.
    IsTwoSteps,
    /// The first window that is full says until when.
    AsksOneWindow,
    /// A refund takes the oldest attempt.
    RefundsTheOldest,
    /// A refund takes two attempts of its time.
    RefundsTwice,
    /// Nothing is given back.
    RefundsNothing,
    /// All windows of a refund are cleared.
    ClearsAll,
    /// None is.
    ClearsNothing,
}

/// One more than the laws give room for.
const MEETING: usize = 6;

/// The model behind a lock, with a flaw.
#[derive(Debug)]
struct Counting {
    flaw: Option<Flaw>,
    // A std lock: held for operations on maps only.
    model: Mutex<Model>,
    looks: AtomicUsize,
    /// Where those who have seen room wait for each other before they take it.
    meeting: Barrier,
}

impl Counting {
    fn by(flaw: impl Into<Option<Flaw>>) -> Self {
        Self {
            flaw: flaw.into(),
            model: Mutex::default(),
            looks: AtomicUsize::new(0),
            meeting: Barrier::new(MEETING),
        }
    }

    fn look(&self, windows: &[Window], now: Timestamp) -> Reserved {
        self.model.lock().unwrap().clone().reserve(windows, now)
    }

    /// Whether there was no room a millisecond ago.
    fn was_full(&self, windows: &[Window], now: Timestamp) -> bool {
        let just_before = Timestamp::from_millis(now.as_millis() - 1);
        matches!(self.look(windows, just_before), Reserved::Throttled { .. })
    }

    fn count(&self, windows: &[Window], now: Timestamp) {
        let mut model = self.model.lock().unwrap();
        for window in windows {
            model.0.entry(window.key).or_default().push(now);
        }
    }
}

impl Throttle for Counting {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        let refuses = |window: &Window| matches!(self.look(&[*window], now), Reserved::Throttled { .. });
        let refusing = windows.iter().position(refuses);
        match (self.flaw, refusing) {
            (Some(Flaw::CountsInPart), Some(before)) => self.count(&windows[..before], now),
            (Some(Flaw::CountsTheRefused), Some(_)) => self.count(windows, now),
            (Some(Flaw::AsksOneWindow), Some(first)) => return Ok(self.look(&windows[first..=first], now)),
            (Some(Flaw::SlidesLate), None) if self.was_full(windows, now) => {
                let until = now.after(MILLISECOND);
                return Ok(Reserved::Throttled { until });
            }
            (Some(Flaw::IsTwoSteps), None) => {
                let reserved = self.look(windows, now);
                if self.looks.fetch_add(1, Ordering::SeqCst) < MEETING {
                    self.meeting.wait().await;
                }
                self.count(windows, now);
                return Ok(reserved);
            }
            _ => {}
        }
        let mut model = self.model.lock().unwrap();
        Ok(model.reserve(windows, now))
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        let mut model = self.model.lock().unwrap();
        let mut refund = refund.clone();
        match self.flaw {
            Some(Flaw::RefundsNothing) => refund.keys.clear(),
            Some(Flaw::RefundsTwice) => model.refund(&refund),
            Some(Flaw::RefundsTheOldest) => refund.reserved = oldest(&model, &refund),
            Some(Flaw::ClearsAll) => refund.cleared.append(&mut refund.keys),
            Some(Flaw::ClearsNothing) => refund.keys.append(&mut refund.cleared),
            _ => {}
        }
        model.refund(&refund);
        Ok(())
    }
}

/// The time of the oldest attempt in the windows that are to give one back.
fn oldest(model: &Model, refund: &Refund) -> Timestamp {
    let attempts = refund.keys.iter().filter_map(|key| model.0.get(key)?.first());
    attempts.min().copied().unwrap_or(refund.reserved)
}

/// For each flaw a test of that name, in which the law must find it and say so.
macro_rules! bites {
    ($($flaw:ident: $group:ident :: $module:ident :: $law:ident, $says:literal;)*) => {
        $(#[test]
        #[should_panic(expected = $says)]
        #[expect(non_snake_case, reason = "the flaw by its name")]
        fn $flaw() {
            prove(async || Counting::by(Flaw::$flaw), crate::$group::$module::$law);
        })*
    };
}

bites! {
    CountsInPart: contract::throttle::an_attempt_that_one_window_refuses_is_counted_in_none, "left: 7";
    CountsTheRefused: contract::throttle::a_refused_attempt_is_not_counted, "does not wait longer";
    SlidesLate: contract::throttle::a_window_slides_to_the_millisecond, "after 3600s";
    IsTwoSteps: laws::throttles::of_many_guesses_at_once_five_are_checked, "exactly five";
    AsksOneWindow: contract::throttle::of_several_windows_the_fullest_decides, "the last of them";
    RefundsTheOldest: contract::throttle::a_refund_gives_back_one_attempt, "the first one's time is kept";
    RefundsTwice: contract::throttle::a_refund_gives_back_one_attempt, "of two at one time one is left";
    RefundsNothing: laws::throttles::successes_use_up_nothing, "too many attempts";
    ClearsAll: laws::throttles::a_success_forgives_this_account_to_this_client, "7 failures and this one";
    ClearsNothing: contract::throttle::a_cleared_window_has_forgotten_all_attempts, "left: Applied { left: 0 }";
}

#[test]
#[should_panic(expected = "a_sequence_that_failed")]
fn random_attempts_find_a_flaw() {
    crate::property::random_sequences::<_, ThrottleCommand, _>(
        async || Counting::by(Flaw::CountsInPart),
        "broken()",
    );
}
