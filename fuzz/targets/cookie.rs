//! The reader of `Cookie` headers.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| keycard::properties::cookie::hold(input));
