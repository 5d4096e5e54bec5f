//! What is known of users, their clients and their sessions.

use keycard::store::memory::MemoryStore;
use keycard::store::{History as _, Note, Retention};
use keycard::{
    Clock as _, Event, IndexKey, KeyRing, Keycard, SessionStatistics, SystemClock, TrustedProxies, UserId,
};
use keycard_tests::world::set_cookie;

use super::Shown;
use crate::{INDEX_KEY, SIGNING_KEY};
use keycard_tests::secrets::Evidence;

/// Two sessions of a user, of whom one ends the other.
pub(super) async fn page(shown: &Shown, evidence: &mut Evidence) {
    let told = shown.clone();
    let proxies = TrustedProxies::forwarded(["10.0.0.0/8"]).unwrap();
    shown.add(&proxies);
    let store = MemoryStore::new();
    let keys = KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
    let builder = Keycard::with_history(store.clone(), keys, Retention::DEFAULT)
        .index_key(IndexKey::new(INDEX_KEY).unwrap())
        .trusted_proxies(proxies)
        .fingerprint(true)
        .observer(move |event: &Event| told.add(event));
    shown.add(&builder);
    let (keycard, users) = builder.build().unwrap();
    shown.add(&users);
    shown.add(&SessionStatistics::new(&keycard, MemoryStore::new()));
    let headers = [("user-agent", "curl/8.9")];
    for _ in 0..2 {
        let lazy = keycard.open_request(headers.as_slice(), Some([203, 0, 113, 7].into()));
        let session = lazy.load().await.unwrap();
        session.login("alice");
        let closing = keycard.close(&lazy, keycard::Outcome::Completed).await;
        evidence.set_cookie(set_cookie(&closing).unwrap().as_bytes());
        let client = session.client();
        shown.add(&client);
        shown.add(&client.address().unwrap());
        shown.add(&client.fingerprint().unwrap());
        let mine = users.mine(&session).unwrap();
        shown.add(&mine);
        for listed in mine.list().await.unwrap() {
            shown.add(&listed);
        }
        mine.end_others().await.unwrap();
    }
    for event in users.of("alice").history().await.unwrap() {
        shown.add(&event);
    }
    let alice = keycard.user_key(&UserId::from("alice"));
    let history = store.history(alice, Retention::DEFAULT, SystemClock.now());
    for noted in history.await.unwrap() {
        shown.add(&Note::new(alice, noted.bytes.clone(), Retention::DEFAULT));
        shown.add(&noted);
    }
}
