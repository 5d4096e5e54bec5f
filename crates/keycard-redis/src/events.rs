//! What is worth telling an operator about the connection, as `tracing` events. None holds a password.

use std::fmt::Display;

use redis::RedisError;

use crate::check::RedisAdvice;

pub(crate) fn connected(server: &dyn Display) {
    tracing::info!(%server, "connected to Redis");
}

/// At a level that does not fill logs, as below: each command that is refused meanwhile is an error that is told.
pub(crate) fn connected_anew(server: &dyn Display) {
    tracing::debug!(%server, "connected to Redis anew, since the server before may not be the primary any more");
}

pub(crate) fn lost(server: &dyn Display, reason: &str) {
    tracing::warn!(%server, reason, "lost the connection to Redis");
}

/// What was kept in the cluster before is not found in this one.
pub(crate) fn adopted(seeds: &dyn Display) {
    tracing::warn!(%seeds, "no node of the cluster has answered for a minute: another one that is there takes its place");
}

/// At a level that does not fill logs: it is tried again five times a second.
pub(crate) fn cannot_connect(server: &dyn Display, error: &RedisError) {
    tracing::debug!(%server, %error, "cannot connect to Redis");
}

pub(crate) fn tracking(server: &dyn Display) {
    tracing::debug!(%server, "Redis tells what changes: the near cache is on");
}

/// The cache is off until it is up again, and reads are asked of the server: nothing that an operator must know of at once.
pub(crate) fn tracking_broke(server: &dyn Display, error: &RedisError) {
    tracing::debug!(%server, %error, "Redis does not tell what changes: the near cache is off");
}

/// Once for each near cache: it stays so until somebody changes the server.
pub(crate) fn tracking_refused(server: &dyn Display, error: &RedisError) {
    tracing::warn!(%server, %error, "Redis refuses to tell what changes: the near cache stays off");
}

/// Each time: somebody has to see to the replicas.
pub(crate) fn not_replicated(server: &dyn Display, lack: &str) {
    tracing::warn!(%server, lack, "if the primary were lost now, what has ended would be back, or a token that was refreshed be spent");
}

/// Once for each primary when a store begins.
pub(crate) fn advise(advice: &RedisAdvice) {
    if advice.is_unchecked() {
        unchecked(advice);
    } else {
        weakens(advice);
    }
}

fn weakens(advice: &RedisAdvice) {
    let server = advice.server();
    tracing::warn!(server, %advice, "a setting of Redis weakens what is promised");
}

fn unchecked(advice: &RedisAdvice) {
    let server = advice.server();
    tracing::info!(server, %advice, "a setting of Redis could not be looked at");
}
