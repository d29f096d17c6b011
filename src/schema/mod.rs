//! What documents look like: one compiled [`Schema`] per kind, and the table of kinds served.
//!
//! Receives the k8s-openapi schemas, the tables of facts beside them, and CustomResourceDefinitions; hands a [`Schema`] to admission,
//! merge, OpenAPI, the CLI. Invariant: whatever needs to know a type, a list's keys or a default asks the same compiled schema.

mod builtin;
pub mod check;
pub mod columns;
pub mod crd;
mod custom;
mod definition;
mod facts;
mod formats;
mod kinds;
mod node;
mod pattern;
pub(crate) mod quantity;
mod registry;
mod resource;
mod rules;

pub use builtin::{builtin, builtin_kinds};
pub use custom::naming;
pub use custom::{WebhookConversion, from_crd, stored_version_faults};
pub use formats::Format;
pub use kinds::LEFT_OUT;
pub use node::{Asked, ListType, MapKey, Node, NodeId, Number, PatchStrategy, Scalar, Schema, SchemaNode, Shape};
pub(crate) use pattern::{compile as go_pattern, weight as go_pattern_weight};
pub use registry::{Catalog, ServedGroup, ServedVersion};
pub use resource::{Behaviour, FieldSource, NameRule, Origin, Resource, ScalePaths, Subresource, Verbs};
pub use rules::{Bound, Expression, Rules};
