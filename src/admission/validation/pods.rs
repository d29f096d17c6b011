//! The spec of a pod, alone or in a template, and what may change of it.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.

use std::collections::HashSet;

use serde_json::Value;

use super::field::{Faults, Field};
use super::{containers, labels, volumes};
use crate::object::names::{dns_label, dns_subdomain};

/// A pod of its own.
pub(super) fn pod(spec: &Field<'_, '_>, faults: &mut Faults) {
    pod_spec(spec, faults);
    if !spec.at("ephemeralContainers").is_empty() {
        faults.forbidden(&spec.at("ephemeralContainers"), "cannot be set on create");
    }
}

/// A template of pods.
pub(super) fn template(template: &Field<'_, '_>, faults: &mut Faults) {
    labels::labels(&template.deep(&["metadata", "labels"]), faults);
    pod_spec(&template.at("spec"), faults);
    if !template.deep(&["spec", "ephemeralContainers"]).is_empty() {
        faults.forbidden(&template.deep(&["spec", "ephemeralContainers"]), "ephemeral containers not allowed in pod template");
    }
}

fn pod_spec(spec: &Field<'_, '_>, faults: &mut Faults) {
    let volume_names = volumes::volumes(&spec.at("volumes"), faults);
    if spec.at("containers").is_empty() {
        faults.required(&spec.at("containers"), "");
    }
    let mut names = HashSet::new();
    for container in spec.at("containers").items() {
        containers::container(&container, &volume_names, faults);
        once(&container.at("name"), &mut names, faults);
    }
    for container in spec.at("initContainers").items() {
        containers::init_container(&container, &volume_names, faults);
        once(&container.at("name"), &mut names, faults);
    }
    host_ports(spec, faults);
    faults.one_of(&spec.at("restartPolicy"), &["Always", "OnFailure", "Never"]);
    faults.one_of(&spec.at("dnsPolicy"), &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    if spec.at("dnsPolicy").text() == "None" && spec.deep(&["dnsConfig", "nameservers"]).is_empty() {
        faults.required(&spec.deep(&["dnsConfig", "nameservers"]), "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
    faults.between(&spec.at("activeDeadlineSeconds"), 1, i64::from(i32::MAX));
    faults.at_least(&spec.at("terminationGracePeriodSeconds"), 0);
    labels::labels(&spec.at("nodeSelector"), faults);
    for name in ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"] {
        faults.named(&spec.at(name), dns_subdomain);
    }
    for name in ["hostname", "subdomain"] {
        faults.named(&spec.at(name), dns_label);
    }
    for alias in spec.at("hostAliases").items() {
        if alias.at("ip").text().parse::<std::net::IpAddr>().is_err() {
            faults.invalid(&alias.at("ip"), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }
    }
    spec.at("tolerations").items().for_each(|toleration| tolerates(&toleration, faults));
    spec.at("topologySpreadConstraints").items().for_each(|constraint| spreads(&constraint, faults));
    affinity(&spec.at("affinity"), faults);
}

fn once<'v>(name: &Field<'_, 'v>, seen: &mut HashSet<&'v str>, faults: &mut Faults) {
    if !name.is_empty() && !seen.insert(name.text()) {
        faults.duplicate(name);
    }
}

/// Two containers cannot have one port of the host; on the host's network a port is the host's.
fn host_ports(spec: &Field<'_, '_>, faults: &mut Faults) {
    let on_host = spec.at("hostNetwork").flag();
    let mut taken = HashSet::new();
    for container in spec.at("containers").items() {
        for port in container.at("ports").items() {
            let host = port.at("hostPort");
            let Some(number) = host.number().filter(|number| *number != 0) else { continue };
            if !taken.insert((number, port.at("protocol").text(), port.at("hostIP").text())) {
                faults.duplicate(&host);
            }
            if on_host && port.at("containerPort").number() != Some(number) {
                faults.invalid(&port.at("containerPort"), "must match `hostPort` when `hostNetwork` is true");
            }
        }
    }
}

fn tolerates(toleration: &Field<'_, '_>, faults: &mut Faults) {
    let (key, operator, value) = (toleration.at("key"), toleration.at("operator"), toleration.at("value"));
    faults.named(&key, crate::object::names::qualified_name);
    if key.is_empty() && operator.text() != "Exists" {
        faults.invalid(&operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
    }
    faults.one_of(&operator, &["Equal", "Exists", "Gt", "Lt"]);
    if operator.text() == "Exists" && !value.is_empty() {
        faults.invalid(&operator, "value must be empty when `operator` is 'Exists'");
    }
    faults.one_of(&toleration.at("effect"), &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    if !toleration.at("tolerationSeconds").is_absent() && toleration.at("effect").text() != "NoExecute" {
        faults.invalid(&toleration.at("effect"), "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
}

fn spreads(constraint: &Field<'_, '_>, faults: &mut Faults) {
    if constraint.at("maxSkew").number().unwrap_or_default() <= 0 {
        faults.invalid(&constraint.at("maxSkew"), "must be greater than zero");
    }
    faults.present(&constraint.at("topologyKey"));
    let when = constraint.at("whenUnsatisfiable");
    if !matches!(when.text(), "DoNotSchedule" | "ScheduleAnyway") {
        faults.not_supported(&when, &["DoNotSchedule", "ScheduleAnyway"]);
    }
    labels::selector(&constraint.at("labelSelector"), faults);
}

fn affinity(affinity: &Field<'_, '_>, faults: &mut Faults) {
    if affinity.is_absent() {
        return;
    }
    let node = affinity.at("nodeAffinity");
    let needed = node.at("requiredDuringSchedulingIgnoredDuringExecution");
    if !needed.is_absent() && needed.at("nodeSelectorTerms").is_empty() {
        faults.required(&needed.at("nodeSelectorTerms"), "must have at least one node selector term");
    }
    for preferred in node.at("preferredDuringSchedulingIgnoredDuringExecution").items() {
        weighs(&preferred, faults);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.at(kind);
        for term in pods.at("requiredDuringSchedulingIgnoredDuringExecution").items() {
            near(&term, faults);
        }
        for preferred in pods.at("preferredDuringSchedulingIgnoredDuringExecution").items() {
            weighs(&preferred, faults);
            near(&preferred.at("podAffinityTerm"), faults);
        }
    }
}

fn weighs(preferred: &Field<'_, '_>, faults: &mut Faults) {
    if !(1..=100).contains(&preferred.at("weight").number().unwrap_or_default()) {
        faults.invalid(&preferred.at("weight"), "must be in the range 1-100");
    }
}

fn near(term: &Field<'_, '_>, faults: &mut Faults) {
    if term.at("topologyKey").is_empty() {
        faults.required(&term.at("topologyKey"), "can not be empty");
    }
    labels::selector(&term.at("labelSelector"), faults);
}

/// What a pod that runs may still have changed: images, a deadline that comes nearer, tolerations that are added, gates that are lifted.
pub(super) fn pod_update(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let (Some(new), Some(old)) = (spec.value.as_object(), before.value.as_object()) else { return };
    let names: HashSet<&String> = new.keys().chain(old.keys()).collect();
    let changed = names.into_iter().any(|name| {
        let (new, old) = (new.get(name).unwrap_or(&Value::Null), old.get(name).unwrap_or(&Value::Null));
        new != old && !may_change(name, new, old)
    });
    if changed {
        faults.forbidden(
            spec,
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
             `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
             `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        );
    }
    let (new, old) = (spec.at("activeDeadlineSeconds"), before.at("activeDeadlineSeconds"));
    if let Some(old) = old.number()
        && new.number().is_none_or(|new| new > old)
    {
        faults.invalid(&new, &format!("must be less than or equal to previous value: {old}"));
    }
}

fn may_change(name: &str, new: &Value, old: &Value) -> bool {
    let items = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    match name {
        "activeDeadlineSeconds" => true,
        "containers" | "initContainers" => same_but_image(new, old),
        "tolerations" => items(old).iter().all(|kept| items(new).contains(kept)),
        "schedulingGates" => items(new).iter().all(|kept| items(old).contains(kept)),
        _ => false,
    }
}

fn same_but_image(new: &Value, old: &Value) -> bool {
    let (Some(new), Some(old)) = (new.as_array(), old.as_array()) else { return false };
    let same = |new: &Value, old: &Value| {
        let (Some(new), Some(old)) = (new.as_object(), old.as_object()) else { return false };
        let rest = |members: &'_ serde_json::Map<String, Value>| members.iter().filter(|(name, _)| *name != "image").count();
        rest(new) == rest(old) && new.iter().all(|(name, value)| name == "image" || old.get(name) == Some(value))
    };
    new.len() == old.len() && new.iter().zip(old).all(|(new, old)| same(new, old))
}
