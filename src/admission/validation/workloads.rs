//! What makes pods: the kinds of `apps` and ReplicationController.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/>.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::field::{Faults, Field};
use super::kept::{Kept, Rule, finds};
use super::{alike, labels, pods, storage};
use crate::object::names::dns_label;

const DISAGREE: &str = "`selector` does not match template `labels`";

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
    faults.at_least(&spec.at("replicas"), 0);
    selected_template(spec, before, faults);
    let strategy = spec.at("strategy");
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "Recreate" if !rolling.is_absent() => {
            faults.forbidden(&rolling, "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" if rolling.is_absent() => faults.required(&rolling, "this should be defaulted and never be nil"),
        "RollingUpdate" => {
            let (missing, beside) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            share(&missing, true, faults);
            share(&beside, false, faults);
            if is_none(&missing) && is_none(&beside) {
                faults.invalid(&missing, "may not be 0 when `maxSurge` is 0");
            }
        }
        _ => faults.not_supported(&strategy, &["Recreate", "RollingUpdate"]),
    }
    counts(spec, &["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"], faults);
    let (deadline, ready) = (spec.at("progressDeadlineSeconds"), spec.at("minReadySeconds").number().unwrap_or_default());
    if deadline.number().is_some_and(|deadline| deadline <= ready) {
        faults.invalid(&deadline, "must be greater than minReadySeconds");
    }
    same_selector(spec, before, faults);
}

pub(super) fn replica_set(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    counts(spec, &["replicas", "minReadySeconds"], faults);
    selected_template(spec, before, faults);
    same_selector(spec, before, faults);
}

pub(super) fn daemon_set(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    let kept = Kept::of_workload(before);
    if selects_well(&selector, &kept, faults) {
        agrees(&selector, &template, faults);
    }
    if is_empty_selector(&selector) {
        faults.invalid(&selector, "empty selector is invalid for daemonset");
    }
    pods::template(&template, &kept, faults);
    runs_always(&template, "DaemonSet", faults);
    faults.at_least(&spec.at("minReadySeconds"), 0);
    let strategy = spec.at("updateStrategy");
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "OnDelete" => {}
        "RollingUpdate" if rolling.is_absent() => faults.required(&rolling, ""),
        "RollingUpdate" => {
            let (missing, beside) = (rolling.at("maxUnavailable"), rolling.at("maxSurge"));
            share(&missing, true, faults);
            share(&beside, true, faults);
            match (is_none(&missing), is_none(&beside)) {
                (false, false) => faults.invalid(&beside, "may not be set when maxUnavailable is non-zero"),
                (true, true) => faults.required(&missing, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => faults.not_supported(&strategy, &["RollingUpdate", "OnDelete"]),
    }
    faults.at_least(&spec.at("revisionHistoryLimit"), 0);
    same_selector(spec, before, faults);
}

/// Its claims are judged once, since they never change; its template as that of the pods it makes, in which claims are volumes. A template
/// that was accepted before these rules is not judged again.
pub(super) fn stateful_set(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let management = spec.at("podManagementPolicy");
    if faults.present(&management) && !matches!(management.text(), "OrderedReady" | "Parallel") {
        faults.invalid(&management, "must be 'OrderedReady' or 'Parallel'");
    }
    stateful_strategy(&spec.at("updateStrategy"), faults);
    let retention = spec.at("persistentVolumeClaimRetentionPolicy");
    for member in ["whenDeleted", "whenScaled"] {
        if !retention.is_absent() && !matches!(retention.at(member).text(), "Retain" | "Delete") {
            faults.not_supported(&retention.at(member), &["Retain", "Delete"]);
        }
    }
    counts(spec, &["replicas", "minReadySeconds"], faults);
    faults.at_least(&spec.deep(&["ordinals", "start"]), 0);
    if before.is_none() {
        faults.named(&spec.at("serviceName"), dns_label);
    }
    if before.is_none() {
        spec.at("volumeClaimTemplates").items().for_each(|claim| storage::claim_spec(&claim.at("spec"), None, faults));
    }
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    let kept = Kept::of_workload(before);
    if required_selector(&selector, &kept, "statefulset", faults) {
        agrees(&selector, &template, faults);
        if before.is_some_and(|before| finds(|faults| stateful_template(before, &kept, faults))) {
            pods::template_metadata(&template, &kept, faults);
        } else {
            stateful_template(spec, &kept, faults);
        }
    } else {
        faults.invalid(&selector, "");
    }
    runs_always(&template, "StatefulSet", faults);
    let specs = before.and_then(|before| Some((spec.value.as_object()?, before.value.as_object()?)));
    if let Some((new, old)) = specs
        && !alike::members(new, old, &STATEFUL_SET_CHANGES)
    {
        faults.forbidden(
            spec,
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
             'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}

/// The template of the pods that a stateful set makes: each claim takes the place of the volume of its name.
fn stateful_template(spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    let template = spec.at("template");
    let claims: Vec<&str> = spec.at_list("volumeClaimTemplates").filter_map(|claim| claim.get("metadata")?.get("name")?.as_str()).collect();
    if claims.is_empty() {
        return pods::template(&template, kept, faults);
    }
    let mut whole = template.value.clone();
    let own = template.deep(&["spec", "volumes"]);
    let rest = own.items().filter(|volume| !claims.contains(&volume.at("name").text())).map(|volume| volume.value.clone());
    let made = claims.iter().map(|name| json!({"name": name, "persistentVolumeClaim": {"claimName": name, "readOnly": false}}));
    if let Some(spec) = whole.get_mut("spec").and_then(Value::as_object_mut) {
        let volumes: Vec<Value> = rest.chain(made).collect();
        spec.insert("volumes".to_owned(), volumes.into());
    }
    pods::template(&Field::root_like(&template, &whole), kept, faults);
}

fn stateful_strategy(strategy: &Field<'_, '_>, faults: &mut Faults) {
    let rolling = strategy.at("rollingUpdate");
    match strategy.at("type").text() {
        "" => faults.required(strategy, ""),
        "OnDelete" if !rolling.is_absent() => faults.invalid(&rolling, "only allowed for updateStrategy 'RollingUpdate'"),
        "OnDelete" => {}
        "RollingUpdate" => {
            faults.at_least(&rolling.at("partition"), 0);
            let missing = rolling.at("maxUnavailable");
            if !missing.is_absent() {
                share(&missing, true, faults);
                if is_none(&missing) {
                    faults.invalid(&missing, "cannot be 0");
                }
            }
        }
        _ => faults.invalid(strategy, "must be 'RollingUpdate' or 'OnDelete'"),
    }
}

pub(super) fn replication_controller(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    faults.at_least(&spec.at("minReadySeconds"), 0);
    faults.present(&spec.at("selector"));
    faults.at_least(&spec.at("replicas"), 0);
    let template = spec.at("template");
    if template.is_absent() {
        return faults.required(&template, "");
    }
    let carried = template.deep(&["metadata", "labels"]);
    let selector = spec.at("selector");
    if selector.entries().any(|(key, value)| carried.value.get(key) != Some(value.value)) {
        faults.invalid(&carried, DISAGREE);
    }
    pods::template(&template, &Kept::of_template(before.map(|before| before.at("template")).as_ref(), None), faults);
    runs_always(&template, "ReplicationController", faults);
}

fn counts(spec: &Field<'_, '_>, members: &[&'static str], faults: &mut Faults) {
    members.iter().for_each(|member| faults.at_least(&spec.at(member), 0));
}

/// The pods of a Deployment and of a ReplicaSet: selected, sound, and restarted always.
fn selected_template(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let kept = Kept::of_workload(before);
    let (selector, template) = (spec.at("selector"), spec.at("template"));
    if !required_selector(&selector, &kept, "deployment", faults) {
        return faults.invalid(&selector, "invalid label selector");
    }
    agrees(&selector, &template, faults);
    pods::template(&template, &kept, faults);
    runs_always(&template, "ReplicaSet", faults);
}

/// A selector must stand there and select something. Answers whether it can be asked what it selects.
fn required_selector(selector: &Field<'_, '_>, kept: &Kept, kind: &str, faults: &mut Faults) -> bool {
    if selector.is_absent() {
        faults.required(selector, "");
    }
    let sound = selects_well(selector, kept, faults);
    if is_empty_selector(selector) {
        faults.invalid(selector, &format!("empty selector is invalid for {kind}"));
    }
    sound
}

/// Whether a selector is without fault. One that an older object has may name values that no label can have; it selects nothing then.
pub(super) fn selects_well(selector: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) -> bool {
    labels::selector_of(selector, kept.asks(Rule::SelectorValues), faults);
    !finds(|faults| labels::selector(selector, faults))
}

fn is_empty_selector(selector: &Field<'_, '_>) -> bool {
    !selector.is_absent() && selector.at("matchLabels").is_empty() && selector.at("matchExpressions").is_empty()
}

/// A selector selects the pods of the template. One that is not there selects none.
pub(super) fn agrees(selector: &Field<'_, '_>, template: &Field<'_, '_>, faults: &mut Faults) {
    let carried = template.deep(&["metadata", "labels"]);
    if selector.is_absent() || !labels::selects(selector.value, carried.value) {
        faults.invalid(&carried, DISAGREE);
    }
}

fn runs_always(template: &Field<'_, '_>, kind: &str, faults: &mut Faults) {
    let spec = template.at("spec");
    if spec.at("restartPolicy").text() != "Always" {
        faults.not_supported(&spec.at("restartPolicy"), &["Always"]);
    }
    if !spec.at("activeDeadlineSeconds").is_absent() {
        faults.forbidden(&spec.at("activeDeadlineSeconds"), &format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

fn same_selector(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    if let Some(before) = before
        && !alike::alike(spec.at("selector").value, before.at("selector").value)
    {
        faults.invalid(&spec.at("selector"), "field is immutable");
    }
}

/// Whether a share is nothing: 0, or no per cent.
fn is_none(field: &Field<'_, '_>) -> bool {
    match field.value {
        Value::String(text) => text.strip_suffix('%').and_then(|digits| digits.parse::<u64>().ok()).unwrap_or_default() == 0,
        _ => field.number().unwrap_or_default() == 0,
    }
}

/// A number that is not negative, or a percentage.
pub(super) fn share(field: &Field<'_, '_>, at_most_all: bool, faults: &mut Faults) {
    if let Value::String(text) = field.value {
        let digits = text.strip_suffix('%').filter(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
        match digits.map(|digits| digits.parse::<u64>().unwrap_or(u64::MAX)) {
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
