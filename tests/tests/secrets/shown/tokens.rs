//! The types of tokens: what a client is given is a secret, and so are the keys that sign it.

use keycard::store::memory::MemoryStore;
use keycard::{KeyRing, Keycard};
use keycard_jwt::{Access, Signed, TokenKey, TokenKeys, TokenSeal, Tokens};
use keycard_tests::secrets::Evidence;

use super::Shown;
use crate::{INDEX_KEY, SIGNING_KEY};

/// From the keys to a pair of tokens, which are used, refused and revoked.
pub(super) async fn pair(shown: &Shown, evidence: &mut Evidence) {
    let key = TokenKey::hs256(INDEX_KEY).unwrap();
    shown.add(&key);
    shown.error(&TokenKey::hs256(&INDEX_KEY[..31]).unwrap_err());
    let ring = || KeyRing::new([[SIGNING_KEY; 32]]).unwrap();
    let keys = TokenKeys::derived(&ring()).unwrap();
    for derived in ring().derive("jwt/ed25519") {
        evidence.watch("a derived key", &derived);
    }
    shown.add(&keys);
    let seal = TokenSeal::new(keys, "https://shop.example", "https://api.shop.example").unwrap();
    shown.add(&seal);

    let store = MemoryStore::new();
    let (keycard, users) = Keycard::with_users(store.clone(), ring()).build().unwrap();
    let builder = Tokens::builder(&users, store, seal);
    shown.add(&builder);
    let tokens = builder.build().unwrap();
    shown.add(&tokens);
    let session = keycard.open([]).load().await.unwrap();
    session.login("alice");
    let pair = tokens.issue(&session).await.unwrap();
    for text in [pair.access.expose_text(), pair.refresh.expose_text()] {
        let signature = text.rsplit('.').next().unwrap();
        evidence.watch("a token", signature.as_bytes());
    }
    shown.add(&pair);
    shown.add(&pair.access);
    shown.add(&tokens.verify(&pair.access).await.unwrap());
    let swapped = Signed::<Access>::presented(pair.refresh.expose_text());
    shown.error(&tokens.verify(&swapped).await.unwrap_err());
    tokens.revoke(pair.refresh.expose_text()).await.unwrap();
    shown.error(&tokens.verify(&pair.access).await.unwrap_err());
}
