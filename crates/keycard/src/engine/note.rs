//! What users' histories are told, where they are kept.

use super::Engine;
use super::commit::Commit;
use crate::events;
use crate::id::StoreKey;
use crate::key::UserId;
use crate::observer::EventKind;
use crate::record::{Deed, Record};
use crate::store::Note;

impl Engine {
    /// What the user's history remembers of a deed, if histories are kept.
    pub(crate) fn note(&self, user: &UserId, deed: impl FnOnce() -> Deed) -> Option<Note> {
        let retention = self.history?;
        Some(Note::new(
            self.index_key.user_key(user),
            deed().encode()?,
            retention,
        ))
    }
}

impl Commit<'_, '_> {
    /// What is remembered of what the user proves by turning a session from `before` into `after`.
    pub(super) fn proof(&self, before: Option<&Record>, after: &Record, session: StoreKey) -> Option<Note> {
        let old = before.and_then(|before| before.authentication.as_ref());
        let new = after.authentication.as_ref()?;
        let kind = events::proved(old, new, self.intent.login.is_some())?;
        self.note(kind, after, session)
    }

    /// What is remembered of a deed with a session, if it has a user.
    pub(super) fn note(&self, kind: EventKind, record: &Record, session: StoreKey) -> Option<Note> {
        let known = record.authentication.as_ref()?;
        self.engine.note(&known.user, || Deed {
            kind,
            session: Some(session),
            from: self.client.metadata(record.metadata.device.clone()),
        })
    }
}
