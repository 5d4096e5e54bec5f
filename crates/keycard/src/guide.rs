//! How to: a page for each thing that applications do with sessions, each with an example that runs.
//!
//! The examples call handlers as functions, so they hold on every framework. There the [`Session`](crate::Session) comes from
//! the adapter's extractor, what else a handler takes ([`Users`](crate::Users), [`Throttles`](crate::auth::throttle::Throttles))
//! from the application's state, and an [`Error`](crate::Error) that it returns becomes a response with the error's
//! [status](crate::Error::status). A handler needs no `commit` unless it wants to know first: the adapter commits at the end.
//!
//! Some pages are elsewhere, for they are about a framework, a server, or tests: guards of routes in `keycard_tower::auth` and
//! `keycard_actix::auth`, operations in `keycard_redis::guide`, and tests of applications in `keycard_conformance::testing`.

#[doc = include_str!("../docs/users.md")]
pub mod users {}

#[doc = include_str!("../docs/login.md")]
pub mod login {}

#[doc = include_str!("../docs/throttling.md")]
pub mod throttling {}

#[doc = include_str!("../docs/clients.md")]
pub mod clients {}

#[doc = include_str!("../docs/transports.md")]
pub mod transports {}

#[doc = include_str!("../docs/csrf.md")]
pub mod csrf {}

#[doc = include_str!("../docs/flash.md")]
pub mod flash {}

#[doc = include_str!("../docs/events.md")]
pub mod events {}

#[doc = include_str!("../docs/near_cache.md")]
pub mod near_cache {}

#[doc = include_str!("../docs/metrics.md")]
pub mod metrics {}

#[doc = include_str!("../docs/outages.md")]
pub mod outages {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The message of a row of the table of events.
    fn message(row: &str) -> Option<&str> {
        let (level, rest) = row.strip_prefix("| `")?.split_once("` | ")?;
        level.parse::<tracing::Level>().ok()?;
        rest.split(" | ").next()
    }

    #[test]
    fn the_page_on_events_tells_each_message_and_no_other() {
        let texts = include_str!("events.rs").split('"').skip(1).step_by(2);
        let messages: BTreeSet<&str> = texts.filter(|text| text.contains(' ')).collect();
        let rows = include_str!("../docs/events.md").lines();
        let told: BTreeSet<&str> = rows.filter_map(message).collect();
        let differ: Vec<_> = messages.symmetric_difference(&told).collect();
        assert!(
            differ.is_empty(),
            "only in one of events.rs and docs/events.md: {differ:#?}"
        );
    }
}
