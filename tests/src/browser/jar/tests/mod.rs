//! Every rule of the jar, kept and broken.

mod sending;
mod storing;

use std::time::{Duration, SystemTime};

use http::Method;

use super::{Cookie, Jar, Refusal};
use crate::browser::{Fetch, Origin};

const SHOP: &str = "https://shop.example/";
const DAY: Duration = Duration::from_hours(24);

fn start() -> SystemTime {
    httpdate::parse_http_date("Thu, 01 Jan 2026 00:00:00 GMT").unwrap()
}

fn fetch(url: &str) -> Fetch {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, target) = rest
        .split_once('/')
        .map_or((rest, "/".to_owned()), |(host, path)| (host, format!("/{path}")));
    let origin = Origin::at(([127, 0, 0, 1], 3000).into()).named(host);
    Fetch::new(
        if scheme == "https" { origin.https() } else { origin },
        Method::GET,
        &target,
    )
}

fn jar() -> Jar {
    Jar::starting_at(start())
}

/// What the jar keeps of one header set by this page.
fn stored(url: &str, header: &str) -> Result<Cookie, Refusal> {
    let mut jar = jar();
    jar.store(&fetch(url), header.as_bytes())?;
    Ok(jar.cookies().first().expect("the cookie is alive").clone())
}

fn sent(jar: &Jar, fetch: &Fetch) -> String {
    String::from_utf8(jar.cookie_header(fetch).unwrap_or_default()).unwrap()
}
