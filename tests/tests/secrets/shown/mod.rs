//! What public types show of themselves by `Debug`, and errors by `Display`.

mod account;
mod csrf;
mod names;
mod on_actix;
mod on_axum;
mod spy;
mod tokens;
mod walk;

use std::any::type_name;
use std::error::Error;
use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was shown, each with the type that has shown it.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Vec<(String, String)>>>);

impl Shown {
    fn add<T: Debug>(&self, value: &T) {
        let texts = [format!("{value:?}"), format!("{value:#?}")];
        self.texts().extend(texts.map(|text| (name::<T>(), text)));
    }

    /// All that an error tells, and the errors behind it.
    fn error<T: Error + 'static>(&self, error: &T) {
        self.add(error);
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            self.texts().push((name::<T>(), format!("{error} {error:?}")));
            next = error.source();
        }
    }

    fn texts(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing of what was shown, for types that hold this.
impl Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

/// The crate and the last part of a type's name: `keycard::Session`.
fn name<T>() -> String {
    let path = type_name::<T>().split('<').next().unwrap_or_default();
    let parts: Vec<&str> = path.split("::").collect();
    format!("{}::{}", parts[0], parts[parts.len() - 1])
}

#[tokio::test]
async fn no_type_shows_a_secret() {
    let (shown, mut evidence) = (Shown::default(), crate::evidence_of_keys());
    walk::configuration(&shown);
    let (keycard, cookie) = walk::life(&shown, &mut evidence).await;
    account::page(&shown, &mut evidence).await;
    tokens::pair(&shown, &mut evidence).await;
    csrf::check(&keycard, &cookie, &shown, &mut evidence).await;
    let rotated = on_axum::rotate(&keycard, &cookie, &shown).await;
    evidence.set_cookie(rotated.as_bytes());
    let rotated = on_actix::rotate(&keycard, &rotated, &shown).await;
    evidence.set_cookie(rotated.as_bytes());
    walk::failures(&keycard, &rotated, &shown).await;

    let texts = std::mem::take(&mut *shown.texts());
    names::assert_complete(texts.iter().map(|(name, _)| name.as_str()).collect());
    evidence.add(
        "shown",
        texts.into_iter().map(|(name, text)| (name, text.into_bytes())),
    );
    evidence.assert_enough(6, &[("shown", 100, &["StoreKey(", "Sensitive"])]);
    assert_eq!(evidence.leaks(), [""; 0]);
}
