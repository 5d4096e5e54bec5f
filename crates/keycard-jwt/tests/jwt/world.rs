//! An application with users and tokens, and a clock that is marched.

use std::time::Duration;

use keycard::store::memory::MemoryStore;
use keycard::store::{TokenStore, UserIndex};
use keycard::{
    Drift, KeyRing, Keycard, KeycardBuilder, LoginAs, ManualClock, Session, Timestamp, Transport, Users,
    WithUsers,
};
use keycard_jwt::{
    Revocation, TokenError, TokenErrorKind, TokenKeys, TokenPair, TokenSeal, Tokens, TokensBuilder,
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) const ALL: [Revocation; 3] = [
    Revocation::SessionBound,
    Revocation::AllowList,
    Revocation::BlockList,
];

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) keycard: Keycard,
    pub(crate) users: Users,
    pub(crate) tokens: Tokens,
}

impl World {
    pub(crate) fn new(set: impl FnOnce(TokensBuilder) -> TokensBuilder) -> Self {
        Self::over(MemoryStore::new(), set)
    }

    pub(crate) fn over<S>(store: S, set: impl FnOnce(TokensBuilder) -> TokensBuilder) -> Self
    where
        S: UserIndex + TokenStore + Clone,
    {
        Self::with(store, |sessions| sessions, set)
    }

    /// Sessions are bound to the fingerprints of their clients.
    pub(crate) fn bound(drift: Drift) -> Self {
        Self::with(
            MemoryStore::new(),
            |sessions| sessions.bind_fingerprint(drift),
            |tokens| tokens,
        )
    }

    pub(crate) fn with<S>(
        store: S,
        sessions: impl FnOnce(KeycardBuilder<WithUsers>) -> KeycardBuilder<WithUsers>,
        set: impl FnOnce(TokensBuilder) -> TokensBuilder,
    ) -> Self
    where
        S: UserIndex + TokenStore + Clone,
    {
        let (clock, ring) = (ManualClock::starting_at(NOW), KeyRing::new([[7; 32]]).unwrap());
        let seal = TokenSeal::new(TokenKeys::derived(&ring).unwrap(), "https://shop", "https://api").unwrap();
        let builder = Keycard::with_users(store.clone(), ring)
            .clock(clock.clone())
            .transports([Transport::Bearer, Transport::Cookie]);
        let (keycard, users) = sessions(builder).build().unwrap();
        let tokens = set(Tokens::builder(
            &users,
            store,
            seal.leeway(Duration::ZERO).unwrap(),
        ));
        Self {
            clock,
            keycard,
            tokens: tokens.build().unwrap(),
            users,
        }
    }

    pub(crate) async fn login(&self, user: &str) -> Session {
        self.login_with(LoginAs::user(user).roles(["user"])).await
    }

    /// Both tokens of a pair are accepted, after which its refresh token is spent.
    pub(crate) async fn accepts(&self, pair: &TokenPair) {
        self.tokens.verify(&pair.access).await.unwrap();
        self.tokens.refresh(&pair.refresh).await.unwrap();
    }

    /// Neither token of a pair is accepted, for both were revoked.
    pub(crate) async fn refuses(&self, pair: &TokenPair) {
        let refused = [
            refusal(self.tokens.verify(&pair.access).await),
            refusal(self.tokens.refresh(&pair.refresh).await),
        ];
        assert_eq!(refused, [TokenErrorKind::Revoked; 2]);
    }

    pub(crate) async fn login_with(&self, login: LoginAs) -> Session {
        let session = self.keycard.open([]).load().await.unwrap();
        session.login_with(login);
        session.commit().await.unwrap();
        session
    }
}

/// Why a token was not accepted.
pub(crate) fn refusal<T>(answer: Result<T, TokenError>) -> TokenErrorKind {
    answer.err().expect("the token is refused").kind()
}
