//! From desired and live objects to a plan, and from a plan to a screen.
//!
//! Receives desired objects (from [`crate::manifest`]) and live ones (from the API), hands on a [`Plan`] as plain data and its text.
//! Invariant: what a plan says will happen is decided before anything is rendered or executed.

mod model;
pub mod render;

pub use model::{Action, Plan, PlanEntry, Summary};
