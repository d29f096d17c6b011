//! The versions of a CustomResourceDefinition: which one is stored, and which ones objects may still be stored in.

use serde_json::Value;

use super::faults::Faults;
use crate::object::{Cause, Gvk, Object, names};

/// The longest warning about a deprecated version, in bytes.
const WARNING_MOST: usize = 256;

/// Checks the versions as a whole and answers the name of the one that is stored.
pub(super) fn storage_version<'a>(versions: &'a [Value], faults: &mut Faults) -> &'a str {
    let name = |version: &'a Value| version.get("name").and_then(Value::as_str).unwrap_or_default();
    let names: Vec<&str> = versions.iter().map(name).collect();
    for (index, version) in names.iter().enumerate() {
        if let Err(why) = names::dns_1035_label(version) {
            faults.invalid(&format!("spec.versions[{index}].name"), version, &why);
        }
    }
    let unique = names.iter().enumerate().all(|(index, name)| !names[..index].contains(name));
    if !unique {
        faults.0.push(Cause::invalid("spec.versions", &Value::from(names.clone()), "must contain unique version names"));
    }
    let stored = |version: &&Value| version.get("storage").and_then(Value::as_bool).unwrap_or_default();
    let mut stored = versions.iter().filter(stored).map(name);
    let (Some(only), None) = (stored.next(), stored.next()) else {
        let shown = Value::from(names);
        faults.0.push(Cause::invalid("spec.versions", &shown, "must have exactly one version marked as storage version"));
        return "";
    };
    only
}

/// What is wrong with a warning about a deprecated version.
pub(super) fn check_deprecation(version: &Value, at: &str, faults: &mut Faults) {
    let Some(warning) = version.get("deprecationWarning").and_then(Value::as_str) else { return };
    let at = format!("{at}.deprecationWarning");
    let deprecated = version.get("deprecated").and_then(Value::as_bool).unwrap_or_default();
    let faulty = [
        (!deprecated, "can only be set for deprecated versions"),
        (warning.len() > WARNING_MOST, "must be <= 256 characters long"),
        (warning.is_empty(), "must not be an empty string"),
        (warning.contains(char::is_control), "must only contain printable UTF-8 characters"),
    ];
    for (_, why) in faulty.into_iter().filter(|(found, _)| *found) {
        faults.invalid(&at, warning, why);
    }
}

/// What requests of a deprecated version are told; `None` for other versions.
pub(super) fn deprecation(version: &Value, gvk: &Gvk) -> Option<String> {
    let deprecated = version.get("deprecated").and_then(Value::as_bool).unwrap_or_default();
    let own = version.get("deprecationWarning").and_then(Value::as_str).map(str::to_owned);
    deprecated.then(|| own.unwrap_or_else(|| format!("{}/{} {} is deprecated", gvk.group, gvk.version, gvk.kind)))
}

/// What is wrong with `status.storedVersions`: objects may be stored in every version that it names, so each must be declared.
#[must_use]
pub fn stored_version_faults(definition: &Object) -> Vec<Cause> {
    const FIELD: &str = "status.storedVersions";
    let stored = definition.get(&["status", "storedVersions"]).cloned().unwrap_or_default();
    let names = super::texts(Some(&stored));
    if names.is_empty() {
        return vec![Cause::invalid(FIELD, &stored, "must have at least one stored version")];
    }
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let name = |version: &Value| version.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut causes = Vec::new();
    for version in versions.iter().filter(|version| version["storage"] == true).map(name).filter(|name| !names.contains(name)) {
        causes.push(Cause::invalid(FIELD, &stored, &format!("must have the storage version {version}")));
    }
    let declared: Vec<String> = versions.iter().map(name).collect();
    for (index, missing) in names.iter().enumerate().filter(|(_, name)| !declared.contains(name)) {
        let why = format!(
            "missing from spec.versions; {missing} was previously a storage version, and must remain in spec.versions until a storage \
             migration ensures no data remains persisted in {missing} and removes {missing} from status.storedVersions"
        );
        causes.push(Cause::invalid(format!("{FIELD}[{index}]"), &Value::from(missing.as_str()), &why));
    }
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(stored: &Value) -> Vec<String> {
        let versions = json!([{"name": "v1", "storage": false}, {"name": "v2", "storage": true}]);
        let definition = json!({"spec": {"versions": versions}, "status": {"storedVersions": stored}});
        let causes = stored_version_faults(&Object::from_value(definition).expect("an object"));
        causes.into_iter().map(|cause| cause.field).collect()
    }

    #[test]
    fn a_deprecated_version_says_so_in_its_own_words_or_in_ours() {
        let gvk = Gvk::new("example.com", "v1", "Widget");
        assert_eq!(deprecation(&json!({"deprecationWarning": "x"}), &gvk), None);
        assert_eq!(deprecation(&json!({"deprecated": true, "deprecationWarning": "use v2"}), &gvk), Some("use v2".to_owned()));
        assert_eq!(deprecation(&json!({"deprecated": true}), &gvk), Some("example.com/v1 Widget is deprecated".to_owned()));
    }

    #[test]
    fn every_stored_version_is_declared_and_the_storage_version_is_stored() {
        assert!(faults(&json!(["v1", "v2"])).is_empty());
        assert_eq!(faults(&json!(["v0", "v2"])), ["status.storedVersions[0]"]);
        assert_eq!(faults(&json!(["v1"])), ["status.storedVersions"]);
        assert_eq!(faults(&json!([])), ["status.storedVersions"]);
    }
}
