//! Throttles in a store: attempts, counted in sliding windows.

use std::fmt;
use std::future::Future;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::auth::throttle::Limit;
use crate::clock::Timestamp;
use crate::error::StoreError;

/// A store that counts attempts. Applications use it through [`Throttles`](crate::auth::throttle::Throttles).
///
/// - A window is a log: the times of the attempts that it counts. [`judge`](crate::auth::throttle::judge) says what a
///   window answers and what to keep.
/// - **Atomic.** Each verb is one atomic step over all of its windows; where their places cannot be changed in one step (a
///   cluster), what was reserved in some is taken back when another one refuses.
/// - **Bounded.** What a window counts no longer is forgotten. A store that has no room for another window answers with an
///   error; it never makes room at the cost of attempts that count.
/// - An error means that the attempt may have been counted, and is not tried again.
///
/// ```
/// use keycard::Timestamp;
/// use keycard::auth::throttle::Limit;
/// use keycard::store::{Refund, Reserved, Throttle, ThrottleKey, Window, memory::MemoryStore};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let (key, now) = (ThrottleKey::from_bytes([7; 16]), Timestamp::from_millis(1_000));
/// let window = Window::new(key, Limit::new(1, Duration::from_secs(60))?);
///
/// assert_eq!(store.reserve(&[window], now).await?, Reserved::Applied { left: 0 });
/// let until = now.after(Duration::from_secs(60));
/// assert_eq!(store.reserve(&[window], now).await?, Reserved::Throttled { until });
/// store.refund(&Refund::new(vec![key], vec![], now)).await?;
/// assert_eq!(store.reserve(&[window], now).await?, Reserved::Applied { left: 0 });
/// # Ok(())
/// # }
/// ```
pub trait Throttle: fmt::Debug + Send + Sync + 'static {
    /// Counts an attempt at `now` in each of these windows, whose keys differ; or in none, if one of them is full.
    fn reserve(
        &self,
        windows: &[Window],
        now: Timestamp,
    ) -> impl Future<Output = Result<Reserved, StoreError>> + Send;

    /// Takes one attempt of that time out of some windows, and all attempts out of others. What is not there is no error.
    fn refund(&self, refund: &Refund) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The name of a window: 16 bytes of an HMAC, which tell nothing of whose attempts it counts.
///
/// ```
/// use keycard::store::ThrottleKey;
///
/// let key = ThrottleKey::from_bytes([7; 16]);
/// assert_eq!(key.to_bytes(), [7; 16]);
/// assert_eq!(format!("{key:?}"), "ThrottleKey(BwcHBwcHBwcHBwcHBwcHBw)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThrottleKey([u8; 16]);

impl ThrottleKey {
    /// The key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for ThrottleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ThrottleKey({})", URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// A window, and how many attempts it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// Its name.
    pub key: ThrottleKey,
    /// Its limit.
    pub limit: Limit,
}

impl Window {
    /// The window of this name.
    #[must_use]
    pub fn new(key: ThrottleKey, limit: Limit) -> Self {
        Self { key, limit }
    }
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an attempt that is throttled must not be made"]
#[non_exhaustive]
pub enum Reserved {
    /// It is counted in every window.
    Applied {
        /// How many more would fit into each of the windows at the same moment.
        left: usize,
    },
    /// It is counted in none, since one is full.
    Throttled {
        /// From when on there is room in all of them.
        until: Timestamp,
    },
}

/// The arguments of [`Throttle::refund`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refund {
    /// The windows that give one attempt back.
    pub keys: Vec<ThrottleKey>,
    /// The windows that forget all attempts.
    pub cleared: Vec<ThrottleKey>,
    /// The time of the attempt that is taken back.
    pub reserved: Timestamp,
}

impl Refund {
    /// The refund of an attempt that was reserved at that time.
    #[must_use]
    pub fn new(keys: Vec<ThrottleKey>, cleared: Vec<ThrottleKey>, reserved: Timestamp) -> Self {
        Self {
            keys,
            cleared,
            reserved,
        }
    }
}
