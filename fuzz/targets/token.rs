//! The reader of tokens.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| keycard_jwt::properties::hold(input));
