//! What the controllers of workloads may report: counts that are no less than nothing and fit each other.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/>.

use super::field::{Faults, Field};

/// What a kind counts.
struct Counts {
    /// Numbers that are not negative, in the order in which they are judged.
    all: &'static [&'static str],
    /// Those that are at most `replicas`.
    some: &'static [&'static str],
    /// What is said where more are available than ready.
    ready: Option<&'static str>,
    /// Whether the number of collisions only grows.
    collides: bool,
}

const OF_REPLICAS: &str = "cannot be greater than status.replicas";

const DEPLOYMENT: Counts = Counts {
    all: &[
        "observedGeneration",
        "replicas",
        "updatedReplicas",
        "readyReplicas",
        "availableReplicas",
        "unavailableReplicas",
        "terminatingReplicas",
        "collisionCount",
    ],
    some: &["updatedReplicas", "readyReplicas", "availableReplicas"],
    ready: Some("cannot be greater than readyReplicas"),
    collides: true,
};

const REPLICA_SET: Counts = Counts {
    all: &["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration", "terminatingReplicas"],
    some: &["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
    ready: Some("cannot be greater than readyReplicas"),
    collides: false,
};

const STATEFUL_SET: Counts = Counts {
    all: &["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration", "collisionCount"],
    some: &["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
    ready: Some("cannot be greater than status.readyReplicas"),
    collides: true,
};

const DAEMON_SET: Counts = Counts {
    all: &[
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
    ],
    some: &[],
    ready: None,
    collides: true,
};

/// The status of a workload of this kind; of any other kind nothing is said.
pub(super) fn counted(kind: &str, status: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let counts = match kind {
        "Deployment" => &DEPLOYMENT,
        "ReplicaSet" | "ReplicationController" => &REPLICA_SET,
        "StatefulSet" => &STATEFUL_SET,
        "DaemonSet" => &DAEMON_SET,
        _ => return,
    };
    counts.all.iter().for_each(|name| faults.at_least(&status.at(name), 0));
    let number = |name: &'static str| status.at(name).number().unwrap_or_default();
    for name in counts.some {
        if number(name) > number("replicas") {
            faults.invalid_as(&status.at(name), number(name), OF_REPLICAS);
        }
    }
    if let Some(why) = counts.ready
        && number("availableReplicas") > number("readyReplicas")
    {
        faults.invalid_as(&status.at("availableReplicas"), number("availableReplicas"), why);
    }
    let (collisions, had) = (status.at("collisionCount"), before.at("collisionCount"));
    if counts.collides && had.number().is_some_and(|had| collisions.number().is_none_or(|now| now < had)) {
        faults.invalid_as(&collisions, collisions.number().unwrap_or_default(), "cannot be decremented");
    }
}
