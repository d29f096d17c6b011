//! What an object takes of what quotas limit.
//!
//! Receives objects with all their defaults; hands on amounts. Invariant: what is counted for a kind is counted for every object of it,
//! so that nothing is as good as no object.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::super::limits;
use super::amounts::{Amount, Amounts};
use crate::object::{GroupResource, Object};

/// What containers may ask for by names that quotas know without a prefix.
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const HUGE_PAGES: &str = "hugepages-";
/// The kinds that quotas also know by their plain name.
const BY_PLAIN_NAME: [&str; 7] =
    ["configmaps", "persistentvolumeclaims", "pods", "replicationcontrollers", "resourcequotas", "secrets", "services"];
/// What stands between a storage class and what is limited of it.
const CLASS: &str = ".storageclass.storage.k8s.io/";

/// The name that limits how many objects there are of a kind.
pub(super) fn count_of(kind: &GroupResource) -> String {
    match kind.group.as_str() {
        "" => format!("count/{}", kind.resource),
        group => format!("count/{}.{group}", kind.resource),
    }
}

/// Whether a name limits objects of a kind.
pub(super) fn limits_kind(name: &str, kind: &GroupResource) -> bool {
    if name == count_of(kind) {
        return true;
    }
    if !kind.group.is_empty() {
        return false;
    }
    match kind.resource.as_str() {
        "pods" => name == "pods" || is_compute(name),
        "services" => matches!(name, "services" | "services.nodeports" | "services.loadbalancers"),
        "persistentvolumeclaims" => {
            let of_class = name.split_once(CLASS).map(|(_, what)| what);
            ["persistentvolumeclaims", "requests.storage"].contains(&of_class.unwrap_or(name))
        }
        plain => name == plain && BY_PLAIN_NAME.contains(&plain),
    }
}

/// The kind whose objects a name limits; `None` for a name that limits nothing that is known here.
pub(super) fn kind_of(name: &str) -> Option<GroupResource> {
    if let Some(counted) = name.strip_prefix("count/") {
        let (resource, group) = counted.split_once('.').unwrap_or((counted, ""));
        return Some(GroupResource::new(group, resource));
    }
    let core = BY_PLAIN_NAME.into_iter().map(|plain| GroupResource::new("", plain));
    core.into_iter().find(|kind| limits_kind(name, kind))
}

fn is_compute(name: &str) -> bool {
    let asked = name.strip_prefix("requests.");
    let bare = asked.or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
    COMPUTE.contains(&bare) || (bare.starts_with(HUGE_PAGES) && !name.starts_with("limits.")) || asked.is_some_and(is_extended)
}

/// Whether a resource of nodes is one that somebody else defines.
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

/// What an object takes.
pub(super) fn of(kind: &GroupResource, object: &Object, now: Timestamp) -> Amounts {
    let mut taken = Amounts::default();
    taken.add(count_of(kind), Amount::of(1));
    if !kind.group.is_empty() {
        return taken;
    }
    match kind.resource.as_str() {
        "pods" if !is_over(object, now) => of_pod(object, &mut taken),
        "pods" => {}
        "services" => of_service(object, &mut taken),
        "persistentvolumeclaims" => of_claim(object, &mut taken),
        plain if BY_PLAIN_NAME.contains(&plain) => taken.add(plain, Amount::of(1)),
        _ => {}
    }
    taken
}

/// Whether a pod runs no more, or should have gone by now: its place is free then.
fn is_over(pod: &Object, now: Timestamp) -> bool {
    if matches!(pod.get_str(&["status", "phase"]), Some("Failed" | "Succeeded")) {
        return true;
    }
    let grace = pod.get(&["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64);
    let deleted = pod.get_str(&["metadata", "deletionTimestamp"]).and_then(|text| text.parse::<Timestamp>().ok());
    let ends = deleted.zip(grace).and_then(|(deleted, grace)| deleted.checked_add(SignedDuration::from_secs(grace)).ok());
    ends.is_some_and(|ends| now > ends)
}

fn of_pod(pod: &Object, taken: &mut Amounts) {
    taken.add("pods", Amount::of(1));
    let Some(spec) = pod.root().get("spec") else { return };
    for name in asked_for(spec) {
        if let Some(amount) = limits::of_pod(spec, "requests", name) {
            request_names(name).for_each(|known| taken.add(known, Amount::read(&amount)));
        }
        if let Some(amount) = limits::of_pod(spec, "limits", name).filter(|_| COMPUTE.contains(&name)) {
            taken.add(format!("limits.{name}"), Amount::read(&amount));
        }
    }
}

/// The resources that a pod, its containers or running it ask for.
fn asked_for(spec: &Value) -> std::collections::BTreeSet<&str> {
    let lists = ["containers", "initContainers"].into_iter().filter_map(|list| spec.get(list)?.as_array()).flatten();
    let said = lists.chain([spec]).filter_map(|holder| holder.get("resources"));
    let amounts = said.flat_map(|resources| [resources.get("requests"), resources.get("limits")]).chain([spec.get("overhead")]);
    amounts.flatten().filter_map(Value::as_object).flat_map(|amounts| amounts.keys().map(String::as_str)).collect()
}

/// The names by which quotas know what is requested of a resource.
fn request_names(name: &str) -> impl Iterator<Item = String> {
    let plain = COMPUTE.contains(&name) || name.starts_with(HUGE_PAGES);
    let prefixed = plain || is_extended(name);
    let plain = plain.then(|| name.to_owned());
    plain.into_iter().chain(prefixed.then(|| format!("requests.{name}")))
}

/// Says which containers lack what a quota makes them say: `limits.cpu for: a,b; requests.memory for: a`.
pub(super) fn unsaid<'n>(spec: &Value, limited: impl Iterator<Item = &'n str>) -> Option<String> {
    let says = |holder: &Value, name: &str| {
        let (list, resource) = name.split_once('.').unwrap_or(("requests", name));
        holder.get("resources").and_then(|resources| resources.get(list)?.get(resource)).is_some()
    };
    let demanded = limited.filter(|name| {
        let bare = name.strip_prefix("requests.").or_else(|| name.strip_prefix("limits.")).unwrap_or(name);
        matches!(bare, "cpu" | "memory")
    });
    let mut missing = Vec::new();
    for name in demanded.filter(|name| !says(spec, name)) {
        let containers = ["containers", "initContainers"].into_iter().filter_map(|list| spec.get(list)?.as_array()).flatten();
        let silent = containers.filter(|container| !says(container, name));
        let mut silent: Vec<&str> = silent.map(|container| container.get("name").and_then(Value::as_str).unwrap_or_default()).collect();
        silent.sort_unstable();
        if !silent.is_empty() {
            missing.push(format!("{name} for: {}", silent.join(",")));
        }
    }
    (!missing.is_empty()).then(|| missing.join("; "))
}

fn of_service(service: &Object, taken: &mut Amounts) {
    taken.add("services", Amount::of(1));
    let ports = service.get(&["spec", "ports"]).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let stated = || ports.iter().filter(|port| port.get("nodePort").and_then(Value::as_i64).unwrap_or_default() != 0).count();
    let gives = service.get(&["spec", "allocateLoadBalancerNodePorts"]).and_then(Value::as_bool).unwrap_or(true);
    let (node_ports, balancers) = match service.get_str(&["spec", "type"]) {
        Some("NodePort") => (ports.len(), 0),
        Some("LoadBalancer") if gives => (ports.len(), 1),
        Some("LoadBalancer") => (stated(), 1),
        _ => (0, 0),
    };
    taken.add("services.nodeports", Amount::of(node_ports));
    taken.add("services.loadbalancers", Amount::of(balancers));
}

fn of_claim(claim: &Object, taken: &mut Amounts) {
    const OLD_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
    taken.add("persistentvolumeclaims", Amount::of(1));
    let class = claim.annotation(OLD_CLASS).or_else(|| claim.get_str(&["spec", "storageClassName"])).filter(|class| !class.is_empty());
    let requested = claim.get_str(&["spec", "resources", "requests", "storage"]).map(Amount::read);
    if let Some(class) = class {
        taken.add(format!("{class}{CLASS}persistentvolumeclaims"), Amount::of(1));
    }
    if let Some(requested) = requested {
        taken.add("requests.storage", requested);
        class.into_iter().for_each(|class| taken.add(format!("{class}{CLASS}requests.storage"), requested));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn taken(group: &str, resource: &str, object: Value) -> String {
        let now = "2026-11-22T10:00:00Z".parse().expect("a time");
        of(&GroupResource::new(group, resource), &Object::from_value(object).expect("an object"), now).shown()
    }

    #[test]
    fn a_pod_takes_what_its_containers_ask_for() {
        let containers = json!([
            {"resources": {"requests": {"cpu": "1", "memory": "1Gi", "x.io/gpu": "2"}, "limits": {"cpu": "2", "x.io/gpu": "2"}}},
            {"resources": {"requests": {"cpu": "500m", "hugepages-2Mi": "4Mi"}}},
        ]);
        let pod = json!({"spec": {"containers": containers, "overhead": {"memory": "1Mi"}}});
        assert_eq!(
            taken("", "pods", pod),
            "count/pods=1,cpu=1500m,hugepages-2Mi=4Mi,limits.cpu=2,memory=1025Mi,pods=1,requests.cpu=1500m,requests.hugepages-2Mi=4Mi,\
             requests.memory=1025Mi,requests.x.io/gpu=2"
        );
    }

    #[test]
    fn a_pod_that_is_over_only_counts_as_an_object() {
        let pod = |more: Value| taken("", "pods", more);
        assert_eq!(pod(json!({"status": {"phase": "Succeeded"}})), "count/pods=1");
        let deleted = |at: &str| json!({"metadata": {"deletionTimestamp": at, "deletionGracePeriodSeconds": 30}});
        assert_eq!(pod(deleted("2026-11-22T09:00:00Z")), "count/pods=1");
        assert_eq!(pod(deleted("2026-11-22T09:59:40Z")), "count/pods=1,pods=1");
    }

    #[test]
    fn services_claims_and_other_objects() {
        let service = |kind: &str, gives: bool| json!({"spec": {"type": kind, "ports": [{"nodePort": 30_000}, {}], "allocateLoadBalancerNodePorts": gives}});
        assert_eq!(
            taken("", "services", service("ClusterIP", true)),
            "count/services=1,services=1,services.loadbalancers=0,services.nodeports=0"
        );
        assert_eq!(
            taken("", "services", service("NodePort", true)),
            "count/services=1,services=1,services.loadbalancers=0,services.nodeports=2"
        );
        assert_eq!(
            taken("", "services", service("LoadBalancer", false)),
            "count/services=1,services=1,services.loadbalancers=1,services.nodeports=1"
        );
        let claim = json!({"spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "2Gi"}}}});
        assert_eq!(
            taken("", "persistentvolumeclaims", claim),
            "count/persistentvolumeclaims=1,fast.storageclass.storage.k8s.io/persistentvolumeclaims=1,\
             fast.storageclass.storage.k8s.io/requests.storage=2Gi,persistentvolumeclaims=1,requests.storage=2Gi"
        );
        assert_eq!(taken("", "secrets", json!({})), "count/secrets=1,secrets=1");
        assert_eq!(taken("x.io", "pods", json!({})), "count/pods.x.io=1");
    }

    #[test]
    fn each_name_limits_one_kind() {
        for (name, kind) in [
            ("pods", "pods"),
            ("limits.memory", "pods"),
            ("requests.nvidia.com/gpu", "pods"),
            ("services.nodeports", "services"),
            ("requests.storage", "persistentvolumeclaims"),
            ("gold.storageclass.storage.k8s.io/requests.storage", "persistentvolumeclaims"),
            ("configmaps", "configmaps"),
            ("count/secrets", "secrets"),
            ("count/widgets.x.io", "widgets.x.io"),
        ] {
            let found = kind_of(name).expect("known");
            assert_eq!(found.to_string(), kind, "{name}");
            assert!(limits_kind(name, &found), "{name}");
        }
        assert_eq!(kind_of("limits.hugepages-2Mi"), None);
    }

    #[test]
    fn what_containers_leave_unsaid_is_listed_by_resource() {
        let spec = json!({"containers": [{"name": "b"}, {"name": "a", "resources": {"requests": {"cpu": "1"}}}]});
        let said = unsaid(&spec, ["limits.cpu", "pods", "requests.cpu", "limits.ephemeral-storage"].into_iter());
        assert_eq!(said.as_deref(), Some("limits.cpu for: a,b; requests.cpu for: b"));
        assert_eq!(unsaid(&spec, ["pods"].into_iter()), None);
    }
}
