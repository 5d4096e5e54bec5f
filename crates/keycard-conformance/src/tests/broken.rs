//! A store that is right but for one flaw: the model behind a lock.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use keycard::store::{
    Create, Created, End, EndReason, Ended, Entry, Figures, History, Loaded, Note, Noted, Replace, Replaced,
    Retention, Revoked, Statistics, Store, Touch, Touched, Update, Updated, UserIndex, Which, frame,
};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, UserKey};
use tokio::sync::Barrier;

use super::flaw::Flaw;
use super::leaves::{self, changed, complete};
use super::upkeep::{make_room, sweep};
use crate::TwoHandles;
use crate::record::HOUR;
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

impl Store for Broken {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        let load = |model: &mut Model| {
            let found = model.load(key, now);
            let Loaded::Live(record) = &found else {
                return found;
            };
            if self.has(Flaw::LoadWrites) {
                model.write(key, renewed(record), None);
            }
            let hides = self.has(Flaw::UnreadableIsAbsent) && frame::revision(record).is_none();
            if hides { Loaded::Absent } else { found }
        };
        self.read(Loaded::Absent, load).await
    }

    async fn load_many(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        let mut keys = keys.to_vec();
        if self.has(Flaw::LoadManyReverses) {
            keys.reverse();
        }
        let mut found = Vec::new();
        for key in keys {
            found.push(self.load(key, now).await?);
        }
        Ok(found)
    }

    async fn create(&self, mut create: Create) -> Result<Created, StoreError> {
        let early = self.leaves_early(&mut create).await?;
        let write = |model: &mut Model| {
            sweep(model, create.now);
            if self.has(Flaw::RepeatsConflict) && repeats(model, create.key, &create.record) {
                return Created::Refused;
            }
            if self.has(Flaw::CreateOverwrites) {
                model.known.remove(&create.key);
            }
            model.entomb_each(&early, create.now);
            let created = model.create(&create);
            if self.has(Flaw::RefusalClearsTheDevice) && created == Created::LimitReached {
                clear_device(model, &create);
            }
            let Some(nearest) = make_room(model, &create) else {
                return created;
            };
            Created::applied(vec![nearest])
        };
        self.write(Created::Applied, write).await
    }

    async fn update(&self, mut update: Update) -> Result<Updated, StoreError> {
        if self.has(Flaw::UpdateIsTwoSteps) {
            let compare = |model: &mut Model| model.clone().update(&update);
            let compared = self.read(Updated::Gone, compare).await?;
            if compared != Updated::Applied {
                return Ok(compared);
            }
            if self.compared.fetch_add(1, Ordering::SeqCst) < 2 {
                self.both_compared.wait().await;
            }
        }
        let write = |model: &mut Model| {
            match self.flaw {
                Some(Flaw::UpdateRevives) => revive(model, update.key),
                Some(Flaw::UpdateIgnoresExpiry) => update.now = Timestamp::from_millis(0),
                Some(Flaw::UpdateIgnoresTheRevision | Flaw::UpdateIsTwoSteps) => {
                    update.expected = model.newest(update.key).unwrap_or(update.expected);
                }
                Some(Flaw::RepeatsConflict) if repeats(model, update.key, &update.record) => {
                    return Updated::Conflict(update.record.clone());
                }
                Some(Flaw::UpdateKeepsTheData) => keep(model, &mut update, frame::HEADER_LEN..usize::MAX),
                Some(Flaw::UpdateKeepsTheSecret) => {
                    keep(model, &mut update, frame::EXPIRES.end..frame::HEADER_LEN);
                }
                Some(Flaw::UpdateGoesFurther) => update.record = lasting(&update.record),
                Some(Flaw::UpdateIsLate) => return model.clone().update(&update),
                _ => {}
            }
            model.update(&update)
        };
        let updated = self.write(Updated::Gone, write).await?;
        if self.has(Flaw::UpdateIsLate) && updated == Updated::Applied {
            self.state.lock().unwrap().late = Some(update);
        }
        Ok(updated)
    }

    async fn replace(&self, mut replace: Replace) -> Result<Replaced, StoreError> {
        let write = |model: &mut Model| {
            if self.has(Flaw::ReplaceIgnoresTheRevision) {
                replace.expected = model.newest(replace.old).unwrap_or(replace.expected);
            }
            let lands = model.newest(replace.old) == Some(replace.expected);
            if self.has(Flaw::ReplaceOverwrites) && lands {
                model.known.remove(&replace.new.key);
            }
            if self.has(Flaw::ReplaceEntersNoIndex) {
                replace.new.owner = None;
            }
            let replaced = model.replace(&replace);
            let nearest = make_room(model, &replace.new);
            if self.has(Flaw::ReplaceKeepsTheOld) && replaced == Replaced::Applied {
                revive(model, replace.old);
            }
            nearest.map_or(replaced, |nearest| Replaced::applied(vec![nearest]))
        };
        self.write(Replaced::Gone, write).await
    }

    async fn touch(&self, mut touch: Touch) -> Result<Touched, StoreError> {
        let write = |model: &mut Model| {
            match self.flaw {
                Some(Flaw::TouchRevives) => revive(model, touch.key),
                Some(Flaw::TouchIgnoresTheRevision) => {
                    touch.expected = model.newest(touch.key).unwrap_or(touch.expected);
                }
                Some(Flaw::TouchGoesFurther) => touch.expires = touch.expires.after(HOUR),
                _ => {}
            }
            let touched = model.touch(&touch);
            if self.has(Flaw::TouchMovesBack) && touched == Touched::Applied {
                model.write(touch.key, moved_to(&touch, &model.known[&touch.key].record), None);
            }
            touched
        };
        self.write(Touched::Gone, write).await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        let write = |model: &mut Model| {
            let ended = model.end(&end);
            match self.flaw {
                Some(Flaw::EndForgets) => drop(model.known.remove(&end.key)),
                Some(Flaw::TombstonesStay) => model.entomb(end.key, Timestamp::from_millis(u64::MAX)),
                Some(Flaw::EndIsAlwaysTheFirst) => return Ended::Applied,
                _ => {}
            }
            ended
        };
        self.write(Ended::Absent, write).await
    }
}

impl UserIndex for Broken {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        let now = if self.has(Flaw::ListsTheExpired) {
            Timestamp::from_millis(0)
        } else {
            now
        };
        let list = |model: &mut Model| {
            if self.has(Flaw::ListsThePending) {
                return changed(model, complete).sessions_of(user, now);
            }
            model.sessions_of(user, now)
        };
        self.read(Vec::new(), list).await
    }

    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        let end_all = |model: &mut Model| {
            if self.has(Flaw::EndAllTakesTheTag) {
                let of_the_tag: Vec<_> = model
                    .known
                    .keys()
                    .copied()
                    .filter(|key| key.tag() == user.tag())
                    .collect();
                return of_the_tag
                    .into_iter()
                    .filter(|key| model.end(&End::new(*key, None, now)) == Ended::Applied)
                    .collect();
            }
            let spared = model
                .of(user)
                .first()
                .copied()
                .filter(|_| self.has(Flaw::EndAllSparesOne));
            match spared {
                Some(spared) => model.end_others(user, spared, now).into_keys(),
                None => model.end_all(user, now),
            }
        };
        self.write(Vec::new(), end_all).await
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        let as_it_is = |model: &mut Model| model.end_others(user, keep, now);
        if self.has(Flaw::EndOthersIsTwoSteps) {
            let seen = self
                .ask(Revoked::Gone, |model| as_it_is(&mut model.clone()))
                .await?;
            if self.compared.fetch_add(1, Ordering::SeqCst) < 2 {
                self.both_compared.wait().await;
            }
            if seen == Revoked::Gone {
                return Ok(seen);
            }
        } else if !self.has(Flaw::EndOthersIgnoresTheKept) {
            return self.write(Revoked::Gone, as_it_is).await;
        }
        let whoever_asks = |model: &mut Model| {
            let mut others = model.of(user);
            others.retain(|key| *key != keep && model.end_one(user, *key, now) == Ended::Applied);
            Revoked::Applied(others)
        };
        self.write(Revoked::Gone, whoever_asks).await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        let end_one = |model: &mut Model| {
            if self.has(Flaw::EndOneTakesTheForeign) {
                return model.end(&End::new(key, None, now));
            }
            model.end_one(user, key, now)
        };
        self.write(Ended::Absent, end_one).await
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        let end_device = |model: &mut Model| {
            let users = model.known.values().filter_map(|known| known.user);
            let of_the_tag: BTreeSet<_> = users
                .filter(|other| self.has(Flaw::EndDeviceTakesTheTag) && other.tag() == user.tag())
                .chain([user])
                .collect();
            let ended = of_the_tag
                .into_iter()
                .map(|user| model.end_device(user, device, now));
            ended.flatten().collect()
        };
        self.write(Vec::new(), end_device).await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.sessions_of(user, now).await?.len())
    }
}

impl Statistics for Broken {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        let count = |model: &mut Model| {
            let forever = Timestamp::from_millis(0);
            let mut figures = model.statistics(if self.has(Flaw::ExpiredAreActive) {
                forever
            } else {
                now
            });
            if self.has(Flaw::ReplacedAreLoggedOut)
                && let Some(replaced) = figures.ended.remove(&EndReason::Replaced)
            {
                *figures.ended.entry(EndReason::Logout).or_default() += replaced;
            }
            figures
        };
        self.read(Figures::default(), count).await
    }
}

/// Nothing is remembered: what is in question is the calls without the server.
impl History for Broken {
    async fn history(&self, _: UserKey, _: Retention, _: Timestamp) -> Result<Vec<Noted>, StoreError> {
        self.ask(Vec::new(), |_| Vec::new()).await
    }

    async fn end_noting(&self, _: Which, _: Note, _: Timestamp) -> Result<Revoked, StoreError> {
        self.ask(Revoked::Gone, |_| Revoked::Gone).await
    }

    async fn forget_history(&self, _: UserKey) -> Result<(), StoreError> {
        self.ask((), |_| ()).await
    }
}

fn revive(model: &mut Model, key: StoreKey) {
    if let Some(known) = model.known.get_mut(&key).filter(|known| !known.record.is_empty()) {
        known.ended = None;
    }
}

fn clear_device(model: &mut Model, create: &Create) {
    if let Some(owner) = create.owner {
        drop(model.end_device(owner.user, owner.device, create.now));
    }
}

fn repeats(model: &Model, key: StoreKey, record: &Bytes) -> bool {
    model
        .newest(key)
        .is_some_and(|newest| frame::revision(record) == Some(newest))
}

/// The record under another revision.
fn renewed(record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    if let Some(first) = record.get_mut(frame::REVISION.start) {
        *first = first.wrapping_add(1);
    }
    record.into()
}

/// Leaves that part of a record as it was.
fn keep(model: &Model, update: &mut Update, part: Range<usize>) {
    let Some(known) = model
        .known
        .get(&update.key)
        .filter(|known| !known.record.is_empty())
    else {
        return;
    };
    let (stored, written) = (&known.record, &update.record);
    let [kept_end, rest] = [stored, written].map(|record| part.end.min(record.len()));
    let kept = &stored[part.start..kept_end];
    update.record = [&written[..part.start], kept, &written[rest..]].concat().into();
}

/// The record of a session that lives an hour longer.
fn lasting(record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    let expires = u64::from_be_bytes(record[frame::EXPIRES].try_into().unwrap());
    let later = Timestamp::from_millis(expires).after(HOUR);
    record[frame::EXPIRES].copy_from_slice(&later.as_millis().to_be_bytes());
    record.into()
}

/// The record with the times of a touch, later or not.
fn moved_to(touch: &Touch, record: &Bytes) -> Bytes {
    let mut record = record.to_vec();
    record[frame::SEEN].copy_from_slice(&touch.seen.as_millis().to_be_bytes());
    record[frame::EXPIRES].copy_from_slice(&touch.expires.as_millis().to_be_bytes());
    record.into()
}
