//! Throttles: an attempt takes its place in all of its windows by one script, and gives it back by another.

use keycard::store::{Refund, Reserved, Throttle, Window, frame};
use keycard::{StoreError, Timestamp};

use crate::reply;
use crate::scripts::Call;
use crate::store::{RedisStore, millis};

impl Throttle for RedisStore {
    // The scripts take any number of windows. Where slots part them, a call for each slot goes into one pipeline, and what
    // was reserved is refunded if another slot refuses.
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        let mut call = Call::of(&self.scripts().reserve).number(now.as_millis());
        for Window { key, limit, .. } in windows {
            call = call
                .key(self.keys().throttle(*key))
                .number(limit.attempts() as u64)
                .number(millis(limit.span()))
                .number(millis(limit.span() + frame::TTL_SLACK));
        }
        reply::reserved(self.run(call).await?)
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        let mut call = Call::of(&self.scripts().refund)
            .number(refund.reserved.as_millis())
            .number(refund.keys.len() as u64);
        for key in refund.keys.iter().chain(&refund.cleared) {
            call = call.key(self.keys().throttle(*key));
        }
        reply::done(self.run(call).await?)
    }
}
