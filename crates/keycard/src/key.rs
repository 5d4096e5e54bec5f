//! Names: typed keys of session data, and the id of a user.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The name of a value in a session, together with its type.
///
/// A constant of this type keeps readers and writers of a value in agreement at compile time. Plain strings work where a
/// name is only known at run time; the type is then the caller's word.
///
/// ```
/// use keycard::Key;
///
/// const VISITS: Key<u32> = Key::new("visits");
/// assert_eq!(VISITS.name(), "visits");
/// ```
pub struct Key<T: ?Sized> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T: ?Sized> Key<T> {
    /// The key with this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// The name under which the value is kept.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T: ?Sized> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Key<T> {}

impl<T: ?Sized> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key<{}>({:?})", std::any::type_name::<T>(), self.name)
    }
}

impl<T: ?Sized> AsRef<str> for Key<T> {
    fn as_ref(&self) -> &str {
        self.name
    }
}

/// What names a value of type `T` in a session: a [`Key`], or a string. For functions that take either.
///
/// ```
/// use keycard::{Key, Named};
///
/// fn shown(key: impl Named<u32>) -> String {
///     format!("<{}>", key.name())
/// }
/// assert_eq!(shown(Key::new("visits")), "<visits>");
/// assert_eq!(shown("visits"), "<visits>");
/// ```
pub trait Named<T: ?Sized> {
    /// The name.
    fn name(&self) -> &str;
}

impl<T: ?Sized> Named<T> for Key<T> {
    fn name(&self) -> &str {
        self.name
    }
}

impl<T: ?Sized> Named<T> for &Key<T> {
    fn name(&self) -> &str {
        self.name
    }
}

impl<T: ?Sized> Named<T> for &str {
    fn name(&self) -> &str {
        self
    }
}

impl<T: ?Sized> Named<T> for &String {
    fn name(&self) -> &str {
        self
    }
}

/// Who a session belongs to: the application's own id of a user, as text. Cheap to clone.
///
/// ```
/// use keycard::UserId;
///
/// assert_eq!(UserId::from("alice").as_str(), "alice");
/// assert_eq!(UserId::from(42_u64).as_str(), "42");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({:?})", self.as_str())
    }
}

impl From<&str> for UserId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for UserId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl From<&String> for UserId {
    fn from(id: &String) -> Self {
        Self(id.as_str().into())
    }
}

macro_rules! from_number {
    ($($number:ty),*) => {$(
        impl From<$number> for UserId {
            fn from(id: $number) -> Self {
                Self(id.to_string().into())
            }
        }
    )*};
}

from_number!(i32, i64, u32, u64);
