//! Tokens: a refresh is one script over its family and the mark of its user, a check one command.

use keycard::store::{Fresh, Refresh, Refreshed, TokenStanding, TokenStore, frame};
use keycard::{StoreError, StoreKey, Timestamp, TokenId, UserKey};

use crate::calls::millis;
use crate::reply;
use crate::resp::Strings;
use crate::scripts::Call;
use crate::store::{RedisStore, run_on};

impl TokenStore for RedisStore {
    async fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let call = Call::of(&self.scripts().begin_family)
            .key(self.keys().family(first.token))
            .key(self.keys().allowed(first.token))
            .key(self.keys().families(session))
            .bytes(first.token.to_bytes());
        let (base, name) = self.keys().family_in_parts(first.token);
        let call = with_fresh(call, first, now)
            .number(now.as_millis())
            .bytes(base)
            .bytes(name)
            .finding_others();
        reply::number(self.run(call).await?)
    }

    async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        let Refresh {
            family,
            presented,
            next,
            session,
            user,
            grace,
            now,
            ..
        } = refresh;
        let call = Call::of(&self.scripts().refresh)
            .key(self.keys().family(family))
            .key(self.keys().allowed(next.token))
            .key(self.keys().mark(user))
            .key(self.keys().families(session))
            .bytes(next.token.to_bytes());
        let call = with_fresh(call, next, now)
            .number(now.as_millis())
            .bytes(presented.to_bytes())
            .number(millis(grace))
            .bytes(family.to_bytes())
            // The token is spent by now: who were refused until the grace is over would pass for a thief.
            .never_refused();
        // A primary that is lost with a refresh that it alone has would make a thief of the client, too.
        reply::refreshed(self.run_durably(call).await?)
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        let delete = ["DEL", &self.keys().family(family)];
        let by = self.servers().by();
        reply::number(self.durable().ask(&delete, by).await?).map(drop)
    }

    async fn block(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        let by = self.servers().by();
        for together in self.together(tokens, |(token, _)| *token) {
            let mut call = Call::of(&self.scripts().block_tokens);
            for (token, until) in together {
                call = call
                    .key(self.keys().blocked(*token))
                    .bytes(packed(*until))
                    .number(life(*until, now));
            }
            reply::done(run_on(self.durable(), call, by).await?)?;
        }
        Ok(())
    }

    async fn disallow(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        let by = self.servers().by();
        for together in self.together(tokens, |token| *token) {
            let mut delete = Strings::of(&["DEL"]);
            for token in together {
                delete.push(self.keys().allowed(*token));
            }
            reply::number(self.durable().ask(&delete, by).await?)?;
        }
        Ok(())
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let call = Call::of(&self.scripts().revoke_before)
            .key(self.keys().mark(user))
            .bytes(packed(now))
            .bytes(packed(until))
            .number(life(until, now));
        reply::done(self.run_durably(call).await?)
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
            &keys.allowed(token),
            &keys.blocked(token),
            &keys.mark(user),
        ];
        reply::standing(self.ask(&get).await?, family.issued_at(), now)
    }
}

impl RedisStore {
    /// The tokens that one command can name: all of them, but in a cluster those of one user.
    fn together<'a, T>(&self, tokens: &'a [T], id: impl Fn(&T) -> TokenId) -> Vec<Vec<&'a T>> {
        let mut parts: Vec<Vec<&T>> = Vec::new();
        let mut tokens: Vec<_> = tokens.iter().collect();
        tokens.sort_by_key(|token| id(token).tag());
        for token in tokens {
            match parts.last_mut() {
                Some(part) if !self.servers().is_cluster() || id(part[0]).tag() == id(token).tag() => {
                    part.push(token);
                }
                _ => parts.push(vec![token]),
            }
        }
        parts
    }
}

/// Adds when what is new expires and leaves; for what is not to be allowed the last two are empty.
fn with_fresh(call: Call<'_>, fresh: Fresh, now: Timestamp) -> Call<'_> {
    let call = call.bytes(packed(fresh.until)).number(life(fresh.until, now));
    match fresh.allowed {
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
