//! What makes pods: the kinds of `apps` and `batch`, and ReplicationController.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/>.

use serde_json::Value;

use super::fill::Constant::{self, Flag, Number, Text};
use super::fill::{Members, Row, fill, inner, inner_or_empty, is_absent, items, put, text};
use super::{pods, storage};

const DEPLOYMENT: Row = &[
    ("progressDeadlineSeconds", Number(600)),
    ("replicas", Number(1)),
    ("revisionHistoryLimit", Number(10)),
    ("strategy", Constant::Row(ROLLING_TYPE)),
];
const ROLLING_TYPE: Row = &[("type", Text("RollingUpdate"))];
const DEPLOYMENT_ROLLING: Row = &[("maxSurge", Text("25%")), ("maxUnavailable", Text("25%"))];

const REPLICAS: Row = &[("replicas", Number(1))];

const DAEMON_SET: Row = &[("revisionHistoryLimit", Number(10)), ("updateStrategy", Constant::Row(ROLLING_TYPE))];
const DAEMON_SET_ROLLING: Row = &[("maxSurge", Number(0)), ("maxUnavailable", Number(1))];

const STATEFUL_SET: Row = &[
    ("persistentVolumeClaimRetentionPolicy", Constant::Row(&[("whenDeleted", Text("Retain")), ("whenScaled", Text("Retain"))])),
    ("podManagementPolicy", Text("OrderedReady")),
    ("replicas", Number(1)),
    ("revisionHistoryLimit", Number(10)),
];
const STATEFUL_SET_ROLLING: Row = &[("partition", Number(0))];

const JOB: Row = &[
    ("backoffLimit", Number(6)),
    ("completionMode", Text("NonIndexed")),
    ("manualSelector", Flag(false)),
    ("parallelism", Number(1)),
    ("podReplacementPolicy", Text("TerminatingOrFailed")),
    ("suspend", Flag(false)),
];

/// A job that counts failures of each of its indexes by itself does not count them together.
const JOB_BY_INDEX: Row = &[("backoffLimit", Number(i32::MAX as i64))];

/// A job with rules for failed pods makes no new ones before the old ones are known to have failed.
const JOB_BY_POLICY: Row = &[("podReplacementPolicy", Text("Failed"))];

/// What the pod failure policy of a job takes a condition's status for.
const CONDITION: Row = &[("status", Text("True"))];

const CRON_JOB: Row = &[
    ("concurrencyPolicy", Text("Allow")),
    ("failedJobsHistoryLimit", Number(1)),
    ("successfulJobsHistoryLimit", Number(3)),
    ("suspend", Flag(false)),
];

pub(super) fn deployment(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, DEPLOYMENT);
    rolling(spec, "strategy", DEPLOYMENT_ROLLING);
    pods::template(spec, "template");
}

pub(super) fn replica_set(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, REPLICAS);
    pods::template(spec, "template");
}

pub(super) fn daemon_set(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, DAEMON_SET);
    rolling(spec, "updateStrategy", DAEMON_SET_ROLLING);
    pods::template(spec, "template");
}

pub(super) fn stateful_set(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, STATEFUL_SET);
    if let Some(strategy) = inner_or_empty(spec, "updateStrategy") {
        // Unlike elsewhere, a stated type leaves the rolling update as it is.
        if is_absent(strategy, "type") {
            fill(strategy, ROLLING_TYPE);
            inner_or_empty(strategy, "rollingUpdate");
        }
        if text(strategy, "type") == "RollingUpdate"
            && let Some(rolling) = inner(strategy, "rollingUpdate")
        {
            fill(rolling, STATEFUL_SET_ROLLING);
        }
    }
    pods::template(spec, "template");
    items(spec, "volumeClaimTemplates").for_each(storage::claim_template);
}

fn rolling(spec: &mut Members, member: &str, row: Row) {
    if let Some(strategy) = inner(spec, member)
        && text(strategy, "type") == "RollingUpdate"
        && let Some(rolling) = inner_or_empty(strategy, "rollingUpdate")
    {
        fill(rolling, row);
    }
}

pub(super) fn job(root: &mut Members) {
    labels_of_template(root);
    inner(root, "spec").map(job_spec);
}

fn job_spec(spec: &mut Members) {
    if is_absent(spec, "completions") && is_absent(spec, "parallelism") {
        spec.insert("completions".to_owned(), 1.into());
    }
    if !is_absent(spec, "backoffLimitPerIndex") {
        fill(spec, JOB_BY_INDEX);
    }
    if !is_absent(spec, "podFailurePolicy") {
        fill(spec, JOB_BY_POLICY);
    }
    fill(spec, JOB);
    failure_policy(spec);
    pods::template(spec, "template");
}

fn failure_policy(spec: &mut Members) {
    if let Some(policy) = inner(spec, "podFailurePolicy") {
        for rule in items(policy, "rules") {
            items(rule, "onPodConditions").for_each(|condition| fill(condition, CONDITION));
        }
    }
}

/// The template of a job in a cron job gets the defaults of its pods only: the job's own come when it is made.
pub(super) fn cron_job(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, CRON_JOB);
    if let Some(job) = inner(spec, "jobTemplate").and_then(|job| inner(job, "spec")) {
        failure_policy(job);
        pods::template(job, "template");
    }
}

pub(super) fn replication_controller(root: &mut Members) {
    labels_of_template(root);
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, REPLICAS);
    let labels = template_labels(spec);
    if let Some(labels) = labels {
        put(spec, "selector", || labels);
    }
    pods::template(spec, "template");
}

pub(super) fn pod_template(root: &mut Members) {
    pods::template(root, "template");
}

/// An object without labels carries those of its pods.
fn labels_of_template(root: &mut Members) {
    let Some(labels) = inner(root, "spec").and_then(|spec| template_labels(spec)) else { return };
    if let Some(metadata) = inner_or_empty(root, "metadata")
        && metadata.get("labels").and_then(Value::as_object).is_none_or(Members::is_empty)
    {
        metadata.insert("labels".to_owned(), labels);
    }
}

fn template_labels(spec: &Members) -> Option<Value> {
    let labels = spec.get("template")?.get("metadata")?.get("labels")?;
    labels.as_object().filter(|labels| !labels.is_empty()).map(|labels| Value::Object(labels.clone()))
}
