//! Admission policies in CEL.
//!
//! Receives what the expressions of policies come to; hands on objects and failures. Invariant: pure, which requests are meant and where
//! parameters come from is found out by the caller.

pub mod mutation;
