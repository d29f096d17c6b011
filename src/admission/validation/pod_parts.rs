//! What may change through the paths of a pod's parts: containers join and stay as they joined; processors and memory change, and
//! nothing that was asked for is given up.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/> and
//! <https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/>.

use serde_json::Value;

use super::alike::{self, alike};
use super::field::{Faults, Field};
use super::kept::Kept;
use super::{pod_annotations, pod_update, pods};
use crate::admission::kinds::pod::class;

/// What a resize may change of resources.
const RESIZED: [&str; 2] = ["cpu", "memory"];

/// A pod before and after a change.
pub(super) struct Change<'p, 'v> {
    pub(super) metadata: [&'p Field<'static, 'v>; 2],
    pub(super) spec: [&'p Field<'static, 'v>; 2],
    /// Its status, which does not change through these paths.
    pub(super) status: &'p Field<'static, 'v>,
}

impl Change<'_, '_> {
    /// Whether the pod only mirrors one that a node runs by itself.
    fn is_mirror(&self) -> bool {
        !self.metadata[0].at("annotations").key(pod_annotations::MIRROR).is_absent()
    }
}

/// Containers may join. Those that are there stay.
pub(super) fn ephemeral_containers(change: &Change<'_, '_>, faults: &mut Faults) {
    let [metadata, spec] = [change.metadata, change.spec];
    pods::pod(metadata[1], spec[1], &Kept::of_pod(metadata[0], spec[0]), faults);
    if change.is_mirror() {
        return alone(faults, "static pods do not support ephemeral containers");
    }
    let (old, new) = (spec[0].at("ephemeralContainers"), spec[1].at("ephemeralContainers"));
    for container in old.items() {
        let name = container.at("name").text();
        match new.items().find(|other| other.at("name").text() == name) {
            None => faults.forbidden(&new, &format!("existing ephemeral containers {name:?} may not be removed\n")),
            Some(other) if !alike(other.value, container.value) => {
                let (Some(new_members), Some(old_members)) = (other.value.as_object(), container.value.as_object()) else { continue };
                let changed: Vec<&str> = alike::differing(new_members, old_members).collect();
                let shown = pod_update::difference(&changed, new_members, old_members);
                faults.forbidden(&new, &format!("existing ephemeral containers {name:?} may not be changed\n{shown}"));
            }
            Some(_) => {}
        }
    }
}

/// Processors and memory may change, within the class of service.
pub(super) fn resize(change: &Change<'_, '_>, faults: &mut Faults) {
    let [old, new] = change.spec;
    pods::pod(change.metadata[1], new, &Kept::of_pod(change.metadata[0], old), faults);
    if change.is_mirror() {
        return alone(faults, "static pods cannot be resized");
    }
    if old.deep(&["os", "name"]).text() == "windows" {
        return alone(faults, "windows pods cannot be resized");
    }
    let kept = change.status.at("qosClass");
    let was = if kept.is_empty() { class(old.value) } else { kept.text() };
    if was != class(new.value) {
        faults.invalid_as(new, kept.text(), "Pod QOS Class may not change as a result of resizing");
    }
    if !node_can_resize(change.status) {
        faults.forbidden(new, "Pod running on node without support for resize");
    }
    whole_pod(old, new, faults);
    if !change.status.at("nodeAllocatableResourceClaimStatuses").is_empty() {
        faults.forbidden(new, "pods with node allocatable resource claims cannot be resized");
    }
    if !same_containers(old, new, faults) {
        return;
    }
    let before = faults.0.len();
    for list in ["initContainers", "containers"] {
        for (new, old) in new.at(list).items().zip(old.at(list).items()) {
            kept_requirements(&new.at("resources"), &old.at("resources"), "resource", faults);
        }
    }
    containers(old, new, faults);
    init_containers(old, new, faults);
    if before == faults.0.len() && !alike(&without_lists(new.value), &without_lists(old.value)) {
        faults.forbidden(new, "only cpu and memory resources are mutable");
    }
}

/// One fault stands for all.
fn alone(faults: &mut Faults, why: &str) {
    faults.0.clear();
    faults.forbidden(&Field::root("", None), why);
}

/// A container that runs and of which no resources are told runs where they cannot be changed. Before any runs nobody can tell.
fn node_can_resize(status: &Field<'_, '_>) -> bool {
    let list = status.at("containerStatuses");
    let running = list.items().find(|container| !container.deep(&["state", "running"]).is_absent());
    running.is_none_or(|container| !container.at("resources").is_absent())
}

fn whole_pod(old: &Field<'_, '_>, new: &Field<'_, '_>, faults: &mut Faults) {
    let (was, is) = (old.at("resources"), new.at("resources"));
    if !was.is_absent() && is.is_absent() {
        return faults.forbidden(&is, "pod-level resources cannot be removed");
    }
    kept_requirements(&is, &was, "pod-level resource", faults);
    if !alike(&without_resized(is.value), &without_resized(was.value)) {
        faults.forbidden(new, "only cpu and memory resources are mutable at pod-level");
    }
}

fn same_containers(old: &Field<'_, '_>, new: &Field<'_, '_>, faults: &mut Faults) -> bool {
    let before = faults.0.len();
    for list in ["containers", "initContainers"] {
        let (was, is) = (old.at(list), new.at(list));
        if was.size() != is.size() {
            faults.forbidden(&is, &format!("{list} may not be added or removed on resize"));
            continue;
        }
        for (is, was) in is.items().zip(was.items()) {
            if is.at("name").text() != was.at("name").text() {
                faults.forbidden(&is.at("name"), &format!("{list} may not be renamed or reordered on resize"));
            }
        }
    }
    before == faults.0.len()
}

/// What was asked for, and what was the limit, may change and not go.
fn kept_requirements(new: &Field<'_, '_>, old: &Field<'_, '_>, what: &str, faults: &mut Faults) {
    for list in ["requests", "limits"] {
        let (is, was) = (new.at(list), old.at(list));
        if was.entries().any(|(name, _)| is.value.get(name).is_none()) {
            faults.forbidden(&is, &format!("{what} {list} cannot be removed"));
        }
    }
}

fn containers(old: &Field<'_, '_>, new: &Field<'_, '_>, faults: &mut Faults) {
    for (is, was) in new.at("containers").items().zip(old.at("containers").items()) {
        if !alike(&without_amounts(is.value), &without_amounts(was.value)) {
            faults.forbidden(new, "only cpu and memory resources are mutable");
        }
    }
}

fn init_containers(old: &Field<'_, '_>, new: &Field<'_, '_>, faults: &mut Faults) {
    for (is, was) in new.at("initContainers").items().zip(old.at("initContainers").items()) {
        if !alike(&without_amounts(is.value), &without_amounts(was.value)) {
            faults.forbidden(&is, "only cpu and memory resources for init or sidecar containers are mutable");
        }
        let restarts = is.at("resizePolicy").items().any(|policy| policy.at("restartPolicy").text() == "RestartContainer");
        if is.at("restartPolicy").text() != "Always" && restarts && !alike(is.value, was.value) {
            faults.forbidden(&is, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized");
        }
    }
}

/// Resources but for the amounts that a resize changes.
fn without_resized(resources: &Value) -> Value {
    let mut resources = resources.clone();
    for list in ["requests", "limits"] {
        let Some(amounts) = resources.get_mut(list).and_then(Value::as_object_mut) else { continue };
        RESIZED.into_iter().for_each(|name| drop(amounts.remove(name)));
        // Nothing is as good as an empty list, wherever it stands.
        if amounts.is_empty() {
            resources.as_object_mut().map(|resources| resources.remove(list));
        }
    }
    resources
}

fn without_amounts(container: &Value) -> Value {
    let mut container = container.clone();
    if let Some(resources) = container.get_mut("resources") {
        *resources = without_resized(resources);
    }
    container
}

/// A spec without the parts that are judged one by one.
fn without_lists(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Some(members) = spec.as_object_mut() {
        ["containers", "initContainers", "resources"].into_iter().for_each(|name| drop(members.remove(name)));
    }
    spec
}
