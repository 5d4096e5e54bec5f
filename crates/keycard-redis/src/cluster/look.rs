//! When a cluster's nodes are asked for the map of its slots.

use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult};
use tokio::runtime::Handle;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::kin::Kin;
use super::map::{Map, Said, asked_for, said_by};
use super::{Cluster, View};
use crate::backoff::Backoff;
use crate::down::Down;
use crate::events;
use crate::target::List;

/// How often the map is asked for anew at most.
const PACE: Duration = Backoff::LONGEST;
/// How often while a node is away.
const AGAIN: Duration = Duration::from_millis(500);
/// How often while no command has a reason to.
const IDLE: Duration = Duration::from_mins(1);

impl Cluster {
    /// Looks, and waits for that. Who looks goes on looking when the caller has gone.
    pub(super) async fn look_by(&self, by: Instant) {
        self.look_now_and_then();
        if let Some(cluster) = self.me.upgrade() {
            let looking = tokio::spawn(async move { cluster.look().await });
            timeout_at(by, looking).await.ok();
        }
    }

    /// Looks in the background, and goes on as long as a node is away.
    pub(super) fn look_soon(&self) {
        self.look_now_and_then();
        let (Ok(runtime), Ok(looking)) = (Handle::try_current(), Arc::clone(&self.looking).try_lock_owned())
        else {
            return;
        };
        let cluster = Weak::clone(&self.me);
        runtime.spawn(async move {
            let _looking = looking;
            Self::look_until_whole(cluster).await;
        });
    }

    /// To an idle application no command tells of new nodes; once all have been replaced it would know none of them.
    fn look_now_and_then(&self) {
        let (Ok(runtime), Ok(tending)) = (Handle::try_current(), Arc::clone(&self.tending).try_lock_owned())
        else {
            return;
        };
        runtime.spawn(Self::look_each_minute(Weak::clone(&self.me), tending));
    }

    async fn look_each_minute(cluster: Weak<Self>, _tending: OwnedMutexGuard<()>) {
        loop {
            sleep(IDLE).await; // sleep: the pause between two questions
            let Some(there) = cluster.upgrade() else { return };
            there.look_soon();
        }
    }

    async fn look_until_whole(cluster: Weak<Self>) {
        while let Some(there) = cluster.upgrade() {
            there.look().await;
            if there.map().is_ok_and(|map| map.is_whole()) {
                return;
            }
            drop(there);
            sleep(AGAIN).await; // sleep: the pause between two questions
        }
    }

    /// Asks for the map anew, unless somebody does it. Who has none waits for it.
    pub(crate) async fn look(&self) {
        let asked = if self.has_begun() {
            self.asked.try_lock().ok()
        } else {
            let asked = self.asked.lock().await;
            (!self.has_begun()).then_some(asked) // Who asked first has asked for all who waited.
        };
        let Some(mut asked) = asked else { return };
        let (last, number) = *asked;
        if let Some(last) = last {
            sleep_until(last + PACE).await; // sleep: the pause between two questions
        }
        *asked = (Some(Instant::now()), number + 1);
        let before = self.map().ok();
        let said = match asked_for(before.as_deref(), number, &self.seeds, &self.kin).await {
            Err(error) if self.kin.are_gone(Instant::now()) => self.others().await.map_err(|_| error),
            said => said,
        };
        match said {
            Ok(said) => {
                // First, since the connections that are begun lead to these.
                self.kin.learn(said.ids.clone());
                self.revise(|before| Some(Map::of(&said, before, |address| self.begin_at(address))));
            }
            Err(error) => self.fail(error),
        }
    }

    /// What another cluster says that the seeds are of by now, if it is whole: it takes the place of this one.
    async fn others(&self) -> RedisResult<Said> {
        let said = said_by(&self.seeds, &Kin::default()).await?;
        if !said.is_whole {
            return Err(incomplete());
        }
        events::adopted(&List(&self.seeds));
        Ok(said)
    }

    pub(super) fn has_begun(&self) -> bool {
        !matches!(*self.view(), View::Nothing)
    }

    fn fail(&self, error: RedisError) {
        events::cannot_connect(&List(&self.seeds), &error);
        let mut view = self.view();
        if !matches!(*view, View::Map(_)) {
            *view = View::Nobody(Down::unconnected(&List(&self.seeds), error));
        }
    }
}

fn incomplete() -> RedisError {
    (ErrorKind::Client, "the cluster is not whole").into()
}
