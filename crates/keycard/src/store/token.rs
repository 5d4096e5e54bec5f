//! The contract with stores that know which tokens are spent, revoked or allowed.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::error::StoreError;
use crate::id::{StoreKey, TokenId, UserKey};

/// A store of tokens. Applications use it through the crate `keycard-jwt`.
///
/// It holds no token, but names of tokens, and of four kinds of things: *families*, each a refresh token and what has come
/// of it, of which one is current; the access tokens that are *allowed*, and those that are *blocked*; and for a user the
/// *mark* before which their tokens were revoked, and with them what is refreshed of those later.
///
/// - **Atomic.** Each verb is one atomic step; [`block`](Self::block) is one for each token.
/// - **Judged by `now`.** What has expired is not there. [`refresh`](Family::refresh) says what a family answers, and what
///   becomes of it.
/// - **Bounded.** What has expired is forgotten, and a session has [so many](Family::MOST) families at most. A store that has
///   no room for more answers with an error; it never makes room at the cost of what counts.
///
/// ```
/// use keycard::store::{Fresh, Refreshed, Refresh, TokenStore, memory::MemoryStore};
/// use keycard::{StoreKey, Timestamp, TokenId, UserKey};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), keycard::StoreError> {
/// let (store, user) = (MemoryStore::new(), UserKey::from_bytes(*b"tagtagtadigestdi"));
/// let session = StoreKey::from_bytes(*b"tagtagtaselectorsele");
/// let (now, grace) = (Timestamp::from_millis(1_800_000_000_000), Duration::from_secs(30));
/// let fresh = |at| Fresh::new(TokenId::generate(user.tag(), at), at.after(Duration::from_hours(24)));
///
/// let (first, second) = (fresh(now), fresh(now));
/// assert_eq!(store.begin_family(first, session, now).await?, 0, "none had to end for it");
/// let refresh = |next, now| Refresh::new(first.token, first.token, next, session, user, grace, now);
/// assert_eq!(store.refresh(refresh(second, now)).await?, Refreshed::Applied);
/// assert_eq!(store.refresh(refresh(fresh(now), now)).await?, Refreshed::Again(second.token));
/// let late = now.after(grace);
/// assert_eq!(store.refresh(refresh(fresh(late), late)).await?, Refreshed::Reused);
/// # Ok(())
/// # }
/// ```
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Begins a family, which bears the name of its first token, and allows that one if it is to be allowed. It is a family of
    /// this session, of which [`Family::MOST`] live at most: one more ends the one whose current token is the oldest, and of
    /// several the one that began first. Answers how many have ended for it.
    fn begin_family(
        &self,
        first: Fresh,
        session: StoreKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Spends a refresh token for its successor, if it is the current one of its family.
    fn refresh(&self, refresh: Refresh) -> impl Future<Output = Result<Refreshed, StoreError>> + Send;

    /// Ends a family; an absent one is success.
    fn end_family(&self, family: TokenId) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Blocks access tokens, each until a time of its own.
    fn block(
        &self,
        tokens: &[(TokenId, Timestamp)],
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Allows access tokens no more. What is not allowed is no error.
    fn disallow(&self, tokens: &[TokenId]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Sets the mark of a user: families that were begun until `now` are revoked, with all tokens that come of them, also
    /// of a refresh that is under way. It is kept until `until`, when all of that has expired.
    fn revoke_before(
        &self,
        user: UserKey,
        until: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What is known of an access token, in one round trip.
    fn standing(
        &self,
        token: TokenId,
        family: TokenId,
        user: UserKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<TokenStanding, StoreError>> + Send;
}

/// A token that is new to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fresh {
    /// Its name.
    pub token: TokenId,
    /// Until when its family lives if it is not refreshed again.
    pub until: Timestamp,
    /// Until when its access token is allowed, if it is to be.
    pub allowed: Option<Timestamp>,
}

impl Fresh {
    /// A token of which the store is not told whether it is allowed.
    #[must_use]
    pub fn new(token: TokenId, until: Timestamp) -> Self {
        Self {
            token,
            until,
            allowed: None,
        }
    }

    /// The same, allowed until that time.
    #[must_use]
    pub fn allowed(mut self, until: Timestamp) -> Self {
        self.allowed = Some(until);
        self
    }
}

/// The arguments of [`TokenStore::refresh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refresh {
    /// The family.
    pub family: TokenId,
    /// The token that is presented.
    pub presented: TokenId,
    /// What is to become current.
    pub next: Fresh,
    /// The session for which the family was begun.
    pub session: StoreKey,
    /// Whose it is.
    pub user: UserKey,
    /// For how long a spent token still answers with the current one.
    pub grace: Duration,
    /// The present moment.
    pub now: Timestamp,
}

impl Refresh {
    /// The refresh of a token of this family.
    #[must_use]
    pub fn new(
        family: TokenId,
        presented: TokenId,
        next: Fresh,
        session: StoreKey,
        user: UserKey,
        grace: Duration,
        now: Timestamp,
    ) -> Self {
        Self {
            family,
            presented,
            next,
            session,
            user,
            grace,
            now,
        }
    }
}

/// What became of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a token that was spent before must end its session"]
#[non_exhaustive]
pub enum Refreshed {
    /// The presented token is spent, and the next one current.
    Applied,
    /// It was spent a moment ago; this is the current one, and nothing has changed.
    Again(TokenId),
    /// It was spent, and the grace is over: the family has ended by this, or by an earlier reuse.
    Reused,
    /// There is no such family, it has expired or was ended, or the user's mark is not older than it.
    Gone,
}

/// What is known of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenStanding {
    /// Whether its family lives.
    pub family_lives: bool,
    /// Whether it is allowed.
    pub allowed: bool,
    /// Whether it is blocked, or the user's mark is not older than its family.
    pub revoked: bool,
}

impl TokenStanding {
    /// The standing with these facts.
    #[must_use]
    pub fn new(family_lives: bool, allowed: bool, revoked: bool) -> Self {
        Self {
            family_lives,
            allowed,
            revoked,
        }
    }
}

/// A family of refresh tokens, as a store keeps it.
///
/// ```
/// use keycard::store::{Family, Fresh};
/// use keycard::{Timestamp, TokenId};
///
/// let (token, now) = (TokenId::from_bytes([7; 24]), Timestamp::from_millis(1_000));
/// let family = Family::new(Fresh::new(token, Timestamp::from_millis(2_000)));
/// assert!(family.lives(now) && !family.lives(Timestamp::from_millis(2_000)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    current: TokenId,
    until: Timestamp,
    /// The oldest first, each with the time when it was spent.
    spent: Vec<(TokenId, Timestamp)>,
    reused: bool,
}

impl Family {
    /// How many families of a session live. A client has one, and a session is one client's; those that were lost wait for
    /// their end. Without a bound whoever has a session could fill the store by it.
    pub const MOST: usize = 16;

    /// How many spent tokens of a family are remembered for the grace of who still presents them. Beyond that the oldest is a
    /// reuse: nobody spends so many within seconds but who does nothing else.
    pub const MOST_SPENT: usize = 32;

    /// A family of one token.
    #[must_use]
    pub fn new(first: Fresh) -> Self {
        Self {
            current: first.token,
            until: first.until,
            spent: Vec::new(),
            reused: false,
        }
    }

    /// Whether tokens of it are accepted.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        !self.reused && now < self.until
    }

    /// When its current token was issued: a family that nobody uses has an old one.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.current.issued_at()
    }

    /// Until when it is kept, also if a reuse has ended it: a thief's next try is a reuse again.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Judges a refresh, and carries it out.
    ///
    /// A token that was spent within the grace answers with the current one: of parallel tabs, and of answers that were
    /// lost, none logs an honest user out. Any other token of the family that is not current was spent before.
    pub fn refresh(&mut self, refresh: &Refresh) -> Refreshed {
        let Refresh {
            presented,
            next,
            grace,
            now,
            ..
        } = *refresh;
        if now >= self.until {
            return Refreshed::Gone;
        }
        let in_grace = |spent: &(TokenId, Timestamp)| now < spent.1.after(grace);
        if !self.reused && presented == self.current {
            self.spent.retain(in_grace);
            self.spent.push((presented, now));
            let beyond = self.spent.len().saturating_sub(Self::MOST_SPENT);
            self.spent.drain(..beyond);
            (self.current, self.until) = (next.token, next.until);
            return Refreshed::Applied;
        }
        let spent_lately = self
            .spent
            .iter()
            .any(|spent| spent.0 == presented && in_grace(spent));
        if !self.reused && spent_lately {
            return Refreshed::Again(self.current);
        }
        self.reused = true;
        Refreshed::Reused
    }
}
