//! From desired and live objects to a plan, and from a plan to a screen.
//!
//! Receives desired objects (from [`crate::manifest`]) and live ones (from the API), hands on a [`Plan`] as plain data and its text.
//! Invariant: what a plan says will happen is decided before anything is rendered or executed.

mod adopt;
mod apply;
mod authors;
mod build;
mod changes;
mod dispute;
mod drift;
mod execute;
pub mod history;
mod immutable;
mod live;
mod locally;
mod model;
mod order;
mod owners;
mod ownership;
mod parallel;
mod place;
mod reach;
pub mod render;
mod replace;
mod saved;
pub mod set;
mod simulate;
mod stop;
pub mod undo;

pub use adopt::LAST_APPLIED;
pub use authors::{Authored, authored};
pub use build::{Built, Question, build, entry};
pub use changes::{FieldAction, FieldChange, readable_path};
pub use dispute::Dispute;
pub use drift::{
    DriftDocument, DriftLook, DriftQuestion, DriftState, FieldDrift, ObjectDrift, Verdict, drift_document, drift_note, drift_summary,
    drift_text, member_drift, object_drift,
};
pub use execute::{Awaiting, Conduct, Done, UntilReady, execute};
pub use live::Live;
pub use model::{Action, Plan, PlanEntry, Summary};
pub use order::{Need, Order, OrderFault, Outside, Reference, Stage, Step, named_wave, rank};
pub use owners::{FieldOwner, OwnedChange, OwnersShown};
pub use ownership::already_applied;
pub(crate) use parallel::{REQUESTS_AT_ONCE, each};
pub use place::{Failure, Namespaces, ObjectError, Placed, in_namespace, place, unknown_fields};
pub use replace::{Between, Lingering, Patience, Replaceable, Replacing};
pub use saved::{Declaration, SaveOptions, SavedObject, SavedPlan, SavedPlanError, SavedSet, Withheld, moved, pin, saved, withheld};
pub use stop::Stop;
