//! Integration tests.

mod merge;
