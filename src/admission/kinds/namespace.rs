//! Namespaces: alive until their finalizer `kubernetes`, which stands in `spec`, is taken away by the namespace controller.

use serde_json::{Value, json};

use crate::object::Object;

/// The label that every namespace carries its own name in.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The finalizer that the namespace controller takes away when a namespace is empty.
const OWN: &str = "kubernetes";

pub(super) fn on_create(object: &mut Object) {
    let stated = object.get(&["spec", "finalizers"]).and_then(Value::as_array);
    let mut finalizers = stated.cloned().unwrap_or_default();
    if !finalizers.iter().any(|finalizer| finalizer == OWN) {
        finalizers.push(OWN.into());
    }
    object.root_mut().insert("spec".to_owned(), json!({"finalizers": finalizers}));
    object.root_mut().insert("status".to_owned(), json!({"phase": "Active"}));
    label(object);
}

/// `spec.finalizers` changes through `/finalize` alone, which does not come through here.
pub(super) fn on_update(before: &Object, after: &mut Object) {
    match before.root().get("spec") {
        Some(spec) => drop(after.root_mut().insert("spec".to_owned(), spec.clone())),
        None => drop(after.root_mut().remove("spec")),
    }
    label(after);
}

fn label(object: &mut Object) {
    let name = object.name().to_owned();
    let labels = object.metadata_mut().entry("labels").or_insert_with(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert(NAME_LABEL.to_owned(), name.into());
    }
}
