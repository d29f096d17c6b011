//! Whether an apply would change nothing, told from the live object alone.
//!
//! Receives the live object with its managed fields and the desired one; answers yes only where a server-side apply by the same
//! manager is certain to write nothing. The structure of the recorded field set says which lists are atomic, sets or keyed, so no
//! schema is needed and custom resources of any server are decided as well. In doubt the answer is no, and the server is asked.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::object::Object;

/// What the server takes out of an applied object before it records ownership.
/// <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go>
const NEVER_OWNED: [&str; 2] = ["name", "namespace"];

/// Whether `manager` owns by apply exactly the fields of `desired`, all with the desired values, in the same version.
#[must_use]
pub fn already_applied(live: &Object, desired: &Object, manager: &str) -> bool {
    if live.deletion_timestamp().is_some() || live.kind() != desired.kind() {
        return false;
    }
    let owned = match applied_fields(live, manager, desired.api_version()) {
        Applied::Fields(owned) => owned,
        // A manifest that only names the object owns nothing, and of nothing the server makes no record.
        Applied::Nothing => return states_nothing(desired),
        Applied::Unclear => return false,
    };
    let members = desired.root().iter().filter(|(name, _)| *name != "apiVersion" && *name != "kind");
    let (metadata, others): (Vec<_>, Vec<_>) = members.partition(|(name, _)| *name == "metadata");
    let metadata = metadata.first().and_then(|(_, value)| value.as_object());
    let owned_metadata = child(owned, "metadata").and_then(Value::as_object);
    let is_secret = desired.kind() == "Secret" && desired.api_version() == "v1";
    let owned_others = owned.keys().filter(|key| *key != "f:metadata" && *key != ".").count();
    owned_others == others.len()
        && others.iter().all(|(name, value)| match name.as_str() {
            "stringData" if is_secret => string_data_holds(live, value, child(owned, name)),
            _ => member_holds(live.root(), value, owned, name),
        })
        && metadata_holds(live, metadata, owned_metadata)
}

/// What is recorded of a manager's last apply.
enum Applied<'a> {
    /// The field set of its one entry.
    Fields(&'a Map<String, Value>),
    /// It has no entry.
    Nothing,
    /// It has several, or one of another version or form.
    Unclear,
}

fn applied_fields<'a>(live: &'a Object, manager: &str, api_version: &str) -> Applied<'a> {
    let entries = live.metadata().and_then(|metadata| metadata.get("managedFields")?.as_array());
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let text = |entry: &'a Value, member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default();
    let mut own = entries
        .iter()
        .filter(|entry| text(entry, "manager") == manager && text(entry, "operation") == "Apply" && text(entry, "subresource").is_empty());
    match (own.next(), own.next()) {
        (None, _) => Applied::Nothing,
        (Some(entry), None) if text(entry, "apiVersion") == api_version => {
            entry.get("fieldsV1").and_then(Value::as_object).map_or(Applied::Unclear, Applied::Fields)
        }
        _ => Applied::Unclear,
    }
}

/// Whether a manifest says no more than which object it is.
fn states_nothing(desired: &Object) -> bool {
    let identity = |name: &String| ["apiVersion", "kind", "metadata"].contains(&name.as_str());
    desired.root().keys().all(identity)
        && desired.metadata().is_none_or(|metadata| metadata.keys().all(|name| NEVER_OWNED.contains(&name.as_str())))
}

/// Whether a Secret's `stringData` holds: the server records who owns it, but keeps its values encoded in `data`.
fn string_data_holds(live: &Object, desired: &Value, owned: Option<&Value>) -> bool {
    let (Some(desired), Some(owned)) = (desired.as_object(), owned.and_then(Value::as_object)) else { return false };
    let Some(data) = live.root().get("data").and_then(Value::as_object) else { return false };
    owned.keys().filter(|key| *key != ".").count() == desired.len()
        && desired.iter().all(|(name, value)| {
            let encoded = value.as_str().map(|value| BASE64_STANDARD.encode(value));
            child(owned, name).is_some() && encoded.is_some() && data.get(name).and_then(Value::as_str) == encoded.as_deref()
        })
}

fn metadata_holds(live: &Object, desired: Option<&Map<String, Value>>, owned: Option<&Map<String, Value>>) -> bool {
    let Some(live) = live.metadata() else { return false };
    let empty = Map::new();
    let owned = owned.unwrap_or(&empty);
    let mut wanted = 0;
    for (name, value) in desired.unwrap_or(&empty).iter().filter(|(name, _)| !NEVER_OWNED.contains(&name.as_str())) {
        wanted += 1;
        if !member_holds(live, value, owned, name) {
            return false;
        }
    }
    owned.keys().filter(|key| *key != ".").count() == wanted
}

fn member_holds(live: &Map<String, Value>, desired: &Value, owned: &Map<String, Value>, name: &str) -> bool {
    match (live.get(name), child(owned, name)) {
        (Some(live), Some(owned)) => holds(live, desired, owned),
        _ => false,
    }
}

fn child<'a>(owned: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    owned.get(&format!("f:{name}"))
}

fn holds(live: &Value, desired: &Value, owned: &Value) -> bool {
    let Some(owned) = owned.as_object() else { return false };
    if owned.keys().all(|key| key == ".") {
        // A leaf: a scalar, something atomic, or empty. An empty container says nothing about what others put into it.
        return live == desired && !desired.is_null();
    }
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => members_hold(live, desired, owned),
        (Value::Array(live), Value::Array(desired)) => items_hold(live, desired, owned),
        _ => false,
    }
}

fn members_hold(live: &Map<String, Value>, desired: &Map<String, Value>, owned: &Map<String, Value>) -> bool {
    owned.keys().filter(|key| *key != ".").count() == desired.len()
        && desired.iter().all(|(name, value)| member_holds(live, value, owned, name))
}

/// The items of a keyed list or a set: each desired item is owned, and they stand in the live list in the desired order.
fn items_hold(live: &[Value], desired: &[Value], owned: &Map<String, Value>) -> bool {
    let elements: Vec<Element<'_>> = owned.iter().filter_map(|(path, fields)| Element::parse(path, fields)).collect();
    if elements.len() != desired.len() || elements.len() != owned.keys().filter(|key| *key != ".").count() {
        return false;
    }
    let mut used = HashSet::new();
    let mut after = 0;
    for item in desired {
        let Some((index, element)) = elements.iter().enumerate().find(|(index, e)| !used.contains(index) && e.wants(item)) else {
            return false;
        };
        used.insert(index);
        let Some(offset) = live[after..].iter().position(|candidate| element.is(candidate)) else { return false };
        if !element.holds(&live[after + offset], item) {
            return false;
        }
        after += offset + 1;
    }
    true
}

/// One element of a list in a field set.
pub(super) enum Element<'a> {
    /// `k:{…}`: an item known by the values of its key fields.
    Keyed(Map<String, Value>, &'a Value),
    /// `v:…`: a member of a set.
    Valued(Value),
}

impl<'a> Element<'a> {
    pub(super) fn parse(path: &str, fields: &'a Value) -> Option<Self> {
        if let Some(keys) = path.strip_prefix("k:") {
            return serde_json::from_str(keys).ok().map(|keys| Self::Keyed(keys, fields));
        }
        serde_json::from_str(path.strip_prefix("v:")?).ok().map(Self::Valued)
    }

    /// Whether a desired item may be this element. It may leave a key field out that has a default: that field is then not owned,
    /// which [`Element::holds`] checks.
    pub(super) fn wants(&self, item: &Value) -> bool {
        match self {
            Self::Keyed(keys, owned) => keys.iter().all(|(name, value)| match item.get(name) {
                Some(own) => own == value,
                None => item.is_object() && owned.get(format!("f:{name}")).is_none(),
            }),
            Self::Valued(value) => value == item,
        }
    }

    /// Whether a live item is this element.
    pub(super) fn is(&self, item: &Value) -> bool {
        match self {
            Self::Keyed(keys, _) => keys.iter().all(|(name, value)| item.get(name) == Some(value)),
            Self::Valued(value) => value == item,
        }
    }

    fn holds(&self, live: &Value, desired: &Value) -> bool {
        match self {
            Self::Keyed(_, owned) => holds(live, desired, owned),
            Self::Valued(value) => value == desired,
        }
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn desired(spec: Value) -> Object {
        object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"}, "spec": spec}))
    }

    fn live(spec: Value, fields: Value) -> Object {
        object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec, "metadata": {
            "name": "web", "namespace": "a", "uid": "1", "managedFields": [
                {"manager": "other", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {"f:status": {}}},
                {"manager": "trueup", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": fields}}]}}))
    }

    fn decide(live_spec: Value, fields: Value, desired_spec: Value) -> bool {
        already_applied(&live(live_spec, fields), &desired(desired_spec), "trueup")
    }

    #[test]
    fn equal_values_and_equal_ownership_need_no_request() {
        let fields = json!({"f:replicas": {}, "f:template": {"f:x": {}}});
        assert!(decide(json!({"replicas": 1, "template": {"x": 2, "defaulted": 3}}), fields, json!({"replicas": 1, "template": {"x": 2}})));
    }

    #[test]
    fn a_manifest_that_only_names_its_object_needs_no_request() {
        let namespace = |metadata: Value| object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}));
        let live = namespace(json!({"name": "a", "labels": {"x": "y"}, "managedFields": []}));
        assert!(already_applied(&live, &namespace(json!({"name": "a"})), "trueup"));
        assert!(!already_applied(&live, &namespace(json!({"name": "a", "labels": {}})), "trueup"));
        let entry =
            json!({"manager": "trueup", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:metadata": {"f:labels": {"f:x": {}}}}});
        let labelled = namespace(json!({"name": "a", "labels": {"x": "y"}, "managedFields": [entry]}));
        assert!(!already_applied(&labelled, &namespace(json!({"name": "a"})), "trueup"));
    }

    #[test]
    fn text_of_a_secret_is_compared_with_its_encoded_form() {
        let secret =
            |field: &str, value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, field: {"k": value}});
        let mut live = object(secret("data", "aGk="));
        live.set_meta(
            "managedFields",
            json!([{"manager": "trueup", "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:stringData": {"f:k": {}}}}]),
        );
        assert!(already_applied(&live, &object(secret("stringData", "hi")), "trueup"));
        assert!(!already_applied(&live, &object(secret("stringData", "ho")), "trueup"));
        assert!(!already_applied(&live, &object(secret("data", "aGk=")), "trueup"));
    }

    #[test]
    fn another_value_is_a_change() {
        assert!(!decide(json!({"replicas": 2}), json!({"f:replicas": {}}), json!({"replicas": 1})));
    }

    #[test]
    fn a_field_no_longer_desired_is_a_change() {
        let live = json!({"replicas": 1, "paused": true});
        assert!(!decide(live, json!({"f:replicas": {}, "f:paused": {}}), json!({"replicas": 1})));
    }

    #[test]
    fn a_field_not_yet_owned_is_a_change() {
        assert!(!decide(json!({"replicas": 1, "paused": true}), json!({"f:replicas": {}}), json!({"replicas": 1, "paused": true})));
    }

    #[test]
    fn a_list_item_may_leave_out_a_defaulted_key() {
        let fields = json!({"f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}});
        let live = json!({"ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 80, "protocol": "TCP"}]});
        assert!(decide(live.clone(), fields.clone(), json!({"ports": [{"containerPort": 80}]})));
        assert!(!decide(live, fields, json!({"ports": [{"containerPort": 80, "protocol": "TCP"}]})));
    }

    #[test]
    fn an_item_whose_key_was_stated_and_is_now_left_out_is_a_change() {
        let fields = json!({"f:ports": {"k:{\"containerPort\":53,\"protocol\":\"UDP\"}":
            {".": {}, "f:containerPort": {}, "f:protocol": {}}}});
        assert!(!decide(json!({"ports": [{"containerPort": 53, "protocol": "UDP"}]}), fields, json!({"ports": [{"containerPort": 53}]})));
    }

    #[test]
    fn another_order_of_items_is_a_change() {
        let fields = json!({"f:env": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}}, "k:{\"name\":\"b\"}": {".": {}, "f:name": {}}}});
        let live = json!({"env": [{"name": "a"}, {"name": "x"}, {"name": "b"}]});
        assert!(decide(live.clone(), fields.clone(), json!({"env": [{"name": "a"}, {"name": "b"}]})));
        assert!(!decide(live, fields, json!({"env": [{"name": "b"}, {"name": "a"}]})));
    }

    #[test]
    fn sets_compare_by_value_and_atomic_lists_as_a_whole() {
        let fields = json!({"f:set": {"v:\"a\"": {}}, "f:atomic": {}});
        let live = json!({"set": ["z", "a"], "atomic": [1, 2]});
        assert!(decide(live.clone(), fields.clone(), json!({"set": ["a"], "atomic": [1, 2]})));
        assert!(!decide(live.clone(), fields.clone(), json!({"set": ["z"], "atomic": [1, 2]})));
        assert!(!decide(live, fields, json!({"set": ["a"], "atomic": [1]})));
    }

    #[test]
    fn an_empty_map_is_unchanged_only_while_it_is_empty() {
        assert!(decide(json!({"emptyDir": {}}), json!({"f:emptyDir": {}}), json!({"emptyDir": {}})));
        assert!(!decide(json!({"emptyDir": {"medium": "Memory"}}), json!({"f:emptyDir": {}}), json!({"emptyDir": {}})));
    }

    #[test]
    fn labels_are_compared_and_a_stated_uid_asks_the_server() {
        let with = |metadata: Value| object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}));
        let live = with(json!({"name": "a", "labels": {"x": "1", "y": "2"}, "uid": "u", "managedFields": [{"manager": "trueup",
            "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:metadata": {"f:labels": {"f:x": {}}}}}]}));
        assert!(already_applied(&live, &with(json!({"name": "a", "labels": {"x": "1"}})), "trueup"));
        assert!(!already_applied(&live, &with(json!({"name": "a", "labels": {"x": "1"}, "uid": "u"})), "trueup"));
        assert!(!already_applied(&live, &with(json!({"name": "a"})), "trueup"));
    }

    #[test]
    fn another_version_another_manager_or_a_deletion_asks_the_server() {
        let before = live(json!({"replicas": 1}), json!({"f:replicas": {}}));
        let wanted = desired(json!({"replicas": 1}));
        assert!(already_applied(&before, &wanted, "trueup"));
        assert!(!already_applied(&before, &wanted, "kubectl"));
        let mut going = before.clone();
        going.set_meta("deletionTimestamp", "2026-01-01T00:00:00Z");
        assert!(!already_applied(&going, &wanted, "trueup"));
        let mut older = wanted;
        older.root_mut().insert("apiVersion".to_owned(), "apps/v1beta1".into());
        assert!(!already_applied(&before, &older, "trueup"));
    }
}
