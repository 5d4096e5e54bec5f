//! The memory store passes the suite that every store must pass.

use keycard::store::memory::MemoryStore;

keycard_conformance::indexed_store_laws!(MemoryStore::new());

mod throttles {
    use super::MemoryStore;

    keycard_conformance::throttle_laws!(MemoryStore::new());
}

keycard_conformance::statistics_laws!(MemoryStore::new());
