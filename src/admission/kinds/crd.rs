//! CustomResourceDefinitions: their defaults, what never changes, and on which versions the store's objects depend.
//!
//! Which names a definition gets depends on others, so whoever writes it judges that; see [`schema::naming`].

use serde_json::{Map, Value, json};

use crate::object::{Cause, Object};
use crate::schema::{self, naming};

/// The port of a conversion webhook's service where none is named.
const SERVICE_PORT: u16 = 443;

pub(super) fn on_create(crd: &mut Object) {
    default_spec(crd);
    let stored: Vec<Value> = storage_version(crd).into_iter().map(Into::into).collect();
    let status = json!({"acceptedNames": {"kind": "", "plural": ""}, "conditions": [], "storedVersions": stored});
    crd.root_mut().insert("status".to_owned(), status);
}

/// A version once stored stays on record until somebody takes it off through `/status`.
pub(super) fn on_update(after: &mut Object) {
    default_spec(after);
    let storage = storage_version(after);
    let Some(Value::Object(status)) = after.root_mut().get_mut("status") else { return };
    if let (Some(Value::Array(stored)), Some(storage)) = (status.get_mut("storedVersions"), storage)
        && !stored.iter().any(|version| *version == storage)
    {
        stored.push(storage.into());
    }
}

pub(super) fn validate(crd: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut causes = schema::from_crd(crd).err().unwrap_or_default();
    causes.extend(schema::stored_version_faults(crd));
    let Some(before) = before else { return causes };
    let mut fixed: Vec<&[&str]> = vec![&["spec", "group"], &["spec", "names", "plural"]];
    if naming::is_true(before, "Established") {
        fixed.extend([&["spec", "scope"][..], &["spec", "names", "kind"]]);
    }
    for path in fixed.into_iter().filter(|path| crd.get(path) != before.get(path)) {
        let value = crd.get(path).cloned().unwrap_or_default();
        causes.push(Cause::invalid(path.join("."), &value, "field is immutable"));
    }
    causes
}

fn default_spec(crd: &mut Object) {
    let Some(Value::Object(spec)) = crd.root_mut().get_mut("spec") else { return };
    let conversion = spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    if let Some(Value::Object(service)) = conversion.pointer_mut("/webhook/clientConfig/service") {
        service.entry("port").or_insert_with(|| SERVICE_PORT.into());
    }
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
