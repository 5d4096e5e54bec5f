//! Tokens: a refresh is one script over its family and the mark of its user, a check one command.

use keycard::store::{Fresh, Refresh, Refreshed, TokenStanding, TokenStore, frame};
use keycard::{StoreError, Timestamp, TokenId, UserKey};

use crate::reply;
use crate::resp::Strings;
use crate::scripts::Call;
use crate::store::{RedisStore, millis};

impl TokenStore for RedisStore {
    async fn begin_family(&self, first: Fresh, now: Timestamp) -> Result<(), StoreError> {
        let call = Call::of(&self.scripts().begin_family)
            .key(self.keys().family(first.token))
            .key(self.keys().listed(first.token))
            .bytes(first.token.to_bytes());
        let call = with_fresh(call, first, now);
        reply::done(self.run(call).await?)
    }

    async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        let Refresh {
            family,
            presented,
            next,
            user,
            grace,
            now,
            ..
        } = refresh;
        let call = Call::of(&self.scripts().refresh)
            .key(self.keys().family(family))
            .key(self.keys().listed(next.token))
            .key(self.keys().mark(user))
            .bytes(next.token.to_bytes());
        let call = with_fresh(call, next, now)
            .number(now.as_millis())
            .bytes(presented.to_bytes())
            .number(millis(grace));
        reply::refreshed(self.run(call).await?)
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        let delete = ["DEL", &self.keys().family(family)];
        reply::number(self.ask(&delete).await?).map(drop)
    }

    async fn list(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        let mut call = Call::of(&self.scripts().list_tokens);
        for (token, until) in tokens {
            call = call
                .key(self.keys().listed(*token))
                .bytes(packed(*until))
                .number(life(*until, now));
        }
        reply::done(self.run(call).await?)
    }

    async fn unlist(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let mut delete = Strings::default();
        delete.push("DEL");
        for token in tokens {
            delete.push(self.keys().listed(*token));
        }
        reply::number(self.ask(&delete).await?).map(drop)
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let call = Call::of(&self.scripts().revoke_before)
            .key(self.keys().mark(user))
            .bytes(packed(now))
            .bytes(packed(until))
            .number(life(until, now));
        reply::done(self.run(call).await?)
    }

    async fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Result<TokenStanding, StoreError> {
        let keys = self.keys();
        let get = [
            "MGET",
            &keys.family(family),
            &keys.listed(token),
            &keys.mark(user),
        ];
        reply::standing(self.ask(&get).await?, token, now)
    }
}

/// Adds when what is new expires and leaves; for what is not listed the last two are empty.
fn with_fresh(call: Call<'_>, fresh: Fresh, now: Timestamp) -> Call<'_> {
    let call = call.bytes(packed(fresh.until)).number(life(fresh.until, now));
    match fresh.listed {
        Some(until) => call.bytes(packed(until)).number(life(until, now)),
        None => call.bytes("").bytes(""),
    }
}

fn packed(time: Timestamp) -> [u8; 8] {
    time.as_millis().to_be_bytes()
}

fn life(until: Timestamp, now: Timestamp) -> u64 {
    millis(until.since(now) + frame::TTL_SLACK)
}
