//! Throttles: an attempt takes its place in all of its windows by one script, and gives it back by another.

use std::slice;

use keycard::store::{Refund, Reserved, Throttle, ThrottleKey, Window, frame};
use keycard::{StoreError, Timestamp};
use tokio::time::Instant;

use crate::calls::millis;
use crate::reply;
use crate::scripts::Call;
use crate::store::RedisStore;

impl Throttle for RedisStore {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        let by = self.servers().by();
        if self.servers().is_cluster() {
            return Box::pin(self.reserve_each(windows, now, by)).await;
        }
        reply::reserved(self.run_by(self.reservation(windows, now), by).await?)
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        let by = self.servers().by();
        if self.servers().is_cluster() {
            return Box::pin(self.refund_each(refund, by)).await;
        }
        self.give_back(&refund.keys, &refund.cleared, refund.reserved, by)
            .await
    }
}

impl RedisStore {
    fn reservation(&self, windows: &[Window], now: Timestamp) -> Call<'_> {
        let call = Call::of(&self.scripts().reserve).number(now.as_millis());
        windows.iter().fold(call, |call, Window { key, limit, .. }| {
            call.key(self.keys().throttle(*key))
                .number(limit.attempts() as u64)
                .number(millis(limit.span()))
                .number(millis(limit.span() + frame::TTL_SLACK))
        })
    }

    async fn give_back(
        &self,
        keys: &[ThrottleKey],
        cleared: &[ThrottleKey],
        reserved: Timestamp,
        by: Instant,
    ) -> Result<(), StoreError> {
        let mut call = Call::of(&self.scripts().refund)
            .number(reserved.as_millis())
            .number(keys.len() as u64);
        for key in keys.iter().chain(cleared) {
            call = call.key(self.keys().throttle(*key));
        }
        reply::done(self.run_by(call, by).await?)
    }

    /// Where slots part the windows: one after the other, and if one is full, or cannot be asked, what was taken in others is
    /// given back. All are asked, so that it is known when the last one has room again.
    async fn reserve_each(
        &self,
        windows: &[Window],
        now: Timestamp,
        by: Instant,
    ) -> Result<Reserved, StoreError> {
        let mut taken = Vec::new();
        let mut reserved = self.take_each(windows, now, by, &mut taken).await;
        if !matches!(reserved, Ok(Reserved::Applied { .. })) {
            for key in taken {
                let given_back = self.give_back(&[key], &[], now, by).await;
                // Of the failures the first one is told.
                reserved = reserved.and_then(|reserved| given_back.map(|()| reserved));
            }
        }
        reserved
    }

    async fn take_each(
        &self,
        windows: &[Window],
        now: Timestamp,
        by: Instant,
        taken: &mut Vec<ThrottleKey>,
    ) -> Result<Reserved, StoreError> {
        let (mut least, mut full_until) = (usize::MAX, None);
        for window in windows {
            let call = self.reservation(slice::from_ref(window), now);
            match reply::reserved(self.run_by(call, by).await?)? {
                Reserved::Applied { left } => {
                    taken.push(window.key);
                    least = least.min(left);
                }
                Reserved::Throttled { until } => full_until = full_until.max(Some(until)),
                other => return Ok(other),
            }
        }
        Ok(match full_until {
            Some(until) => Reserved::Throttled { until },
            None => Reserved::Applied { left: least },
        })
    }

    async fn refund_each(&self, refund: &Refund, by: Instant) -> Result<(), StoreError> {
        for key in &refund.keys {
            self.give_back(&[*key], &[], refund.reserved, by).await?;
        }
        for key in &refund.cleared {
            self.give_back(&[], &[*key], refund.reserved, by).await?;
        }
        Ok(())
    }
}
