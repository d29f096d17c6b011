//! The merge engine as its callers see it: scenarios that a user would write, and properties that always hold.

#![allow(clippy::expect_used, reason = "a test that cannot go on says why")]

mod properties;
mod scenarios;
mod schema;
