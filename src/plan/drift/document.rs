//! Drift as a document for programs; docs/drift.md describes it.
//!
//! Invariant: within one version of the format, members are only added.

use serde_json::{Map, Value, json};

use super::{DriftState, FieldDrift, ObjectDrift};
use crate::plan::render::{API_VERSION, failure, owner, position, put};
use crate::plan::{Failure, readable_path};

/// What a document tells beside the objects.
#[derive(Debug, Clone, Copy)]
pub struct DriftDocument<'a> {
    /// The target, in words.
    pub target: &'a str,
    /// The manager in whose name the set is applied.
    pub manager: &'a str,
    /// The set that was looked at, where one was named.
    pub set: Option<&'a Value>,
    /// What could not be looked at.
    pub failures: &'a [Failure],
    /// What the server warns of.
    pub warnings: &'a [String],
}

/// Drift as a document of kind `Drift`.
#[must_use]
pub fn drift_document(drifts: &[ObjectDrift], about: DriftDocument<'_>) -> Value {
    let count = |state: DriftState| drifts.iter().filter(|drift| drift.state == state).count();
    let mut summary: Map<String, Value> = DriftState::ALL.iter().map(|state| (state.member().to_owned(), count(*state).into())).collect();
    summary.insert("failed".to_owned(), about.failures.len().into());
    let mut document = json!({
        "apiVersion": API_VERSION,
        "kind": "Drift",
        "target": about.target,
        "fieldManager": about.manager,
        "summary": summary,
        "objects": drifts.iter().map(object).collect::<Vec<_>>(),
        "failures": about.failures.iter().map(failure).collect::<Vec<_>>(),
        "warnings": about.warnings,
    });
    put(&mut document, "set", about.set.cloned());
    document
}

fn object(drift: &ObjectDrift) -> Value {
    let mut members = json!({
        "state": drift.state.member(),
        "apiVersion": drift.gvk.api_version(),
        "kind": drift.gvk.kind,
        "name": drift.key.name,
        "resource": drift.plural,
        "fields": drift.fields.iter().map(|one| field(drift, one)).collect::<Vec<_>>(),
    });
    put(&mut members, "namespace", drift.key.namespace.as_deref());
    put(&mut members, "source", drift.origin.as_ref().map(position));
    put(&mut members, "uid", drift.live.as_ref().map(|(uid, _)| uid.as_str()));
    put(&mut members, "resourceVersion", drift.live.as_ref().map(|(_, version)| version.as_str()));
    put(&mut members, "applied", drift.applied.map(|time| time.to_string()));
    put(&mut members, "deletionTimestamp", drift.deleting_since.as_deref());
    put(&mut members, "masked", drift.masked.then_some(true));
    members
}

fn field(drift: &ObjectDrift, field: &FieldDrift) -> Value {
    let change = &field.change;
    let mut members = json!({"verdict": field.verdict.word(), "path": readable_path(&change.path)});
    put(&mut members, "declared", change.from.clone());
    put(&mut members, "live", change.to.clone());
    let source = drift.source.as_ref().filter(|_| change.from.is_some());
    put(&mut members, "source", source.map(|source| position(&source.locate(&change.path.to_string()))));
    if !field.owners.is_empty() {
        members["owners"] = field.owners.iter().map(owner).collect::<Vec<_>>().into();
    }
    members
}
