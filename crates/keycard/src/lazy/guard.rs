//! A request that may be given up.

use std::ops::Deref;

use super::LazySession;

/// The session of a request for as long as somebody waits for the response; made by
/// [`until_dropped`](LazySession::until_dropped). It dereferences to the session.
#[derive(Debug)]
#[must_use = "the session is closed when this is dropped"]
pub struct RequestGuard(pub(super) LazySession);

impl Deref for RequestGuard {
    type Target = LazySession;

    fn deref(&self) -> &LazySession {
        &self.0
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        if let Some(Ok(session)) = self.0.mark_closed() {
            session.mark_closed();
        }
    }
}
