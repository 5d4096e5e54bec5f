//! A strict cookie jar after RFC 6265bis, with a clock that the test marches.
//!
//! It is the judge of what servers emit, so no cookie crate has a part in it. Left out: public suffixes other
//! than names of one label, limits on how many cookies a domain may have, and one jar per top-level site
//! (a `Partitioned` cookie is a cookie of its own, but there is one partition).

mod cookie;
mod matching;
mod prefix;
mod set_cookie;
mod storage;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::time::{Duration, SystemTime};

pub use cookie::{Cookie, SameSite};
pub use storage::Refusal;

pub(super) use prefix::Prefix;
pub(super) use set_cookie::{MAX_AGE, MAX_ATTRIBUTE, SetCookie, date, max_age};
pub(super) use storage::MAX_PAIR;

use super::fetch::Fetch;
use super::origin::Scheme;
use matching::{domain_match, path_match};

/// How long a cookie without `SameSite` still goes with unsafe cross-site navigations.
const LAX_ALLOWING_UNSAFE: Duration = Duration::from_mins(2);

/// The cookies of one browser profile.
///
/// ```
/// use http::Method;
/// use keycard_tests::browser::{Fetch, Jar, Origin, Refusal};
///
/// let shop = Origin::at(([127, 0, 0, 1], 3000).into()).named("shop.example").https();
/// let login = Fetch::new(shop, Method::POST, "/login");
/// let mut jar = Jar::new();
/// assert_eq!(jar.store(&login, b"__Host-sid=1; Path=/"), Err(Refusal::PrefixBroken));
/// assert_eq!(jar.store(&login, b"__Host-sid=1; Path=/; Secure"), Ok(()));
/// assert_eq!(jar.cookie_header(&login).unwrap(), b"__Host-sid=1");
/// ```
#[derive(Debug, Clone)]
pub struct Jar {
    cookies: Vec<Cookie>,
    refused: Vec<(Refusal, String)>,
    now: SystemTime,
    serial: u64,
    trusts_loopback: bool,
}

impl Default for Jar {
    fn default() -> Self {
        Self::new()
    }
}

impl Jar {
    /// An empty jar whose clock starts at the system's time and stands still there.
    #[must_use]
    pub fn new() -> Self {
        Self::starting_at(SystemTime::now())
    }

    /// An empty jar whose clock stands at `now`.
    #[must_use]
    pub fn starting_at(now: SystemTime) -> Self {
        Self {
            cookies: Vec::new(),
            refused: Vec::new(),
            now,
            serial: 0,
            trusts_loopback: false,
        }
    }

    /// Whether plain http on a loopback host counts as secure, as it does in current browsers. Off at first.
    pub fn trust_loopback(&mut self, trust: bool) {
        self.trusts_loopback = trust;
    }

    /// The time on the jar's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// Marches the clock; what has expired then is gone.
    pub fn advance(&mut self, time: Duration) {
        self.now += time;
        self.drop_expired();
    }

    /// Ends the session cookies, as closing the browser does.
    pub fn close_browser(&mut self) {
        self.cookies.retain(|cookie| cookie.expires.is_some());
    }

    /// Stores the cookie of one `Set-Cookie` header in the answer to `fetch`.
    ///
    /// # Errors
    ///
    /// Why a browser would ignore the header; the jar is unchanged then.
    pub fn store(&mut self, fetch: &Fetch, header: &[u8]) -> Result<(), Refusal> {
        let is_secure = self.is_secure(fetch);
        let stored = storage::judge(header, fetch, is_secure, self.now).and_then(|cookie| {
            if !cookie.secure && !is_secure && self.cookies.iter().any(|other| shadows(&cookie, other)) {
                return Err(Refusal::ShadowsSecure);
            }
            self.set_raw(cookie);
            Ok(())
        });
        if let Err(refusal) = stored {
            self.refused
                .push((refusal, String::from_utf8_lossy(header).into_owned()));
        }
        stored
    }

    /// Puts a cookie in the jar whatever the rules say, as an attacker or an older program may have.
    ///
    /// It takes the place of the cookie of its name, domain and path, and keeps that one's creation time.
    pub fn set_raw(&mut self, mut cookie: Cookie) {
        let old = self
            .cookies
            .iter()
            .position(|old| cookie.replaces(old))
            .map(|at| self.cookies.remove(at));
        (cookie.created, cookie.serial) =
            old.map_or((self.now, self.serial), |old| (old.created, old.serial));
        self.serial += 1;
        self.cookies.push(cookie);
        self.drop_expired();
    }

    /// The value of the `Cookie` header that goes with `fetch`, or `None` when no cookie does.
    #[must_use]
    pub fn cookie_header(&self, fetch: &Fetch) -> Option<Vec<u8>> {
        let mut sent: Vec<&Cookie> = self
            .cookies
            .iter()
            .filter(|cookie| self.accompanies(cookie, fetch))
            .collect();
        sent.sort_by_key(|cookie| sending_order(cookie));
        let pairs: Vec<Vec<u8>> = sent.into_iter().map(pair).collect();
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
    }

    /// The cookie of this name; of several, the one that would be sent first.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&Cookie> {
        self.cookies
            .iter()
            .filter(|cookie| cookie.name == name.as_bytes())
            .min_by_key(|cookie| sending_order(cookie))
    }

    /// All cookies that are alive, in no order that counts.
    #[must_use]
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    /// The cookies that scripts could read.
    #[must_use]
    pub fn script_visible(&self) -> Vec<&Cookie> {
        self.cookies.iter().filter(|cookie| !cookie.http_only).collect()
    }

    /// The headers that were refused so far, and why.
    #[must_use]
    pub fn refused(&self) -> &[(Refusal, String)] {
        &self.refused
    }

    fn is_secure(&self, fetch: &Fetch) -> bool {
        let origin = fetch.origin();
        origin.scheme() == Scheme::Https || (self.trusts_loopback && origin.is_loopback())
    }

    fn accompanies(&self, cookie: &Cookie, fetch: &Fetch) -> bool {
        let host = fetch.origin().host();
        let is_of_host = if cookie.host_only {
            host == cookie.domain
        } else {
            domain_match(&host, &cookie.domain)
        };
        is_of_host
            && path_match(request_path(fetch), &cookie.path)
            && (!cookie.secure || self.is_secure(fetch))
            && (!fetch.is_cross_site() || self.crosses_sites(cookie, fetch))
    }

    fn crosses_sites(&self, cookie: &Cookie, fetch: &Fetch) -> bool {
        let is_young = cookie.created + LAX_ALLOWING_UNSAFE >= self.now;
        match cookie.same_site {
            SameSite::None => true,
            SameSite::Strict => false,
            SameSite::Lax => fetch.is_navigation() && fetch.method().is_safe(),
            SameSite::Unset => fetch.is_navigation() && (fetch.method().is_safe() || is_young),
        }
    }

    fn drop_expired(&mut self) {
        let now = self.now;
        self.cookies.retain(|cookie| !cookie.is_expired(now));
    }
}

/// Whether `cookie`, not `Secure`, would be taken for the `Secure` cookie `other` by some request.
fn shadows(cookie: &Cookie, other: &Cookie) -> bool {
    other.secure
        && cookie.name == other.name
        && (domain_match(&cookie.domain, &other.domain) || domain_match(&other.domain, &cookie.domain))
        && path_match(&cookie.path, &other.path)
}

/// Longer paths first, then what was created earlier.
fn sending_order(cookie: &Cookie) -> (Reverse<usize>, u64) {
    (Reverse(cookie.path.len()), cookie.serial)
}

fn request_path(fetch: &Fetch) -> &[u8] {
    match fetch.path() {
        "" => b"/",
        path => path.as_bytes(),
    }
}

fn pair(cookie: &Cookie) -> Vec<u8> {
    let separator: &[u8] = if cookie.name.is_empty() { b"" } else { b"=" };
    [&cookie.name, separator, &cookie.value].concat()
}
