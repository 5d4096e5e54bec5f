//! What is wrong with a store's settings, or with what they lead to.

use std::error::Error;
use std::fmt;

use crate::down::Down;

/// Why there is no [`RedisStore`](crate::RedisStore). Its text says what to change or to check, and holds no password.
///
/// ```
/// use keycard_redis::RedisStore;
///
/// let error = RedisStore::builder("http://:hunter2@127.0.0.1").unwrap_err();
/// assert!(error.to_string().contains("use `redis://") && !error.to_string().contains("hunter2"));
/// ```
#[derive(Debug)]
pub struct RedisConfigError {
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl RedisConfigError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn caused(what: &str, cause: impl Error + Send + Sync + 'static) -> Self {
        Self {
            message: format!("{what}: {cause}"),
            source: Some(Box::new(cause)),
        }
    }
}

impl From<Down> for RedisConfigError {
    fn from(down: Down) -> Self {
        Self {
            message: down.message.to_string(),
            source: down.cause.map(Into::into),
        }
    }
}

impl fmt::Display for RedisConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for RedisConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_deref()?)
    }
}
