//! A plan as a document for programs; docs/plan-format.md describes it.
//!
//! Receives a built plan, hands on a JSON value. Invariant: within one version of the format, members are only added.

use serde_json::{Map, Value, json};

use super::mask::is_secret;
use crate::manifest::Origin;
use crate::object::{Cause, Object};
use crate::plan::{
    Action, Dispute, Failure, FieldOwner, ObjectError, OwnedChange, OwnersShown, Plan, PlanEntry, named_wave, readable_path,
};

/// The version of the format.
pub const API_VERSION: &str = "trueup.dev/v1";

/// What a document tells.
#[derive(Debug, Clone, Copy)]
pub struct DocumentOptions<'a> {
    /// The target, in words.
    pub target: &'a str,
    /// Whether values of Secrets are masked.
    pub mask: bool,
    /// Whose ownership is told.
    pub owners: OwnersShown<'a>,
}

/// A plan and what could not be planned as a document of kind `Plan`.
#[must_use]
pub fn document(plan: &Plan, failures: &[Failure], warnings: &[String], options: DocumentOptions<'_>) -> Value {
    let counts = plan.summary();
    let mut summary: Map<String, Value> =
        Action::ALL.iter().map(|action| (action.word().to_owned(), counts.count(*action).into())).collect();
    summary.insert("failed".to_owned(), failures.len().into());
    json!({
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "target": options.target,
        "fieldManager": options.owners.manager,
        "summary": summary,
        "objects": plan.entries.iter().map(|entry| object(entry, options)).collect::<Vec<_>>(),
        "failures": failures.iter().map(failure).collect::<Vec<_>>(),
        "warnings": warnings,
    })
}

fn object(entry: &PlanEntry, options: DocumentOptions<'_>) -> Value {
    let mut members = json!({
        "action": entry.action.word(),
        "apiVersion": entry.gvk.api_version(),
        "kind": entry.gvk.kind,
        "name": entry.key.name,
        "resource": entry.plural,
    });
    put(&mut members, "namespace", entry.key.namespace.as_deref());
    put(&mut members, "reason", entry.reason.as_deref());
    put(&mut members, "wave", entry.after.as_ref().or(entry.before.as_ref()).and_then(named_wave));
    put(&mut members, "source", entry.origin.as_ref().map(position));
    put(&mut members, "uid", entry.before.as_ref().map(Object::uid));
    put(&mut members, "resourceVersion", entry.before.as_ref().and_then(Object::resource_version));
    if options.mask && [&entry.before, &entry.after].into_iter().flatten().any(is_secret_object) {
        members["masked"] = true.into();
    }
    if entry.action.is_change() {
        let changes = entry.changes(options.mask, options.owners);
        members["changes"] = changes.iter().map(|owned| change(entry, owned)).collect::<Vec<_>>().into();
    }
    members
}

fn is_secret_object(object: &Object) -> bool {
    is_secret(Some(&json!({"apiVersion": object.api_version(), "kind": object.kind()})))
}

fn change(entry: &PlanEntry, owned: &OwnedChange) -> Value {
    let change = &owned.change;
    let mut members = json!({"op": change.action.word(), "path": readable_path(&change.path)});
    put(&mut members, "from", change.from.clone());
    put(&mut members, "to", change.to.clone());
    put(&mut members, "source", entry.source.as_ref().map(|source| position(&source.locate(&change.path.to_string()))));
    if !owned.owners.is_empty() {
        members["owners"] = owned.owners.iter().map(owner).collect::<Vec<_>>().into();
    }
    members
}

/// A manager as documents name it.
pub(crate) fn owner(owner: &FieldOwner) -> Value {
    let mut members = json!({"manager": owner.manager, "operation": owner.operation.as_str(), "apiVersion": owner.api_version});
    put(&mut members, "subresource", Some(owner.subresource.as_str()).filter(|name| !name.is_empty()));
    put(&mut members, "time", owner.time.map(|time| time.to_string()));
    members
}

/// An object that could not be looked at.
pub(in crate::plan) fn failure(failure: &Failure) -> Value {
    let mut members = json!({"object": failure.name, "message": failure.error.to_string()});
    put(&mut members, "namespace", failure.namespace.as_deref());
    put(&mut members, "source", failure.origin().as_ref().map(position));
    let refusal = match &failure.error {
        ObjectError::Client(error) => error.refusal(),
        _ => None,
    };
    put(&mut members, "reason", refusal.map(|refusal| refusal.reason.as_str()));
    let causes: Vec<Value> = refusal.map(|refusal| refusal.causes.iter().map(cause).collect()).unwrap_or_default();
    if !causes.is_empty() {
        members["causes"] = causes.into();
    }
    if !failure.disputes.is_empty() {
        members["conflicts"] = failure.disputes.iter().map(dispute).collect::<Vec<_>>().into();
    }
    members
}

fn cause(cause: &Cause) -> Value {
    json!({"reason": cause.kind.as_str(), "field": cause.field, "message": cause.message})
}

fn dispute(dispute: &Dispute) -> Value {
    let mut members = json!({"path": dispute.field, "owner": dispute.owner});
    put(&mut members, "live", dispute.live.clone());
    put(&mut members, "desired", dispute.desired.clone());
    members
}

/// A place in a manifest.
pub(in crate::plan) fn position(origin: &Origin) -> Value {
    json!({"file": origin.source.name(), "line": origin.mark.line, "column": origin.mark.column})
}

/// Adds a member where there is a value for it.
pub(in crate::plan) fn put(members: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        members[name] = value.into();
    }
}
