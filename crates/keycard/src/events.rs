//! What is worth telling an operator, as `tracing` events. No event holds more of an id than its public half.

use crate::error::StoreError;
use crate::id::StoreKey;

const TARGET: &str = "keycard";

/// Cookies of our name came, and none was signed by a key that we hold.
pub(crate) fn forged_cookie(count: usize) {
    tracing::debug!(target: TARGET, count, "no cookie of the session's name verified");
}

/// A verified id whose session is not known: expired, or ended more than a minute ago.
pub(crate) fn unknown_id(session: StoreKey) {
    tracing::debug!(target: TARGET, %session, "the session is unknown or has expired");
}

/// A verified id whose session ended lately.
pub(crate) fn ended_id_used(session: StoreKey) {
    tracing::info!(target: TARGET, %session, "a session that has ended was used");
}

/// A verified id whose secret is no longer the session's.
pub(crate) fn reuse_of_rotated_id(session: StoreKey) {
    tracing::warn!(target: TARGET, %session, "an id that was rotated away was used again");
}

/// Two cookies of one request name sessions that are both alive; neither is used.
pub(crate) fn several_sessions(count: usize) {
    tracing::warn!(target: TARGET, count, "several live sessions in one request: another host may have planted a cookie");
}

/// A record that no version wrote.
pub(crate) fn corrupt_record(session: StoreKey) {
    tracing::error!(target: TARGET, %session, "the session's record is corrupt and counts as absent");
}

/// A record that a newer version wrote.
pub(crate) fn newer_record(session: StoreKey, version: u8) {
    tracing::warn!(target: TARGET, %session, version, "the session's record was written by a newer version");
}

/// Changes were left to the end of a request whose session ended meanwhile.
pub(crate) fn write_dropped(session: Option<StoreKey>) {
    let session = session.map(|key| key.to_string());
    tracing::info!(target: TARGET, session, "changes to a session that has ended were dropped");
}

/// The store did not take a touch. The request does not suffer from it; the session may end a little early.
pub(crate) fn touch_failed(session: StoreKey, error: &StoreError) {
    tracing::warn!(target: TARGET, %session, %error, "the use of a session could not be recorded");
}

/// An attempt was refused, since there were too many before it.
pub(crate) fn throttled(what: &str, retry_after: u64) {
    tracing::warn!(target: TARGET, what, retry_after, "an attempt was throttled");
}

/// The store could not count an attempt, and by the application's policy it is made all the same.
pub(crate) fn not_throttled(error: &StoreError) {
    tracing::error!(target: TARGET, %error, "an attempt could not be counted and was allowed");
}

/// The store did not take a refund: the attempt stays counted, though it succeeded.
pub(crate) fn refund_failed(error: &StoreError) {
    tracing::warn!(target: TARGET, %error, "an attempt that succeeded stays counted");
}

/// A session could not be loaded or committed, and the request is answered with an error.
pub(crate) fn request_failed(error: &crate::Error) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(target: TARGET, %error, cause, "a session could not be loaded or committed");
}
