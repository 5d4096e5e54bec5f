//! The types of the check against forged requests.

use keycard::{CsrfPolicy, CsrfRequest, Keycard, Outcome};
use keycard_tests::secrets::Evidence;
use keycard_tests::world::set_cookie;

use super::Shown;

/// The form of a user, and one for a visitor.
pub(super) async fn check(keycard: &Keycard, cookie: &str, shown: &Shown, evidence: &mut Evidence) {
    let policy = CsrfPolicy::default().trust_origin("https://app.example");
    let policy = policy.unwrap();
    shown.add(&policy);
    let headers = [
        ("cookie", cookie),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let request = CsrfRequest::new("POST", headers.as_slice());
    shown.add(&request);
    let lazy = keycard.open_request(headers.as_slice(), None);
    let form = lazy.check_csrf(&policy, &request).unwrap().unwrap();
    shown.add(&form);
    for lazy in [lazy, keycard.open([])] {
        let request = CsrfRequest::new("GET", headers.as_slice());
        assert!(lazy.check_csrf(&policy, &request).unwrap().is_none());
        let token = lazy.csrf_token().await.unwrap();
        evidence.watch("a CSRF token", token.as_str().as_bytes());
        shown.add(&token);
        shown.error(&form.check(format!("csrf_token={token}x").as_bytes()).unwrap_err());
        shown.add(&lazy);
        let closing = keycard.close(&lazy, Outcome::Completed).await;
        shown.add(&closing);
        if let Some(visitor) = set_cookie(&closing) {
            evidence.set_cookie(visitor.as_bytes());
        }
    }
    shown.error(&form.too_large());
}
