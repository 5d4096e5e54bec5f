//! The memory store passes the suite that every store must pass.

use keycard::store::memory::MemoryStore;
use keycard_conformance::TwoHandles;

keycard_conformance::indexed_store_laws!(MemoryStore::new());

mod throttles {
    use super::MemoryStore;

    keycard_conformance::throttle_laws!(MemoryStore::new());
}

mod tokens {
    use super::MemoryStore;

    keycard_conformance::token_laws!(MemoryStore::new());
}

keycard_conformance::statistics_laws!(MemoryStore::new());
keycard_conformance::history_laws!(MemoryStore::new());

/// Clones are the same store.
mod two_clones {
    use super::{MemoryStore, TwoHandles};

    keycard_conformance::indexed_store_laws!(TwoHandles::cloned(&MemoryStore::new()));
    keycard_conformance::statistics_laws!(TwoHandles::cloned(&MemoryStore::new()));
    keycard_conformance::history_laws!(TwoHandles::cloned(&MemoryStore::new()));

    mod throttles {
        use super::{MemoryStore, TwoHandles};

        keycard_conformance::throttle_laws!(TwoHandles::cloned(&MemoryStore::new()));
    }
}
