//! The opener of sealed texts.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| keycard::properties::seal::hold(input));
