//! The verbs of every store, each with its flaws.

use std::sync::atomic::Ordering;
use std::thread;

use keycard::store::{
    Create, Created, End, Ended, Loaded, Replace, Replaced, Store, Touch, Touched, Update, Updated, frame,
};
use keycard::{StoreError, StoreKey, Timestamp};

use super::Broken;
use super::records::{clear_device, keep, lasting, moved_to, renewed, repeats, revive};
use crate::record::HOUR;
use crate::sequence::model::Model;
use crate::tests::flaw::Flaw;
use crate::tests::upkeep::{make_room, sweep};

impl Store for Broken {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        while self.has(Flaw::LoadBlocks) {
            thread::park();
        }
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
        self.jot(&mut update.note);
        let write = |model: &mut Model| {
            if repeats(model, update.key, &update.record) {
                self.jot_again(model, update.note.as_ref(), update.now);
            }
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
