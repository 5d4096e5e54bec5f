//! What the model remembers of users.

use keycard::store::{Ended, Fate, Note, Noted, Retention, Revoked, Which};
use keycard::{StoreKey, Timestamp, UserKey};

use super::Model;

impl Model {
    /// The newest first.
    pub(crate) fn history(&self, user: UserKey, retention: Retention, now: Timestamp) -> Vec<Noted> {
        let noted = self.histories.get(&user).into_iter().flatten();
        let fresh = noted.filter(|noted| now < noted.at.after(retention.age()));
        fresh.take(retention.notes()).cloned().collect()
    }

    pub(crate) fn end_noting(&mut self, which: Which, note: &Note, now: Timestamp) -> Revoked {
        let user = note.user;
        let revoked = match which {
            Which::Device(device) => Revoked::Applied(self.end_device(user, device, now)),
            Which::Session(key) if self.end_one(user, key, now) == Ended::Applied => {
                Revoked::Applied(vec![key])
            }
            Which::All => Revoked::Applied(self.end_all(user, now)),
            Which::Others(keep) => self.end_others(user, keep, now),
            Which::Session(_) | _ => Revoked::Applied(Vec::new()),
        };
        if let Revoked::Applied(ended) = &revoked {
            self.remember_ended(ended, note, now);
        }
        revoked
    }

    /// Those who have ended, if there were any.
    pub(crate) fn remember_ended(&mut self, ended: &[StoreKey], note: &Note, now: Timestamp) {
        if !ended.is_empty() {
            self.remember(Some(note), Fate::Landed(ended.to_vec()), now);
        }
    }

    pub(crate) fn remember(&mut self, note: Option<&Note>, fate: Fate, now: Timestamp) {
        let Some(note) = note else {
            return;
        };
        let kept = self.histories.entry(note.user).or_default();
        kept.retain(|noted| now < noted.at.after(note.retention.age()));
        kept.insert(0, Noted::new(now, fate, note.bytes.clone()));
        kept.truncate(note.retention.notes());
    }
}
