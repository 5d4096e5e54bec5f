//! Keycard for tower.
