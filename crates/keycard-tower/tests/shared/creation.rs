//! How many sessions a client may begin.

use std::time::Duration;

use keycard::auth::throttle::{Limit, OnOutage};
use keycard::store::memory::MemoryStore;
use keycard::{KeyRing, Keycard, ManualClock, Timestamp};

use super::browser::Browser;
use super::{App, Setup};

const HERE: [u8; 4] = [203, 0, 113, 7];

fn setup(limit: usize) -> Setup {
    let mut setup = Setup::new();
    let limit = Limit::new(limit, Duration::from_hours(1)).unwrap();
    setup.outer = Keycard::builder(setup.store.clone(), KeyRing::random())
        .limit_session_creation(MemoryStore::new(), limit, OnOutage::Refuse)
        .clock(ManualClock::starting_at(Timestamp::from_millis(
            1_800_000_000_000,
        )))
        .build()
        .unwrap();
    setup
}

pub(crate) async fn who_begins_too_many_sessions_is_answered_429<A: App>() {
    let app = A::start(&setup(1)).await;
    let mut first = Browser::default().at(HERE, &[]);
    first.post(&app, "/put").await.assert(200, "put");
    for (path, elsewhere) in [("/put", [198, 51, 100, 1]), ("/login", [198, 51, 100, 2])] {
        let mut late = Browser::default().at(HERE, &[]);
        let reply = late.post(&app, path).await;
        reply.assert(429, "");
        assert_eq!(reply.all("retry-after"), ["3600"]);
        assert_eq!((reply.cookies(), reply.all("x-handler")), (vec![], vec![]));
        late.get(&app, "/read").await.assert(200, "none");
        let reply = Browser::default().at(elsewhere, &[]).post(&app, path).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
}

pub(crate) async fn who_has_a_session_goes_on_where_no_other_may_begin<A: App>() {
    let app = A::start(&setup(1)).await;
    let mut browser = Browser::default().at(HERE, &[]);
    browser.post(&app, "/put").await.assert(200, "put");
    browser.post(&app, "/login").await.assert(200, "");
    browser.get(&app, "/members").await.assert(200, "welcome");
    browser.post(&app, "/put").await.assert(200, "put");
    browser.post(&app, "/logout").await.assert(200, "");
    browser.post(&app, "/put").await.assert(429, "");
}
