//! The decoder of what a store hands back.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| keycard::properties::record::hold(input));
