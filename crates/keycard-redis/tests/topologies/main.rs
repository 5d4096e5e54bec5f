//! The store wherever Redis may be: a cluster, a primary that Sentinels watch, over TLS, by the newer protocol.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod laws;
