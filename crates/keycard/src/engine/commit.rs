//! One commit: decided by [`policy`](crate::policy), carried out against the store, replayed on a newer record where
//! another commit came between.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Engine;
use super::refusal::{encode, limit_reached, not_written, refused};
use super::result::{Committed, Failure};
use crate::arrival::{self, Base, Live};
use crate::clock::{Deadline, Timestamp};
use crate::closing::Outgoing;
use crate::error::{Error, ErrorKind};
use crate::events;
use crate::id::{Revision, SessionId, StoreKey};
use crate::intent::{Blank, Intent};
use crate::policy::{Case, Outcome, Verdict, decide};
use crate::record::{Data, Record};
use crate::request::Client;
use crate::store::{Create, EndReason, ErasedStore, Replace, Replaced, Update, Updated};

/// A change of the data that is computed from its newest state. It may run again when another commit came between.
pub(crate) type Step<'a> = dyn FnMut(&mut Data) -> Result<(), Error> + Send + 'a;

/// One commit: what it stands on, what is asked for, and when.
pub(crate) struct Commit<'a, 's> {
    pub(crate) engine: &'a Engine,
    pub(crate) base: Base,
    pub(crate) intent: &'a Intent,
    pub(crate) step: Option<&'a mut Step<'s>>,
    pub(crate) now: Timestamp,
    /// Whether the response has yet to begin.
    pub(crate) cookie_may_change: bool,
    /// Whether the client may be given another secret unasked: not who has yet to prove that the session is theirs.
    pub(crate) trusted: bool,
    /// Whether a write is on its way whose outcome is not known yet, for whoever finds the commit dropped.
    pub(crate) asked: &'a AtomicBool,
    /// Who asks.
    pub(crate) client: Client<'a>,
}

impl Commit<'_, '_> {
    /// Decides, then does. After the response has begun (`cookie_may_change` is false), what needs a cookie is refused.
    pub(crate) async fn run(&mut self, outcome: Outcome) -> Result<Committed, Failure> {
        let case = Case {
            arrival: self.base.arrival(),
            intent: self.intent,
            writes: self.step.is_some(),
            renewable: self.may_renew() && self.base.holds_the_secret(),
            outcome,
        };
        let verdict = decide(case, &self.engine.rules, self.now);
        if verdict.needs_cookie() && !self.cookie_may_change {
            return Err(self.refuse(verdict).await);
        }
        match (verdict, self.base.clone()) {
            (Verdict::Discard, base) => Ok(Committed {
                discarded: true,
                ..Committed::unchanged(base)
            }),
            (Verdict::Fail, Base::Unread(unread)) => Err(not_written(unread.error)),
            (Verdict::Create, Base::Ended(_)) => self.create(self.intent.data_since_login()).await,
            (Verdict::Create, _) => self.create(self.intent.data_over(None)).await,
            (Verdict::Touch, Base::Live(live)) => Ok(self.touch(live).await),
            (Verdict::Update { rotate }, Base::Live(live)) => self.update(live, rotate).await,
            (Verdict::Renew, Base::Live(live)) => self.update(live, false).await,
            (Verdict::Replace, Base::Live(live)) => self.replace(live).await,
            (Verdict::End, Base::Live(live)) => self.end(live).await,
            // On the heap, or each commit would have room for what hardly ever happens.
            (Verdict::EndThenCreate, Base::Live(live)) => Box::pin(self.end_then_create(live)).await,
            (_, base) => Ok(Committed::unchanged(base)),
        }
    }

    async fn touch(&mut self, live: Live) -> Committed {
        match self.engine.touch_once(&live, self.now).await {
            Ok(Some(base)) => Committed::unchanged(base),
            Ok(None) => Committed::unchanged(Base::Live(live)),
            Err(error) => {
                events::touch_failed(live.key, &error);
                Committed::unchanged(Base::Live(live))
            }
        }
    }

    async fn update(&mut self, live: Live, rotate: bool) -> Result<Committed, Failure> {
        let engine = self.engine;
        let (waits, deadline) = self.deadlines();
        let mut turn = engine.queue.turn(live.key, waits).await;
        let mut new_id = None;
        let mut base = turn.newest().unwrap_or_else(|| Arc::clone(&live.record));
        loop {
            let (record, id) = self.renewed(&live, &base, rotate, &mut new_id)?;
            let authenticated = self.intent.login.is_some() || self.intent.completes(&base);
            let owner = || engine.owner(&record, base.user().is_none());
            let owner = authenticated.then(owner).flatten();
            let update = Update::new(live.key, base.revision, encode(&record)?, owner, self.now)
                .noting(self.proof(Some(&base), &record, live.key));
            let displaced = match self.ask().update(update).await? {
                Updated::Applied => Vec::new(),
                Updated::Displaced(keys) => keys,
                Updated::LimitReached => return Err(limit_reached()),
                Updated::Gone => return self.without(live.key).await,
                Updated::Conflict(newest) => match self.newest(&live, newest, deadline)? {
                    Some(record) => {
                        base = record;
                        continue;
                    }
                    None => return self.without(live.key).await,
                },
            };
            turn.leave(&record);
            let committed = match id {
                Some(id) => self.handed_out(id, record),
                None => Committed::unchanged(Base::Live(Live {
                    record,
                    ..live.clone()
                })),
            };
            return Ok(Committed {
                displaced,
                over: Some(base),
                ..committed
            });
        }
    }

    /// The record that follows on `base`, and the id that its client is handed out, if its secret is replaced: `new_id`,
    /// drawn once.
    fn renewed(
        &mut self,
        live: &Live,
        base: &Record,
        rotate: bool,
        new_id: &mut Option<SessionId>,
    ) -> Result<(Arc<Record>, Option<SessionId>), Failure> {
        let mut next = self.intent.renew(base, &self.engine.rules, self.now);
        self.step(&mut next.data)?;
        next.revision = Revision::random();
        // A rotation that finds the secret replaced meanwhile keeps that one and hands out nothing. Who came by the secret
        // before, in its grace, is given another one where they ask for it, as by a login, and not by a renewal.
        let grace = self
            .rotation(base, rotate)
            .filter(|_| base.secret == live.record.secret && (rotate || base.secret == live.presented));
        let id = grace.map(|grace| {
            let id = new_id.get_or_insert_with(|| SessionId::with_new_secret(live.key));
            next.replace_secret(id.digest(), grace, self.now);
            id.clone()
        });
        Ok((Arc::new(next), id))
    }

    /// Whether the secret is replaced, and how long the old one goes on to open the session.
    fn rotation(&self, base: &Record, rotate: bool) -> Option<Duration> {
        if rotate {
            return Some(Duration::ZERO);
        }
        let rules = &self.engine.rules;
        let due = self.may_renew() && rules.renewal_is_due(base, self.now);
        rules.renewal.filter(|_| due).map(|renewal| renewal.grace)
    }

    fn may_renew(&self) -> bool {
        self.cookie_may_change && self.trusted
    }

    async fn replace(&mut self, live: Live) -> Result<Committed, Failure> {
        let engine = self.engine;
        let (waits, deadline) = self.deadlines();
        let turn = engine.queue.turn(live.key, waits).await;
        let id = engine.new_id(self.intent);
        let mut base = turn.newest().unwrap_or_else(|| Arc::clone(&live.record));
        loop {
            // Only a guest's data goes along: what another user left is not for whoever logs in now.
            let kept = base.user().is_none().then_some(&base.data);
            let next = self.successor(&id, self.intent.data_over(kept))?;
            let new = Create::new(id.key(), encode(&next)?, engine.owner(&next, true), self.now)
                .noting(self.proof(None, &next, id.key()));
            let replace = Replace::new(live.key, base.revision, engine.owner(&base, false), new);
            let displaced = match self.ask().replace(replace).await? {
                Replaced::Applied => Vec::new(),
                Replaced::Displaced(keys) => keys,
                Replaced::LimitReached => return Err(limit_reached()),
                Replaced::Refused => return Err(refused()),
                Replaced::Gone => return self.without(live.key).await,
                Replaced::Conflict(newest) => match self.newest(&live, newest, deadline)? {
                    Some(record) => {
                        base = record;
                        continue;
                    }
                    None => return self.without(live.key).await,
                },
            };
            let committed = self.handed_out(id, next).displacing(displaced);
            return Ok(Committed {
                ended: Some(EndReason::Replaced),
                ..committed
            });
        }
    }

    /// The session turned out to have ended. A login succeeds all the same, without what was carried.
    async fn without(&mut self, ended: StoreKey) -> Result<Committed, Failure> {
        if self.intent.begins_session() {
            Box::pin(self.create(self.intent.data_since_login())).await
        } else {
            Ok(Committed::gone(ended))
        }
    }

    /// The record of a session that begins: what the intent makes of `data`, under the secret of `id`.
    pub(super) fn successor(&mut self, id: &SessionId, mut data: Data) -> Result<Arc<Record>, Failure> {
        self.step(&mut data)?;
        let blank = Blank {
            revision: Revision::random(),
            secret: id.digest(),
        };
        let begun = self.intent.begin(blank, data, &self.engine.rules, self.now);
        Ok(Arc::new(begun))
    }

    fn step(&mut self, data: &mut Data) -> Result<(), Failure> {
        self.step
            .as_mut()
            .map_or(Ok(()), |step| step(data))
            .map_err(not_written)
    }

    /// Until when a turn is waited for, and until when conflicts are replayed: half of the time is left for those, also
    /// where the turn never comes.
    fn deadlines(&self) -> (Deadline, Deadline) {
        let patience = self.engine.commit_deadline;
        (Deadline::within(patience / 2), Deadline::within(patience))
    }

    /// The store, for a write.
    pub(super) fn ask(&self) -> &dyn ErasedStore {
        self.asked.store(true, Ordering::Relaxed);
        &*self.engine.store
    }

    /// What another commit has written meanwhile, to be replayed on; `None` if nobody can read it.
    fn newest(
        &self,
        live: &Live,
        bytes: bytes::Bytes,
        deadline: Deadline,
    ) -> Result<Option<Arc<Record>>, Failure> {
        self.asked.store(false, Ordering::Relaxed);
        let record = arrival::readable(live.key, bytes).map_err(not_written)?;
        if !deadline.has_passed() {
            return Ok(record);
        }
        let error = Error::new(
            ErrorKind::Contended,
            format!(
                "other servers kept changing the session for {:?}",
                self.engine.commit_deadline
            ),
        );
        Err(Failure {
            base: record.map(|record| {
                Base::Live(Live {
                    record,
                    ..live.clone()
                })
            }),
            ..not_written(error)
        })
    }

    pub(super) fn handed_out(&self, id: SessionId, record: Arc<Record>) -> Committed {
        let max_age = record.persistent.then(|| record.absolute.since(self.now));
        let live = Live {
            key: id.key(),
            presented: id.digest(),
            record,
        };
        Committed {
            outgoing: Some(Outgoing::Set { id, max_age }),
            ..Committed::unchanged(Base::Live(live))
        }
    }
}
