//! What makes pods: the kinds of `apps` and ReplicationController.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/>.

use std::collections::HashSet;

use serde_json::Value;

use super::field::{Faults, Field};
use super::{labels, pods};

/// What of a StatefulSet may change.
const STATEFUL_SET_CHANGES: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

pub(super) fn deployment(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    counts(spec, faults);
    selected_template(spec, "deployment", faults);
    let strategy = spec.at("strategy");
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "Recreate" if !rolling.is_absent() => {
            faults.forbidden(&rolling, "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" => rolls(&rolling, "may not be 0 when `maxSurge` is 0", faults),
        _ => faults.not_supported(&strategy.at("type"), &["Recreate", "RollingUpdate"]),
    }
    let (deadline, ready) = (spec.at("progressDeadlineSeconds"), spec.at("minReadySeconds").number().unwrap_or_default());
    if deadline.number().is_some_and(|deadline| deadline <= ready) {
        faults.invalid(&deadline, "must be greater than minReadySeconds");
    }
    same_selector(spec, before, faults);
}

pub(super) fn replica_set(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    counts(spec, faults);
    selected_template(spec, "deployment", faults);
    same_selector(spec, before, faults);
}

pub(super) fn daemon_set(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    counts(spec, faults);
    selected_template(spec, "daemonset", faults);
    let strategy = spec.at("updateStrategy");
    match strategy.at("type").text() {
        "OnDelete" => {}
        "RollingUpdate" if strategy.at("rollingUpdate").is_absent() => faults.required(&strategy.at("rollingUpdate"), ""),
        "RollingUpdate" => rolls(&strategy.at("rollingUpdate"), "cannot be 0 when maxSurge is 0", faults),
        _ => faults.not_supported(&strategy.at("type"), &["RollingUpdate", "OnDelete"]),
    }
    same_selector(spec, before, faults);
}

pub(super) fn stateful_set(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    counts(spec, faults);
    let management = spec.at("podManagementPolicy");
    faults.required_one_of(&management, &["OrderedReady", "Parallel"]);
    let strategy = spec.at("updateStrategy");
    match strategy.at("type").text() {
        "OnDelete" if !strategy.at("rollingUpdate").is_absent() => {
            let why = "only allowed for updateStrategy 'RollingUpdate'";
            faults.invalid(&strategy.at("rollingUpdate"), why);
        }
        "OnDelete" => {}
        "RollingUpdate" => faults.at_least(&strategy.deep(&["rollingUpdate", "partition"]), 0),
        _ => faults.not_supported(&strategy.at("type"), &["RollingUpdate", "OnDelete"]),
    }
    for member in ["whenDeleted", "whenScaled"] {
        faults.one_of(&spec.at("persistentVolumeClaimRetentionPolicy").at(member), &["Retain", "Delete"]);
    }
    faults.at_least(&spec.deep(&["ordinals", "start"]), 0);
    selected_template(spec, "statefulset", faults);
    if before.is_some_and(|before| differs_beyond(spec.value, before.value, &STATEFUL_SET_CHANGES)) {
        faults.forbidden(
            spec,
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

pub(super) fn replication_controller(spec: &Field<'_, '_>, faults: &mut Faults) {
    counts(spec, faults);
    faults.present(&spec.at("selector"));
    let template = spec.at("template");
    if template.is_absent() {
        return faults.required(&template, "");
    }
    let carried = template.deep(&["metadata", "labels"]);
    let selector = spec.at("selector");
    if selector.entries().any(|(key, value)| carried.value.get(key) != Some(value.value)) {
        faults.invalid(&carried, "`selector` does not match template `labels`");
    }
    runs_always(&template, faults);
    pods::template(&template, faults);
}

fn counts(spec: &Field<'_, '_>, faults: &mut Faults) {
    for member in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        faults.at_least(&spec.at(member), 0);
    }
}

/// A selector must stand there, select something, and select the pods of the template; those are restarted always.
fn selected_template(spec: &Field<'_, '_>, kind: &str, faults: &mut Faults) {
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    if selector.is_absent() {
        faults.required(&selector, "");
    } else {
        labels::selector(&selector, faults);
        if selector.at("matchLabels").is_empty() && selector.at("matchExpressions").is_empty() {
            faults.invalid(&selector, &format!("empty selector is invalid for {kind}"));
        }
    }
    let carried = template.deep(&["metadata", "labels"]);
    if !selector.is_absent() && !labels::selects(selector.value, carried.value) {
        faults.invalid(&carried, "`selector` does not match template `labels`");
    }
    runs_always(&template, faults);
    pods::template(&template, faults);
}

fn runs_always(template: &Field<'_, '_>, faults: &mut Faults) {
    let spec = template.at("spec");
    let policy = spec.at("restartPolicy");
    if !matches!(policy.text(), "" | "Always") {
        faults.not_supported(&policy, &["Always"]);
    }
    if !spec.at("activeDeadlineSeconds").is_absent() {
        faults.forbidden(&spec.at("activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicaSet is not Supported");
    }
}

fn same_selector(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    if let Some(before) = before {
        faults.unchanged(&spec.at("selector"), &before.at("selector"));
    }
}

/// How many pods may be missing, or there beside the others, while pods are replaced. Not both can be none.
fn rolls(rolling: &Field<'_, '_>, not_both: &str, faults: &mut Faults) {
    let (missing, beside) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
    share(&missing, true, faults);
    share(&beside, false, faults);
    let none = |field: &Field<'_, '_>| matches!(field.text(), "0%") || field.number() == Some(0);
    if none(&missing) && none(&beside) {
        faults.invalid(&missing, not_both);
    }
}

/// A number that is not negative, or a percentage.
pub(super) fn share(field: &Field<'_, '_>, at_most_all: bool, faults: &mut Faults) {
    if let Value::String(text) = field.value {
        match text.strip_suffix('%').and_then(|digits| digits.parse::<u32>().ok()) {
            None => faults.invalid(
                field,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for \
                 validation is '[0-9]+%')",
            ),
            Some(percent) if at_most_all && percent > 100 => faults.invalid(field, "must not be greater than 100%"),
            Some(_) => {}
        }
    } else {
        faults.at_least(field, 0);
    }
}

/// Whether two specs differ in any member but these.
pub(super) fn differs_beyond(new: &Value, old: &Value, allowed: &[&str]) -> bool {
    let (Some(new), Some(old)) = (new.as_object(), old.as_object()) else { return new != old };
    let names: HashSet<&str> = new.keys().chain(old.keys()).map(String::as_str).filter(|name| !allowed.contains(name)).collect();
    names.into_iter().any(|name| new.get(name) != old.get(name))
}
