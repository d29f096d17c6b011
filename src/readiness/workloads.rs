//! Kinds that keep pods running, or run them to an end.

use super::Readiness;
use super::facts::{Facts, fewer};

/// Replicas asked for; controllers take a missing number as one.
fn wanted(facts: Facts<'_>) -> i64 {
    facts.number(&["spec", "replicas"]).unwrap_or(1)
}

/// Pods of an older state that are still there.
fn surplus(have: i64, want: i64) -> Option<Readiness> {
    (have > want).then(|| Readiness::in_progress(format!("{} old replicas have still to go", have - want)))
}

/// The first of several things that are missing; ready where nothing is.
fn first(checks: impl IntoIterator<Item = Option<Readiness>>) -> Readiness {
    checks.into_iter().flatten().next().unwrap_or(Readiness::Ready)
}

pub(super) fn deployment(facts: Facts<'_>) -> Readiness {
    let progressing = facts.condition("Progressing");
    if let Some(condition) = progressing.filter(|condition| condition.reason() == "ProgressDeadlineExceeded") {
        return Readiness::failed(condition.words("progress deadline exceeded"));
    }
    let replica_failure = facts.condition("ReplicaFailure").filter(|condition| condition.is_true());
    let want = wanted(facts);
    let updated = facts.count("updatedReplicas");
    // Without a deadline the controller does not write the condition; the largest number stands for none.
    let deadline = facts.number(&["spec", "progressDeadlineSeconds"]).filter(|seconds| *seconds < i64::from(i32::MAX));
    let rolled_out = deadline.is_none() || progressing.is_some_and(|c| c.is_true() && c.reason() == "NewReplicaSetAvailable");
    let available = facts.condition("Available").is_some_and(super::facts::Condition::is_true);
    let unless = |holds: bool, reason: &str| (!holds).then(|| Readiness::in_progress(reason));
    first([
        facts.never_observed(),
        replica_failure.map(|condition| Readiness::in_progress(condition.words("pods cannot be made"))),
        fewer(facts.count("replicas"), want, "replicas exist"),
        fewer(updated, want, "replicas are updated"),
        surplus(facts.count("replicas"), want),
        fewer(facts.count("availableReplicas"), updated, "replicas are available"),
        fewer(facts.count("readyReplicas"), want, "replicas are ready"),
        unless(rolled_out, "the new ReplicaSet is not available yet"),
        unless(available, "the minimum of replicas is not available yet"),
    ])
}

pub(super) fn replica_set(facts: Facts<'_>) -> Readiness {
    let replica_failure = facts.condition("ReplicaFailure").filter(|condition| condition.is_true());
    let want = wanted(facts);
    first([
        facts.never_observed(),
        replica_failure.map(|condition| Readiness::in_progress(condition.words("pods cannot be made"))),
        fewer(facts.count("fullyLabeledReplicas"), want, "replicas have all labels"),
        fewer(facts.count("availableReplicas"), want, "replicas are available"),
        fewer(facts.count("readyReplicas"), want, "replicas are ready"),
        surplus(facts.count("replicas"), want),
    ])
}

pub(super) fn stateful_set(facts: Facts<'_>) -> Readiness {
    // Whoever deletes the pods decides when they are updated.
    if facts.text(&["spec", "updateStrategy", "type"]) == "OnDelete" {
        return first([facts.never_observed()]);
    }
    let want = wanted(facts);
    let exist = facts.count("replicas");
    let scale = first([
        facts.never_observed(),
        fewer(exist, want, "replicas exist"),
        fewer(facts.count("readyReplicas"), want, "replicas are ready"),
        surplus(exist, want),
    ]);
    let partition = facts.number(&["spec", "updateStrategy", "rollingUpdate", "partition"]).filter(|partition| *partition > 0);
    let rollout = match partition {
        // Replicas below the partition stay as they are, on purpose.
        Some(partition) => first([fewer(facts.count("updatedReplicas"), want - partition, "replicas above the partition are updated")]),
        None => first([
            fewer(facts.count("currentReplicas"), want, "replicas are of the current revision"),
            (facts.text(&["status", "currentRevision"]) != facts.text(&["status", "updateRevision"]))
                .then(|| Readiness::in_progress("the new revision is not everywhere yet")),
        ]),
    };
    if scale == Readiness::Ready { rollout } else { scale }
}

pub(super) fn daemon_set(facts: Facts<'_>) -> Readiness {
    if let Some(unseen) = facts.never_observed() {
        return unseen;
    }
    let Some(want) = facts.number(&["status", "desiredNumberScheduled"]) else {
        return Readiness::in_progress("the number of nodes is not counted yet");
    };
    let on_delete = facts.text(&["spec", "updateStrategy", "type"]) == "OnDelete";
    first([
        fewer(facts.count("currentNumberScheduled"), want, "nodes have a pod"),
        fewer(facts.count("updatedNumberScheduled"), want, "nodes have an updated pod").filter(|_| !on_delete),
        fewer(facts.count("numberAvailable"), want, "pods are available"),
        fewer(facts.count("numberReady"), want, "pods are ready"),
    ])
}

pub(super) fn job(facts: Facts<'_>) -> Readiness {
    let stands = |kind: &str| facts.condition(kind).filter(|condition| condition.is_true());
    if stands("Complete").is_some() || stands("Suspended").is_some() {
        return Readiness::Ready;
    }
    // The verdict is written first, the condition when the last pod has ended.
    if let Some(condition) = stands("Failed").or_else(|| stands("FailureTarget")) {
        return Readiness::failed(condition.words("the job has failed"));
    }
    if facts.text(&["status", "startTime"]).is_empty() {
        return Readiness::in_progress("the job has not started");
    }
    let parallelism = facts.number(&["spec", "parallelism"]).unwrap_or(1);
    let completions = facts.number(&["spec", "completions"]).unwrap_or(parallelism);
    let (succeeded, active, failed) = (facts.count("succeeded"), facts.count("active"), facts.count("failed"));
    Readiness::in_progress(format!("{succeeded} of {completions} completions, {active} active, {failed} failed"))
}
