//! How a change meets an object: JSON patch, merge patch, strategic merge patch, server-side apply and its field managers.
//!
//! Receives documents and a compiled schema, hands back documents and conflicts. Invariant: pure; nothing here reads a clock, a store
//! or the network.

mod apply;
mod combine;
mod compare;
mod conflict;
mod field_set;
mod fields_v1;
mod json_patch;
mod last_applied;
mod managed;
mod merge_patch;
mod ownership;
mod path;
mod prune;
mod scale;
mod strategic;
mod strategic_list;
mod typed;
mod update;
mod value;
mod versions;

pub use apply::{ApplyError, ApplyRequest, apply, apply_change};
pub use combine::{extract_items, merge, remove_items};
pub use compare::{Comparison, compare};
pub use conflict::{Conflict, refusal};
pub use field_set::FieldSet;
pub use fields_v1::{FieldsV1Error, from_fields_v1, to_fields_v1};
pub use json_patch::{JsonPatchError, MAX_OPERATIONS, json_patch, unknown_members};
pub use managed::{ManagedFieldsError, ManagerEntry, Managers, Operation};
pub use merge_patch::merge_patch;
pub use ownership::to_field_set;
pub use path::{FieldPath, PathElement};
pub use scale::{ReplicasPlace, SCALE_VERSION, managers_of_scale, managers_with_scale};
pub use strategic::{StrategicPatchError, strategic_merge_patch};
pub use typed::{Problem, WalkError};
pub use update::{UpdateRequest, track_update};
pub use versions::{OneVersion, Versions};
