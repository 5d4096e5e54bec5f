//! What a handle knows: the session as it was read or last committed, and what is asked for on top of it.

use std::borrow::Cow;
use std::sync::Arc;

use crate::arrival::Base;
use crate::auth::Denied;
use crate::clock::Timestamp;
use crate::closing::Outgoing;
use crate::engine::{Committed, Failure, Fate};
use crate::error::{Error, ErrorKind};
use crate::flash::Waiting;
use crate::intent::{Identity, Intent, Standing};
use crate::key::UserId;
use crate::policy::{BoundClient, Rules};
use crate::record::{self, Authentication, Data, Metadata};

#[derive(Debug)]
pub(super) struct State {
    pub(super) base: Base,
    pub(super) client: BoundClient,
    /// What a commit is carrying out at this moment; it is part of what the handler sees.
    under_way: Option<Arc<Intent>>,
    /// What is asked for beyond that.
    pub(super) intent: Intent,
    /// The data as the handler sees it; `None` while it is what the base holds.
    pub(super) view: Option<Data>,
    outgoing: Option<Outgoing>,
    /// The response has begun, or nobody waits for it any more.
    pub(super) closed: bool,
    /// A commit was given up on while the store was asked, and nobody has been told that its outcome is unknown.
    unsure: bool,
    /// The end of the request has taken the cookie.
    finished: bool,
    /// The messages that the page of this request is to show.
    pub(super) flashes_taken: Vec<Waiting>,
}

impl State {
    /// The state of a request that begins; `outgoing` if its session was ended already.
    pub(super) fn new(base: Base, client: BoundClient, outgoing: Option<Outgoing>) -> Self {
        Self {
            base,
            client,
            under_way: None,
            intent: Intent::default(),
            view: None,
            outgoing,
            closed: false,
            unsure: false,
            finished: false,
            flashes_taken: Vec::new(),
        }
    }

    pub(super) fn data(&self) -> Option<&Data> {
        self.view
            .as_ref()
            .or_else(|| Some(&self.base.live()?.record.data))
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.data().is_some_and(|data| data.get(key).is_some())
    }

    /// The data to be written to.
    pub(super) fn view(&mut self) -> &mut Data {
        let base = self.base.live().map(|live| &live.record.data);
        self.view.get_or_insert_with(|| base.cloned().unwrap_or_default())
    }

    /// Computes the view anew, after the base or more than single values of the intent have changed.
    pub(super) fn refresh_view(&mut self) {
        let base = self.base.live().map(|live| &live.record.data);
        let under_way = self.under_way.as_ref().map(|intent| intent.data_over(base));
        self.view = Some(self.intent.data_over(under_way.as_ref().or(base)));
    }

    /// The intents, in the order in which they apply.
    fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.under_way.as_deref().into_iter().chain([&self.intent])
    }

    pub(super) fn identity(&self) -> Option<Identity<'_>> {
        let base = self
            .base
            .live()
            .and_then(|live| live.record.authentication.as_ref());
        let base = base.map(|known| match Identity::of(known) {
            Identity {
                user,
                standing: Standing::LoggedIn,
            } if self.client.is_mistrusted(&known.binding) => Identity {
                user,
                standing: Standing::Mistrusted,
            },
            identity => identity,
        });
        self.intents()
            .fold(base, |base, intent| intent.identity_over(base))
    }

    /// The error of a call that only a user can make.
    pub(super) fn nobody(&self) -> Error {
        let unread = self.base.unread().cloned();
        unread.unwrap_or_else(|| Denied::UNAUTHENTICATED.into())
    }

    pub(super) fn standing(&self) -> Option<Standing> {
        self.identity().map(|identity| identity.standing)
    }

    pub(super) fn user_who(&self, is: impl FnOnce(Standing) -> bool) -> Option<UserId> {
        let identity = self.identity().filter(|identity| is(identity.standing));
        identity.map(|identity| identity.user.clone())
    }

    /// What is known of the user, as the handler sees it.
    pub(super) fn authentication(&self, now: Timestamp) -> Option<Cow<'_, Authentication>> {
        let base = self
            .base
            .live()
            .and_then(|live| live.record.authentication.as_ref());
        let altering = self.intents().filter(|intent| intent.alters_authentication());
        altering.fold(base.map(Cow::Borrowed), |base, intent| {
            intent.authentication_over(base.as_deref(), now).map(Cow::Owned)
        })
    }

    /// From where the user logged in, as the handler sees it.
    pub(super) fn metadata(&self) -> Cow<'_, Metadata> {
        let base = self.base.live().map(|live| Cow::Borrowed(&live.record.metadata));
        let altering = self
            .intents()
            .filter(|intent| intent.end || intent.login.is_some());
        altering.fold(base.unwrap_or_default(), |base, intent| {
            Cow::Owned(intent.metadata_over(&base))
        })
    }

    /// Whether there is a session, also one that a login of this request begins.
    pub(super) fn exists(&self) -> bool {
        let base = self.base.live().is_some();
        self.intents()
            .fold(base, |base, intent| intent.login.is_some() || base && !intent.end)
    }

    /// Whether somebody is to be logged in or out.
    pub(super) fn changes_identity(&self) -> bool {
        self.intents().any(|intent| intent.end || intent.login.is_some())
    }

    /// What the client is to be told so far.
    pub(super) fn outgoing(&self) -> Option<&Outgoing> {
        self.outgoing.as_ref()
    }

    pub(super) fn is_remembered(&self) -> bool {
        let base = self.base.live().is_some_and(|live| live.record.persistent);
        self.intents().fold(base, |base, intent| match &intent.login {
            Some(login) => login.remember,
            None => base && !intent.end,
        })
    }

    /// Begins a commit of all that is asked for; `None` if that is nothing.
    pub(super) fn begin(&mut self) -> Option<Arc<Intent>> {
        if !self.intent.is_empty() {
            self.under_way = Some(Arc::new(std::mem::take(&mut self.intent)));
        }
        self.under_way.clone()
    }

    /// Takes what a commit has come to; `true` if changes were dropped because the session has ended.
    pub(super) fn settle(&mut self, committed: Committed) -> bool {
        let Committed {
            base,
            outgoing,
            discarded,
            ..
        } = committed;
        // A cookie that was to hand out a session that has ended since is not sent any more.
        if outgoing.is_some() || matches!(base, Base::Ended(_)) {
            let earlier = self.outgoing.take();
            let removal = earlier.filter(|earlier| matches!(earlier, Outgoing::Remove));
            self.outgoing = outgoing.or(removal);
        }
        self.under_way = None;
        self.rebase(base);
        discarded
    }

    /// Takes what a commit has come to that failed, and answers why.
    pub(super) fn fail(&mut self, failure: Failure) -> Error {
        if let Some(base) = failure.base {
            self.base = base;
        }
        if failure.removed {
            self.outgoing = Some(Outgoing::Remove);
        }
        self.take_back(failure.fate);
        failure.error
    }

    /// Takes back what a commit that did not come about was to carry out.
    fn take_back(&mut self, fate: Fate) {
        let under_way = self.under_way.take().map(Arc::unwrap_or_clone);
        // To end twice is to end once, so an ending stands whatever became of it.
        let stands = under_way.and_then(|intent| match fate {
            Fate::NotWritten => Some(intent),
            Fate::LoginRefused => Some(intent.without_login()),
            Fate::Unknown => Some(intent).filter(|intent| intent.end),
            Fate::Dropped => None,
        });
        let later = std::mem::take(&mut self.intent);
        self.intent = stands.unwrap_or_default().followed_by(later);
        self.refresh_view();
    }

    /// Takes back what a commit was to carry out whose caller has given up on it; `asked` says that the store was being
    /// asked.
    pub(super) fn abandon(&mut self, asked: bool) {
        if let Some(intent) = &self.under_way {
            self.unsure |= asked && (intent.login.is_some() || intent.has_changes());
            self.take_back(if asked { Fate::Unknown } else { Fate::NotWritten });
        }
    }

    /// The session has been ended for this request, by other means than a commit.
    pub(super) fn end(&mut self) {
        let ended = std::mem::replace(&mut self.base, Base::None);
        if self.closed {
            self.base = ended.key().map_or(Base::None, Base::Ended);
        } else {
            self.outgoing = Some(Outgoing::Remove);
        }
        self.forget();
    }

    /// The client has no cookie of this session, and is to get none.
    pub(super) fn keep_cookie(&mut self) {
        (self.closed, self.finished) = (true, true);
        self.outgoing = None;
    }

    /// Begins the end of the request; `true` if it is the first one.
    pub(super) fn finish(&mut self) -> bool {
        self.closed = true;
        !std::mem::replace(&mut self.finished, true)
    }

    /// Whether nothing is asked for, nothing is to be told, and neither a touch nor a renewal is due. Called in this
    /// handle's turn, so that nothing is under way.
    pub(super) fn is_settled(&self, rules: &Rules, now: impl FnOnce() -> Timestamp) -> bool {
        let to_be_told = self.unsure || self.outgoing.is_some();
        let record = self.base.live().map(|live| &live.record);
        self.intent.is_empty()
            && !to_be_told
            && record.is_none_or(|record| !rules.anything_is_due(record, now()))
    }

    /// The length of the record that the data would be stored in, in bytes.
    pub(super) fn record_len(&self, data: &Data) -> usize {
        let base = self.base.live().map(|live| &*live.record);
        let authentication = self.authentication(Timestamp::from_millis(0));
        record::encoded_len(base, authentication.as_deref(), &self.metadata(), data)
    }

    /// Gives up what could not be committed: the client has been told so.
    pub(super) fn forget(&mut self) {
        self.intent = Intent::default();
        self.view = None;
    }

    /// The error of a commit that was given up on, told once.
    pub(super) fn take_unsure(&mut self) -> Option<Error> {
        let unsure = std::mem::take(&mut self.unsure);
        unsure.then(|| {
            Error::new(
                ErrorKind::Store,
                "a commit was given up on before the store had answered: whether it landed is unknown",
            )
        })
    }

    pub(super) fn rebase(&mut self, base: Base) {
        self.base = base;
        self.view = None;
        if self.intent.alters_data() {
            self.refresh_view();
        }
    }

    /// Closes the cookie, and says what the client must be told about it.
    pub(super) fn take_outgoing(&mut self) -> Option<Outgoing> {
        self.outgoing.take()
    }
}
