//! Parts of a pod that change through paths of their own: containers that join it later, and how much its containers may have.
//!
//! Receives a pod as it was and as it is wanted; hands on the pod as it was but for that part. Invariant: nothing else changes through
//! these paths, unless containers are added, removed or renamed, which the rules refuse.

use serde_json::{Map, Value};

use crate::object::Object;

/// The path that lets containers join a running pod.
pub(super) const EPHEMERAL_CONTAINERS: &str = "ephemeralcontainers";
/// The path that changes how much containers, and the pod, may have.
pub(super) const RESIZE: &str = "resize";

const EPHEMERAL: &str = "ephemeralContainers";
const RESIZED_LISTS: [&str; 2] = ["containers", "initContainers"];
/// What of a container a resize may change.
const RESIZED: [&str; 2] = ["resources", "resizePolicy"];
/// What of the metadata says which object an applied one means.
const IDENTITY: [&str; 5] = ["name", "namespace", "uid", "resourceVersion", "managedFields"];

/// The pod as it was, with other containers that joined it later.
pub(super) fn only_ephemeral_containers(before: &Object, after: &mut Object) {
    let list = after.get(&["spec", EPHEMERAL]).cloned();
    only_managers(before, after);
    if let Some(spec) = spec_of(after) {
        set_or_remove(spec, EPHEMERAL, list);
    }
}

/// The pod as it was, with other resources. Containers that do not match those there are left as they are wanted.
pub(super) fn only_resources(before: &Object, after: &mut Object) {
    let wanted = after.get(&["spec"]).cloned().unwrap_or_default();
    let lists = RESIZED_LISTS.map(|list| (items(wanted.get(list)), items(before.get(&["spec", list]))));
    if lists.iter().any(|(new, old)| new.len() != old.len()) {
        return;
    }
    let resized = lists.map(|(new, old)| resized(new, old));
    only_managers(before, after);
    let Some(spec) = spec_of(after) else { return };
    for (list, containers) in RESIZED_LISTS.into_iter().zip(resized) {
        set_or_remove(spec, list, Some(Value::Array(containers)).filter(|_| wanted.get(list).is_some()));
    }
    set_or_remove(spec, "resources", wanted.get("resources").cloned());
}

/// Leaves of an applied pod what goes through a path, and what says which pod is meant. Other paths take all of it.
pub(crate) fn applied(object: &mut Object, subresource: &str) {
    if !matches!(subresource, EPHEMERAL_CONTAINERS | RESIZE) {
        return;
    }
    let spec = match object.root_mut().remove("spec") {
        Some(Value::Object(spec)) => spec,
        _ => Map::new(),
    };
    let kept = spec.into_iter().filter_map(|(name, value)| match (subresource, name.as_str()) {
        (EPHEMERAL_CONTAINERS, EPHEMERAL) | (RESIZE, "resources") => Some((name, value)),
        (RESIZE, list) if RESIZED_LISTS.contains(&list) => Some((name, stated(value))),
        _ => None,
    });
    let kept: Map<String, Value> = kept.collect();
    object.root_mut().retain(|name, _| matches!(name.as_str(), "apiVersion" | "kind" | "metadata"));
    object.metadata_mut().retain(|name, _| IDENTITY.contains(&name.as_str()));
    if !kept.is_empty() {
        object.root_mut().insert("spec".to_owned(), kept.into());
    }
}

/// What a resize states of containers, and which they are.
fn stated(mut containers: Value) -> Value {
    for container in containers.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        container.retain(|name, _| name == "name" || RESIZED.contains(&name.as_str()));
    }
    containers
}

/// The pod as it was but for who manages its fields.
fn only_managers(before: &Object, after: &mut Object) {
    let managers = after.remove_meta("managedFields");
    *after = before.clone();
    set_or_remove(after.metadata_mut(), "managedFields", managers);
}

fn resized(new: &[Value], old: &[Value]) -> Vec<Value> {
    if new.iter().zip(old).any(|(new, old)| new.get("name") != old.get("name")) {
        return new.to_vec();
    }
    let pairs = new.iter().zip(old).map(|(new, old)| {
        let mut container = old.clone();
        if let Some(members) = container.as_object_mut() {
            RESIZED.into_iter().for_each(|name| set_or_remove(members, name, new.get(name).cloned()));
        }
        container
    });
    pairs.collect()
}

fn spec_of(pod: &mut Object) -> Option<&mut Map<String, Value>> {
    pod.root_mut().get_mut("spec")?.as_object_mut()
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn set_or_remove(map: &mut Map<String, Value>, member: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(map.insert(member.to_owned(), value)),
        None => drop(map.remove(member)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn pod(spec: &Value) -> Value {
        json!({"metadata": {"name": "p", "labels": {"a": "b"}}, "spec": spec, "status": {"phase": "Running"}})
    }

    #[test]
    fn nothing_but_the_part_goes_through_its_path() {
        let before = object(pod(&json!({"nodeName": "n", "containers": [{"name": "c", "image": "i", "resizePolicy": []}]})));
        let wanted = json!({
            "metadata": {"name": "p", "labels": {"x": "y"}, "managedFields": [{"manager": "m"}]},
            "spec": {
                "nodeName": "other", "resources": {"limits": {"cpu": "2"}}, "ephemeralContainers": [{"name": "e"}],
                "containers": [{"name": "c", "image": "other", "resources": {"limits": {"cpu": "1"}}}],
            },
        });
        let managed = json!({"name": "p", "labels": {"a": "b"}, "managedFields": [{"manager": "m"}]});
        let mut joined = object(wanted.clone());
        only_ephemeral_containers(&before, &mut joined);
        let container = json!([{"name": "c", "image": "i", "resizePolicy": []}]);
        let expected = json!({
            "metadata": managed, "status": {"phase": "Running"},
            "spec": {"nodeName": "n", "containers": container, "ephemeralContainers": [{"name": "e"}]},
        });
        assert_eq!(joined.into_value(), expected);
        let mut resized = object(wanted);
        only_resources(&before, &mut resized);
        let container = json!([{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1"}}}]);
        let expected = json!({
            "metadata": managed, "status": {"phase": "Running"},
            "spec": {"nodeName": "n", "containers": container, "resources": {"limits": {"cpu": "2"}}},
        });
        assert_eq!(resized.into_value(), expected);
    }

    #[test]
    fn containers_that_do_not_match_are_left_to_the_rules() {
        let before = object(pod(&json!({"containers": [{"name": "a"}, {"name": "b"}]})));
        for containers in [json!([{"name": "a"}]), json!([{"name": "b"}, {"name": "a"}])] {
            let mut after = object(pod(&json!({"containers": containers})));
            only_resources(&before, &mut after);
            assert_eq!(after.get(&["spec", "containers"]), Some(&containers));
        }
    }

    #[test]
    fn an_applied_pod_states_its_part_alone() {
        let spec = json!({
            "nodeName": "n", "ephemeralContainers": [{"name": "e"}], "resources": {}, "containers": [{"name": "c", "image": "i", "resources": {}}],
        });
        let reduced = |subresource: &str| {
            let mut stated = object(pod(&spec));
            applied(&mut stated, subresource);
            stated.into_value()
        };
        let alone = |spec: Value| json!({"metadata": {"name": "p"}, "spec": spec});
        assert_eq!(reduced("ephemeralcontainers"), alone(json!({"ephemeralContainers": [{"name": "e"}]})));
        assert_eq!(reduced("resize"), alone(json!({"resources": {}, "containers": [{"name": "c", "resources": {}}]})));
        assert_eq!(reduced("status"), pod(&spec));
    }
}
