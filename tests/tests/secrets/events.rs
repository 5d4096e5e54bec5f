//! Every event of the sources is told, and none of them tells a secret.

use std::time::{Duration, Instant};

use keycard::auth::Guard;
use keycard::auth::throttle::{Limit, OnOutage, Scope, Throttles};
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::store::{Family, News, SessionLimit, Store as _, Update, frame};
use keycard::{
    Clock as _, CsrfPolicy, CsrfRefusal, CsrfRequest, Drift, Factor, IndexKey, IpPrefix, KeyRing, Keycard,
    LoginAs, ManualClock, OutagePolicy, Outcome, Session, StoreKey, SystemClock,
};
use keycard_conformance::testing::{ScriptedStore, Verb};
use keycard_fixtures::RedisServer;
use keycard_jwt::{TokenKeys, TokenSeal, Tokens};
use keycard_redis::{RedisDurability, RedisStore, RedisStoreBuilder};
use keycard_tests::secrets::{Evidence, log};
use keycard_tests::world::set_cookie;
use tokio::time::{sleep, timeout};

use crate::{INDEX_KEY, SIGNING_KEY, evidence_of_keys};

const SOURCES: [&str; 3] = [
    include_str!("../../../crates/keycard/src/events.rs"),
    include_str!("../../../crates/keycard-jwt/src/events.rs"),
    include_str!("../../../crates/keycard-redis/src/events.rs"),
];

/// What takes two clusters and a minute by the clock: it is brought about in `keycard-redis`, and tells the addresses of the
/// URL alone, which other events tell, too.
const ELSEWHERE: &str =
    "no node of the cluster has answered for a minute: another one that is there takes its place";

/// How long a connection may take to notice what has become of its server.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_told_without_a_secret() {
    log::capture();
    let mut scene = Scene::new();
    scene.lives().await;
    scene.suspicions().await;
    scene.elsewhere().await;
    scene.forgeries().await;
    scene.outages().await;
    scene.policies().await;
    scene.records().await;
    scene.throttles().await;
    scene.tokens().await;
    redis().await;
    near_cache().await;
    missing_replicas().await;
    settings_that_are_not_told().await;
    let told = log::captured();
    let untold: Vec<&str> = messages().filter(|message| !tells(&told, message)).collect();
    assert_eq!(untold, [ELSEWHERE], "events that this test does not bring about");
    scene.evidence.log(&told);
    scene.evidence.assert_enough(
        10,
        &[(
            "the log",
            30,
            &[" keycard: ", " keycard_jwt::", " keycard_redis::"],
        )],
    );
    assert_eq!(scene.evidence.leaks(), [""; 0]);
}

/// What the sources tell: their texts of more than a word.
fn messages() -> impl Iterator<Item = &'static str> {
    let code = SOURCES.iter().flat_map(|source| source.lines());
    let code = code.filter(|line| !line.trim_start().starts_with("//"));
    let texts = code.flat_map(|line| line.split('"').skip(1).step_by(2));
    texts.filter(|text| text.contains(' '))
}

fn tells(log: &[u8], message: &str) -> bool {
    String::from_utf8_lossy(log).contains(message)
}

/// A client, what it holds, and all that it was given.
struct Scene {
    store: ScriptedStore<MemoryStore>,
    clock: ManualClock,
    keycard: Keycard,
    cookie: String,
    evidence: Evidence,
}

type Use = fn(&Session);

impl Scene {
    fn new() -> Self {
        let store = ScriptedStore::new(MemoryStore::new());
        let clock = ManualClock::starting_at(SystemClock.now());
        let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
        let builder = Keycard::with_users(store.clone(), ring)
            .index_key(IndexKey::new(INDEX_KEY).unwrap())
            .clock(clock.clone())
            .session_limit(SessionLimit::Refuse(1))
            .bind_address(IpPrefix::EXACT, Drift::Report)
            .bind_fingerprint(Drift::Report)
            .unknown_ids(1);
        Self {
            store,
            clock,
            keycard: builder.build().unwrap().0,
            cookie: String::new(),
            evidence: evidence_of_keys(),
        }
    }

    /// A request with the client's cookie, and the cookie that it has afterwards.
    async fn request(&mut self, does: Use) {
        let lazy = self.keycard.open([self.cookie.as_bytes()]);
        if let Ok(session) = lazy.load().await {
            does(&session);
        }
        let closing = self.keycard.close(&lazy, Outcome::Completed).await;
        if let Some(set) = set_cookie(&closing) {
            self.evidence.set_cookie(set.as_bytes());
            set.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
    }

    /// The same without a cookie.
    async fn begin(&mut self, does: Use) -> String {
        self.cookie.clear();
        self.request(does).await;
        self.cookie.clone()
    }

    async fn lives(&mut self) {
        self.begin(|session| session.insert("n", &1).unwrap()).await;
        self.request(|session| session.login_with(LoginAs::user("carol").pending()))
            .await;
        self.request(|session| session.prove(Factor::OTP).unwrap()).await;
        self.clock.advance(Duration::from_secs(1));
        self.request(|session| session.prove(Factor::HARDWARE_KEY).unwrap())
            .await;
        self.request(Session::rotate).await;
        self.request(|session| session.login("alice")).await;
        self.begin(|session| session.login("alice")).await;
        self.begin(|session| session.login("bob")).await;
        self.request(Session::logout).await;
    }

    async fn suspicions(&mut self) {
        let one = self.begin(|session| session.insert("n", &1).unwrap()).await;
        let other = self.begin(|session| session.insert("n", &1).unwrap()).await;
        self.cookie = format!("{one}; {other}");
        self.request(|_| ()).await;
        self.cookie = format!("{}A{}", &one[..30], &one[31..]);
        self.request(|_| ()).await;
        self.cookie.clone_from(&one);
        self.request(Session::rotate).await;
        self.cookie.clone_from(&one);
        self.request(|_| ()).await;
        self.cookie.clone_from(&other);
        self.request(Session::logout).await;
        self.cookie = other;
        self.request(|session| session.insert("n", &2).unwrap()).await;
        self.clock.advance(Duration::from_hours(1));
        for _ in 0..3 {
            self.request(|_| ()).await;
        }
    }

    /// What is told of a user whose session is used from elsewhere, and of whom a guard keeps out.
    async fn elsewhere(&mut self) {
        self.begin(|session| session.login("dave")).await;
        let headers = [("cookie", self.cookie.as_str()), ("user-agent", "another")];
        let user = self
            .keycard
            .open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
        for kept_out in [user, self.keycard.open([])] {
            kept_out.require(&Guard::role("admin")).await.unwrap_err();
        }
    }

    /// What is told of a request that may be forged, and of a token that a login has outdated.
    async fn forgeries(&mut self) {
        let lazy = self.keycard.open([]);
        let (policy, headers): (_, &[(&str, &str)]) = (CsrfPolicy::default(), &[]);
        let refused = lazy.check_csrf(&policy, &CsrfRequest::new("POST", headers));
        assert_eq!(
            refused.unwrap_err().csrf_refusal(),
            Some(CsrfRefusal::TokenMissing)
        );
        let token = lazy.csrf_token().await.unwrap();
        self.evidence.watch("a CSRF token", token.as_str().as_bytes());
        lazy.load().await.unwrap().login("erin");
        let closing = self.keycard.close(&lazy, Outcome::Completed).await;
        self.evidence.set_cookie(set_cookie(&closing).unwrap().as_bytes());
    }

    async fn outages(&mut self) {
        self.begin(|session| session.insert("n", &1).unwrap()).await;
        self.clock.advance(Duration::from_mins(2));
        self.store.fail_once(Verb::Touch);
        self.request(|_| ()).await;
        self.store.fail_once(Verb::Load);
        self.request(|_| ()).await;
    }

    /// Requests that go on while the store is away: without their sessions, and with copies of them.
    async fn policies(&mut self) {
        for policy in [
            OutagePolicy::Anonymous,
            OutagePolicy::StaleOk(Duration::from_mins(1)),
        ] {
            let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
            let builder = Keycard::builder(NearCache::over(self.store.clone()), ring)
                .index_key(IndexKey::new(INDEX_KEY).unwrap())
                .clock(self.clock.clone());
            let keycard = builder.on_outage(policy).build().unwrap();
            self.store.tell(News::Up);
            self.store.tell(News::Alive(Instant::now()));
            self.begin(|session| session.insert("n", &1).unwrap()).await;
            let load = async || keycard.open([self.cookie.as_bytes()]).load().await.unwrap();
            load().await;
            self.store.tell(News::Lost);
            self.store.fail_once(Verb::Load);
            assert!(load().await.is_degraded());
        }
    }

    async fn records(&mut self) {
        let changes: [fn(&mut Vec<u8>); 2] = [
            |bytes| bytes[0] = 2,
            |bytes| bytes.truncate(frame::HEADER_LEN + 1),
        ];
        for change in changes {
            let cookie = self.begin(|session| session.insert("n", &1).unwrap()).await;
            let lazy = self.keycard.open([cookie.as_bytes()]);
            self.tamper(lazy.load().await.unwrap().handle().unwrap(), change)
                .await;
            self.request(|_| ()).await;
        }
    }

    async fn tamper(&self, key: StoreKey, change: fn(&mut Vec<u8>)) {
        let now = self.clock.now();
        let keycard::store::Loaded::Live(before) = self.store.load(key, now).await.unwrap() else {
            panic!("the session is stored");
        };
        let mut after = before.to_vec();
        after[frame::REVISION.start] ^= 1;
        change(&mut after);
        let expected = frame::revision(&before).unwrap();
        let update = Update::new(key, expected, after.into(), None, now);
        drop(self.store.update(update).await.unwrap());
    }

    async fn throttles(&mut self) {
        let once = Limit::new(1, Duration::from_mins(1)).unwrap();
        let throttles = Throttles::new(&self.keycard, self.store.clone()).on_outage(OnOutage::Allow);
        let throttles = throttles.limit(Scope::Account, once);
        let attempt = throttles.login("alice", None).await.unwrap();
        throttles.login("alice", None).await.unwrap_err();
        self.store.fail_once(Verb::Refund);
        attempt.succeeded().await;
        self.store.fail_once(Verb::Reserve);
        drop(throttles.login("alice", None).await.unwrap());
    }

    /// One family too many, a touch that fails, a refresh that does, and a spent token that comes again.
    async fn tokens(&mut self) {
        let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
        let keys = TokenKeys::derived(&ring).unwrap();
        let seal = TokenSeal::new(keys, "https://shop.example", "https://api.shop.example").unwrap();
        let builder = Keycard::with_users(self.store.clone(), ring);
        let (keycard, users) = builder
            .index_key(IndexKey::new(INDEX_KEY).unwrap())
            .clock(self.clock.clone())
            .build()
            .unwrap();
        let tokens = Tokens::builder(&users, self.store.clone(), seal).build().unwrap();
        let session = keycard.open([]).load().await.unwrap();
        session.login("erin");
        for _ in 0..Family::MOST {
            tokens.issue(&session).await.unwrap();
        }
        let first = tokens.issue(&session).await.unwrap();
        let second = tokens.refresh(&first.refresh).await.unwrap();
        for pair in [&first, &second] {
            for text in [pair.access.expose_text(), pair.refresh.expose_text()] {
                let signature = text.rsplit('.').next().unwrap();
                self.evidence.watch("a token", signature.as_bytes());
            }
        }
        self.clock.advance(Duration::from_mins(2));
        self.store.fail_once(Verb::Touch);
        tokens.verify(&second.access).await.unwrap();
        self.store.fail_once(Verb::Refresh);
        tokens.refresh(&second.refresh).await.unwrap_err();
        tokens.refresh(&first.refresh).await.unwrap_err();
    }
}

/// A server that is found, becomes a replica, is lost, and is not to be found again.
async fn redis() {
    let mut server = RedisServer::start().unwrap();
    let store = RedisStore::builder(&server.url()).and_then(RedisStoreBuilder::connect_lazily);
    let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
    let keycard = Keycard::builder(store.unwrap(), ring).build().unwrap();
    told("connected to Redis", &keycard).await;
    server.command::<()>(&["REPLICAOF", "127.0.0.1", "1"]).unwrap();
    told("connected to Redis anew", &keycard).await;
    server.kill().unwrap();
    told("lost the connection", &keycard).await;
    told("cannot connect", &keycard).await;
}

/// A server that tells what changes, breaks off, and is not allowed to tell any more.
async fn near_cache() {
    let server = RedisServer::start().unwrap();
    let store = RedisStore::builder(&server.url()).and_then(RedisStoreBuilder::connect_lazily);
    let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
    let keycard = Keycard::builder(NearCache::over(store.unwrap()), ring)
        .build()
        .unwrap();
    told("the near cache is on", &keycard).await;
    let clients: String = server.command(&["CLIENT", "LIST"]).unwrap();
    let flags = |field: &str| {
        field
            .strip_prefix("flags=")
            .is_some_and(|flags| flags.contains('t'))
    };
    let tracks = |client: &&str| client.split(' ').any(flags);
    let tracking = clients.lines().find(tracks).unwrap();
    let id = tracking.split([' ', '=']).nth(1).unwrap();
    server
        .command::<()>(&["ACL", "SETUSER", "default", "-client|tracking"])
        .unwrap();
    server.command::<()>(&["CLIENT", "KILL", "ID", id]).unwrap();
    told("the near cache is off", &keycard).await;
    told("the near cache stays off", &keycard).await;
}

/// A server without replicas, of which one was to have what ends.
async fn missing_replicas() {
    let server = RedisServer::start().unwrap();
    let durability = RedisDurability::replicas(1, Duration::from_millis(1)).or_report();
    let builder = RedisStore::builder(&server.url()).unwrap().durability(durability);
    let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
    let keycard = Keycard::builder(builder.connect().await.unwrap(), ring)
        .build()
        .unwrap();
    let session = keycard.open([]).load().await.unwrap();
    session.login("alice");
    session.commit().await.unwrap();
    session.logout();
    session.commit().await.unwrap();
    assert!(tells(&log::captured(), "would be back"));
}

/// A server that tells its settings to no user; to all others above it has told that it has no `maxmemory`.
async fn settings_that_are_not_told() {
    let server = RedisServer::start().unwrap();
    let rights = ["+@all", "-info", "-config"];
    let user = ["ACL", "SETUSER", "default"];
    server.command::<()>(&[&user[..], &rights].concat()).unwrap();
    let store = RedisStore::builder(&server.url()).and_then(RedisStoreBuilder::connect_lazily);
    let ring = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
    let keycard = Keycard::builder(store.unwrap(), ring).build().unwrap();
    told("could not be looked at", &keycard).await;
}

/// Logs in until an event has been told.
async fn told(message: &str, keycard: &Keycard) {
    let telling = async {
        while !tells(&log::captured(), message) {
            let session = keycard.open([]).load().await.unwrap();
            session.login("alice");
            session.commit().await.ok();
            sleep(Duration::from_millis(5)).await; // sleep: the pause between two questions
        }
    };
    timeout(PATIENCE, telling).await.unwrap();
}
