//! Kinds that steer: what is served, who is reached, what scales, who is trusted.

use super::Readiness;
use super::facts::{Condition, Facts};

pub(super) fn service(facts: Facts<'_>) -> Readiness {
    if facts.text(&["spec", "type"]) == "LoadBalancer" && facts.list(&["status", "loadBalancer", "ingress"]).next().is_none() {
        return Readiness::in_progress("the load balancer has no address yet");
    }
    Readiness::Ready
}

pub(super) fn definition(facts: Facts<'_>) -> Readiness {
    if let Some(condition) = facts.condition("NamesAccepted").filter(|condition| condition.is_false()) {
        return Readiness::failed(condition.words("the names are taken"));
    }
    match facts.condition("Established") {
        Some(condition) if condition.is_true() => Readiness::Ready,
        Some(condition) if condition.is_false() && condition.reason() != "Installing" => {
            Readiness::failed(condition.words("the definition is not established"))
        }
        _ => Readiness::in_progress("the definition is not established yet"),
    }
}

pub(super) fn api_service(facts: Facts<'_>) -> Readiness {
    match facts.condition("Available") {
        Some(condition) if condition.is_true() => Readiness::Ready,
        Some(condition) => Readiness::in_progress(condition.words("the API is not available")),
        None => Readiness::in_progress("nobody has looked whether the API is available"),
    }
}

/// Version 1 has no conditions; there, having been observed is all that can be known.
pub(super) fn autoscaler(facts: Facts<'_>) -> Readiness {
    if let Some(condition) = facts.condition("AbleToScale").filter(|condition| condition.is_false()) {
        return Readiness::failing(condition.words("the target cannot be scaled"));
    }
    match facts.condition("ScalingActive") {
        // Nought replicas switch it off, on purpose.
        Some(condition) if condition.is_true() || condition.reason() == "ScalingDisabled" => Readiness::Ready,
        Some(condition) => Readiness::in_progress(condition.words("scaling is not active")),
        None => facts.never_observed().unwrap_or(Readiness::Ready),
    }
}

pub(super) fn disruption_budget(facts: Facts<'_>) -> Readiness {
    match facts.condition("DisruptionAllowed").filter(|condition| condition.reason() == "SyncFailed") {
        Some(condition) => Readiness::failing(condition.words("the pods cannot be counted")),
        None => facts.never_observed().unwrap_or(Readiness::Ready),
    }
}

pub(super) fn signing_request(facts: Facts<'_>) -> Readiness {
    let stands = |kind: &str| facts.condition(kind).filter(|condition| condition.is_true());
    if let Some(condition) = stands("Denied").or_else(|| stands("Failed")) {
        return Readiness::failed(condition.words("the request was denied"));
    }
    match () {
        () if !facts.text(&["status", "certificate"]).is_empty() => Readiness::Ready,
        () if stands("Approved").is_some_and(Condition::is_true) => Readiness::in_progress("approved, but not signed yet"),
        () => Readiness::in_progress("nobody has approved the request yet"),
    }
}
