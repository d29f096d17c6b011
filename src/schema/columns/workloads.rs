//! Tables of what runs pods: `apps`, `batch`, `autoscaling`, `policy`, and the core group's older kinds.

use jiff::Timestamp;
use serde_json::Value;

use super::row::{NONE, Row, UNKNOWN, UNSET, at, cells, first_few, holds, text_at, written};
use super::{Column, Table, human_duration};

const CONTAINERS: Column = Column::wide("Containers", "The names of the containers in the template.");
const IMAGES: Column = Column::wide("Images", "The images of the containers in the template.");
const SELECTOR: Column = Column::wide("Selector", "The labels of the pods that belong to it.");
const DESIRED: Column = Column::number("Desired", "How many pods there shall be.");
const CURRENT: Column = Column::number("Current", "How many pods there are.");
const READY: Column = Column::number("Ready", "How many pods are ready.");
const READY_OF: Column = Column::text("Ready", "How many of the pods are ready.");
const UP_TO_DATE: Column = Column::number("Up-to-date", "How many pods follow the present template.");
const AVAILABLE: Column = Column::number("Available", "How many pods have been ready for long enough.");

/// `podtemplates`.
pub(in crate::schema) const POD_TEMPLATES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Containers", "The names of the containers in the template."),
        Column::text("Images", "The images of the containers in the template."),
        Column::text("Pod Labels", "The labels of the template."),
    ],
    cells: |row| {
        let containers = "template.spec.containers";
        cells![row.name(), row.joined(containers, "name"), row.joined(containers, "image"), row.labels("template.metadata.labels")]
    },
};

/// `replicationcontrollers`.
pub(in crate::schema) const REPLICATION_CONTROLLERS: Table = Table {
    columns: &[Column::NAME, DESIRED, CURRENT, READY, Column::AGE, CONTAINERS, IMAGES, SELECTOR],
    cells: |row| replicas(row, row.labels("spec.selector")),
};

/// `replicasets`.
pub(in crate::schema) const REPLICA_SETS: Table = Table {
    columns: &[Column::NAME, DESIRED, CURRENT, READY, Column::AGE, CONTAINERS, IMAGES, SELECTOR],
    cells: |row| replicas(row, row.shown_selector("spec.selector")),
};

/// `controllerrevisions`.
pub(in crate::schema) const CONTROLLER_REVISIONS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Controller", "What the revision belongs to."),
        Column::text("Revision", "The number of the revision."),
        Column::AGE,
    ],
    cells: |row| cells![row.name(), controller(row), row.number("revision"), row.age()],
};

/// `daemonsets`.
pub(in crate::schema) const DAEMON_SETS: Table = Table {
    columns: &[
        Column::NAME,
        DESIRED,
        CURRENT,
        READY,
        UP_TO_DATE,
        AVAILABLE,
        Column::text("Node Selector", "The labels of the nodes that a pod runs on."),
        Column::AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |row| {
        cells![
            row.name(),
            row.number("status.desiredNumberScheduled"),
            row.number("status.currentNumberScheduled"),
            row.number("status.numberReady"),
            row.number("status.updatedNumberScheduled"),
            row.number("status.numberAvailable"),
            row.labels("spec.template.spec.nodeSelector"),
            row.age(),
            row.joined(TEMPLATE, "name"),
            row.joined(TEMPLATE, "image"),
            row.shown_selector("spec.selector"),
        ]
    },
};

/// `deployments`.
pub(in crate::schema) const DEPLOYMENTS: Table = Table {
    columns: &[Column::NAME, READY_OF, UP_TO_DATE, AVAILABLE, Column::AGE, CONTAINERS, IMAGES, SELECTOR],
    cells: |row| {
        cells![
            row.name(),
            format!("{}/{}", row.number("status.readyReplicas"), desired(row)),
            row.number("status.updatedReplicas"),
            row.number("status.availableReplicas"),
            row.age(),
            row.joined(TEMPLATE, "name"),
            row.joined(TEMPLATE, "image"),
            row.selector("spec.selector").unwrap_or_else(|| "<invalid>".to_owned()),
        ]
    },
};

/// `statefulsets`.
pub(in crate::schema) const STATEFUL_SETS: Table = Table {
    columns: &[Column::NAME, READY_OF, Column::AGE, CONTAINERS, IMAGES],
    cells: |row| {
        let ready = format!("{}/{}", row.number("status.readyReplicas"), desired(row));
        cells![row.name(), ready, row.age(), row.joined(TEMPLATE, "name"), row.joined(TEMPLATE, "image")]
    },
};

/// `horizontalpodautoscalers` of `autoscaling/v1`: the same, of what the store keeps.
pub(in crate::schema) const OLD_AUTOSCALERS: Table = Table {
    columns: AUTOSCALERS.columns,
    cells: |row| {
        let mut kept = row.object.clone();
        crate::schema::kinds::autoscaling::to_v2(&mut kept);
        (AUTOSCALERS.cells)(Row { object: &kept, ..row })
    },
};

/// `horizontalpodautoscalers`.
pub(in crate::schema) const AUTOSCALERS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Reference", "What is scaled."),
        Column::text("Targets", "The metrics: what they are and what they shall be."),
        Column::text("MinPods", "The least number of pods."),
        Column::text("MaxPods", "The greatest number of pods."),
        Column::text("Replicas", "How many pods there are."),
        Column::AGE,
    ],
    cells: |row| {
        cells![
            row.name(),
            format!("{}/{}", row.text("spec.scaleTargetRef.kind"), row.text("spec.scaleTargetRef.name")),
            metrics(row),
            row.written("spec.minReplicas", UNSET),
            row.number("spec.maxReplicas"),
            row.number("status.currentReplicas"),
            row.age(),
        ]
    },
};

/// `cronjobs`.
pub(in crate::schema) const CRON_JOBS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Schedule", "When jobs are started."),
        Column::text("Timezone", "The time zone of the schedule."),
        Column::truth("Suspend", "Whether no further jobs are started."),
        Column::number("Active", "How many jobs run."),
        Column::text("Last Schedule", "The time since a job was started."),
        Column::AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |row| {
        let containers = "spec.jobTemplate.spec.template.spec.containers";
        let suspended = match row.at("spec.suspend").and_then(Value::as_bool) {
            Some(true) => "True",
            Some(false) => "False",
            None => UNSET,
        };
        cells![
            row.name(),
            row.text("spec.schedule"),
            row.text_or("spec.timeZone", NONE),
            suspended,
            row.size("status.active"),
            if row.at("status.lastScheduleTime").is_some() { row.since("status.lastScheduleTime") } else { NONE.to_owned() },
            row.age(),
            row.joined(containers, "name"),
            row.joined(containers, "image"),
            row.shown_selector("spec.jobTemplate.spec.selector"),
        ]
    },
};

/// `jobs`.
pub(in crate::schema) const JOBS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Status", "The state of the job, in one word."),
        Column::text("Completions", "How many of the pods succeeded."),
        Column::text("Duration", "How long the job has run, or ran."),
        Column::AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cells: |row| {
        cells![
            row.name(),
            job_status(row),
            completions(row),
            job_duration(row),
            row.age(),
            row.joined(TEMPLATE, "name"),
            row.joined(TEMPLATE, "image"),
            row.shown_selector("spec.selector"),
        ]
    },
};

/// `poddisruptionbudgets`.
pub(in crate::schema) const DISRUPTION_BUDGETS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Min Available", "The least number of pods that must stay."),
        Column::text("Max Unavailable", "The greatest number of pods that may go."),
        Column::number("Allowed Disruptions", "How many pods may go right now."),
        Column::AGE,
    ],
    cells: |row| {
        cells![
            row.name(),
            row.written("spec.minAvailable", "N/A"),
            row.written("spec.maxUnavailable", "N/A"),
            row.number("status.disruptionsAllowed"),
            row.age(),
        ]
    },
};

const TEMPLATE: &str = "spec.template.spec.containers";

/// The declared number of replicas; one where nothing is declared.
fn desired(row: Row<'_>) -> i64 {
    row.at("spec.replicas").and_then(Value::as_i64).unwrap_or(1)
}

fn replicas(row: Row<'_>, selector: String) -> Vec<Value> {
    cells![
        row.name(),
        desired(row),
        row.number("status.replicas"),
        row.number("status.readyReplicas"),
        row.age(),
        row.joined(TEMPLATE, "name"),
        row.joined(TEMPLATE, "image"),
        selector,
    ]
}

fn controller(row: Row<'_>) -> String {
    let owners = row.object.owner_references();
    let Some(owner) = owners.iter().find(|owner| owner.controller) else { return NONE.to_owned() };
    let group = owner.api_version.split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    format!("{}/{}", format!("{}{group}", owner.kind).to_lowercase(), owner.name)
}

fn job_status(row: Row<'_>) -> &'static str {
    let conditions = row.list("status.conditions");
    let states = [("Complete", "Complete"), ("Failed", "Failed"), ("", "Terminating"), ("Suspended", "Suspended")];
    let states = states.into_iter().chain([("FailureTarget", "FailureTarget")]);
    let holds = |kind: &str| if kind.is_empty() { row.is_being_deleted() } else { holds(conditions, kind) };
    states.into_iter().find(|(kind, _)| holds(kind)).map_or("Running", |(_, word)| word)
}

fn completions(row: Row<'_>) -> String {
    let succeeded = row.number("status.succeeded");
    match (row.at("spec.completions").and_then(Value::as_i64), row.number("spec.parallelism")) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel @ 2..) => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn job_duration(row: Row<'_>) -> String {
    let time = |path: &str| row.text(path).parse::<Timestamp>().ok();
    let end = time("status.completionTime").unwrap_or(row.now);
    time("status.startTime").map(|start| human_duration(start, end)).unwrap_or_default()
}

fn metrics(row: Row<'_>) -> String {
    let observed = row.list("status.currentMetrics");
    let shown = row.list("spec.metrics").iter().enumerate().map(|(index, metric)| one_metric(metric, observed.get(index)));
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { NONE.to_owned() } else { first_few(&shown, ", ", 2) }
}

fn one_metric(metric: &Value, observed: Option<&Value>) -> String {
    let kind = text_at(metric, "type");
    let member = match kind {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return "<unknown type>".to_owned(),
    };
    let target = |name: &str| at(metric, &format!("{member}.target.{name}")).and_then(written);
    let current = |name: &str| observed.and_then(|status| at(status, &format!("{member}.current.{name}"))).and_then(written);
    let known = |current: Option<String>| current.unwrap_or_else(|| UNKNOWN.to_owned());
    let of_resource = matches!(kind, "Resource" | "ContainerResource");
    let prefix = if of_resource { format!("{}: ", text_at(metric, &format!("{member}.name"))) } else { String::new() };
    match target("averageValue") {
        Some(average) => {
            let mark = if matches!(kind, "External" | "Object") { " (avg)" } else { "" };
            format!("{prefix}{}/{average}{mark}", known(current("averageValue")))
        }
        None if of_resource => {
            let percent = |number: String| format!("{number}%");
            let wanted = target("averageUtilization").map_or_else(|| "<auto>".to_owned(), percent);
            format!("{prefix}{}/{wanted}", known(current("averageUtilization").map(percent)))
        }
        None => format!("{}/{}", known(current("value")), target("value").unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Object;

    fn cells(table: &Table, value: Value) -> Vec<Value> {
        let object = Object::from_value(value).expect("an object");
        (table.cells)(Row { object: &object, now: "2026-11-22T10:00:00Z".parse().expect("a time") })
    }

    #[test]
    fn a_deployment_shows_its_replicas_and_template() {
        let deployment = json!({
            "metadata": {"name": "web", "creationTimestamp": "2026-11-20T10:00:00Z"},
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["b", "a"]}, {"key": "aaa", "operator": "Exists"},
                ]},
                "template": {"spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j:2"}]}},
            },
            "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 1},
        });
        assert_eq!(cells(&DEPLOYMENTS, deployment), cells!["web", "2/3", 3, 1, "2d", "a,b", "i:1,j:2", "aaa,app=web,tier in (a,b)"]);
    }

    #[test]
    fn a_job_tells_its_state_and_how_long_it_took() {
        let job = |conditions: Value, deleted: Value| {
            let status = json!({"conditions": conditions, "startTime": "2026-11-22T09:57:00Z", "succeeded": 1});
            cells(&JOBS, json!({"metadata": {"name": "j", "deletionTimestamp": deleted}, "spec": {"completions": 2}, "status": status}))
        };
        assert_eq!(job(json!([]), Value::Null)[1..5], cells!["Running", "1/2", "3m", "<unknown>"]);
        assert_eq!(job(json!([{"type": "Complete", "status": "True"}]), Value::Null)[1], "Complete");
        assert_eq!(job(json!([{"type": "Suspended", "status": "True"}]), json!("2026-11-22T09:57:00Z"))[1], "Terminating");
        assert_eq!(cells(&JOBS, json!({"spec": {"parallelism": 4}}))[2], "0/1 of 4");
        assert_eq!(cells(&JOBS, json!({}))[2..4], cells!["0/1", ""]);
    }

    #[test]
    fn an_autoscaler_shows_two_metrics_and_how_many_more() {
        let resource = json!({"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 80}}});
        let external = json!({"type": "External", "external": {"target": {"averageValue": "10"}}});
        let autoscaler = json!({
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5, "metrics": [resource, external, {"type": "X"}]},
            "status": {"currentMetrics": [{"type": "Resource", "resource": {"current": {"averageUtilization": 42}}}]},
        });
        let expected = cells!["Deployment/web", "cpu: 42%/80%, <unknown>/10 (avg) + 1 more...", "<unset>", 5, 0];
        assert_eq!(cells(&AUTOSCALERS, autoscaler)[1..6], expected);
        assert_eq!(cells(&AUTOSCALERS, json!({}))[2], "<none>");
    }

    #[test]
    fn a_revision_names_its_controller_with_its_group() {
        let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "u", "controller": true});
        let revision = cells(&CONTROLLER_REVISIONS, json!({"metadata": {"ownerReferences": [owner]}, "revision": 3}));
        assert_eq!(revision[1..3], cells!["statefulset.apps/db", 3]);
    }
}
