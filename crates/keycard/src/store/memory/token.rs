//! Tokens in memory: families, those that are allowed or blocked, and the marks of users, each until it has expired.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

use super::MemoryStore;
use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{StoreKey, TokenId, UserKey};
use crate::store::{Family, Fresh, Refresh, Refreshed, TokenStanding, TokenStore};

#[derive(Default)]
pub(super) struct Tokens {
    families: Expiring<TokenId, Family>,
    /// The families of each session, in the order in which they began.
    of_sessions: Expiring<StoreKey, Vec<TokenId>>,
    allowed: Expiring<TokenId, ()>,
    blocked: Expiring<TokenId, ()>,
    /// The time of each mark.
    marks: Expiring<UserKey, Timestamp>,
}

impl TokenStore for MemoryStore {
    async fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let capacity = self.0.capacity;
        let mut tokens = self.tokens();
        tokens.families.make_room(1, now, capacity)?;
        tokens.of_sessions.make_room(1, now, capacity)?;
        tokens.enter(first, now, capacity)?;
        Ok(tokens.begin(first, session, now))
    }

    async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        self.tokens().refresh(&refresh, self.0.capacity)
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        self.tokens().families.remove(family);
        Ok(())
    }

    async fn block(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        let mut kept = self.tokens();
        kept.blocked.make_room(tokens.len(), now, self.0.capacity)?;
        for (token, until) in tokens {
            kept.blocked.put(*token, (), *until);
        }
        Ok(())
    }

    async fn disallow(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        let mut kept = self.tokens();
        for token in tokens {
            kept.allowed.remove(*token);
        }
        Ok(())
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let mut kept = self.tokens();
        kept.marks.make_room(1, now, self.0.capacity)?;
        let mark = kept.marks.get(user, now).copied().unwrap_or_default();
        kept.marks.put(user, mark.max(now), until);
        Ok(())
    }

    async fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Result<TokenStanding, StoreError> {
        let (kept, begun) = (self.tokens(), family.issued_at());
        let family = kept.families.get(family, now);
        Ok(TokenStanding::new(
            family.is_some_and(|family| family.lives(now)),
            kept.allowed.get(token, now).is_some(),
            kept.blocked.get(token, now).is_some() || kept.is_marked(user, begun, now),
        ))
    }
}

impl MemoryStore {
    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.0.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tokens {
    /// Begins a family of a session; how many others have ended for it.
    fn begin(&mut self, first: Fresh, session: StoreKey, now: Timestamp) -> usize {
        let begun = self.of_sessions.remove(session);
        let (mut begun, kept) = begun.filter(|(_, kept)| now < *kept).unwrap_or_default();
        let mut ended = 0;
        if begun.len() >= Family::MOST {
            let family = |name: &TokenId| self.families.get(*name, now);
            begun.retain(|name| family(name).is_some_and(|family| family.lives(now)));
        }
        while begun.len() >= Family::MOST
            && let Some(oldest) =
                (0..begun.len()).min_by_key(|at| self.families.get(begun[*at], now).map(Family::issued_at))
        {
            self.families.remove(begun.remove(oldest));
            ended += 1;
        }
        begun.push(first.token);
        self.of_sessions.put(session, begun, kept.max(first.until));
        self.families.put(first.token, Family::new(first), first.until);
        ended
    }

    fn refresh(&mut self, refresh: &Refresh, capacity: usize) -> Result<Refreshed, StoreError> {
        let now = refresh.now;
        if self.is_marked(refresh.user, refresh.family.issued_at(), now) {
            return Ok(Refreshed::Gone);
        }
        let Some(family) = self.families.get(refresh.family, now) else {
            return Ok(Refreshed::Gone);
        };
        let mut family = family.clone();
        let refreshed = family.refresh(refresh);
        if refreshed == Refreshed::Applied {
            self.enter(refresh.next, now, capacity)?;
            self.of_sessions.keep_until(refresh.session, refresh.next.until);
        }
        let until = family.until();
        self.families.put(refresh.family, family, until);
        Ok(refreshed)
    }

    fn enter(&mut self, fresh: Fresh, now: Timestamp, capacity: usize) -> Result<(), StoreError> {
        if let Some(until) = fresh.allowed {
            self.allowed.make_room(1, now, capacity)?;
            self.allowed.put(fresh.token, (), until);
        }
        Ok(())
    }

    /// Whether what comes of a family that was begun at this time is revoked.
    fn is_marked(&self, user: UserKey, begun: Timestamp, now: Timestamp) -> bool {
        let mark = self.marks.get(user, now);
        mark.is_some_and(|mark| begun <= *mark)
    }
}

/// A map whose entries expire. Two maps that agree, since `put` and `remove` alone write them.
struct Expiring<K, V> {
    entries: BTreeMap<K, (V, Timestamp)>,
    due: BTreeSet<(Timestamp, K)>,
}

impl<K: Copy + Ord, V> Expiring<K, V> {
    fn get(&self, key: K, now: Timestamp) -> Option<&V> {
        let (value, until) = self.entries.get(&key)?;
        (now < *until).then_some(value)
    }

    fn put(&mut self, key: K, value: V, until: Timestamp) {
        self.remove(key);
        self.entries.insert(key, (value, until));
        self.due.insert((until, key));
    }

    fn remove(&mut self, key: K) -> Option<(V, Timestamp)> {
        let removed = self.entries.remove(&key)?;
        self.due.remove(&(removed.1, key));
        Some(removed)
    }

    /// Keeps what is there until then, if that is longer.
    fn keep_until(&mut self, key: K, until: Timestamp) {
        if let Some((value, kept)) = self.remove(key) {
            self.put(key, value, kept.max(until));
        }
    }

    /// Forgets what has expired, more than is to come, so that it grows less.
    fn make_room(&mut self, coming: usize, now: Timestamp, capacity: usize) -> Result<(), StoreError> {
        for _ in 0..2 * coming {
            match self.due.first() {
                Some(&(until, key)) if until <= now => drop(self.remove(key)),
                _ => break,
            }
        }
        if self.entries.len().saturating_add(coming) > capacity {
            return Err(StoreError::refused(
                "the memory store has no room for another token",
            ));
        }
        Ok(())
    }
}

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            due: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_full_store_refuses_and_drops_nothing_that_counts() {
        let mut kept = Expiring::default();
        for number in 0..3_u8 {
            kept.make_room(1, at(0), 3).unwrap();
            kept.put(number, (), at(10 + u64::from(number)));
        }
        assert!(kept.make_room(1, at(9), 3).is_err());
        assert!((0..3).all(|number| kept.get(number, at(9)).is_some()));
        kept.make_room(1, at(10), 3).unwrap();
        assert_eq!((kept.entries.len(), kept.due.len()), (2, 2), "one has expired");
        kept.make_room(1, at(100), 3).unwrap();
        assert!(
            kept.entries.is_empty() && kept.due.is_empty(),
            "two go for one that comes"
        );
    }

    #[test]
    fn what_is_put_anew_expires_anew() {
        let mut kept = Expiring::default();
        kept.put(1, 'a', at(10));
        kept.put(1, 'b', at(20));
        assert_eq!((kept.get(1, at(19)), kept.get(1, at(20))), (Some(&'b'), None));
        kept.remove(1);
        assert!(kept.due.is_empty());
    }
}
