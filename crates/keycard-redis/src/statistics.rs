//! What the scripts have counted, read place by place in one pipeline.

use keycard::store::{Figures, Statistics};
use keycard::{StoreError, Timestamp};

use crate::reply;
use crate::resp::Strings;
use crate::store::RedisStore;

impl Statistics for RedisStore {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        if !self.keeps_statistics() {
            return Err(StoreError::refused(
                "the store keeps no statistics: turn them on with `RedisStoreBuilder::statistics`",
            ));
        }
        let after_now = format!("({}", now.as_millis());
        let mut questions = Vec::new();
        for (set, counters) in self.keys().statistics() {
            questions.push(Strings::of(&["ZCOUNT", &set, &after_now, "+inf"]));
            questions.push(Strings::of(&["HGETALL", &counters]));
        }
        let mut answers = self.ask_all(&questions).await?.into_iter();
        let mut figures = Figures::default();
        while let (Some(live), Some(counters)) = (answers.next(), answers.next()) {
            reply::count(&mut figures, live, counters)?;
        }
        Ok(figures)
    }
}
