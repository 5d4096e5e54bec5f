//! A store that counts what it is asked, and fails or stands still when it is told to: before the write, or after it.

use std::sync::{Arc, Mutex};

use keycard::store::memory::MemoryStore;
use keycard::store::{
    Create, Created, End, Ended, Loaded, Owner, Replace, Replaced, Store, Touch, Touched, Update, Updated,
};
use keycard::{StoreError, StoreKey, Timestamp, UserKey};
use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Before,
    After,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyStore {
    inner: MemoryStore,
    script: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    fault: Option<(&'static str, Fault)>,
    held: Option<(&'static str, Fault, Arc<Notify>)>,
    calls: Vec<&'static str>,
    owners: Vec<(&'static str, Option<UserKey>)>,
}

impl FaultyStore {
    /// Lets the next call of a verb fail.
    pub(crate) fn fail(&self, verb: &'static str, fault: Fault) {
        self.script.lock().unwrap().fault = Some((verb, fault));
    }

    /// Lets the next call of a verb stand still before it is carried out, or before its answer, until it is released.
    pub(crate) fn hold(&self, verb: &'static str, fault: Fault) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        self.script.lock().unwrap().held = Some((verb, fault, Arc::clone(&gate)));
        gate
    }

    /// The verbs called since the last time.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.script.lock().unwrap().calls)
    }

    /// In whose index the writes since the last time concern an entry, but for those of sessions that begin.
    pub(crate) fn owners(&self) -> Vec<(&'static str, Option<UserKey>)> {
        std::mem::take(&mut self.script.lock().unwrap().owners)
    }

    fn owned(&self, verb: &'static str, owner: Option<&Owner>) {
        let owner = owner.map(|owner| owner.user);
        self.script.lock().unwrap().owners.push((verb, owner));
    }

    async fn attempt<T>(
        &self,
        verb: &'static str,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let (fault, held) = {
            let mut script = self.script.lock().unwrap();
            script.calls.push(verb);
            let held = script.held.take_if(|(held, ..)| *held == verb);
            (script.fault.take_if(|(failing, _)| *failing == verb), held)
        };
        let stands = async |place| match &held {
            Some((_, held, gate)) if *held == place => gate.notified().await,
            _ => {}
        };
        stands(Fault::Before).await;
        if fault.is_some_and(|(_, fault)| fault == Fault::Before) {
            return Err(StoreError::unavailable("told to fail"));
        }
        let answer = call.await;
        stands(Fault::After).await;
        if fault.is_some() {
            Err(StoreError::timeout("the answer was lost"))
        } else {
            answer
        }
    }
}

impl Store for FaultyStore {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.attempt("load", self.inner.load(key, now)).await
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.attempt("create", self.inner.create(create)).await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.owned("update", update.owner.as_ref());
        self.attempt("update", self.inner.update(update)).await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.owned("replace", replace.old_owner.as_ref());
        self.attempt("replace", self.inner.replace(replace)).await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.attempt("touch", self.inner.touch(touch)).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.owned("end", end.owner.as_ref());
        self.attempt("end", self.inner.end(end)).await
    }
}
