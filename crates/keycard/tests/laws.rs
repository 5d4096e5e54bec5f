//! The memory store passes the suite that every store must pass.

use keycard::store::memory::MemoryStore;

keycard_conformance::indexed_store_laws!(MemoryStore::new());
