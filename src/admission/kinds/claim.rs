//! Claims to volumes: what they are filled from stands in two fields, of which the newer says more.
//!
//! See <https://kubernetes.io/docs/concepts/storage/persistent-volumes/#data-source-references>.

use serde_json::{Map, Value};

use crate::object::Object;

/// The older field takes two kinds only; others are dropped from it unless it was in use. Then each field follows from the other.
pub(super) fn on_write(before: Option<&Object>, claim: &mut Object) {
    let in_use = before.is_some_and(|before| before.get(&["spec", "dataSource"]).is_some_and(|source| !source.is_null()));
    let Some(Value::Object(spec)) = claim.root_mut().get_mut("spec") else { return };
    if !in_use && spec.get("dataSource").is_some_and(|source| !is_known(source)) {
        spec.remove("dataSource");
    }
    let there = |spec: &Map<String, Value>, member: &str| spec.get(member).is_some_and(|value| !value.is_null());
    let elsewhere =
        spec.get("dataSourceRef").and_then(|reference| reference.get("namespace")?.as_str()).is_some_and(|name| !name.is_empty());
    match (there(spec, "dataSource"), there(spec, "dataSourceRef")) {
        (true, false) => copy(spec, "dataSource", "dataSourceRef"),
        (false, true) if !elsewhere => copy(spec, "dataSourceRef", "dataSource"),
        _ => {}
    }
}

fn is_known(source: &Value) -> bool {
    let text = |member: &str| source.get(member).and_then(Value::as_str).unwrap_or_default();
    matches!((text("apiGroup"), text("kind")), ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot"))
}

fn copy(spec: &mut Map<String, Value>, from: &str, to: &str) {
    let Some(Value::Object(source)) = spec.get(from) else { return };
    let members = source.iter().filter(|(name, _)| matches!(name.as_str(), "apiGroup" | "kind" | "name"));
    let copied: Map<String, Value> = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    spec.insert(to.to_owned(), Value::Object(copied));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_two_fields_follow_from_each_other() {
        let own = json!({"kind": "PersistentVolumeClaim", "name": "c"});
        let other = json!({"apiGroup": "a.example", "kind": "Thing", "name": "t"});
        let far = json!({"kind": "PersistentVolumeClaim", "name": "c", "namespace": "n"});
        for (spec, expected) in [
            (json!({"dataSource": own}), json!({"dataSource": own, "dataSourceRef": own})),
            (json!({"dataSourceRef": other}), json!({"dataSource": other, "dataSourceRef": other})),
            (json!({"dataSource": other}), json!({})),
            (json!({"dataSourceRef": far}), json!({"dataSourceRef": far})),
        ] {
            let mut claim = Object::from_value(json!({"spec": spec})).expect("an object");
            on_write(None, &mut claim);
            assert_eq!(claim.get(&["spec"]), Some(&expected));
        }
    }
}
