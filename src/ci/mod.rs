//! What a pipeline is told: one report, written in the form that each platform reads.
//!
//! Receives plan entries, failures and faults as a [`Report`] of plain data, hands on text: annotations, a job summary and outputs for
//! GitHub, code quality and variables for GitLab, JUnit, SARIF, and a comment in markdown. Pure: neither files nor the environment are
//! looked at here. Invariants: values of Secrets never get into a report; whatever names and messages hold, they stay inside of the
//! place that they were put in.

mod findings;
pub mod github;
pub mod gitlab;
mod junit;
mod markdown;
mod report;
mod root;
mod sarif;

pub use findings::{FilePlace, Finding, findings};
pub use junit::junit;
pub use markdown::{Limit, comment, full_diff};
pub use report::{Item, Level, Place, Problem, Report, Rule};
pub use root::Root;
pub use sarif::sarif;

#[cfg(test)]
mod tests;
