//! The commits that end a session.

use super::commit::Commit;
use super::refusal::encode;
use super::result::{Committed, Failure, Fate};
use crate::arrival::{Base, Live};
use crate::closing::Outgoing;
use crate::error::{Error, ErrorKind};
use crate::observer::EventKind;
use crate::policy::Verdict;
use crate::store::{End, EndReason, Ended};

impl Commit<'_, '_> {
    pub(super) async fn end(&mut self, live: Live) -> Result<Committed, Failure> {
        let logout = EventKind::Ended(EndReason::Logout);
        let end = End::new(live.key, self.engine.owner(&live.record, false), self.now).noting(self.note(
            logout,
            &live.record,
            live.key,
        ));
        let outgoing = match self.ask().end(end).await? {
            Ended::Applied => Some(Outgoing::Remove),
            // Whoever ended it has removed the cookie, and a login may have set it anew since.
            Ended::Absent => None,
        };
        // What a handler puts in after its own logout goes into another session, as long as that can have a cookie.
        let base = match outgoing {
            Some(_) if self.cookie_may_change => Base::None,
            _ => Base::Ended(live.key),
        };
        Ok(Committed {
            ended: outgoing.as_ref().map(|_| EndReason::Logout),
            outgoing,
            ..Committed::unchanged(base)
        })
    }

    pub(super) async fn end_then_create(&mut self, live: Live) -> Result<Committed, Failure> {
        let key = live.key;
        // Made before the end, which cannot be taken back: what cannot be stored is an error that changes nothing.
        let id = self.engine.new_id(self.intent);
        let record = self.successor(&id, self.intent.data_over(None))?;
        let bytes = encode(&record)?;
        let ended = self.end(live).await?;
        if ended.outgoing.is_none() && self.intent.login.is_none() {
            return Ok(Committed::gone(key));
        }
        let begun = match ended.outgoing {
            Some(_) => self.begin(id, record, bytes).await,
            None => self.begin_anew(id, record, bytes).await,
        };
        match begun {
            Ok(begun) => Ok(Committed {
                ended: ended.ended,
                ..begun
            }),
            Err(failure) => Err(Failure {
                fate: Fate::Dropped,
                base: Some(ended.base),
                removed: ended.outgoing.is_some(),
                ..failure
            }),
        }
    }

    /// Why what needs a cookie is not done. What was to end ends all the same.
    pub(super) async fn refuse(&mut self, verdict: Verdict) -> Failure {
        let error = Error::new(
            ErrorKind::Closed,
            "the response has begun: a cookie can no longer be sent",
        );
        let closed = Failure::new(Fate::Dropped, error);
        match (verdict, self.base.clone()) {
            (Verdict::EndThenCreate, Base::Live(live)) => match self.end(live).await {
                Ok(ended) => Failure {
                    base: Some(ended.base),
                    ..closed
                },
                Err(failure) => failure,
            },
            _ => closed,
        }
    }
}
