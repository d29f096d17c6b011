//! The merge engine as its callers see it: scenarios that a user would write, and properties that always hold.

mod properties;
mod scenarios;
mod schema;
