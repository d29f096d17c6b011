//! Budgets, priorities, leases.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/>.

use super::field::{Faults, Field, differs};
use super::labels;
use super::workloads::share;
use super::written::Written;
use crate::object::names::qualified_name;

/// The highest priority that users may give; what lies above is the system's.
const HIGHEST: i64 = 1_000_000_000;

const SYSTEM_PREFIX: &str = "system-";

/// The priority classes of the system, with their values.
const KNOWN: [(&str, i64); 2] = [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

pub(super) fn disruption_budget(written: Written<'_>, faults: &mut Faults) {
    let spec = &written.at("spec");
    let keeps = written.had("spec").is_some_and(|before| labels::has_broken_values(before.at("selector").value));
    let (stay, go) = (spec.at("minAvailable"), spec.at("maxUnavailable"));
    if !stay.is_absent() && !go.is_absent() {
        faults.invalid(spec, "minAvailable and maxUnavailable cannot be both set");
    }
    share(&stay, true, faults);
    share(&go, true, faults);
    labels::selector_of(&spec.at("selector"), !keeps, faults);
    faults.one_of(&spec.at("unhealthyPodEvictionPolicy"), &["AlwaysAllow", "IfHealthyBudget"]);
}

pub(super) fn priority_class(written: Written<'_>, faults: &mut Faults) {
    let (value, policy, name) = (written.at("value"), written.at("preemptionPolicy"), written.object.name());
    if let Some(before) = written.had("value") {
        if differs(&value, &before) {
            faults.forbidden(&value, "may not be changed in an update.");
        }
    } else if name.starts_with(SYSTEM_PREFIX) {
        if let Err(error) = known(name, value.number().unwrap_or_default(), written.at("globalDefault").flag()) {
            let metadata = written.at("metadata");
            let why = format!("priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only. error: {error}");
            faults.forbidden(&metadata.at("name"), &why);
        }
    } else if value.number().is_some_and(|value| value > HIGHEST) {
        faults.forbidden(&value, &format!("maximum allowed value of a user defined priority is {HIGHEST}"));
    }
    faults.one_of(&policy, &["Never", "PreemptLowerPriority"]);
    if let Some(before) = written.had("preemptionPolicy") {
        faults.unchanged(&policy, &before);
    }
}

fn known(name: &str, value: i64, default: bool) -> Result<(), String> {
    match KNOWN.iter().find(|(known, _)| *known == name) {
        None => Err(format!("{name} is not a known system priority class")),
        Some((_, wanted)) if *wanted != value => Err(format!("value of {name} PriorityClass must be {wanted}")),
        Some(_) if default => Err(format!("globalDefault of {name} PriorityClass must be false")),
        Some(_) => Ok(()),
    }
}

pub(super) fn lease(spec: &Field<'_, '_>, faults: &mut Faults) {
    let seconds = spec.at("leaseDurationSeconds");
    if seconds.number().is_some_and(|seconds| seconds <= 0) {
        faults.invalid(&seconds, "must be greater than 0");
    }
    faults.at_least(&spec.at("leaseTransitions"), 0);
    let strategy = spec.at("strategy");
    if !strategy.is_absent() {
        // Upstream says the member twice.
        let shown = strategy.at("strategy");
        let shown = Field::root_like(&shown, strategy.value);
        match qualified_name(strategy.text()) {
            Err(why) if strategy.text().contains('/') => faults.invalid(&shown, &why),
            _ if strategy.text().contains('/') || strategy.text() == "OldestEmulationVersion" => {}
            _ => faults.not_supported(&shown, &["OldestEmulationVersion"]),
        }
    }
    if !spec.at("preferredHolder").is_empty() && strategy.is_empty() {
        faults.forbidden(&spec.at("preferredHolder"), "may only be specified if `strategy` is defined");
    }
}

/// The status of a budget: counts.
pub(super) fn budget_status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    for count in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
        faults.at_least(&status.at(count), 0);
    }
}
