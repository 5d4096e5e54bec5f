//! The sessions of a user: listed, counted and ended, from the account page and by an administrator.

mod end_others;

use std::net::IpAddr;
use std::time::Duration;

use keycard::store::{Create, Created, Loaded, Owner, SessionLimit, Store as _};
use keycard::{
    Clock as _, Device, DeviceDigest, ErrorKind, Factor, IpPrecision, LoginAs, Session, StoreKey,
    UserSessions, Users,
};

use crate::client::{App, Client};

fn on(device: &str) -> LoginAs {
    let device = Device::new(device)
        .unwrap()
        .named("Phone")
        .unwrap()
        .of_type("phone")
        .unwrap();
    LoginAs::user("alice").device(device)
}

impl App {
    pub(crate) fn users(&self) -> &Users {
        self.users.as_ref().unwrap()
    }

    async fn is_in(&self, client: &Client) -> bool {
        self.request(client).session().await.user().is_some()
    }

    async fn several<const N: usize>(&self) -> [Client; N] {
        let mut clients = std::array::from_fn(|_| Client::default());
        for client in &mut clients {
            self.pass(Duration::from_millis(1));
            self.visit(client, |session| session.login("alice")).await;
        }
        clients
    }

    /// A request of the client that does this on its account page.
    async fn account<T>(&self, client: &mut Client, act: impl AsyncFnOnce(UserSessions) -> T) -> T {
        let request = self.request(client);
        let session = request.session().await;
        let done = act(self.users().mine(&session).unwrap()).await;
        request.done(client).await;
        done
    }
}

#[tokio::test]
async fn a_list_says_of_each_session_what_its_user_should_know() {
    let app = App::new();
    let mut phone = app.client(|session| session.login_with(on("7f3a"))).await;
    app.pass(Duration::from_mins(2));
    let desktop = app
        .client(|session| session.login_with(LoginAs::user("alice").remembered(true)))
        .await;
    app.client(|session| session.login("bob")).await;
    app.client(|session| session.login_with(LoginAs::user("alice").pending()))
        .await;

    let list = app
        .account(&mut phone, async |mine| mine.list().await.unwrap())
        .await;
    assert_eq!(list.len(), 2);
    let (first, second) = (&list[0], &list[1]);
    assert_eq!(
        Some(first.handle()),
        app.request(&desktop).session().await.handle()
    );
    assert!(first.is_remembered() && !first.is_current() && second.is_current());
    assert_eq!(first.last_access(), app.clock.now());
    assert_eq!(
        first.absolute_at(),
        app.clock.now().after(Duration::from_hours(30 * 24))
    );
    assert_eq!(second.created_at().after(Duration::from_mins(2)), app.clock.now());
    assert_eq!(second.authenticated_at(), Some(second.created_at()));
    let device = second.device().unwrap();
    assert_eq!(
        (device.id(), device.name(), device.device_type()),
        ("7f3a", Some("Phone"), Some("phone"))
    );
    assert_eq!(app.users().of("alice").count().await.unwrap(), 2);
}

#[tokio::test]
async fn a_list_says_from_where_each_login_came_as_exactly_as_it_may() {
    let locate = |ip: IpAddr| ip.is_ipv4().then(|| "Zürich".to_owned());
    for (precision, address) in [
        (IpPrecision::Exact, Some("203.0.113.7")),
        (IpPrecision::Truncated, Some("203.0.113.0/24")),
        (IpPrecision::None, None),
    ] {
        let app = App::with(|builder| builder.client_address(precision).locate(locate));
        let headers = [("user-agent", "curl/8.9")];
        let lazy = app
            .keycard
            .open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
        let session = lazy.load().await.unwrap();
        session.insert("cart", &7).unwrap();
        session.commit().await.unwrap();
        session.login("alice");
        session.commit().await.unwrap();

        let elsewhere = app
            .keycard
            .open_request([("user-agent", "another")].as_slice(), None);
        let other = elsewhere.load().await.unwrap();
        other.login("bob");
        other.commit().await.unwrap();
        for (user, user_agent, address, location) in [
            ("alice", "curl/8.9", address, Some("Zürich")),
            ("bob", "another", None, None),
        ] {
            let list = app.users().of(user).list().await.unwrap();
            assert_eq!(list[0].user_agent(), Some(user_agent));
            assert_eq!(
                list[0].address().map(|address| address.to_string()).as_deref(),
                address
            );
            assert_eq!(list[0].location(), location);
        }
    }
}

#[tokio::test]
async fn what_has_expired_is_neither_listed_nor_counted_nor_ended() {
    let app = App::new();
    app.several::<2>().await;
    app.pass(Duration::from_mins(30));
    let alice = app.users().of("alice");
    assert!(alice.list().await.unwrap().is_empty());
    assert_eq!(
        (alice.count().await.unwrap(), alice.end_all().await.unwrap()),
        (0, 0)
    );
}

#[tokio::test]
async fn the_others_end_and_this_one_goes_on() {
    let app = App::new();
    let [mut mine, other, third] = app.several().await;
    assert_eq!(
        app.account(&mut mine, async |mine| mine.end_others().await.unwrap())
            .await,
        2
    );
    assert!(app.is_in(&mine).await && !app.is_in(&other).await && !app.is_in(&third).await);
}

#[tokio::test]
async fn ending_one_s_own_session_removes_the_cookie_and_ending_another_s_does_not() {
    let app = App::new();
    let [mut mine, mut other] = app.several().await;
    let own = app.request(&mine).session().await.handle().unwrap();
    assert!(
        app.account(&mut other, async |others| others.end(own).await.unwrap())
            .await
    );
    assert!(other.cookie.is_some() && !app.is_in(&mine).await);
    assert!(
        !app.account(&mut other, async |others| others.end(own).await.unwrap())
            .await,
        "it has ended"
    );

    app.visit(&mut mine, |session| session.login("alice")).await;
    let own = app.request(&mine).session().await.handle().unwrap();
    assert!(
        app.account(&mut mine, async |mine| mine.end(own).await.unwrap())
            .await
    );
    assert_eq!(mine.cookie, None);
}

#[tokio::test]
async fn what_is_put_in_after_ending_all_goes_into_another_session() {
    let app = App::new();
    let [mut mine, other] = app.several().await;
    let request = app.request(&mine);
    let session = request.session().await;
    session.insert("before", &1).unwrap();
    assert_eq!(app.users().mine(&session).unwrap().end_all().await.unwrap(), 2);
    assert_eq!((session.user(), session.handle()), (None, None));
    session.insert("after", &1).unwrap();
    request.done(&mut mine).await;
    assert!(!app.is_in(&other).await);
    let session = app.request(&mine).session().await;
    assert_eq!((session.user(), session.keys()), (None, vec!["after".to_owned()]));
}

#[tokio::test]
async fn a_handle_of_another_user_ends_nothing() {
    let app = App::new();
    let [alice] = app.several().await;
    let handle = app.request(&alice).session().await.handle().unwrap();
    let mut bob = app.client(|session| session.login("bob")).await;
    assert!(
        !app.account(&mut bob, async |bob| bob.end(handle).await.unwrap())
            .await
    );
    assert!(app.is_in(&alice).await);
}

#[tokio::test]
async fn a_login_on_a_device_ends_the_one_there() {
    let app = App::new();
    let first = app.client(|session| session.login_with(on("7f3a"))).await;
    let elsewhere = app.client(|session| session.login_with(on("another"))).await;
    let second = app.client(|session| session.login_with(on("7f3a"))).await;
    assert!(!app.is_in(&first).await && app.is_in(&elsewhere).await && app.is_in(&second).await);
    let bob = LoginAs::user("bob").device(Device::new("7f3a").unwrap());
    app.client(|session| session.login_with(bob)).await;
    assert!(app.is_in(&second).await, "his device is his own");
    assert_eq!(app.users().of("alice").end_device("7f3a").await.unwrap(), 1);
    assert!(!app.is_in(&second).await);
}

#[tokio::test]
async fn what_is_kept_after_a_logout_is_of_no_device() {
    let app = App::new();
    let mut client = app.client(|session| session.login_with(on("7f3a"))).await;
    app.visit(&mut client, |session| {
        session.logout();
        assert_eq!(session.device(), None);
        session.insert("theme", &"dark").unwrap();
        assert_eq!(session.device(), None);
    })
    .await;
    let session = app.request(&client).session().await;
    assert_eq!((session.contains("theme"), session.device()), (true, None));
}

#[tokio::test]
async fn a_pending_login_takes_its_place_with_the_last_factor() {
    let app = App::with(|builder| builder.session_limit(SessionLimit::EvictOldest(1)));
    let first = app.client(|session| session.login_with(on("7f3a"))).await;
    let mut second = app
        .client(|session| session.login_with(on("7f3a").pending()))
        .await;
    assert!(app.is_in(&first).await);
    app.visit(&mut second, |session| session.prove(Factor::OTP).unwrap())
        .await;
    assert!(!app.is_in(&first).await && app.is_in(&second).await);
}

#[tokio::test]
async fn a_limit_evicts_or_refuses_and_leaves_a_reauthentication_alone() {
    for (limit, left) in [
        (SessionLimit::EvictOldest(2), [false, true, true]),
        (SessionLimit::EvictLeastRecentlyUsed(2), [true, false, true]),
        (SessionLimit::Refuse(2), [true, true, false]),
    ] {
        let app = App::with(|builder| builder.session_limit(limit));
        let [mut oldest, second] = app.several().await;
        app.pass(Duration::from_mins(2));
        app.visit(&mut oldest, |_| {}).await;

        let mut third = Client::default();
        let request = app.request(&third);
        request.session().await.login("alice");
        let reply = request.end(200).await;
        assert_eq!(reply.error, (!left[2]).then_some(ErrorKind::SessionLimit));
        third.take(&reply);

        let mut still_in = Vec::new();
        for (mut client, left) in [oldest, second, third].into_iter().zip(left) {
            assert_eq!(app.is_in(&client).await, left, "{limit:?}");
            let again = |session: &Session| session.reauthenticate(Factor::PASSWORD);
            app.visit(&mut client, |session| assert_eq!(again(session).is_ok(), left))
                .await;
            still_in.push(app.is_in(&client).await);
        }
        assert_eq!(still_in, left, "{limit:?}");
    }
}

#[tokio::test]
async fn a_refused_login_leaves_the_guest_as_they_were() {
    let app = App::with(|builder| builder.session_limit(SessionLimit::Refuse(1)));
    app.several::<1>().await;
    let mut guest = app.client(|session| session.insert("cart", &7).unwrap()).await;
    let request = app.request(&guest);
    let session = request.session().await;
    session.login("alice");
    assert_eq!(
        session.commit().await.unwrap_err().kind(),
        ErrorKind::SessionLimit
    );
    assert_eq!((session.user(), session.contains("cart")), (None, true));
    request.done(&mut guest).await;
    assert!(app.request(&guest).session().await.contains("cart"));
}

#[tokio::test]
async fn what_was_asked_for_before_a_refused_login_is_done_and_what_came_after_it_is_not() {
    let app = App::with(|builder| builder.session_limit(SessionLimit::Refuse(1)));
    app.several::<1>().await;
    let mut guest = app.client(|session| session.insert("cart", &7).unwrap()).await;
    let before = guest.clone();
    let request = app.request(&guest);
    let session = request.session().await;
    session.insert("seen", &1).unwrap();
    session.rotate();
    session.login("alice");
    session.insert("orders", &1).unwrap();
    assert_eq!(
        session.commit().await.unwrap_err().kind(),
        ErrorKind::SessionLimit
    );
    request.done(&mut guest).await;

    let session = app.request(&guest).session().await;
    let holds = ["cart", "seen", "orders"].map(|key| session.contains(key));
    assert_eq!((session.user(), holds), (None, [true, true, false]));
    let old = app.request(&before).session().await;
    assert!(old.is_empty(), "the id was to be replaced");
}

#[tokio::test]
async fn limits_that_cannot_be_kept_do_not_build() {
    use keycard::store::memory::MemoryStore;
    use keycard::{KeyRing, Keycard};
    for sessions in [0, 1_001] {
        let builder = Keycard::with_users(MemoryStore::new(), KeyRing::random());
        let error = builder
            .session_limit(SessionLimit::Refuse(sessions))
            .build()
            .unwrap_err();
        assert!(error.to_string().contains("1 to 1000"), "{error}");
    }
}

#[tokio::test]
async fn ending_others_asks_for_a_recent_authentication_where_that_is_set() {
    let app = App::with(|builder| builder.recent_to_end(Duration::from_mins(5)));
    let [mut mine, other] = app.several().await;
    app.pass(Duration::from_millis(5 * 60 * 1000 + 1));
    let handle = app.request(&other).session().await.handle().unwrap();
    for _ in 0..2 {
        let refused = app
            .account(&mut mine, async |mine| {
                [
                    mine.end(handle).await.map(usize::from),
                    mine.end_others().await,
                    mine.end_all().await,
                    mine.end_device("7f3a").await,
                ]
            })
            .await;
        for refused in refused {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::StepUp);
        }
    }
    assert!(app.is_in(&other).await);
    app.visit(&mut mine, |session| session.prove(Factor::PASSWORD).unwrap())
        .await;
    app.pass(Duration::from_mins(5));
    assert_eq!(
        app.account(&mut mine, async |mine| mine.end_others().await.unwrap())
            .await,
        1
    );
    app.pass(Duration::from_mins(6));
    let own = app.request(&mine).session().await.handle().unwrap();
    assert!(
        app.account(&mut mine, async |mine| mine.end(own).await.unwrap())
            .await,
        "one's own is a logout"
    );
    assert_eq!(
        app.users().of("alice").end_all().await.unwrap(),
        0,
        "an administrator is not asked"
    );
}

#[tokio::test]
async fn changed_credentials_end_the_others_and_give_this_one_a_new_id() {
    let app = App::new();
    let [mut mine, other] = app.several().await;
    let before = mine.clone();
    let ended = app
        .account(&mut mine, async |mine| mine.credentials_changed().await.unwrap())
        .await;
    assert_eq!(ended, 1);
    assert!(app.is_in(&mine).await && !app.is_in(&before).await && !app.is_in(&other).await);
}

#[tokio::test]
async fn changed_credentials_leave_no_id_to_whoever_changed_it_meanwhile() {
    let app = App::new();
    let mut mine = app.logged_in().await;
    let mut thief = mine.clone();
    let request = app.request(&mine);
    let session = request.session().await;
    app.visit(&mut thief, Session::rotate).await;
    let account = app.users().mine(&session).unwrap();
    assert_eq!(account.credentials_changed().await.unwrap(), 0);
    request.done(&mut mine).await;
    assert!(app.is_in(&mine).await && !app.is_in(&thief).await);
}

/// Keys of users are digests, so two users may share one. Nobody sees the sessions of another for that.
#[tokio::test]
async fn a_session_of_somebody_else_under_the_user_s_key_is_not_listed() {
    let app = App::new();
    let bob = app.client(|session| session.login("bob")).await;
    let now = app.clock.now();
    let handle = app.request(&bob).session().await.handle().unwrap();
    let Loaded::Live(record) = app.store.load(handle, now).await.unwrap() else {
        panic!("the session lives");
    };
    let alice = app.keycard.user_key(&"alice".into());
    let key = StoreKey::new(alice.tag(), [7; 12]);
    let owner = Owner::new(alice, DeviceDigest::NONE, now.after(Duration::from_hours(1)));
    let created = app.store.create(Create::new(key, record, Some(owner), now)).await;
    assert_eq!(created.unwrap(), Created::Applied);
    assert_eq!(app.users().of("alice").list().await.unwrap().len(), 0);
    assert_eq!(app.users().of("bob").list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_guest_has_no_account() {
    let app = App::new();
    for used in [
        |_: &Session| {},
        |session: &Session| session.login_with(LoginAs::user("alice").pending()),
    ] {
        let request = app.request(&Client::default());
        let session = request.session().await;
        used(&session);
        let error = app.users().mine(&session).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.denied().is_some(), "answered as by a guard");
    }
}
