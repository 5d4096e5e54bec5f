//! The store wherever Redis may be: a cluster, a primary that Sentinels watch, over TLS, by the newer protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod check;
mod clusters;
mod durability;
#[path = "../redis/each_verb.rs"]
mod each_verb;
mod failover;
#[path = "../near/log.rs"]
mod log;
mod login;
mod moving;
mod near_cluster;
mod nears;
mod rights;
mod sentinel;
#[path = "../redis/support.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod support;
mod tls;
