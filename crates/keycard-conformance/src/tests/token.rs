//! A store of tokens that is right passes, and each flaw is found.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::{Family, Fresh, Refresh, Refreshed, TokenStanding, TokenStore};
use keycard::{StoreError, StoreKey, Timestamp, TokenId, UserKey};
use tokio::sync::Barrier;

use crate::prove::prove;
use crate::record::{HOUR, MILLISECOND};

mod right {
    use super::Spending;

    crate::token_laws!(Spending::by(None));

    mod without_its_server {
        use keycard::store::memory::MemoryStore;

        use crate::testing::ScriptedStore;

        crate::token_outage_laws!({
            let store = ScriptedStore::new(MemoryStore::new());
            (store.clone(), async move || store.go_down())
        });
    }
}

/// What a store does and must not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// A token that was spent lately is spent again.
    SpendsAgain,
    /// A token that was spent lately is answered with what is not current.
    AgainIsAnother,
    /// A token is looked at before it is spent, and two may look at once.
    IsTwoSteps,
    /// The grace lasts a millisecond too long.
    GraceIsLong,
    /// There is no grace.
    GraceIsNone,
    /// A family that was reused lives on.
    ReuseIsForgiven,
    /// A family that was reused is forgotten, and the thief's next try is none.
    ReuseIsForgotten,
    /// A family that was ended lives on.
    EndsNothing,
    /// A family lives a millisecond too long.
    ExpiresLate,
    /// A session has as many families as it likes.
    BoundsNoFamilies,
    /// A session has fewer families than it may have, and nobody is told.
    BoundsTooFew,
    /// All sessions of a tag have together as many families as one may have.
    BoundsTheTag,
    /// One family too many ends the one that began first, however busy it is.
    EndsTheFirst,
    /// Nobody is told how many families have ended for another.
    EndsUntold,
    /// A family counts as long as its first token lives.
    CountsFirstTokens,
    /// A token is allowed a millisecond too long.
    AllowsTooLong,
    /// The successor is not allowed.
    AllowsNoSuccessor,
    /// What did not become a successor is allowed.
    AllowsTheRefused,
    /// What was allowed stays so.
    DisallowsNothing,
    /// A token is blocked a millisecond too long.
    BlocksTooLong,
    /// What is blocked is allowed: there is one list for both.
    BlockedIsAllowed,
    /// What is not allowed any more is not blocked any more either.
    DisallowUnblocks,
    /// A mark spares the tokens of its own millisecond.
    MarkIsOffByOne,
    /// A mark counts a millisecond too long.
    MarkStays,
    /// A mark counts for all users of its tag.
    MarkTakesTheTag,
    /// A mark takes the place of a later one.
    MarkMovesBack,
    /// A refresh does not look at the mark.
    RefreshIgnoresTheMark,
    /// A mark spares the tokens that are younger, whatever their family.
    MarkSparesTheYounger,
    /// A refresh looks at the age of its token, not of the family.
    RefreshJudgesTheToken,
}

/// A session whose families nobody asks for.
fn nobody_s() -> StoreKey {
    StoreKey::from_bytes([0xff; 20])
}

/// How many look at a token before one of them spends it.
const MEETING: u8 = 2;

/// The reference, with a flaw.
#[derive(Debug)]
struct Spending {
    flaw: Option<Flaw>,
    store: MemoryStore,
    looks: AtomicU8,
    /// Where those who have seen a token unspent wait for each other.
    meeting: Barrier,
    marks: AtomicU8,
    begun: Mutex<Vec<(StoreKey, TokenId)>>,
}

impl Spending {
    fn by(flaw: impl Into<Option<Flaw>>) -> Self {
        Self {
            flaw: flaw.into(),
            store: MemoryStore::new(),
            looks: AtomicU8::new(0),
            meeting: Barrier::new(MEETING.into()),
            marks: AtomicU8::new(0),
            begun: Mutex::default(),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// A millisecond later, if that is the flaw.
    fn late(&self, flaw: Flaw, time: Timestamp) -> Timestamp {
        if self.has(flaw) {
            time.after(MILLISECOND)
        } else {
            time
        }
    }

    /// The family that began first of as many as a session may have.
    async fn first(&self, session: StoreKey, now: Timestamp) -> Result<Option<TokenId>, StoreError> {
        let (begun, mut living) = (self.begun.lock().unwrap().clone(), Vec::new());
        for (_, family) in begun.into_iter().filter(|(of, _)| *of == session) {
            let nobody = UserKey::from_bytes([0; 16]);
            let standing = self.store.standing(family, family, nobody, now);
            living.extend(standing.await?.family_lives.then_some(family));
        }
        Ok(living.first().filter(|_| living.len() >= Family::MOST).copied())
    }

    fn fresh(&self, mut fresh: Fresh) -> Fresh {
        fresh.until = self.late(Flaw::ExpiresLate, fresh.until);
        fresh.allowed = fresh.allowed.map(|until| self.late(Flaw::AllowsTooLong, until));
        fresh
    }

    /// Under whose key a user's mark is kept: that of the tag, or another one for each mark, if that is the flaw.
    fn marked(&self, user: UserKey) -> UserKey {
        let mut bytes = user.to_bytes();
        if self.has(Flaw::MarkTakesTheTag) {
            bytes[8..].fill(0);
        }
        if self.has(Flaw::MarkMovesBack) {
            bytes[8] ^= self.marks.load(Ordering::SeqCst);
        }
        UserKey::from_bytes(bytes)
    }
}

impl TokenStore for Spending {
    async fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let first = self.fresh(first);
        let begin = async |session| self.store.begin_family(first, session, now).await;
        match self.flaw {
            Some(Flaw::BoundsNoFamilies) => {
                let another = TokenId::generate(session.tag(), now).to_bytes();
                begin(StoreKey::from_bytes(another[..20].try_into().unwrap())).await
            }
            Some(Flaw::BoundsTheTag) => begin(StoreKey::new(session.tag(), [0; 12])).await,
            Some(Flaw::BoundsTooFew) => {
                let ghost = Fresh::new(TokenId::generate(session.tag(), now), first.until);
                self.store.begin_family(ghost, session, now).await?;
                begin(session).await.map(|_| 0)
            }
            Some(Flaw::EndsTheFirst) => {
                let ends = self.first(session, now).await?;
                if let Some(family) = ends {
                    self.store.end_family(family).await?;
                }
                self.begun.lock().unwrap().push((session, first.token));
                begin(session).await.map(|_| ends.iter().count())
            }
            Some(Flaw::EndsUntold) => begin(session).await.map(|_| 0),
            _ => begin(session).await,
        }
    }

    async fn refresh(&self, mut refresh: Refresh) -> Result<Refreshed, StoreError> {
        let (next, user) = (refresh.next, refresh.user);
        refresh.next = self.fresh(next);
        refresh.user = self.marked(user);
        match self.flaw {
            Some(Flaw::GraceIsLong) => refresh.grace += MILLISECOND,
            Some(Flaw::GraceIsNone) => refresh.grace = Duration::ZERO,
            Some(Flaw::CountsFirstTokens) => refresh.session = nobody_s(),
            Some(Flaw::AllowsNoSuccessor) => refresh.next.allowed = None,
            Some(Flaw::RefreshIgnoresTheMark) => refresh.user = UserKey::from_bytes([0; 16]),
            Some(Flaw::RefreshJudgesTheToken) => {
                let token = refresh.presented;
                let standing = self.store.standing(token, token, user, refresh.now);
                if !standing.await?.revoked {
                    refresh.user = UserKey::from_bytes([0; 16]);
                }
            }
            _ => {}
        }
        let met = self.has(Flaw::IsTwoSteps) && self.looks.fetch_add(1, Ordering::SeqCst) < MEETING;
        if met {
            self.meeting.wait().await;
        }
        let refreshed = self.store.refresh(refresh).await?;
        match (self.flaw, refreshed) {
            (Some(Flaw::SpendsAgain), Refreshed::Again(current)) => {
                refresh.presented = current;
                return self.store.refresh(refresh).await;
            }
            (Some(Flaw::AgainIsAnother), Refreshed::Again(_)) => return Ok(Refreshed::Again(next.token)),
            (Some(Flaw::IsTwoSteps), Refreshed::Again(_)) if met => return Ok(Refreshed::Applied),
            (Some(Flaw::ReuseIsForgiven), Refreshed::Reused) => {
                let anew = Fresh::new(refresh.family, refresh.next.until);
                self.begin_family(anew, nobody_s(), refresh.now).await?;
            }
            (Some(Flaw::ReuseIsForgotten), Refreshed::Reused) => {
                self.store.end_family(refresh.family).await?;
            }
            (Some(Flaw::AllowsTheRefused), Refreshed::Again(_) | Refreshed::Reused) => {
                let allowed = Fresh::new(next.token, next.until).allowed(refresh.now.after(HOUR));
                self.begin_family(allowed, nobody_s(), refresh.now).await?;
            }
            _ => {}
        }
        Ok(refreshed)
    }

    async fn end_family(&self, family: TokenId) -> Result<(), StoreError> {
        if self.has(Flaw::EndsNothing) {
            return Ok(());
        }
        self.store.end_family(family).await
    }

    async fn block(&self, tokens: &[(TokenId, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        let late = |(token, until): &(TokenId, Timestamp)| (*token, self.late(Flaw::BlocksTooLong, *until));
        let tokens: Vec<_> = tokens.iter().map(late).collect();
        self.store.block(&tokens, now).await
    }

    async fn disallow(&self, tokens: &[TokenId]) -> Result<(), StoreError> {
        if self.has(Flaw::DisallowsNothing) {
            return Ok(());
        }
        if self.has(Flaw::DisallowUnblocks) {
            let now = Timestamp::from_millis(0);
            let over: Vec<_> = tokens.iter().map(|token| (*token, now)).collect();
            self.store.block(&over, now).await?;
        }
        self.store.disallow(tokens).await
    }

    async fn revoke_before(&self, user: UserKey, until: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        self.marks.fetch_add(1, Ordering::SeqCst);
        let until = self.late(Flaw::MarkStays, until);
        let mark = if self.has(Flaw::MarkIsOffByOne) {
            Timestamp::from_millis(now.as_millis() - 1)
        } else {
            now
        };
        self.store.revoke_before(self.marked(user), until, mark).await
    }

    async fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> Result<TokenStanding, StoreError> {
        let standing = self.store.standing(token, family, self.marked(user), now);
        let mut standing = standing.await?;
        standing.allowed |= self.has(Flaw::BlockedIsAllowed) && standing.revoked;
        if self.has(Flaw::MarkSparesTheYounger) {
            standing.revoked = self.store.standing(token, token, user, now).await?.revoked;
        }
        Ok(standing)
    }
}

/// For each flaw a test of that name, in which the law must find it and say so.
macro_rules! bites {
    ($($flaw:ident: $module:ident :: $law:ident, $says:literal;)*) => {
        $(#[test]
        #[should_panic(expected = $says)]
        #[expect(non_snake_case, reason = "the flaw by its name")]
        fn $flaw() {
            prove(async || Spending::by(Flaw::$flaw), crate::contract::$module::$law);
        })*
    };
}

bites! {
    SpendsAgain: token::a_token_that_was_spent_lately_is_answered_with_the_current_one, "left: Applied";
    AgainIsAnother: token::a_token_that_was_spent_lately_is_answered_with_the_current_one, "left: Again";
    IsTwoSteps: token::of_many_refreshes_at_once_one_is_applied_and_the_others_get_its_successor, "one has won";
    GraceIsLong: token::a_token_that_was_spent_lately_is_answered_with_the_current_one, "right: Reused";
    GraceIsNone: token::a_token_that_was_spent_lately_is_answered_with_the_current_one, "left: Reused";
    ReuseIsForgiven: token::a_reuse_ends_the_family_for_good, "a thief has been there";
    ReuseIsForgotten: token::a_reuse_ends_the_family_for_good, "left: Gone";
    EndsNothing: token::a_family_that_ended_or_expired_or_never_was_is_gone, "left: Applied";
    ExpiresLate: token::a_family_that_ended_or_expired_or_never_was_is_gone, "left: Applied";
    BoundsNoFamilies: token::of_a_session_s_families_those_refreshed_last_live, "another has ended for it";
    BoundsTooFew: token::of_a_session_s_families_those_refreshed_last_live, "there are as many as may be";
    BoundsTheTag: token::of_a_session_s_families_those_refreshed_last_live, "there is room for it";
    EndsTheFirst: token::of_a_session_s_families_those_refreshed_last_live, "it is in use";
    EndsUntold: token::of_a_session_s_families_those_refreshed_last_live, "another has ended for it";
    CountsFirstTokens: token::a_family_counts_as_long_as_it_lives, "all but one live";
    AllowsTooLong: token_marks::a_token_is_allowed_until_its_time, "its time is over";
    AllowsNoSuccessor: token_marks::a_token_is_allowed_until_its_time, "it was allowed";
    AllowsTheRefused: token_marks::what_was_not_applied_is_not_allowed, "it is nobody's";
    DisallowsNothing: token_marks::a_token_is_allowed_until_its_time, "it was never allowed, or no more";
    BlocksTooLong: token_marks::a_token_is_blocked_until_its_time, "its time is over";
    BlockedIsAllowed: token_marks::what_is_allowed_and_what_is_blocked_have_nothing_to_do_with_each_other, "allowed: true";
    DisallowUnblocks: token_marks::what_is_allowed_and_what_is_blocked_have_nothing_to_do_with_each_other, "it was only not allowed";
    MarkIsOffByOne: token_marks::a_mark_revokes_what_was_issued_until_then, "token 1";
    MarkStays: token_marks::a_mark_revokes_what_was_issued_until_then, "it has served its time";
    MarkTakesTheTag: token_marks::a_mark_revokes_what_was_issued_until_then, "another user of the tag";
    MarkMovesBack: token_marks::a_server_whose_clock_is_behind_moves_no_mark_back, "the later mark stands";
    RefreshIgnoresTheMark: token_marks::a_mark_revokes_what_was_issued_until_then, "right: Gone";
    MarkSparesTheYounger: token_marks::a_mark_revokes_what_comes_later_of_a_family_from_before, "its family is older than the mark";
    RefreshJudgesTheToken: token_marks::a_mark_revokes_what_comes_later_of_a_family_from_before, "right: Gone";
}
