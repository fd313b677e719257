//! Each target is this file under a name of its own; `inside.rs` has what it does.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| exoimap::fuzz::run(env!("CARGO_BIN_NAME"), input));
