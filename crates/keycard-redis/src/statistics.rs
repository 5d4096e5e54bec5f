//! What the scripts have counted, read by one of their own.

use keycard::store::{Figures, Statistics};
use keycard::{StoreError, Timestamp};

use crate::reply;
use crate::scripts::Call;
use crate::store::RedisStore;

impl Statistics for RedisStore {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        if !self.keeps_statistics() {
            return Err(StoreError::refused(
                "the store keeps no statistics: turn them on with `RedisStoreBuilder::statistics`",
            ));
        }
        let call = Call::of(&self.scripts().statistics);
        let call = self.keys().statistics().fold(call, Call::key);
        reply::figures(self.run(call.number(now.as_millis())).await?)
    }
}
