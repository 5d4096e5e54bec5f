//! The judgement on a `Set-Cookie`: the cookie to store, or why a browser stores none (RFC 6265bis section 5.7).

use std::time::SystemTime;

use super::cookie::{Cookie, SameSite};
use super::matching::{default_path, domain_match};
use super::prefix::Prefix;
use super::set_cookie::SetCookie;
use crate::browser::Fetch;

/// The most octets of name and value together.
pub(in crate::browser) const MAX_PAIR: usize = 4096;

/// Why a browser does not store a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The header bears a control character.
    ControlCharacter,
    /// Neither name nor value.
    Empty,
    /// Name and value are longer than 4096 octets together.
    TooLong,
    /// The `Domain` is not one that this host may set cookies for.
    ForeignDomain,
    /// `Secure` from an origin that is not.
    InsecureOrigin,
    /// The answer to a request of another site, and not `SameSite=None`.
    CrossSite,
    /// `SameSite=None` without `Secure`, which every browser refuses.
    NoneWithoutSecure,
    /// `Partitioned` without `Secure`.
    PartitionedWithoutSecure,
    /// The name's prefix promises what the attributes do not keep.
    PrefixBroken,
    /// A nameless cookie whose value would be read as a prefixed name.
    PrefixForged,
    /// An insecure origin would shadow a `Secure` cookie.
    ShadowsSecure,
}

/// Judges one header by itself; what it may do to cookies that are there already is the jar's to say.
pub(super) fn judge(
    header: &[u8],
    fetch: &Fetch,
    is_secure: bool,
    now: SystemTime,
) -> Result<Cookie, Refusal> {
    let set = SetCookie::parse(header).ok_or(Refusal::ControlCharacter)?;
    check_pair(&set)?;
    let (domain, host_only) = domain(&set, &fetch.origin().host())?;
    let cookie = Cookie {
        name: set.name.to_vec(),
        value: set.value.to_vec(),
        domain,
        path: path(&set, fetch.path()),
        host_only,
        secure: set.has("secure"),
        http_only: set.has("httponly"),
        partitioned: set.has("partitioned"),
        same_site: same_site(&set),
        expires: set.expires(now),
        created: now,
        serial: 0,
    };
    check_flags(&cookie, fetch, is_secure)?;
    check_prefix(&cookie, set.has("path"))?;
    Ok(cookie)
}

fn check_pair(set: &SetCookie<'_>) -> Result<(), Refusal> {
    if set.name.is_empty() && set.value.is_empty() {
        Err(Refusal::Empty)
    } else if set.name.len() + set.value.len() > MAX_PAIR {
        Err(Refusal::TooLong)
    } else if set.name.is_empty() && Prefix::of(set.value).is_some() {
        Err(Refusal::PrefixForged)
    } else {
        Ok(())
    }
}

/// The cookie's domain, and whether it is of the host alone. A name of one label stands for a public suffix.
fn domain(set: &SetCookie<'_>, host: &str) -> Result<(String, bool), Refusal> {
    let named = set.attribute("domain").unwrap_or_default();
    let named =
        std::str::from_utf8(named.strip_prefix(b".").unwrap_or(named)).map_err(|_| Refusal::ForeignDomain)?;
    let named = named.to_ascii_lowercase();
    let is_suffix = !named.contains('.');
    if named.is_empty() || (is_suffix && named == host) {
        Ok((host.to_owned(), true))
    } else if is_suffix || !domain_match(host, &named) {
        Err(Refusal::ForeignDomain)
    } else {
        Ok((named, false))
    }
}

fn path(set: &SetCookie<'_>, page: &str) -> Vec<u8> {
    set.attribute("path")
        .filter(|path| path.starts_with(b"/"))
        .unwrap_or(default_path(page).as_bytes())
        .to_vec()
}

fn same_site(set: &SetCookie<'_>) -> SameSite {
    match set
        .attribute("samesite")
        .map(<[u8]>::to_ascii_lowercase)
        .as_deref()
    {
        Some(b"strict") => SameSite::Strict,
        Some(b"lax") => SameSite::Lax,
        Some(b"none") => SameSite::None,
        _ => SameSite::Unset,
    }
}

fn check_flags(cookie: &Cookie, fetch: &Fetch, is_secure: bool) -> Result<(), Refusal> {
    let is_none = cookie.same_site == SameSite::None;
    if cookie.secure && !is_secure {
        Err(Refusal::InsecureOrigin)
    } else if is_none && !cookie.secure {
        Err(Refusal::NoneWithoutSecure)
    } else if cookie.partitioned && !cookie.secure {
        Err(Refusal::PartitionedWithoutSecure)
    } else if !is_none && fetch.is_cross_site() && !fetch.is_navigation() {
        Err(Refusal::CrossSite)
    } else {
        Ok(())
    }
}

fn check_prefix(cookie: &Cookie, names_path: bool) -> Result<(), Refusal> {
    let Some(prefix) = Prefix::of(&cookie.name) else {
        return Ok(());
    };
    let is_of_host = cookie.host_only && names_path && cookie.path == b"/";
    let keeps = cookie.secure
        && (cookie.http_only || !prefix.needs_http_only())
        && (is_of_host || !prefix.needs_host());
    if keeps { Ok(()) } else { Err(Refusal::PrefixBroken) }
}
