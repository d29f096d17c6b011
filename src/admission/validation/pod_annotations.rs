//! What annotations of a pod still say to a node or a controller, and that they do not contradict the fields that came after them.
//!
//! See <https://kubernetes.io/docs/reference/labels-annotations-taints/>.

use serde::{Deserialize, Serialize};

use super::field::{Faults, Field};
use super::kept::{Kept, Rule};
use super::mounts::descends;
use super::pods::CONTAINER_LISTS;
use super::scheduling;

/// Marks what a node shows of a pod that it runs from a file.
pub(super) const MIRROR: &str = "kubernetes.io/config.mirror";

/// What it costs to lose this pod, compared to others of its set.
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Tolerations, before they had a field.
const TOLERATIONS: &str = "scheduler.alpha.kubernetes.io/tolerations";

const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_OF: &str = "container.seccomp.security.alpha.kubernetes.io/";
pub(in crate::admission) const APP_ARMOR_OF: &str = "container.apparmor.security.beta.kubernetes.io/";

/// The annotations of a pod or a template.
pub(super) fn judged(annotations: &Field<'_, '_>, spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    for (key, value) in annotations.entries() {
        match key {
            MIRROR if spec.at("nodeName").is_empty() => {
                faults.invalid(&value, "must set spec.nodeName if mirror pod annotation is set");
            }
            TOLERATIONS if !value.is_empty() => tolerations(annotations, value.text(), faults),
            DELETION_COST if !is_cost(value.text()) && kept.asks(Rule::DeletionCost) => {
                faults.invalid(&value, "must be a 32bit integer");
            }
            SECCOMP => seccomp(annotations, key, value.text(), faults),
            _ if key.starts_with(SECCOMP_OF) => seccomp(annotations, key, value.text(), faults),
            _ => {
                if let Some(name) = key.strip_prefix(APP_ARMOR_OF) {
                    app_armor(name, &value, spec, faults);
                }
            }
        }
    }
}

/// Tolerations as they were written before they had a field: a list in JSON.
fn tolerations(annotations: &Field<'_, '_>, text: &str, faults: &mut Faults) {
    match serde_json::from_str::<Option<Vec<Toleration>>>(text) {
        Err(error) => faults.invalid_as(annotations, TOLERATIONS, &error.to_string()),
        // What was read is judged as it would be sent today; members of other names do not count.
        Ok(list) => {
            let list = serde_json::to_value(list.unwrap_or_default()).unwrap_or_default();
            // Upstream writes the key as a member here, not as an entry.
            scheduling::tolerations(&annotations.member(TOLERATIONS, &list), faults);
        }
    }
}

/// A toleration in an annotation.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct Toleration {
    key: String,
    operator: String,
    value: String,
    effect: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    toleration_seconds: Option<i64>,
}

/// Whether the cost of losing a pod is no number.
pub(super) fn has_broken_cost(annotations: &Field<'_, '_>) -> bool {
    let cost = annotations.key(DELETION_COST);
    !cost.is_absent() && !is_cost(cost.text())
}

/// A number as programs write it: no plus, no zeros before it.
fn is_cost(text: &str) -> bool {
    let first = text.as_bytes().first();
    let plain = text == "0" || first.is_some_and(|byte| *byte == b'-' || (b'1'..=b'9').contains(byte));
    plain && text.parse::<i32>().is_ok()
}

fn seccomp(annotations: &Field<'_, '_>, key: &str, profile: &str, faults: &mut Faults) {
    if matches!(profile, "runtime/default" | "docker/default" | "unconfined") {
        return;
    }
    let value = profile.into();
    let mut found = Faults::default();
    match profile.strip_prefix("localhost/") {
        Some(path) => descends(&Field::root_like(annotations, &path.into()), &mut found),
        None => found.invalid(&Field::root_like(annotations, &value), "must be a valid seccomp profile"),
    }
    // Upstream writes the key as a member here, not as an entry.
    faults.0.extend(found.0.into_iter().map(|cause| crate::object::Cause { field: format!("{}.{key}", annotations.place()), ..cause }));
}

fn app_armor(container: &str, profile: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    let names = CONTAINER_LISTS.iter().flat_map(|list| spec.value.get(*list).and_then(serde_json::Value::as_array)).flatten();
    let mut names = names.filter_map(|container| container.get("name")?.as_str());
    if !names.any(|name| name == container) {
        faults.invalid_as(profile, container, "container not found");
    }
    let text = profile.text();
    if !matches!(text, "" | "runtime/default" | "unconfined") && !text.starts_with("localhost/") {
        faults.invalid(profile, &format!("invalid AppArmor profile name: {text:?}"));
    }
}

/// Where both an annotation and a field name a profile, they name the same.
pub(super) fn match_fields(annotations: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    if annotations.is_empty() {
        return;
    }
    let context = spec.at("securityContext");
    let said = |key: &str| annotations.value.get(key).and_then(serde_json::Value::as_str);
    same_profile(&context.at("seccompProfile"), said(SECCOMP), "seccomp", faults);
    let for_windows = spec.deep(&["os", "name"]).text() == "windows";
    for list in CONTAINER_LISTS {
        for container in spec.at(list).items() {
            let (own, name) = (container.at("securityContext"), container.at("name").text());
            same_profile(&own.at("seccompProfile"), said(&format!("{SECCOMP_OF}{name}")), "seccomp", faults);
            if for_windows {
                continue;
            }
            let profile = own.at("appArmorProfile");
            // The pod's profile stands where a container has none, and its faults are told by the place of the container's.
            let value = if profile.is_absent() { context.at("appArmorProfile").value } else { profile.value };
            same_profile(&Field::root_like(&profile, value), said(&format!("{APP_ARMOR_OF}{name}")), "apparmor", faults);
        }
    }
}

fn same_profile(profile: &Field<'_, '_>, annotation: Option<&str>, kind: &str, faults: &mut Faults) {
    let Some(annotation) = annotation.filter(|_| !profile.is_absent()) else { return };
    let (word, file) = (profile.at("type"), profile.at("localhostProfile"));
    let same = match word.text() {
        "Unconfined" => annotation == "unconfined",
        "RuntimeDefault" => annotation == "runtime/default" || (kind == "seccomp" && annotation == "docker/default"),
        "Localhost" => match annotation.strip_prefix("localhost/") {
            None => false,
            Some(path) if path == file.text() && !file.is_absent() => true,
            Some(_) => return faults.forbidden(&file, &format!("{kind} profile in annotation and field must match")),
        },
        _ => true,
    };
    if !same {
        faults.forbidden(&word, &format!("{kind} type in annotation and field must match"));
    }
}

/// Some annotations stay as they were.
pub(super) fn stay(annotations: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let fixed = |key: &str| match key {
        MIRROR => Some("mirror pod annotation"),
        _ => key.starts_with(APP_ARMOR_OF).then_some("AppArmor annotations"),
    };
    for (key, value) in before.entries() {
        if let Some(what) = fixed(key).filter(|_| annotations.value.get(key) != Some(value.value)) {
            faults.forbidden(&annotations.key(key), &format!("may not remove or update {what}"));
        }
    }
    for (key, value) in annotations.entries() {
        if let Some(what) = fixed(key).filter(|_| before.value.get(key).is_none()) {
            faults.forbidden(&value, &format!("may not add {what}"));
        }
    }
}
