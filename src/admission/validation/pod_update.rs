//! What of a pod may still change: images, a deadline that comes nearer, tolerations that are added, gates that are lifted, and, as long
//! as a gate holds the pod, narrower choices of nodes.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement>.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::alike::{self, alike};
use super::field::{Faults, Field};
use super::kept::Kept;
use super::seen::Seen;
use super::{pod_annotations, pods};

const REFUSAL: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,\
                       `spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),\
                       `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const REQUIRED: [&str; 2] = ["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];

/// A pod and what it takes the place of: their metadata and specs.
pub(super) fn pod_update(metadata: [&Field<'_, '_>; 2], spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    pods::pod(metadata[0], spec, &Kept::of_pod(metadata[1], before), faults);
    pod_annotations::stay(&metadata[0].at("annotations"), &metadata[1].at("annotations"), faults);
    if spec.value == before.value {
        return;
    }
    for list in ["containers", "initContainers"] {
        if spec.at(list).size() != before.at(list).size() {
            return faults.forbidden(&spec.at(list), "pod updates may not add or remove containers");
        }
    }
    if !deadline(&spec.at("activeDeadlineSeconds"), &before.at("activeDeadlineSeconds"), faults) {
        return;
    }
    tolerations(&spec.at("tolerations"), &before.at("tolerations"), faults);
    gates(&spec.at("schedulingGates"), &before.at("schedulingGates"), faults);
    let gated = !before.at("schedulingGates").is_empty();
    if gated {
        chosen_nodes(spec, before, faults);
    }
    let (Some(new), Some(old)) = (spec.value.as_object(), before.value.as_object()) else { return };
    let changed: Vec<&str> = alike::differing(new, old).filter(|name| !may_change(name, new, old, gated)).collect();
    if !changed.is_empty() {
        faults.forbidden(spec, &format!("{REFUSAL}\n{}", difference(&changed, new, old)));
    }
}

/// A deadline may come, and come nearer. Answers whether the rest is judged, too.
fn deadline(new: &Field<'_, '_>, old: &Field<'_, '_>, faults: &mut Faults) -> bool {
    match (new.number(), old.number()) {
        (Some(new_seconds), Some(old_seconds)) if old_seconds < new_seconds => {
            faults.invalid(new, "must be less than or equal to previous value");
            return false;
        }
        (None, Some(_)) => faults.invalid(new, "must not update from a positive integer to nil value"),
        _ => {}
    }
    true
}

fn tolerations(new: &Field<'_, '_>, old: &Field<'_, '_>, faults: &mut Faults) {
    let told = |toleration: Field<'_, '_>| {
        let text = |name: &'static str| toleration.at(name).text().to_owned();
        (text("key"), text("operator"), text("value"), text("effect"))
    };
    let there: HashSet<_> = new.items().map(told).collect();
    if !old.items().all(|toleration| there.contains(&told(toleration))) {
        faults.forbidden(new, "existing toleration can not be modified except its tolerationSeconds");
    }
}

fn gates(new: &Field<'_, '_>, old: &Field<'_, '_>, faults: &mut Faults) {
    let known: Seen<'_> = old.items().map(|gate| gate.at("name").text()).collect();
    for gate in new.items() {
        let name = gate.at("name");
        if !known.contains(name.text()) {
            faults.forbidden(&name, &format!("only deletion is allowed, but found new scheduling gate '{}'", name.text()));
        }
    }
}

/// Before it is given a node, a pod may become choosier.
fn chosen_nodes(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let (selector, had) = (spec.at("nodeSelector"), before.at("nodeSelector"));
    if had.entries().any(|(key, value)| selector.value.get(key) != Some(value.value)) {
        faults.invalid(&selector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
    }
    let (affinity, had) = (spec.at("affinity"), before.at("affinity"));
    let (affinity, had) = (affinity.at("nodeAffinity"), had.at("nodeAffinity"));
    let (terms, had) = (affinity.deep(&REQUIRED), had.deep(&REQUIRED));
    if had.is_empty() {
        return;
    }
    if terms.size() != had.size() {
        return faults.invalid(&terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
    }
    for (term, had) in terms.items().zip(had.items()) {
        let anything =
            ["matchExpressions", "matchFields"].iter().any(|name| !had.value.get(*name).is_none_or(|list| list == &Value::Array(vec![])));
        let grown = ["matchExpressions", "matchFields"].into_iter().all(|name| {
            let (list, had) = (term.at(name), had.at(name));
            if anything {
                list.size() >= had.size() && list.items().zip(had.items()).all(|(one, other)| one.value == other.value)
            } else {
                list.is_empty()
            }
        });
        if !grown {
            faults.invalid(&term, "only additions are allowed (no mutations or deletions)");
        }
    }
}

fn may_change(name: &str, new: &Map<String, Value>, old: &Map<String, Value>, gated: bool) -> bool {
    let value = |spec: &'_ Map<String, Value>| spec.get(name).cloned().unwrap_or_default();
    match name {
        "activeDeadlineSeconds" | "tolerations" | "schedulingGates" => true,
        "containers" | "initContainers" => same_but(new.get(name), old.get(name), "image"),
        "terminationGracePeriodSeconds" => value(old).as_i64().is_some_and(|seconds| seconds < 0) && value(new) == 1,
        "nodeSelector" => gated,
        "affinity" => {
            let rest = |value: Value| {
                let mut value = value;
                value.as_object_mut().map(|affinity| affinity.remove("nodeAffinity"));
                value
            };
            gated && alike(&rest(value(new)), &rest(value(old)))
        }
        _ => false,
    }
}

/// Whether two lists of objects are alike but for one member of each.
fn same_but(new: Option<&Value>, old: Option<&Value>, name: &str) -> bool {
    let (new, old) = (items(new), items(old));
    new.len() == old.len()
        && new.iter().zip(old).all(|(new, old)| match (new, old) {
            (Value::Object(new), Value::Object(old)) => alike::members(new, old, &[name]),
            _ => new == old,
        })
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// What was changed, in the form of a patch.
pub(super) fn difference(names: &[&str], new: &Map<String, Value>, old: &Map<String, Value>) -> String {
    let mut lines = String::new();
    for name in names {
        for (sign, spec) in [('-', old), ('+', new)] {
            if let Some(value) = spec.get(*name) {
                lines.push_str(&format!("{sign} {name}: {value}\n"));
            }
        }
    }
    lines
}
