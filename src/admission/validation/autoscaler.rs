//! Horizontal autoscalers: bounds, metrics and behaviour.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/>.

use super::field::{Faults, Field};
use super::resource_names::{Use, resource_name};
use super::written::Written;
use crate::object::names::{dns_label, path_segment};

/// Types of metrics with the member that says more, in the order in which they are looked at.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];
const TYPES: [&str; 5] = ["ContainerResource", "External", "Object", "Pods", "Resource"];

const LONGEST_WINDOW: i64 = 3600;
const LONGEST_PERIOD: i64 = 1800;

pub(super) fn autoscaler(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let (least, most) = (spec.at("minReplicas"), spec.at("maxReplicas"));
    let asleep = written.had("spec").is_some_and(|before| before.at("minReplicas").number() == Some(0));
    let bound = if asleep { 0 } else { 1 };
    faults.at_least(&least, bound);
    let number = most.number().unwrap_or_default();
    if number < 1 {
        faults.invalid_or(&most, &0.into(), "must be greater than 0");
    }
    if least.number().is_some_and(|least| number < least) {
        faults.invalid_or(&most, &0.into(), "must be greater than or equal to `minReplicas`");
    }
    let target = spec.at("scaleTargetRef");
    reference(&target, faults);
    // Of the core group, replication controllers alone can be scaled.
    let group_needed = target.at("kind").text() != "ReplicationController";
    let kept = written.had("spec").is_some_and(|before| {
        let old = before.at("scaleTargetRef");
        version(old.at("apiVersion").text(), group_needed).is_err()
    });
    if let Err(why) = version(target.at("apiVersion").text(), group_needed).or_else(|why| if kept { Ok(()) } else { Err(why) }) {
        faults.invalid_as(&target.at("apiVersion"), target.at("apiVersion").text(), &why);
    }
    let metrics = spec.at("metrics");
    metrics.items().for_each(|metric| source(&metric, faults));
    let wakes = metrics.items().any(|metric| matches!(metric.at("type").text(), "Object" | "External"));
    if least.number() == Some(0) && !wakes {
        faults.forbidden(&metrics, "must specify at least one Object or External metric to support scaling to zero replicas");
    }
    for direction in ["scaleUp", "scaleDown"] {
        let behaviour = spec.at("behavior");
        scaling(&behaviour.at(direction), faults);
    }
}

fn reference(target: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_name(&target.at("kind"), path_segment);
    faults.required_name(&target.at("name"), path_segment);
}

/// A group and a version, where the object to scale is looked for.
fn version(text: &str, group_needed: bool) -> Result<(), String> {
    match text.matches('/').count() {
        0 if group_needed => Err("apiVersion must specify API group".to_owned()),
        1 if group_needed && text.starts_with('/') => Err("apiVersion must specify API group".to_owned()),
        0 | 1 => Ok(()),
        _ => Err(format!("unexpected GroupVersion string: {text}")),
    }
}

fn source(metric: &Field<'_, '_>, faults: &mut Faults) {
    let kind = metric.at("type");
    if kind.is_empty() {
        faults.required(&kind, "must specify a metric source type");
    }
    let present: Vec<(&str, &'static str)> = SOURCES.into_iter().filter(|(_, member)| !metric.at(member).is_absent()).collect();
    if let Some((first, member)) = present.first() {
        source_of(first, &metric.at(member), faults);
    }
    let expected = SOURCES.iter().find(|(name, _)| *name == kind.text()).map(|(_, member)| *member);
    match expected {
        None => faults.not_supported(&kind, &TYPES),
        Some(member) if metric.at(member).is_absent() => {
            faults.required(&metric.at(member), "must populate information for the given metric source");
        }
        Some(_) => {}
    }
    for (_, member) in present.iter().filter(|(_, member)| present.len() != 1 && Some(*member) != expected) {
        faults.forbidden(&metric.at(member), "must populate the given metric source only");
    }
}

fn source_of(kind: &str, source: &Field<'_, '_>, faults: &mut Faults) {
    let goal = source.at("target");
    let (value, average, share) = (goal.at("value"), goal.at("averageValue"), goal.at("averageUtilization"));
    match kind {
        "Object" => {
            reference(&source.at("describedObject"), faults);
            identifier(source, faults);
            target(&goal, faults);
            if value.is_absent() && average.is_absent() {
                faults.required(&average, "must set either a target value or averageValue");
            }
        }
        "External" => {
            identifier(source, faults);
            target(&goal, faults);
            match (value.is_absent(), average.is_absent()) {
                (true, true) => faults.required(&average, "must set either a target value for metric or a per-pod target"),
                (false, false) => faults.forbidden(&value, "may not set both a target value for metric and a per-pod target"),
                _ => {}
            }
        }
        "Pods" => {
            identifier(source, faults);
            target(&goal, faults);
            if average.is_absent() {
                faults.required(&average, "must specify a positive target averageValue");
            }
        }
        _ => {
            resource(kind, source, faults);
            target(&goal, faults);
            match (share.is_absent(), average.is_absent()) {
                (true, true) => faults.required(&share, "must set either a target raw value or a target utilization"),
                (false, false) => faults.forbidden(&average, "may not set both a target raw value and a target utilization"),
                _ => {}
            }
        }
    }
}

fn resource(kind: &str, source: &Field<'_, '_>, faults: &mut Faults) {
    let name = source.at("name");
    if name.is_empty() {
        faults.required(&name, "must specify a resource name");
    }
    if kind != "ContainerResource" {
        return;
    }
    if !name.is_empty() {
        resource_name(name.text(), &name, Use::Container, faults);
    }
    let container = source.at("container");
    if container.is_empty() {
        faults.required(&container, "must specify a container");
    }
    faults.named(&container, dns_label);
}

fn identifier(source: &Field<'_, '_>, faults: &mut Faults) {
    let metric = source.at("metric");
    let name = metric.at("name");
    if name.is_empty() {
        faults.required(&name, "must specify a metric name");
    }
    faults.named(&name, path_segment);
}

fn target(target: &Field<'_, '_>, faults: &mut Faults) {
    let kind = target.at("type");
    if kind.is_empty() {
        faults.required(&kind, "must specify a metric target type");
    }
    if !["Utilization", "Value", "AverageValue"].contains(&kind.text()) {
        faults.invalid_or(&kind, &"".into(), "must be either Utilization, Value, or AverageValue");
    }
    for amount in ["value", "averageValue"] {
        let amount = target.at(amount);
        if amount.quantity().is_some_and(|amount| amount <= 0) {
            faults.invalid(&amount, "must be positive");
        }
    }
    let share = target.at("averageUtilization");
    if share.number().is_some_and(|share| share < 1) {
        faults.invalid(&share, "must be greater than 0");
    }
}

fn scaling(rules: &Field<'_, '_>, faults: &mut Faults) {
    if rules.is_absent() {
        return;
    }
    let (window, select, policies) = (rules.at("stabilizationWindowSeconds"), rules.at("selectPolicy"), rules.at("policies"));
    match window.number() {
        Some(seconds) if seconds < 0 => faults.invalid(&window, "must be greater than or equal to zero"),
        Some(seconds) if seconds > LONGEST_WINDOW => faults.invalid(&window, "must be less than or equal to 3600"),
        _ => {}
    }
    faults.one_of(&select, &["Disabled", "Max", "Min"]);
    let tolerance = rules.at("tolerance");
    if tolerance.quantity().is_some_and(|share| share < 0) {
        faults.invalid(&tolerance, "must be greater than or equal to 0");
    }
    if policies.is_empty() {
        faults.required(&policies, "must specify at least one Policy");
    }
    for policy in policies.items() {
        let (kind, value, period) = (policy.at("type"), policy.at("value"), policy.at("periodSeconds"));
        if !["Percent", "Pods"].contains(&kind.text()) {
            faults.not_supported(&kind, &["Percent", "Pods"]);
        }
        for number in [&value, &period] {
            if number.number().unwrap_or_default() <= 0 {
                faults.invalid_or(number, &0.into(), "must be greater than zero");
            }
        }
        if period.number().is_some_and(|seconds| seconds > LONGEST_PERIOD) {
            faults.invalid(&period, "must be less than or equal to 1800");
        }
    }
}

/// The status of an autoscaler: counts.
pub(super) fn status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    for count in ["currentReplicas", "desiredReplicas"] {
        faults.at_least(&status.at(count), 0);
    }
}
