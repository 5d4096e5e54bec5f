//! A store that is right but for one flaw: the model behind a lock.

mod history;
mod index;
mod records;
mod store;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use keycard::store::{Create, Created, Update};
use keycard::{StoreError, StoreKey};
use tokio::sync::Barrier;

use super::flaw::Flaw;
use super::leaves;
use crate::TwoHandles;
use crate::sequence::model::Model;

/// The store.
#[derive(Debug)]
pub(crate) struct Broken {
    flaw: Option<Flaw>,
    is_away: Arc<AtomicBool>,
    // Std locks: held for operations on maps only; the state's within the copy's.
    state: Arc<Mutex<State>>,
    /// What this handle has read.
    copy: Mutex<Option<Model>>,
    /// Where the first two updates of two steps meet between them.
    both_compared: Barrier,
    compared: AtomicUsize,
}

#[derive(Debug)]
struct State {
    model: Model,
    /// The write that is late.
    late: Option<Update>,
}

impl Broken {
    pub(crate) fn by(flaw: impl Into<Option<Flaw>>) -> Self {
        let (flaw, is_away) = (flaw.into(), Arc::default());
        Self {
            flaw,
            is_away,
            state: Arc::new(Mutex::new(State {
                model: Model::by(leaves::by(flaw)),
                late: None,
            })),
            copy: Mutex::default(),
            both_compared: Barrier::new(2),
            compared: AtomicUsize::new(0),
        }
    }

    pub(crate) fn two_handles(flaw: impl Into<Option<Flaw>>) -> TwoHandles<Self> {
        let one = Self::by(flaw);
        let other = Self {
            state: Arc::clone(&one.state),
            is_away: Arc::clone(&one.is_away),
            ..Self::by(one.flaw)
        };
        TwoHandles::new(one, other)
    }

    /// The store, and what takes its server away.
    pub(crate) fn with_server(flaw: impl Into<Option<Flaw>>) -> (Self, impl AsyncFnOnce()) {
        let store = Self::by(flaw);
        let is_away = Arc::clone(&store.is_away);
        (store, async move || is_away.store(true, Ordering::SeqCst))
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    async fn read<T>(&self, nothing: T, read: impl FnOnce(&mut Model) -> T) -> Result<T, StoreError> {
        if self.has(Flaw::HandlesKeepCopies) {
            let mut copy = self.copy.lock().unwrap();
            let copy = copy.get_or_insert_with(|| self.state.lock().unwrap().model.clone());
            return Ok(read(copy));
        }
        self.ask(nothing, read).await
    }

    async fn ask<T>(&self, nothing: T, ask: impl FnOnce(&mut Model) -> T) -> Result<T, StoreError> {
        if !self.is_away.load(Ordering::SeqCst) {
            return Ok(ask(&mut self.state.lock().unwrap().model));
        }
        match self.flaw {
            Some(Flaw::AwayIsAbsent) => Ok(nothing),
            Some(Flaw::AwayIsAwaited) => std::future::pending().await,
            _ => Err(StoreError::unavailable("the server is away")),
        }
    }

    /// Who leaves for a login, asked before it is written; then there is nothing left to ask.
    async fn leaves_early(&self, create: &mut Create) -> Result<Vec<StoreKey>, StoreError> {
        if !self.has(Flaw::LimitIsTwoSteps) {
            return Ok(Vec::new());
        }
        let create_now = |model: &mut Model| model.clone().create(create);
        let created = self.read(Created::Applied, create_now).await?;
        self.both_compared.wait().await;
        if created != Created::LimitReached {
            create.owner = create.owner.map(|owner| owner.limited(None));
        }
        Ok(if let Created::Displaced(keys) = created {
            keys
        } else {
            Vec::new()
        })
    }

    async fn write<T>(&self, nothing: T, write: impl FnOnce(&mut Model) -> T) -> Result<T, StoreError> {
        self.state.lock().unwrap().catch_up();
        *self.copy.lock().unwrap() = None;
        self.ask(nothing, write).await
    }
}

impl State {
    fn catch_up(&mut self) {
        if let Some(late) = self.late.take() {
            drop(self.model.update(&late));
        }
    }
}
