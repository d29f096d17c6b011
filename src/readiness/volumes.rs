//! Volumes, claims to them, and their way to a node.

use serde_json::Value;

use super::Readiness;
use super::facts::Facts;

pub(super) fn claim(facts: Facts<'_>) -> Readiness {
    match facts.text(&["status", "phase"]) {
        "Bound" => Readiness::Ready,
        "Lost" => Readiness::failed("the volume that the claim was bound to is gone"),
        "" => Readiness::in_progress("the claim is not bound"),
        phase => Readiness::in_progress(format!("the claim is not bound: its phase is {phase}")),
    }
}

pub(super) fn volume(facts: Facts<'_>) -> Readiness {
    match facts.text(&["status", "phase"]) {
        "Available" | "Bound" | "Released" => Readiness::Ready,
        "Failed" => {
            let words = [facts.text(&["status", "message"]), facts.text(&["status", "reason"]), "the volume could not be reclaimed"];
            Readiness::failed(words.into_iter().find(|text| !text.is_empty()).unwrap_or_default())
        }
        _ => Readiness::in_progress("the volume is not available yet"),
    }
}

pub(super) fn attachment(facts: Facts<'_>) -> Readiness {
    if facts.value(&["status", "attached"]) == Some(&Value::Bool(true)) {
        return Readiness::Ready;
    }
    match facts.text(&["status", "attachError", "message"]) {
        "" => Readiness::in_progress("the volume is not attached yet"),
        error => Readiness::failing(error),
    }
}
