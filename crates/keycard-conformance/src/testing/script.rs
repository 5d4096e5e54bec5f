//! What a scripted store does with its calls: a rule for each verb, and exceptions for single calls, in order.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::gate::Gate;

/// What a store can be asked to do. Reading several sessions at once is a [`Load`](Self::Load) too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verb {
    /// [`Store::load`](keycard::store::Store::load), [`load_many`](keycard::store::Store::load_many),
    /// [`load_anew`](keycard::store::Store::load_anew) and [`load_many_anew`](keycard::store::Store::load_many_anew).
    Load,
    /// [`Store::create`](keycard::store::Store::create).
    Create,
    /// [`Store::update`](keycard::store::Store::update).
    Update,
    /// [`Store::replace`](keycard::store::Store::replace).
    Replace,
    /// [`Store::touch`](keycard::store::Store::touch).
    Touch,
    /// [`Store::end`](keycard::store::Store::end).
    End,
    /// [`UserIndex::sessions_of`](keycard::store::UserIndex::sessions_of).
    SessionsOf,
    /// [`UserIndex::end_all`](keycard::store::UserIndex::end_all).
    EndAll,
    /// [`UserIndex::end_others`](keycard::store::UserIndex::end_others).
    EndOthers,
    /// [`UserIndex::end_one`](keycard::store::UserIndex::end_one).
    EndOne,
    /// [`UserIndex::end_device`](keycard::store::UserIndex::end_device).
    EndDevice,
    /// [`UserIndex::count`](keycard::store::UserIndex::count).
    Count,
    /// [`Throttle::reserve`](keycard::store::Throttle::reserve).
    Reserve,
    /// [`Throttle::refund`](keycard::store::Throttle::refund).
    Refund,
    /// [`Statistics::statistics`](keycard::store::Statistics::statistics).
    Statistics,
    /// [`History::history`](keycard::store::History::history).
    History,
    /// [`History::end_noting`](keycard::store::History::end_noting).
    EndNoting,
    /// [`History::forget_history`](keycard::store::History::forget_history).
    ForgetHistory,
    /// [`TokenStore::begin_family`](keycard::store::TokenStore::begin_family).
    BeginFamily,
    /// [`TokenStore::refresh`](keycard::store::TokenStore::refresh).
    Refresh,
    /// [`TokenStore::end_family`](keycard::store::TokenStore::end_family).
    EndFamily,
    /// [`TokenStore::block`](keycard::store::TokenStore::block).
    Block,
    /// [`TokenStore::disallow`](keycard::store::TokenStore::disallow).
    Disallow,
    /// [`TokenStore::revoke_before`](keycard::store::TokenStore::revoke_before).
    RevokeBefore,
    /// [`TokenStore::standing`](keycard::store::TokenStore::standing).
    Standing,
}

/// What happens to one call.
#[derive(Clone, Debug, Default)]
pub(crate) enum Fate {
    #[default]
    Pass,
    Fail,
    LoseAnswer,
    Hold(Arc<Gate>),
    HoldAnswer(Arc<Gate>),
    TimeOut(Arc<Gate>),
    Delay(Duration),
    DelayAnswer(Duration),
}

#[derive(Debug, Default)]
pub(crate) struct Script {
    rules: HashMap<Verb, Fate>,
    exceptions: HashMap<Verb, VecDeque<Fate>>,
    down: bool,
    calls: Vec<Verb>,
}

impl Script {
    pub(crate) fn rule(&mut self, verb: Verb, fate: Fate) {
        self.rules.insert(verb, fate);
    }

    pub(crate) fn next(&mut self, verb: Verb, fate: Fate) {
        self.exceptions.entry(verb).or_default().push_back(fate);
    }

    pub(crate) fn set_down(&mut self, down: bool) {
        self.down = down;
    }

    /// Who holds a call goes on to wait for it.
    pub(crate) fn recover(&mut self) {
        self.rules.clear();
        for fates in self.exceptions.values_mut() {
            fates.retain(|fate| matches!(fate, Fate::Hold(_) | Fate::HoldAnswer(_)));
        }
        self.down = false;
    }

    /// Notes a call, and says what happens to it.
    pub(crate) fn call(&mut self, verb: Verb) -> Fate {
        self.calls.push(verb);
        if self.down {
            return Fate::Fail;
        }
        let exception = self.exceptions.get_mut(&verb).and_then(VecDeque::pop_front);
        exception
            .or_else(|| self.rules.get(&verb).cloned())
            .unwrap_or_default()
    }

    pub(crate) fn take_calls(&mut self) -> Vec<Verb> {
        std::mem::take(&mut self.calls)
    }
}
