#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| m365d_fuzz::authority::holds(input));
