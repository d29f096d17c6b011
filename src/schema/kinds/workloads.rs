//! What runs things: `apps`, `batch`, `policy`.

use super::Part::{Scale, Status};
use super::{Group, Kind, count};
use crate::schema::columns::workloads as tables;
use crate::schema::resource::NameRule;

/// `apps/v1`.
pub(super) const APPS: Group = Group {
    name: "apps",
    version: "v1",
    kinds: &[
        Kind::namespaced("controllerrevisions", "ControllerRevision").table(&tables::CONTROLLER_REVISIONS),
        workload("daemonsets", "DaemonSet").short(&["ds"]).parts(&[Status]).table(&tables::DAEMON_SETS),
        workload("deployments", "Deployment").short(&["deploy"]).parts(&[Scale, Status]).table(&tables::DEPLOYMENTS),
        workload("replicasets", "ReplicaSet")
            .short(&["rs"])
            .parts(&[Scale, Status])
            .fields(&[count("status.replicas", &[])])
            .table(&tables::REPLICA_SETS),
        workload("statefulsets", "StatefulSet").short(&["sts"]).parts(&[Scale, Status]).table(&tables::STATEFUL_SETS),
    ],
};

/// `batch/v1`.
pub(super) const BATCH: Group = Group {
    name: "batch",
    version: "v1",
    kinds: &[
        workload("cronjobs", "CronJob").short(&["cj"]).parts(&[Status]).table(&tables::CRON_JOBS),
        workload("jobs", "Job").parts(&[Status]).fields(&[count("status.successful", &["status.succeeded"])]).table(&tables::JOBS),
    ],
};

/// `policy/v1`.
pub(super) const POLICY: Group = Group {
    name: "policy",
    version: "v1",
    kinds: &[Kind::namespaced("poddisruptionbudgets", "PodDisruptionBudget")
        .versioned()
        .named(NameRule::PathSegment)
        .short(&["pdb"])
        .generation()
        .parts(&[Status])
        .table(&tables::DISRUPTION_BUDGETS)],
};

const fn workload(plural: &'static str, kind: &'static str) -> Kind {
    Kind::namespaced(plural, kind).categories(&["all"]).generation()
}
