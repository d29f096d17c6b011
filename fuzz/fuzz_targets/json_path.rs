#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trueup::fuzzing::json_path(bytes));
