//! Pods.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Readiness;
use super::facts::Facts;

/// How long a pod may be without a place before that counts as a failure; kstatus' number.
const SCHEDULED_WITHIN: SignedDuration = SignedDuration::from_secs(15);

pub(super) fn pod(facts: Facts<'_>, now: Timestamp) -> Readiness {
    match facts.text(&["status", "phase"]) {
        "Succeeded" => Readiness::Ready,
        "Failed" => Readiness::failed(ending(facts)),
        "Running" => running(facts),
        "Pending" => pending(facts, now),
        "" => Readiness::in_progress("nobody has looked at the pod yet"),
        other => Readiness::in_progress(format!("the phase is {other}")),
    }
}

/// Why a pod has failed: its own words, else those of its containers.
fn ending(facts: Facts<'_>) -> String {
    let own = [facts.text(&["status", "message"]), facts.text(&["status", "reason"])];
    let exit = |status: &Value| {
        let code = status.pointer("/state/terminated/exitCode").and_then(Value::as_i64).filter(|code| *code != 0)?;
        Some(format!("container {} ended with exit code {code}", name(status)))
    };
    let own = own.into_iter().find(|text| !text.is_empty()).map(str::to_owned);
    own.or_else(|| statuses(facts).find_map(exit)).unwrap_or_else(|| "the pod has failed".to_owned())
}

fn running(facts: Facts<'_>) -> Readiness {
    let ready = facts.condition("Ready");
    if ready.is_some_and(super::facts::Condition::is_true) {
        return Readiness::Ready;
    }
    let looping: Vec<&str> = statuses(facts).filter(|status| waiting_for(status) == "CrashLoopBackOff").map(name).collect();
    match looping.as_slice() {
        [] => stuck(facts)
            .unwrap_or_else(|| Readiness::in_progress(ready.map_or_else(|| "not ready".to_owned(), |ready| ready.words("not ready")))),
        [one] => Readiness::failing(format!("container {one} keeps crashing")),
        several => Readiness::failing(format!("containers {} keep crashing", several.join(", "))),
    }
}

fn pending(facts: Facts<'_>, now: Timestamp) -> Readiness {
    if let Some(condition) = facts.condition("PodScheduled").filter(|condition| condition.is_false()) {
        let words = condition.words("no node is found for it");
        let overdue = facts.creation().is_none_or(|creation| now.duration_since(creation) >= SCHEDULED_WITHIN);
        return match condition.reason() {
            "Unschedulable" if overdue => Readiness::failing(words),
            _ => Readiness::in_progress(words),
        };
    }
    stuck(facts).unwrap_or_else(|| Readiness::in_progress("the pod is pending"))
}

/// What keeps a container from starting, in its own words.
fn stuck(facts: Facts<'_>) -> Option<Readiness> {
    let (status, reason) = statuses(facts)
        .map(|status| (status, waiting_for(status)))
        .find(|(_, reason)| !matches!(*reason, "" | "ContainerCreating" | "PodInitializing"))?;
    let message = status.pointer("/state/waiting/message").and_then(Value::as_str).unwrap_or_default();
    let colon = if message.is_empty() { "" } else { ": " };
    let words = format!("container {}: {reason}{colon}{message}", name(status));
    Some(if reason == "CrashLoopBackOff" { Readiness::failing(words) } else { Readiness::in_progress(words) })
}

fn statuses(facts: Facts<'_>) -> impl Iterator<Item = &Value> {
    facts.list(&["status", "initContainerStatuses"]).chain(facts.list(&["status", "containerStatuses"]))
}

fn name(status: &Value) -> &str {
    status.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn waiting_for(status: &Value) -> &str {
    status.pointer("/state/waiting/reason").and_then(Value::as_str).unwrap_or_default()
}
