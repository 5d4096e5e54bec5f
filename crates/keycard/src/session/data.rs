//! The values in a session: read and written on a local view, in memory.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Session;
use crate::engine::too_large;
use crate::error::Error;
use crate::intent::Change;
use crate::key::Named;
use crate::record::Data;
use crate::store::MAX_RECORD;
use crate::value;

impl Session {
    /// The value under `key`, or `None`.
    ///
    /// ```
    #[doc = example!(session)]
    /// const CART: Key<Vec<u32>> = Key::new("cart");
    ///
    /// session.insert(CART, &vec![7, 9])?;
    /// assert_eq!(session.get(CART)?, Some(vec![7, 9]));
    /// assert_eq!(session.get::<Vec<u32>>("cart")?, Some(vec![7, 9]));
    /// let error = session.get::<String>("cart").unwrap_err();
    /// assert!(error.to_string().contains("\"cart\" holds a sequence"));
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`TypeMismatch`](crate::ErrorKind::TypeMismatch) if the stored value is not a `T`; the message names the key and
    /// both types.
    pub fn get<T: DeserializeOwned>(&self, key: impl Named<T>) -> Result<Option<T>, Error> {
        value::read(self.state().data(), key.name())
    }

    /// Puts a value under `key`. A value equal to the one that is there already is not a change.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("cart", &[7, 9])?;
    /// let error = session.insert("upload", &"x".repeat(64 * 1024)).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TooLarge);
    /// assert_eq!(session.keys(), ["cart"], "what does not fit is not put in");
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Encode`](crate::ErrorKind::Encode) if the value cannot be serialised,
    /// [`TooLarge`](crate::ErrorKind::TooLarge) if the session would not fit into a record of 64 KiB; the value is then
    /// not put in.
    pub fn insert<T: Serialize + ?Sized>(&self, key: impl Named<T>, value: &T) -> Result<(), Error> {
        let name = key.name();
        let bytes = value::encode(name, value)?;
        let mut state = self.state();
        let mut data = state.data().cloned().unwrap_or_default();
        // Of a session that could not be read nobody knows what it holds: what is asked for counts.
        if !data.set(name, &bytes) && state.base.unread().is_none() {
            return Ok(());
        }
        if state.record_len(&data) > MAX_RECORD {
            return Err(too_large(&data));
        }
        state.view = Some(data);
        state.intent.push(Change::Set(name.to_owned(), bytes));
        Ok(())
    }

    /// Removes the value under `key`; `false` if there was none.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("coupon", "SPRING")?;
    /// assert!(session.remove("coupon"));
    /// assert!(!session.remove("coupon"));
    #[doc = example!(end)]
    /// ```
    pub fn remove(&self, key: impl AsRef<str>) -> bool {
        let mut state = self.state();
        let key = key.as_ref();
        let removed = state.contains(key) && state.view().remove(key);
        if removed || state.base.unread().is_some() {
            state.intent.push(Change::Remove(key.to_owned()));
        }
        removed
    }

    /// Removes the value under `key` and answers it.
    ///
    /// Two requests may both take the same value; [`consume`](Self::consume) lets one win.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("flash", "saved")?;
    /// assert_eq!(session.take::<String>("flash")?.as_deref(), Some("saved"));
    /// assert_eq!(session.take::<String>("flash")?, None);
    #[doc = example!(end)]
    /// ```
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); the value then stays.
    pub fn take<T: DeserializeOwned>(&self, key: impl Named<T>) -> Result<Option<T>, Error> {
        let name = key.name().to_owned();
        let value = self.get(key)?;
        self.remove(name);
        Ok(value)
    }

    /// Whether there is a value under `key`, of whatever type.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("cart", &[7, 9])?;
    /// assert!(session.contains("cart") && !session.contains("coupon"));
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn contains(&self, key: impl AsRef<str>) -> bool {
        self.state().contains(key.as_ref())
    }

    /// The names of all values, sorted.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.insert("theme", "dark")?;
    /// session.insert("cart", &[7, 9])?;
    /// assert_eq!(session.keys(), ["cart", "theme"]);
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state()
            .data()
            .map(|data| data.keys().map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// Removes all values. The session goes on, and so does the login; see [`logout`](Self::logout) for the end.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// session.insert("draft", "…")?;
    /// session.clear();
    /// assert!(session.is_empty() && session.user().is_some());
    #[doc = example!(end)]
    /// ```
    pub fn clear(&self) {
        let mut state = self.state();
        if state.data().is_some_and(|data| !data.is_empty()) || state.base.unread().is_some() {
            state.view().clear();
            state.intent.push(Change::Clear);
        }
    }

    /// Whether the session holds no values.
    ///
    /// ```
    #[doc = example!(session)]
    /// session.login("alice");
    /// assert!(session.is_empty(), "who is logged in is not a value");
    /// session.insert("theme", "dark")?;
    /// assert!(!session.is_empty());
    #[doc = example!(end)]
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state().data().is_none_or(Data::is_empty)
    }
}
