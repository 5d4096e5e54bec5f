//! The session layer as a user would configure it: signed cookie, rolling, Redis or memory.

use std::env;
use std::time::Duration;

use bench_support::{Failure, Settings, switch};
use keycard::store::memory::MemoryStore;
use keycard::store::near::NearCache;
use keycard::{CookieSpec, KeyRing, Keycard, Lifetimes};
use keycard_redis::RedisStore;

/// So that runs compare, and the cookies of one are good for the next.
const FIXED_KEY: &[u8; 32] = b"thirty-two bytes, for benchmarks";

/// The absolute time that is the default.
const DAY: Duration = Duration::from_hours(24);

/// The session layer with the settings of the environment.
///
/// # Errors
///
/// A variable that cannot be used, or a Redis that is not there.
pub async fn keycard(settings: &Settings) -> Result<Keycard, Failure> {
    if switch("SEAL")? {
        return Err("SEAL is not supported".into());
    }
    let near_cache = switch("NEAR_CACHE")?;
    let keys = match env::var("KEYCARD_KEYS") {
        Ok(keys) => KeyRing::from_base64(&keys)?,
        Err(_) => KeyRing::new([FIXED_KEY])?,
    };
    let builder = match &settings.redis {
        Some(url) if near_cache => {
            Keycard::with_users(NearCache::over(RedisStore::connect(url).await?), keys)
        }
        Some(url) => Keycard::with_users(RedisStore::connect(url).await?, keys),
        None if near_cache => {
            return Err("NEAR_CACHE keeps copies of what is in Redis: set REDIS_URL, too".into());
        }
        None => Keycard::with_users(MemoryStore::new(), keys),
    };
    let (keycard, _users) = builder
        .cookie(CookieSpec::insecure_http(&settings.cookie).build()?)
        .lifetimes(Lifetimes::new(settings.ttl, settings.ttl.max(DAY))?)
        .build()?;
    Ok(keycard)
}
