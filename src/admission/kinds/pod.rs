//! Pods: they begin as pending, in a class of service, and find other pods by labels that they themselves carry.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>.

use serde_json::{Map, Value, json};

use crate::admission::validation::APP_ARMOR_OF;
use crate::object::Object;
use crate::schema::quantity;

const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// What a class of service is judged by.
const JUDGED: [&str; 2] = ["cpu", "memory"];

pub(super) fn on_create(pod: &mut Object) {
    let class = class(pod.root().get("spec").unwrap_or(&Value::Null));
    let mut status = json!({"phase": "Pending", "qosClass": class});
    if pod.get(&["spec", "schedulingGates"]).and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        status["conditions"] = json!([{
            "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
            "message": "Scheduling is blocked due to non-empty scheduling gates",
        }]);
    }
    pod.root_mut().insert("status".to_owned(), status);
    find_by_own_labels(pod);
    confine(pod);
}

/// Through `status`, the owners stay; the class of service is kept where it is left out.
pub(super) fn on_status(before: &Object, after: &mut Object) {
    match before.metadata().and_then(|metadata| metadata.get("ownerReferences")) {
        Some(owners) => after.set_meta("ownerReferences", owners.clone()),
        None => drop(after.remove_meta("ownerReferences")),
    }
    let kept = before.get_str(&["status", "qosClass"]).map(str::to_owned);
    let class = kept.unwrap_or_else(|| class(before.root().get("spec").unwrap_or(&Value::Null)).to_owned());
    let status = after.root_mut().entry("status").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(status) = status
        && status.get("qosClass").and_then(Value::as_str).is_none_or(str::is_empty)
    {
        status.insert("qosClass".to_owned(), class.into());
    }
}

/// The class of service: best effort where nothing is asked for, guaranteed where every container may have just what it asks for.
pub(in crate::admission) fn class(spec: &Value) -> &'static str {
    let amount = |resources: &Value, list: &str, name: &str| {
        resources.get(list)?.get(name)?.as_str().and_then(quantity::billionths).filter(|amount| *amount > 0)
    };
    let whole = spec.get("resources").filter(|resources| {
        ["requests", "limits"].iter().any(|list| resources.get(*list).and_then(Value::as_object).is_some_and(|list| !list.is_empty()))
    });
    let containers = CONTAINER_LISTS[..2].iter().filter_map(|list| spec.get(*list)?.as_array()).flatten();
    let judged: Vec<&Value> = match whole {
        Some(resources) => vec![resources],
        None => containers.map(|container| container.get("resources").unwrap_or(&Value::Null)).collect(),
    };
    let mut total = [[0_i128; 2]; 2];
    let mut full = true;
    for resources in judged {
        for (index, name) in JUDGED.iter().enumerate() {
            let (request, limit) = (amount(resources, "requests", name), amount(resources, "limits", name));
            total[index][0] += request.unwrap_or_default();
            total[index][1] += limit.unwrap_or_default();
            full &= limit.is_some();
        }
    }
    match total.iter().flatten().all(|amount| *amount == 0) {
        true => "BestEffort",
        false if full && total.iter().all(|[requests, limits]| requests == limits) => "Guaranteed",
        false => "Burstable",
    }
}

/// Where a rule names keys of labels, it means the values that this pod carries, and says so in its selector from here on.
///
/// See <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#matchlabelkeys>.
fn find_by_own_labels(pod: &mut Object) {
    let labels: Vec<(String, String)> = pod.labels().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let Some(Value::Object(spec)) = pod.root_mut().get_mut("spec") else { return };
    for constraint in list(spec.get_mut("topologySpreadConstraints")) {
        merge(constraint, &labels);
    }
    let Some(affinity) = spec.get_mut("affinity") else { return };
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(kind) = affinity.get_mut(kind) else { continue };
        for term in list(kind.get_mut("requiredDuringSchedulingIgnoredDuringExecution")) {
            merge(term, &labels);
        }
        for term in list(kind.get_mut("preferredDuringSchedulingIgnoredDuringExecution")) {
            term.get_mut("podAffinityTerm").into_iter().for_each(|term| merge(term, &labels));
        }
    }
}

fn list(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

fn merge(term: &mut Value, labels: &[(String, String)]) {
    let mut said = Vec::new();
    for (member, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        let keys = term.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for (key, value) in keys.filter_map(|key| labels.iter().find(|(name, _)| name == key)) {
            said.push(json!({"key": key, "operator": operator, "values": [value]}));
        }
    }
    if said.is_empty() {
        return;
    }
    let Some(Value::Object(selector)) = term.get_mut("labelSelector") else { return };
    let expressions = selector.entry("matchExpressions").or_insert_with(|| Value::Array(Vec::new()));
    if expressions.is_null() {
        *expressions = Value::Array(Vec::new());
    }
    expressions.as_array_mut().into_iter().for_each(|list| list.append(&mut said));
}

/// What an annotation says of a container's profile, its field says from here on.
fn confine(pod: &mut Object) {
    let annotated = |(key, value): (&str, &str)| Some((key.strip_prefix(APP_ARMOR_OF)?.to_owned(), value.to_owned()));
    let said: Vec<(String, String)> = pod.annotations().filter_map(annotated).collect();
    if said.is_empty() || pod.get_str(&["spec", "os", "name"]) == Some("windows") {
        return;
    }
    let whole = pod.get(&["spec", "securityContext", "appArmorProfile"]).cloned();
    let Some(Value::Object(spec)) = pod.root_mut().get_mut("spec") else { return };
    let containers = spec.iter_mut().filter(|(name, _)| CONTAINER_LISTS.contains(&name.as_str()));
    for container in containers.flat_map(|(_, list)| self::list(Some(list))) {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some(profile) = said.iter().find(|(of, _)| of == name).and_then(|(_, text)| profile(text)) else { continue };
        let Some(members) = container.as_object_mut() else { continue };
        let context = members.entry("securityContext").or_insert_with(|| Value::Object(Map::new()));
        let set = context.get("appArmorProfile").is_some_and(|profile| !profile.is_null());
        if let Value::Object(context) = context
            && !set
            && whole.as_ref() != Some(&profile)
        {
            context.insert("appArmorProfile".to_owned(), profile);
        }
    }
}

fn profile(text: &str) -> Option<Value> {
    match text {
        "runtime/default" => Some(json!({"type": "RuntimeDefault"})),
        "unconfined" => Some(json!({"type": "Unconfined"})),
        _ => text
            .strip_prefix("localhost/")
            .filter(|name| !name.is_empty())
            .map(|name| json!({"type": "Localhost", "localhostProfile": name})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(containers: &Value) -> &'static str {
        class(&json!({"containers": containers}))
    }

    #[test]
    fn the_class_of_service_follows_what_is_asked_for() {
        let (one, more) = (json!({"cpu": "1", "memory": "1Gi"}), json!({"cpu": "1", "memory": "2Gi"}));
        let container = |resources: Value| json!([{"resources": resources}]);
        assert_eq!(class_of(&json!([{}])), "BestEffort");
        assert_eq!(class_of(&container(json!({"requests": {"cpu": "0"}}))), "BestEffort");
        assert_eq!(class_of(&container(json!({"requests": one, "limits": one}))), "Guaranteed");
        assert_eq!(class_of(&container(json!({"requests": one, "limits": more}))), "Burstable");
        assert_eq!(class_of(&json!([{"resources": {"requests": one, "limits": one}}, {}])), "Burstable");
        let whole = json!({"containers": [{}], "resources": {"requests": one, "limits": one}});
        assert_eq!(class(&whole), "Guaranteed");
    }

    #[test]
    fn keys_of_labels_become_values() {
        let mut pod = Object::from_value(json!({
            "metadata": {"labels": {"v": "1", "t": "x"}, "annotations": {"container.apparmor.security.beta.kubernetes.io/c": "localhost/p"}},
            "spec": {
                "containers": [{"name": "c"}], "schedulingGates": [{"name": "g"}],
                "topologySpreadConstraints": [{"labelSelector": {}, "matchLabelKeys": ["v", "absent"]}, {"matchLabelKeys": ["v"]}],
                "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                    {"labelSelector": {}, "mismatchLabelKeys": ["t"]},
                ]}},
            },
        }))
        .expect("an object");
        on_create(&mut pod);
        let pod = pod.into_value();
        let expression = |key: &str, operator: &str, value: &str| json!([{"key": key, "operator": operator, "values": [value]}]);
        assert_eq!(pod["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchExpressions"], expression("v", "In", "1"));
        assert_eq!(pod["spec"]["topologySpreadConstraints"][1].get("labelSelector"), None);
        let term = &pod["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
        assert_eq!(term["labelSelector"]["matchExpressions"], expression("t", "NotIn", "x"));
        let profile = &pod["spec"]["containers"][0]["securityContext"]["appArmorProfile"];
        assert_eq!(*profile, json!({"type": "Localhost", "localhostProfile": "p"}));
        assert_eq!(pod["status"]["conditions"][0]["reason"], "SchedulingGated");
        assert_eq!(pod["status"]["qosClass"], "BestEffort");
    }
}
