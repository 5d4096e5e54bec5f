//! The verbs of histories, each with its flaws.

use keycard::store::{Fate, History, Note, Noted, Retention, Revoked, Which};
use keycard::{StoreError, Timestamp, UserKey};

use super::Broken;
use super::index::end_all_but;
use crate::sequence::model::Model;
use crate::tests::flaw::Flaw;

impl Broken {
    /// What becomes of a write's note before it lands.
    pub(super) fn jot(&self, note: &mut Option<Note>) {
        if self.has(Flaw::NotesAreLost) {
            *note = None;
        }
        if self.has(Flaw::NotesStay)
            && let Some(note) = note
        {
            note.retention = Retention::new(100, note.retention.age()).unwrap();
        }
    }

    /// What becomes of a note whose write is there already.
    pub(super) fn jot_again(&self, model: &mut Model, note: Option<&Note>, now: Timestamp) {
        if self.has(Flaw::RepeatsAreNoted) {
            model.remember(note, Fate::Landed(Vec::new()), now);
        }
    }
}

impl History for Broken {
    async fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        let now = if self.has(Flaw::OldNotesAreTold) {
            Timestamp::from_millis(0)
        } else {
            now
        };
        self.read(Vec::new(), |model| model.history(user, retention, now))
            .await
    }

    async fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Result<Revoked, StoreError> {
        if let Which::Others(keep) = which
            && self.has(Flaw::EndNotingIsTwoSteps)
        {
            if !self.is_there(note.user, keep, now).await? {
                return Ok(Revoked::Gone);
            }
            let end_others = |model: &mut Model| {
                let ended = end_all_but(model, note.user, keep, now);
                model.remember_ended(&ended, &note, now);
                Revoked::Applied(ended)
            };
            return self.write(Revoked::Gone, end_others).await;
        }
        self.write(Revoked::Gone, |model| model.end_noting(which, &note, now))
            .await
    }

    async fn forget_history(&self, user: UserKey) -> Result<(), StoreError> {
        let forget = |model: &mut Model| drop(model.histories.remove(&user));
        self.write((), forget).await
    }
}
