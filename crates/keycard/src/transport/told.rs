//! What a response tells of the session and of what it depends on.

use std::sync::Arc;

/// A header of a response with what its client must know.
pub(crate) struct Told {
    pub(crate) header: &'static str,
    pub(crate) value: String,
}

/// The request headers that were looked at for the id: on them the response depends.
pub(crate) struct Vary {
    pub(super) names: Arc<[&'static str]>,
    pub(super) looked_at: usize,
}

impl Vary {
    /// The headers in which credentials come that are no ids of ours.
    pub(crate) fn credentials() -> Self {
        Self {
            names: Arc::new(["Authorization", "Cookie"]),
            looked_at: 2,
        }
    }

    /// Of what a visitor without a session is known by.
    pub(crate) fn cookie() -> Self {
        Self {
            names: Arc::new(["Cookie"]),
            looked_at: 1,
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        let names: Arc<[_]> = self.names().iter().chain(other.names()).copied().collect();
        Self {
            looked_at: names.len(),
            names,
        }
    }

    pub(crate) fn names(&self) -> &[&'static str] {
        &self.names[..self.looked_at]
    }
}
