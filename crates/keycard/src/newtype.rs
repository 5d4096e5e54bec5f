//! What all newtypes of the adapters have in common, written once.

/// Gives a newtype of an adapter the ways in and out: `Deref`, `From` both ways, and `into_inner`. For adapters, which
/// cannot implement the traits of their framework for the core's own types.
///
/// ```
#[doc = example!(session)]
/// struct Session(keycard::Session);
/// keycard::newtype!(Session);
///
/// let outer = Session::from(session);
/// outer.login("alice");
/// assert_eq!(outer.into_inner().user(), Some("alice".into()));
#[doc = example!(end)]
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! newtype {
    ($name:ident) => {
        impl $name {
            #[doc = concat!("The core's own [`", stringify!($name), "`](keycard::", stringify!($name), ").")]
            #[must_use]
            pub fn into_inner(self) -> $crate::$name {
                self.0
            }
        }

        impl ::core::ops::Deref for $name {
            type Target = $crate::$name;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl ::core::convert::From<$crate::$name> for $name {
            fn from(inner: $crate::$name) -> Self {
                Self(inner)
            }
        }

        impl ::core::convert::From<$name> for $crate::$name {
            fn from(outer: $name) -> Self {
                outer.0
            }
        }
    };
}
