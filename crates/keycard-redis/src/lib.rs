//! Keycard for redis.
