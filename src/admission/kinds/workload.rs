//! Deployments and daemon sets: what counts as a change of theirs.

use crate::object::Object;

/// Counts the templates that a daemon set has had.
const TEMPLATES: &str = "deprecated.daemonset.template.generation";

/// A deployment hands its annotations on to its replica sets, so a change of them is one of what is declared.
pub(super) fn deployment_generation(before: &Object, after: &Object) -> bool {
    !before.annotations().eq(after.annotations())
}

/// Through `status`, the labels of a deployment stay.
pub(super) fn on_deployment_status(before: &Object, after: &mut Object) {
    match before.metadata().and_then(|metadata| metadata.get("labels")) {
        Some(labels) => after.set_meta("labels", labels.clone()),
        None => drop(after.remove_meta("labels")),
    }
}

pub(super) fn on_daemon_set_create(set: &mut Object) {
    note(set, 1);
}

/// The count stays as it was, whatever a client says, and grows with each change of the template.
pub(super) fn on_daemon_set_update(before: &Object, after: &mut Object) {
    let template = ["spec", "template"];
    let had = before.annotations().find(|(key, _)| *key == TEMPLATES).and_then(|(_, value)| value.parse::<i64>().ok());
    note(after, had.unwrap_or_default() + i64::from(before.get(&template) != after.get(&template)));
}

fn note(set: &mut Object, count: i64) {
    let annotations = set.metadata_mut().entry("annotations").or_insert_with(|| serde_json::json!({}));
    if annotations.is_null() {
        *annotations = serde_json::json!({});
    }
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert(TEMPLATES.to_owned(), count.to_string().into());
    }
}
