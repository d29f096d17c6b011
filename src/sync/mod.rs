//! Keeping a target as manifests say: when to look, what is astray, and how it is going.
//!
//! Receives what happened (files changed, an object was seen, a run ended), hands on when the next run is due and what there is to report.
//! The runs themselves are the command's. Invariant: a decision depends on the state of now and never on having seen an event: what was
//! missed is found by the next run at the latest.

mod endpoint;
mod files;
mod pace;
mod regard;
mod status;

pub use endpoint::answer_on;
pub use files::{Fingerprint, Watched};
pub use pace::{Cause, Ended, Pace};
pub use regard::{Known, Look, Regard};
pub use status::{Reading, Status};
