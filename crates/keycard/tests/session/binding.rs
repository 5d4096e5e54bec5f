//! Sessions that are bound to a client, and the same ids from elsewhere.

mod ended;

use std::time::Duration;

use keycard::auth::{Decision, Guard};
use keycard::{
    Drift, EventKind, Factor, IpPrefix, Key, LazySession, LoginAs, Outcome, Session, Suspicion, UserId,
};

use crate::client::{App, Client, Reply};
use crate::faulty::FaultyStore;
use crate::observer::Told;

const CART: Key<Vec<u32>> = Key::new("cart");
const MOVED: EventKind = EventKind::Suspicious(Suspicion::AddressChanged);
const CHANGED: EventKind = EventKind::Suspicious(Suspicion::FingerprintChanged);

/// From where a request comes, and by which browser.
type Place = (Option<[u8; 4]>, &'static str);

const HOME: Place = (Some([203, 0, 113, 7]), "Firefox/1");
const NEXT_DOOR: Place = (Some([203, 0, 113, 250]), "Firefox/1");
const UPDATED: Place = (Some([203, 0, 113, 7]), "Firefox/2");
const AWAY: Place = (Some([198, 51, 100, 9]), "Firefox/1");
const NOWHERE: Place = (None, "Firefox/1");

fn network() -> IpPrefix {
    IpPrefix::new(24, 64).unwrap()
}

fn open(app: &App, client: &Client, (peer, user_agent): Place) -> LazySession {
    let cookie = client.cookie.as_deref().unwrap_or_default();
    let cookie = format!("{}={cookie}", app.keycard.cookie_name());
    let headers = [("cookie", cookie.as_str()), ("user-agent", user_agent)];
    app.keycard.open_request(headers.as_slice(), peer.map(Into::into))
}

async fn visit<T>(
    app: &App,
    client: &mut Client,
    from: Place,
    used: impl FnOnce(&Session) -> T,
) -> (T, Reply) {
    let lazy = open(app, client, from);
    let used = used(&lazy.load().await.unwrap());
    let reply = Reply::of(&app.keycard.close(&lazy, Outcome::Completed).await);
    assert_eq!(reply.error, None);
    client.take(&reply);
    (used, reply)
}

async fn user(app: &App, client: &Client, from: Place) -> Option<UserId> {
    visit(app, &mut client.clone(), from, Session::user).await.0
}

async fn logged_in(app: &App, from: Place) -> Client {
    let mut client = Client::default();
    visit(app, &mut client, from, |session| {
        session.login_with(LoginAs::user("alice").roles(["user"]));
        session.insert(CART, &vec![7]).unwrap();
    })
    .await;
    client
}

#[tokio::test]
async fn each_load_from_elsewhere_is_told_and_the_session_goes_on() {
    let told = Told::default();
    let app = told.app(|builder| {
        builder
            .bind_address(network(), Drift::Report)
            .bind_fingerprint(Drift::Report)
    });
    let client = logged_in(&app, HOME).await;
    let handle = app.request(&client).session().await.handle();
    told.events();
    for (place, expected) in [
        (HOME, &[][..]),
        (NEXT_DOOR, &[]),
        (AWAY, &[MOVED]),
        (AWAY, &[MOVED]),
        (UPDATED, &[CHANGED]),
        ((AWAY.0, UPDATED.1), &[MOVED, CHANGED]),
    ] {
        assert_eq!(
            user(&app, &client, place).await,
            Some("alice".into()),
            "{place:?}"
        );
        let events = told.events();
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, expected, "{place:?}");
        let of_alice = |event: &keycard::Event| event.session == handle && event.user == Some("alice".into());
        assert!(events.iter().all(of_alice), "{events:?}");
    }
}

#[tokio::test]
async fn nothing_is_bound_by_default_nor_told() {
    let told = Told::default();
    let app = told.app(|builder| builder.fingerprint(true));
    let client = logged_in(&app, HOME).await;
    told.events();
    assert_eq!(
        user(&app, &client, (AWAY.0, UPDATED.1)).await,
        Some("alice".into())
    );
    assert_eq!(told.kinds(), []);
}

#[tokio::test]
async fn an_address_that_is_not_known_is_an_address_of_its_own() {
    for (login, now, same) in [
        (HOME, NOWHERE, false),
        (NOWHERE, HOME, false),
        (NOWHERE, NOWHERE, true),
    ] {
        let app = App::with(|builder| builder.bind_address(network(), Drift::StepUp));
        let client = logged_in(&app, login).await;
        assert_eq!(
            user(&app, &client, now).await.is_some(),
            same,
            "{login:?} {now:?}"
        );
    }
}

#[tokio::test]
async fn a_step_up_keeps_the_user_out_elsewhere_and_at_home_the_session_goes_on() {
    let told = Told::default();
    let app = told.app(|builder| builder.bind_address(network(), Drift::StepUp));
    let client = logged_in(&app, HOME).await;
    told.events();
    let session = open(&app, &client, AWAY).load().await.unwrap();
    assert_eq!(told.kinds(), [MOVED]);
    assert_eq!(
        (session.user(), session.pending_user()),
        (None, Some("alice".into()))
    );
    assert!(session.roles().is_empty() && !session.has_role("user"));
    assert_eq!(session.get(CART).unwrap(), Some(vec![7]));
    let step_up = Decision::StepUp {
        factor: None,
        within: None,
    };
    for guard in [Guard::user(), Guard::role("admin"), Guard::factor(Factor::OTP)] {
        assert_eq!(session.judge(&guard), step_up, "{guard:?}");
    }
    let denied = session.require_user().unwrap_err();
    assert_eq!(denied.denied().unwrap().decision(), &step_up);
    assert_eq!(user(&app, &client, HOME).await, Some("alice".into()));
}

#[tokio::test]
async fn whoever_proves_a_factor_elsewhere_binds_the_session_to_where_they_are() {
    let proofs: [fn(&Session); 3] = [
        |session| session.prove(Factor::OTP).unwrap(),
        |session| session.reauthenticate(Factor::PASSWORD).unwrap(),
        |session| session.login("alice"),
    ];
    for (at, prove) in proofs.into_iter().enumerate() {
        let app = App::with(|builder| builder.bind_address(network(), Drift::StepUp));
        let home = logged_in(&app, HOME).await;
        let mut client = home.clone();
        let (after, reply) = visit(&app, &mut client, AWAY, |session| {
            prove(session);
            (session.user(), session.judge(&Guard::role("user")))
        })
        .await;
        assert_eq!(after, (Some("alice".into()), Decision::Allowed), "{at}");
        assert!(reply.set_cookie().is_some(), "{at}");
        assert_eq!(user(&app, &client, AWAY).await, Some("alice".into()), "{at}");
        assert_eq!(user(&app, &client, HOME).await, None, "{at}");
        assert_eq!(user(&app, &home, HOME).await, None, "the old id is dead: {at}");
        let (cart, _) = visit(&app, &mut client, AWAY, |session| session.get(CART).unwrap()).await;
        assert_eq!(cart, Some(vec![7]), "{at}");
    }
}

#[tokio::test]
async fn each_factor_of_a_login_that_waits_binds_it_anew() {
    let told = Told::default();
    let app = told.app(|builder| builder.bind_address(network(), Drift::StepUp));
    let mut client = Client::default();
    visit(&app, &mut client, HOME, |session| {
        session.login_with(LoginAs::user("carol").factor(Factor::PASSWORD).pending());
    })
    .await;
    told.events();
    visit(&app, &mut client, AWAY, |session| {
        assert_eq!(session.pending_user(), Some("carol".into()));
        assert_eq!(session.judge(&Guard::user()), Decision::Unauthenticated);
        session.prove(Factor::OTP).unwrap();
    })
    .await;
    assert_eq!(told.kinds(), [MOVED, EventKind::Authenticated]);
    assert_eq!(user(&app, &client, AWAY).await, Some("carol".into()));
    assert_eq!(user(&app, &client, HOME).await, None);
}

#[tokio::test]
async fn a_client_who_is_mistrusted_is_given_no_new_id_unasked() {
    let every = Duration::from_mins(10);
    let app = App::with(|builder| {
        builder
            .bind_address(network(), Drift::StepUp)
            .renew_ids(every, Duration::ZERO)
    });
    let mut client = logged_in(&app, HOME).await;
    app.pass(every);
    let mut stolen = client.clone();
    let acts: [fn(&Session); 2] = [|_| {}, |session| session.insert("n", &1).unwrap()];
    for act in acts {
        assert_eq!(visit(&app, &mut stolen, AWAY, act).await.1.set_cookie(), None);
    }
    assert!(
        visit(&app, &mut client, HOME, |_| {})
            .await
            .1
            .set_cookie()
            .is_some()
    );
}

#[tokio::test]
async fn another_user_who_logs_in_elsewhere_takes_nothing_over() {
    let app = App::with(|builder| builder.bind_address(network(), Drift::StepUp));
    let mut client = logged_in(&app, HOME).await;
    let (carts, _) = visit(&app, &mut client, AWAY, |session| {
        session.login("bob");
        session.get(CART).unwrap()
    })
    .await;
    assert_eq!(carts, None);
    let (cart, _) = visit(&app, &mut client, AWAY, |session| session.get(CART).unwrap()).await;
    assert_eq!(cart, None);
}

#[tokio::test]
async fn guests_and_sessions_from_before_are_not_bound() {
    let told = Told::default();
    let app = told.app(|builder| {
        builder
            .bind_address(network(), Drift::End)
            .bind_fingerprint(Drift::End)
    });
    let mut guest = Client::default();
    visit(&app, &mut guest, HOME, |session| {
        session.insert("n", &1).unwrap();
    })
    .await;
    told.events();
    let (n, _) = visit(&app, &mut guest, (AWAY.0, UPDATED.1), |session| {
        session.get::<u32>("n").unwrap()
    })
    .await;
    assert_eq!((n, told.kinds()), (Some(1), vec![]));

    let (store, before) = (FaultyStore::default(), Told::default());
    let unbound = App::over(store.clone(), |builder| builder);
    let client = logged_in(&unbound, HOME).await;
    let bound = App::over(store.clone(), |builder| {
        builder
            .bind_address(network(), Drift::End)
            .observer(before.observer())
    });
    assert_eq!(user(&bound, &client, AWAY).await, Some("alice".into()));
    assert_eq!(before.kinds(), []);
    store.calls();
    user(&bound, &client, AWAY).await;
    assert_eq!(store.calls(), ["load"]);
}

#[tokio::test]
async fn whoever_has_yet_to_prove_it_renews_nothing() {
    let (store, every) = (FaultyStore::default(), Duration::from_mins(15));
    let app = App::over(store.clone(), |builder| {
        builder
            .bind_address(network(), Drift::StepUp)
            .renew_ids(every, Duration::from_secs(30))
    });
    let client = logged_in(&app, HOME).await;
    app.pass(every);
    store.calls();
    assert_eq!(user(&app, &client, AWAY).await, None);
    assert_eq!(store.calls(), ["load", "touch"]);
    assert_eq!(user(&app, &client, HOME).await, Some("alice".into()));
    assert_eq!(store.calls(), ["load", "update"]);
}
