//! Keycard for actix.
