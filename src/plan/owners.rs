//! Who owns the fields that change.
//!
//! Receives an entry and the changes of its fields, hands on the managers that own them on the server. Invariant: what cannot be read of
//! an object's managers owns nothing; it is no reason to hide a change.

use super::adopt::client_side_managers;
use super::changes::{FieldChange, Lists, field_changes};
use super::model::PlanEntry;
use super::render::{ShownStates, shown_states};
use crate::merge::{FieldPath, ManagerEntry, Managers, Operation, PathElement};
use crate::object::{Object, Time};

/// A manager that owns a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOwner {
    /// Its name.
    pub manager: String,
    /// How it came by the field.
    pub operation: Operation,
    /// The version of the API that it wrote in.
    pub api_version: String,
    /// The subresource it wrote through; empty for the object itself.
    pub subresource: String,
    /// When it last changed what it owns.
    pub time: Option<Time>,
}

/// One field that differs, and who owns it.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedChange {
    /// The field.
    pub change: FieldChange,
    /// Its owners before, in the order in which the object names them.
    pub owners: Vec<FieldOwner>,
}

/// Whose ownership is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnersShown<'a> {
    /// The manager that the plan is made for.
    pub manager: &'a str,
    /// Whether that manager, and those whose fields it takes over from client-side apply, are told too.
    pub all: bool,
}

impl PlanEntry {
    /// Every field that differs, with its owners; values of Secrets are masked where `mask` says so.
    #[must_use]
    pub fn changes(&self, mask: bool, owners: OwnersShown<'_>) -> Vec<OwnedChange> {
        let ShownStates { before, after } = shown_states(self, mask, false);
        let (managers, later) = (managers(self.before.as_ref()), managers(self.after.as_ref()));
        let lists = Lists::of([&managers, &later]);
        let taken_over = self.before.as_ref().map(client_side_managers).unwrap_or_default();
        let is_told = |entry: &&ManagerEntry| owners.all || (entry.manager != owners.manager && !taken_over.contains(&entry.manager));
        let told: Vec<(&ManagerEntry, Vec<FieldPath>)> =
            managers.entries.iter().filter(is_told).map(|entry| (entry, entry.fields.leaves().paths())).collect();
        let with_owners = |change: FieldChange| {
            let owners = told.iter().filter(|(_, leaves)| leaves.iter().any(|leaf| touches(leaf, &change.path)));
            OwnedChange { owners: owners.map(|(entry, _)| FieldOwner::of(entry)).collect(), change }
        };
        field_changes(before.as_ref(), after.as_ref(), &lists).into_iter().map(with_owners).collect()
    }
}

impl FieldOwner {
    pub(super) fn of(entry: &ManagerEntry) -> Self {
        Self {
            manager: entry.manager.clone(),
            operation: entry.operation,
            api_version: entry.api_version.clone(),
            subresource: entry.subresource.clone(),
            time: entry.time,
        }
    }

    /// `"hpa" using apps/v1`, in the words of a conflict, and since when.
    #[must_use]
    pub fn in_words(&self) -> String {
        let since = self.time.map(|time| format!(" since {time}")).unwrap_or_default();
        format!("{}{since}", self.who())
    }

    /// The same without the time.
    #[must_use]
    pub fn who(&self) -> String {
        let subresource = if self.subresource.is_empty() { String::new() } else { format!(" with subresource {:?}", self.subresource) };
        let using = if self.operation == Operation::Update { format!(" using {}", self.api_version) } else { String::new() };
        format!("{:?}{subresource}{using}", self.manager)
    }
}

/// The managers of an object; none where they cannot be read.
pub(super) fn managers(object: Option<&Object>) -> Managers {
    let entries = object.and_then(Object::metadata).and_then(|metadata| metadata.get("managedFields"));
    Managers::from_json(entries).unwrap_or_default()
}

/// The paths of what a manager owns, the innermost alone. What it wrote as text of a Secret (`stringData`) it owns as data: that is how a server keeps
/// it, while the record names the member that was written.
pub(super) fn leaves(entry: &ManagerEntry, is_secret: bool) -> Vec<FieldPath> {
    let mut leaves = entry.fields.leaves().paths();
    if is_secret {
        let as_data = |path: &FieldPath| {
            let (first, rest) = path.0.split_first()?;
            (*first == PathElement::field("stringData")).then(|| FieldPath([&[PathElement::field("data")], rest].concat()))
        };
        let data: Vec<FieldPath> = leaves.iter().filter_map(as_data).collect();
        leaves.extend(data);
    }
    leaves
}

/// Whether an owned leaf is the changed field, lies inside it, or holds it as part of something owned as a whole.
pub(super) fn touches(leaf: &FieldPath, change: &FieldPath) -> bool {
    leaf.0.starts_with(&change.0) || change.0.starts_with(&leaf.0)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::object::{Gvk, ObjectKey};
    use crate::plan::Action;
    use crate::plan::changes::readable_path;

    fn entry(replicas: i64, args: &str, managed: &Value) -> PlanEntry {
        let deployment = |replicas: i64, args: &str| {
            Object::from_value(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "managedFields": managed},
                "spec": {"replicas": replicas, "containers": [{"name": "web", "args": [args]}]}}))
            .expect("an object")
        };
        PlanEntry {
            gvk: Gvk::new("apps", "v1", "Deployment"),
            plural: "deployments".to_owned(),
            key: ObjectKey::new(Some("shop"), "web"),
            action: Action::Update,
            before: Some(deployment(1, "a")),
            after: Some(deployment(replicas, args)),
            origin: None,
            source: None,
            reason: None,
        }
    }

    fn told(entry: &PlanEntry, all: bool) -> Vec<String> {
        let changes = entry.changes(true, OwnersShown { manager: "trueup", all });
        let line = |owned: &OwnedChange| {
            let owners: Vec<_> = owned.owners.iter().map(FieldOwner::in_words).collect();
            format!("{}: {}", readable_path(&owned.change.path), owners.join(", "))
        };
        changes.iter().map(line).collect()
    }

    #[test]
    fn others_are_told_always_and_the_plan_s_own_manager_on_demand() {
        let managed = json!([
            {"manager": "trueup", "operation": "Apply", "apiVersion": "apps/v1", "fieldsType": "FieldsV1",
             "fieldsV1": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:args": {}}}}}},
            {"manager": "hpa", "operation": "Update", "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "time": "2026-11-22T10:00:00Z",
             "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        ]);
        let entry = entry(2, "b", &managed);
        assert_eq!(
            told(&entry, false),
            [
                "spec.containers[name=web].args: ",
                r#"spec.replicas: "hpa" with subresource "scale" using apps/v1 since 2026-11-22T10:00:00Z"#
            ]
        );
        assert_eq!(told(&entry, true)[0], r#"spec.containers[name=web].args: "trueup""#);
    }

    #[test]
    fn managers_that_cannot_be_read_hide_no_change() {
        assert_eq!(told(&entry(2, "a", &json!([{"operation": "Sing"}])), true), ["spec.replicas: "]);
    }
}
