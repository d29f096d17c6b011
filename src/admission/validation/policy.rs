//! Budgets, priorities, limits, quotas, autoscaling, leases.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/>.

use super::containers::resource_amount;
use super::field::{Faults, Field};
use super::labels;
use super::workloads::share;
use crate::object::Object;

/// The highest priority that users may give; what lies above is the system's.
const HIGHEST: i64 = 1_000_000_000;

const SYSTEM_PREFIX: &str = "system-";

const METRICS: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];

pub(super) fn disruption_budget(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (stay, go) = (spec.at("minAvailable"), spec.at("maxUnavailable"));
    if !stay.is_absent() && !go.is_absent() {
        faults.invalid(spec, "minAvailable and maxUnavailable cannot be both set");
    }
    share(&stay, true, faults);
    share(&go, true, faults);
    labels::selector(&spec.at("selector"), faults);
    faults.one_of(&spec.at("unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"]);
}

pub(super) fn priority_class(object: &Object, before: Option<&Object>, faults: &mut Faults) {
    let field = |name: &'static str| Field::root(name, object.root().get(name));
    let value = field("value");
    let known = matches!(object.name(), "system-cluster-critical" | "system-node-critical");
    if value.number().is_some_and(|value| value > HIGHEST) && !known {
        faults.forbidden(&value, "maximum allowed value of a user defined priority is 1000000000");
    }
    if object.name().starts_with(SYSTEM_PREFIX) && !known {
        let metadata = field("metadata");
        let why = "priority class names with 'system-' prefix are reserved for system use only";
        faults.forbidden(&metadata.at("name"), why);
    }
    faults.one_of(&field("preemptionPolicy"), &["Never", "PreemptLowerPriority"]);
    let Some(before) = before else { return };
    if before.root().get("value") != object.root().get("value") {
        faults.forbidden(&value, "may not be changed in an update.");
    }
    let policy = Field::root("preemptionPolicy", before.root().get("preemptionPolicy"));
    faults.unchanged(&field("preemptionPolicy"), &policy);
}

pub(super) fn limit_range(spec: &Field<'_, '_>, faults: &mut Faults) {
    let mut seen = std::collections::HashSet::new();
    for limit in spec.at("limits").items() {
        let kind = limit.at("type");
        if faults.present(&kind) && !seen.insert(kind.text()) {
            faults.duplicate(&kind);
        }
        for list in ["max", "min", "default", "defaultRequest"] {
            for (name, amount) in limit.at(list).entries() {
                resource_amount(name, &amount, faults);
            }
        }
        if kind.text() == "Pod" {
            for list in ["default", "defaultRequest"] {
                if !limit.at(list).is_empty() {
                    faults.forbidden(&limit.at(list), "may not be specified when `type` is 'Pod'");
                }
            }
        }
        for (low, high) in
            [("min", "max"), ("min", "default"), ("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "max")]
        {
            let (lows, highs) = (limit.at(low), limit.at(high));
            for (name, amount) in lows.entries() {
                if let (Some(least), Some(most)) = (amount.quantity(), highs.key(name).quantity())
                    && least > most
                {
                    let why = format!("{low} value {} is greater than {high} value {}", amount.text(), highs.key(name).text());
                    faults.invalid(&amount, &why);
                }
            }
        }
    }
}

pub(super) fn quota(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    for (_, amount) in spec.at("hard").entries() {
        if amount.quantity().is_some_and(|amount| amount < 0) {
            faults.invalid(&amount, "must be greater than or equal to 0");
        }
    }
    if let Some(before) = before {
        faults.unchanged(&spec.at("scopes"), &before.at("scopes"));
    }
}

pub(super) fn autoscaler(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (least, most) = (spec.at("minReplicas"), spec.at("maxReplicas"));
    faults.at_least(&least, 1);
    if most.number().unwrap_or_default() < 1 {
        faults.invalid(&most, "must be greater than 0");
    }
    if let (Some(least), Some(number)) = (least.number(), most.number())
        && number < least
    {
        faults.invalid(&most, "must be greater than or equal to `minReplicas`");
    }
    let target = spec.at("scaleTargetRef");
    faults.present(&target.at("kind"));
    faults.present(&target.at("name"));
    for metric in spec.at("metrics").items() {
        let kind = metric.at("type");
        match METRICS.iter().find(|(name, _)| *name == kind.text()) {
            None if kind.is_empty() => faults.required(&kind, "must specify a metric source type"),
            None => faults.not_supported(&kind, &METRICS.map(|(name, _)| name)),
            Some((_, source)) if metric.at(source).is_absent() => {
                faults.required(&metric.at(source), "must populate information for the given metric source");
            }
            Some(_) => {}
        }
    }
    for direction in ["scaleUp", "scaleDown"] {
        let rules = spec.at("behavior");
        let rules = rules.at(direction);
        faults.between(&rules.at("stabilizationWindowSeconds"), 0, 3600);
        faults.one_of(&rules.at("selectPolicy"), &["Disabled", "Max", "Min"]);
        for policy in rules.at("policies").items() {
            faults.required_one_of(&policy.at("type"), &["Percent", "Pods"]);
            if policy.at("value").number().unwrap_or_default() <= 0 {
                faults.invalid(&policy.at("value"), "must be greater than zero");
            }
            if policy.at("periodSeconds").number().unwrap_or_default() <= 0 {
                faults.invalid(&policy.at("periodSeconds"), "must be greater than zero");
            }
        }
    }
}

pub(super) fn lease(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (seconds, holder) = (spec.at("leaseDurationSeconds"), spec.at("holderIdentity"));
    if seconds.number().is_some_and(|seconds| seconds <= 0) {
        faults.invalid(&seconds, "must be greater than 0");
    }
    if !holder.is_absent() && holder.is_empty() {
        faults.invalid(&holder, "must not be empty");
    }
    faults.at_least(&spec.at("leaseTransitions"), 0);
}
