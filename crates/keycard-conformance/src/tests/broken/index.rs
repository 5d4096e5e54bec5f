//! The verbs of the index, and the figures, each with its flaws.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use keycard::store::{End, EndReason, Ended, Entry, Figures, Revoked, Statistics, UserIndex};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, UserKey};

use super::Broken;
use crate::sequence::model::Model;
use crate::tests::flaw::Flaw;
use crate::tests::leaves::{changed, complete};

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
        if self.has(Flaw::EndOthersIsTwoSteps) && !self.is_there(user, keep, now).await? {
            return Ok(Revoked::Gone);
        }
        let looks = !self.has(Flaw::EndOthersIsTwoSteps) && !self.has(Flaw::EndOthersIgnoresTheKept);
        let end_others = |model: &mut Model| {
            if looks {
                return model.end_others(user, keep, now);
            }
            Revoked::Applied(end_all_but(model, user, keep, now))
        };
        self.write(Revoked::Gone, end_others).await
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

impl Broken {
    /// Whether the session that is to stay is there, before somebody else who has looked ends it.
    pub(super) async fn is_there(
        &self,
        user: UserKey,
        keep: StoreKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let look = |model: &mut Model| model.clone().end_others(user, keep, now);
        let seen = self.ask(Revoked::Gone, look).await?;
        if self.compared.fetch_add(1, Ordering::SeqCst) < 2 {
            self.both_compared.wait().await;
        }
        Ok(seen != Revoked::Gone)
    }
}

/// Ends the others, whoever asks.
pub(super) fn end_all_but(model: &mut Model, user: UserKey, keep: StoreKey, now: Timestamp) -> Vec<StoreKey> {
    let mut others = model.of(user);
    others.retain(|key| *key != keep && model.end_one(user, *key, now) == Ended::Applied);
    others
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
