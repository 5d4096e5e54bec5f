//! Each verb of a scripted store: the same of the store below, as the script has it.

use std::sync::Weak;
use std::time::Duration;

use keycard::store::{
    Create, Created, End, Ended, Entry, Figures, Fresh, History, Loaded, Note, Noted, Refresh, Refreshed,
    Refund, Replace, Replaced, Reserved, Retention, Revoked, Statistics, Store, Throttle, TokenStanding,
    TokenStore, Touch, Touched, Update, Updated, UserIndex, Watch, Watcher, Which, Window,
};
use keycard::{DeviceDigest, StoreError, StoreKey, Timestamp, TokenId, UserKey};

use super::ScriptedStore;
use crate::testing::Verb;

impl<S: Store> Store for ScriptedStore<S> {
    async fn load(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.carry_out(Verb::Load, move |store| async move { store.load(key, now).await })
            .await
    }

    async fn load_many(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        let keys = keys.to_vec();
        self.carry_out(
            Verb::Load,
            |store| async move { store.load_many(&keys, now).await },
        )
        .await
    }

    async fn load_anew(&self, key: StoreKey, now: Timestamp) -> Result<Loaded, StoreError> {
        self.carry_out(
            Verb::Load,
            move |store| async move { store.load_anew(key, now).await },
        )
        .await
    }

    async fn load_many_anew(&self, keys: &[StoreKey], now: Timestamp) -> Result<Vec<Loaded>, StoreError> {
        let keys = keys.to_vec();
        self.carry_out(Verb::Load, |store| async move {
            store.load_many_anew(&keys, now).await
        })
        .await
    }

    async fn create(&self, create: Create) -> Result<Created, StoreError> {
        self.carry_out(
            Verb::Create,
            move |store| async move { store.create(create).await },
        )
        .await
    }

    async fn update(&self, update: Update) -> Result<Updated, StoreError> {
        self.carry_out(
            Verb::Update,
            move |store| async move { store.update(update).await },
        )
        .await
    }

    async fn replace(&self, replace: Replace) -> Result<Replaced, StoreError> {
        self.carry_out(
            Verb::Replace,
            move |store| async move { store.replace(replace).await },
        )
        .await
    }

    async fn touch(&self, touch: Touch) -> Result<Touched, StoreError> {
        self.carry_out(Verb::Touch, move |store| async move { store.touch(touch).await })
            .await
    }

    async fn end(&self, end: End) -> Result<Ended, StoreError> {
        self.carry_out(Verb::End, move |store| async move { store.end(end).await })
            .await
    }
}

impl<S: Store> Watch for ScriptedStore<S> {
    fn watch(&self, watcher: Weak<dyn Watcher>, _pace: Duration) {
        self.add_watcher(watcher);
    }
}

impl<S: UserIndex> UserIndex for ScriptedStore<S> {
    async fn sessions_of(&self, user: UserKey, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        self.carry_out(Verb::SessionsOf, move |store| async move {
            store.sessions_of(user, now).await
        })
        .await
    }

    async fn end_all(&self, user: UserKey, now: Timestamp) -> Result<Vec<StoreKey>, StoreError> {
        self.carry_out(Verb::EndAll, move |store| async move {
            store.end_all(user, now).await
        })
        .await
    }

    async fn end_others(&self, user: UserKey, keep: StoreKey, now: Timestamp) -> Result<Revoked, StoreError> {
        self.carry_out(Verb::EndOthers, move |store| async move {
            store.end_others(user, keep, now).await
        })
        .await
    }

    async fn end_one(&self, user: UserKey, key: StoreKey, now: Timestamp) -> Result<Ended, StoreError> {
        self.carry_out(Verb::EndOne, move |store| async move {
            store.end_one(user, key, now).await
        })
        .await
    }

    async fn end_device(
        &self,
        user: UserKey,
        device: DeviceDigest,
        now: Timestamp,
    ) -> Result<Vec<StoreKey>, StoreError> {
        self.carry_out(Verb::EndDevice, move |store| async move {
            store.end_device(user, device, now).await
        })
        .await
    }

    async fn count(&self, user: UserKey, now: Timestamp) -> Result<usize, StoreError> {
        self.carry_out(
            Verb::Count,
            move |store| async move { store.count(user, now).await },
        )
        .await
    }
}

impl<S: Throttle> Throttle for ScriptedStore<S> {
    async fn reserve(&self, windows: &[Window], now: Timestamp) -> Result<Reserved, StoreError> {
        let windows = windows.to_vec();
        self.carry_out(Verb::Reserve, |store| async move {
            store.reserve(&windows, now).await
        })
        .await
    }

    async fn refund(&self, refund: &Refund) -> Result<(), StoreError> {
        let refund = refund.clone();
        self.carry_out(Verb::Refund, |store| async move { store.refund(&refund).await })
            .await
    }
}

impl<S: Statistics> Statistics for ScriptedStore<S> {
    async fn statistics(&self, now: Timestamp) -> Result<Figures, StoreError> {
        self.carry_out(Verb::Statistics, move |store| async move {
            store.statistics(now).await
        })
        .await
    }
}

impl<S: History> History for ScriptedStore<S> {
    async fn history(
        &self,
        user: UserKey,
        retention: Retention,
        now: Timestamp,
    ) -> Result<Vec<Noted>, StoreError> {
        self.carry_out(Verb::History, move |store| async move {
            store.history(user, retention, now).await
        })
        .await
    }

    async fn end_noting(&self, which: Which, note: Note, now: Timestamp) -> Result<Revoked, StoreError> {
        self.carry_out(Verb::EndNoting, move |store| async move {
            store.end_noting(which, note, now).await
        })
        .await
    }

    async fn forget_history(&self, user: UserKey) -> Result<(), StoreError> {
        self.carry_out(Verb::ForgetHistory, move |store| async move {
            store.forget_history(user).await
        })
        .await
    }
}

impl<S: TokenStore> TokenStore for ScriptedStore<S> {
    async fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.carry_out(Verb::BeginFamily, move |store| async move {
            store.begin_family(first, session, now).await
        })
        .await
    }

    async fn refresh(&self, refresh: Refresh) -> Result<Refreshed, StoreError> {
        self.carry_out(
            Verb::Refresh,
            move |store| async move { store.refresh(refresh).await },
        )
        .await
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        self.carry_out(Verb::EndFamily, move |store| async move {
            store.end_family(family).await
        })
        .await
    }

    async fn block(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        let tokens = tokens.to_vec();
        self.carry_out(Verb::Block, move |store| async move {
            store.block(&tokens, now).await
        })
        .await
    }

    async fn disallow(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        let tokens = tokens.to_vec();
        self.carry_out(Verb::Disallow, move |store| async move {
            store.disallow(&tokens).await
        })
        .await
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.carry_out(Verb::RevokeBefore, move |store| async move {
            store.revoke_before(user, until, now).await
        })
        .await
    }

    async fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Result<TokenStanding, StoreError> {
        self.carry_out(Verb::Standing, move |store| async move {
            store.standing(token, family, user, now).await
        })
        .await
    }
}
