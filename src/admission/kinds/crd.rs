//! CustomResourceDefinitions: their names are accepted and their kind is served from the moment they are written.
//!
//! Upstream a controller sets the conditions a moment after the write; here the write itself does, so a client that waits for
//! `Established` never waits.

use serde_json::{Map, Value, json};

use crate::ambient::Ambient;
use crate::object::{Cause, CauseKind, Object};
use crate::schema;

pub(super) fn on_create(crd: &mut Object, ambient: &Ambient) {
    default_names(crd);
    let stored: Vec<Value> = storage_version(crd).into_iter().map(Into::into).collect();
    let now = ambient.now_seconds().to_string();
    let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now});
    let status = json!({
        "acceptedNames": crd.get(&["spec", "names"]).cloned().unwrap_or_default(),
        "storedVersions": stored,
        "conditions": [
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ],
    });
    crd.root_mut().insert("status".to_owned(), status);
}

/// Names follow the declaration, and a version once stored stays on record until somebody takes it off through `/status`.
pub(super) fn on_update(before: &Object, after: &mut Object) {
    default_names(after);
    let names = after.get(&["spec", "names"]).cloned().unwrap_or_default();
    let storage = storage_version(after);
    let Some(Value::Object(status)) = after.root_mut().get_mut("status") else { return };
    if before.get(&["spec", "names"]) != Some(&names) {
        status.insert("acceptedNames".to_owned(), names);
    }
    if let (Some(Value::Array(stored)), Some(storage)) = (status.get_mut("storedVersions"), storage)
        && !stored.iter().any(|version| *version == storage)
    {
        stored.push(storage.into());
    }
}

pub(super) fn validate(crd: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = schema::from_crd(crd).err().unwrap_or_default();
    causes.extend(schemas(crd));
    for path in [&["spec", "group"][..], &["spec", "scope"], &["spec", "names", "plural"], &["spec", "names", "kind"]] {
        let (new, old) = (crd.get(path), before.and_then(|before| before.get(path)));
        if before.is_some() && new != old {
            let value = new.cloned().unwrap_or_default();
            causes.push(Cause::invalid(path.join("."), &value, "field is immutable"));
        }
    }
    if crd.get_str(&["spec", "conversion", "strategy"]) == Some("Webhook") {
        let why = "Unsupported value: \"Webhook\": conversion webhooks are not supported yet: supported values: \"None\"";
        causes.push(Cause::new(CauseKind::NotSupported, "spec.conversion.strategy", why));
    }
    causes
}

/// The causes for which the schema of a version does not compile.
fn schemas(crd: &Object) -> Vec<Cause> {
    let versions = crd.get(&["spec", "versions"]).and_then(Value::as_array).into_iter().flatten().enumerate();
    let declared = versions.filter_map(|(index, version)| Some((index, version.pointer("/schema/openAPIV3Schema")?)));
    let path = |index| format!("spec.versions[{index}].schema.openAPIV3Schema");
    declared.filter_map(|(index, declared)| schema::crd::compile(declared, &path(index)).err()).flatten().collect()
}

fn default_names(crd: &mut Object) {
    let Some(Value::Object(spec)) = crd.root_mut().get_mut("spec") else { return };
    spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    let Some(Value::Object(names)) = spec.get_mut("names") else { return };
    let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !kind.is_empty() {
        or_default(names, "singular", kind.to_lowercase());
        or_default(names, "listKind", format!("{kind}List"));
    }
}

fn or_default(names: &mut Map<String, Value>, member: &str, default: String) {
    if names.get(member).and_then(Value::as_str).is_none_or(str::is_empty) {
        names.insert(member.to_owned(), default.into());
    }
}

fn storage_version(crd: &Object) -> Option<String> {
    let versions = crd.get(&["spec", "versions"])?.as_array()?;
    let stored = versions.iter().find(|version| version.get("storage") == Some(&Value::Bool(true)))?;
    Some(stored.get("name")?.as_str()?.to_owned())
}
