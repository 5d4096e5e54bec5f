//! Load, touch, commit, close: the one room where the core awaits a store.

mod commit;
mod creation;
mod ending;
mod note;
mod outage;
mod recognition;
mod refusal;
mod result;

use std::sync::Arc;
use std::time::Duration;
use std::{fmt, iter};

pub(crate) use self::commit::{Commit, Step};
pub(crate) use self::refusal::too_large;
pub(crate) use self::result::{Committed, Failure, Fate};
use crate::arrival::{self, Base, Live};
use crate::auth::throttle::Throttles;
use crate::clock::{Clock, Timestamp};
use crate::csrf::CsrfKeys;
use crate::error::{Error, ErrorKind, StoreError};
use crate::events::{self, Events};
use crate::id::{DeviceDigest, RoutingTag, SessionId, StoreKey};
use crate::intent::{Intent, Login};
use crate::metrics::Metrics;
use crate::observer::{Event, EventKind, Suspicion};
use crate::policy::Rules;
use crate::queue::Queue;
use crate::record::Record;
use crate::request::{Client, ClientSettings, RequestFacts};
use crate::seal::IndexKey;
use crate::store::{EndReason, ErasedStore, Loaded, Owner, Read, Retention, Touch, Touched};
use crate::transport::{Presented, Transports};

pub(crate) struct Engine {
    pub(crate) store: Arc<dyn ErasedStore>,
    pub(crate) transports: Transports,
    pub(crate) csrf: CsrfKeys,
    pub(crate) index_key: IndexKey,
    pub(crate) rules: Rules,
    pub(crate) commit_deadline: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: Queue,
    pub(crate) events: Events,
    pub(crate) metrics: Metrics,
    pub(crate) client: ClientSettings,
    /// Counts the sessions that clients begin, if they are limited.
    pub(crate) creation: Option<Throttles>,
    /// How much is kept of users' histories, if anything.
    pub(crate) history: Option<Retention>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.store)
            .field("cookie", self.transports.cookie())
            .field("transports", &self.transports)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) async fn load(&self, presented: &Presented, read: Read) -> Result<Base, Error> {
        let mut ids = self.transports.open(presented);
        let Some(id) = ids.next() else {
            if !presented.is_empty() {
                self.events.suspect(Suspicion::NotOurs, None, self.clock.now());
            }
            return Ok(Base::None);
        };
        let now = self.clock.now();
        let others: Vec<SessionId> = ids.collect();
        if others.is_empty() {
            return match self.store.load(id.key(), read, now).await {
                Ok(loaded) => arrival::settle([(id, loaded)], now, &self.events),
                Err(error) => self.without_store(&[id], read, error, now),
            };
        }
        let ids: Vec<SessionId> = iter::once(id).chain(others).collect();
        let keys: Vec<StoreKey> = ids.iter().map(SessionId::key).collect();
        match self.store.load_many(&keys, read, now).await {
            Ok(loaded) => arrival::settle(ids.into_iter().zip(loaded), now, &self.events),
            Err(error) => self.without_store(&ids, read, error, now),
        }
    }

    /// The session of a handle. One that is not there has ended: somebody knew of it.
    pub(crate) async fn load_by_handle(&self, key: StoreKey, read: Read) -> Result<Base, Error> {
        let now = self.clock.now();
        let record = match self.store.load(key, read, now).await? {
            Loaded::Live(bytes) => arrival::readable(key, bytes)?.filter(|record| now < record.expires),
            Loaded::Ended | Loaded::Absent => None,
        };
        Ok(record.map_or(Base::Ended(key), |record| {
            Base::Live(Live {
                key,
                presented: record.secret,
                record,
            })
        }))
    }

    /// Moves the idle time of a live session if that is due. A commit that came between has moved it already; then the
    /// session is read anew, so that a handle that lives long goes on to know it.
    pub(crate) async fn touch(&self, live: &Live) -> Result<Base, Error> {
        let now = self.clock.now();
        let base = self.touch_once(live, now).await?;
        if base.is_some() || !self.rules.touch_is_due(&live.record, now) {
            return Ok(base.unwrap_or_else(|| Base::Live(live.clone())));
        }
        let newest = match self.store.load(live.key, Read::Any, now).await? {
            Loaded::Live(bytes) => arrival::readable(live.key, bytes)?,
            Loaded::Ended | Loaded::Absent => None,
        };
        let Some(record) = newest else {
            return Ok(Base::Ended(live.key));
        };
        let newest = Live {
            record,
            ..live.clone()
        };
        Ok(self.touch_once(&newest, now).await?.unwrap_or(Base::Live(newest)))
    }

    /// `None` if no touch is due, or another commit came between.
    async fn touch_once(&self, live: &Live, now: Timestamp) -> Result<Option<Base>, StoreError> {
        if !self.rules.touch_is_due(&live.record, now) {
            return Ok(None);
        }
        let touched = Arc::new(Intent::default().renew(&live.record, &self.rules, now));
        let touch = Touch::new(live.key, live.record.revision, touched.expires, now);
        Ok(match self.store.touch(touch).await? {
            Touched::Applied => Some(Base::Live(Live {
                record: touched,
                ..live.clone()
            })),
            Touched::Changed => None,
            Touched::Gone => Some(Base::Ended(live.key)),
        })
    }

    pub(crate) fn client_of<'a>(&'a self, facts: &'a RequestFacts) -> Client<'a> {
        Client::new(facts, &self.client, &self.index_key)
    }

    /// A live session as it is now, judged as at the request's arrival.
    pub(crate) async fn reload(&self, live: &Live) -> Result<Base, Error> {
        let now = self.clock.now();
        let loaded = self.store.load(live.key, Read::Anew, now).await?;
        let base = arrival::judge(live.key, live.presented, loaded, now, &self.events)?;
        // It was there, so what is no more has ended.
        Ok(match base {
            Base::None => Base::Ended(live.key),
            base @ (Base::Ended(_) | Base::Live(_) | Base::Unread(_)) => base,
        })
    }

    /// In whose index a record stands. With `counted` the session is one more from now on, which the limit may not allow.
    fn owner(&self, record: &Record, counted: bool) -> Option<Owner> {
        let known = record.authentication.as_ref()?;
        let user = self.index_key.user_key(&known.user);
        let device = record.metadata.device.as_ref();
        let device = device.map_or(DeviceDigest::NONE, |device| {
            self.index_key.device(user, device.id())
        });
        let limit = self.rules.limit.filter(|_| counted);
        Some(Owner::new(user, device, record.absolute).limited(limit))
    }

    /// Tells what a commit has come to.
    pub(crate) fn tell(
        &self,
        before: &Base,
        login: Option<&Login>,
        result: &Result<Committed, Failure>,
        now: Timestamp,
    ) {
        match result {
            Ok(committed) => {
                for event in events::between(before, committed, login.is_some(), now) {
                    self.events.tell(&event);
                }
            }
            Err(failure) => {
                let user = || login.map(|login| login.user.clone());
                let ended = failure
                    .removed
                    .then(|| (EventKind::Ended(EndReason::Logout), before.owner().cloned()));
                let refused = failure.error.kind() == ErrorKind::SessionLimit;
                let refused = refused.then(|| (EventKind::Refused, user()));
                for (kind, user) in ended.into_iter().chain(refused) {
                    self.events.tell(&Event {
                        kind,
                        at: now,
                        session: before.key(),
                        user,
                    });
                }
            }
        }
    }

    fn new_id(&self, intent: &Intent) -> SessionId {
        SessionId::generate(match &intent.login {
            Some(login) => self.index_key.user_key(&login.user).tag(),
            None => RoutingTag::random(),
        })
    }
}
