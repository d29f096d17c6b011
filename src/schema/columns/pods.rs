//! The Table of pods: the state of many containers in one word.

use jiff::Timestamp;
use serde_json::Value;

use super::row::{NONE, Row, at, cells, condition, holds, text_at};
use super::{Column, Table};

/// `pods`.
pub(in crate::schema) const PODS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Ready", "How many of the containers are ready."),
        Column::text("Status", "The state of the containers, in one word."),
        Column::text("Restarts", "How often containers restarted, and when one did last."),
        Column::AGE,
        Column::wide("IP", "The address of the pod."),
        Column::wide("Node", "The node that the pod is bound to."),
        Column::wide("Nominated Node", "The node on which room is being made for the pod."),
        Column::wide("Readiness Gates", "How many of the readiness gates are open."),
    ],
    cells: |row| {
        let state = State::of(row);
        cells![
            row.name(),
            format!("{}/{}", state.ready, state.containers),
            state.reason,
            state.restarts.words(row),
            row.age(),
            row.list("status.podIPs").first().map(|address| text_at(address, "ip")).filter(|ip| !ip.is_empty()).unwrap_or(NONE),
            row.text_or("spec.nodeName", NONE),
            row.text_or("status.nominatedNodeName", NONE),
            readiness_gates(row),
        ]
    },
};

/// What the containers of a pod add up to.
struct State {
    ready: usize,
    containers: usize,
    reason: String,
    restarts: Restarts,
}

/// How often containers restarted, and when the last one to do so had ended before.
#[derive(Default, Clone, Copy)]
struct Restarts {
    count: i64,
    last: Option<Timestamp>,
}

/// How far one init container has come.
enum InitStage {
    Done,
    RunsAlongside,
    HoldsUp(String),
}

impl State {
    fn of(row: Row<'_>) -> Self {
        let sidecars = row.list("spec.initContainers").iter().filter(|container| is_sidecar(container)).count();
        let mut state = Self {
            ready: 0,
            containers: row.list("spec.containers").len() + sidecars,
            reason: phase_or_reason(row).to_owned(),
            restarts: Restarts::default(),
        };
        let (initialising, sidecar_restarts) = state.initialise(row);
        if !initialising || holds(row.list("status.conditions"), "Initialized") {
            state.restarts = sidecar_restarts;
            state.run(row);
        }
        let ended = matches!(row.text("status.phase"), "Succeeded" | "Failed");
        if row.is_being_deleted() && row.text("status.reason") == "NodeLost" {
            state.reason = "Unknown".to_owned();
        } else if row.is_being_deleted() && !ended {
            state.reason = "Terminating".to_owned();
        }
        state
    }

    /// Goes through the init containers up to the one that holds the others up. Answers whether there is one, and the restarts of those
    /// that run alongside the pod.
    fn initialise(&mut self, row: Row<'_>) -> (bool, Restarts) {
        let declared = row.list("spec.initContainers");
        let mut sidecar_restarts = Restarts::default();
        for (index, status) in row.list("status.initContainerStatuses").iter().enumerate() {
            let name = text_at(status, "name");
            let sidecar = declared.iter().any(|container| text_at(container, "name") == name && is_sidecar(container));
            self.restarts.add(status);
            if sidecar {
                sidecar_restarts.add(status);
            }
            match init_stage(status, sidecar, || format!("{index}/{}", declared.len())) {
                InitStage::Done => {}
                InitStage::RunsAlongside => self.ready += usize::from(is_true(status, "ready")),
                InitStage::HoldsUp(why) => {
                    self.reason = format!("Init:{why}");
                    return (true, sidecar_restarts);
                }
            }
        }
        (false, sidecar_restarts)
    }

    /// Goes through the containers from the last to the first, so that the first with something to tell has its say.
    fn run(&mut self, row: Row<'_>) {
        let mut running = false;
        for status in row.list("status.containerStatuses").iter().rev() {
            self.restarts.add(status);
            let waiting = text_at(status, "state.waiting.reason");
            if !waiting.is_empty() {
                self.reason = waiting.to_owned();
            } else if let Some(terminated) = at(status, "state.terminated") {
                self.reason = end_of(terminated);
            } else if is_true(status, "ready") && at(status, "state.running").is_some() {
                running = true;
                self.ready += 1;
            }
        }
        if running && self.reason == "Completed" {
            let ready = holds(row.list("status.conditions"), "Ready");
            self.reason = if ready { "Running" } else { "NotReady" }.to_owned();
        }
    }
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += status.get("restartCount").and_then(Value::as_i64).unwrap_or_default();
        self.last = self.last.max(text_at(status, "lastState.terminated.finishedAt").parse().ok());
    }

    fn words(self, row: Row<'_>) -> String {
        match self.last {
            Some(last) if self.count != 0 => format!("{} ({} ago)", self.count, super::human_duration(last, row.now)),
            _ => self.count.to_string(),
        }
    }
}

fn phase_or_reason(row: Row<'_>) -> &str {
    let scheduled = condition(row.list("status.conditions"), "PodScheduled");
    match scheduled.map(|condition| text_at(condition, "reason")) {
        Some(gated @ "SchedulingGated") => gated,
        _ => row.text_or("status.reason", row.text("status.phase")),
    }
}

fn init_stage(status: &Value, sidecar: bool, progress: impl FnOnce() -> String) -> InitStage {
    let terminated = at(status, "state.terminated");
    let waiting = text_at(status, "state.waiting.reason");
    match terminated {
        Some(terminated) if terminated.get("exitCode").and_then(Value::as_i64).unwrap_or_default() == 0 => InitStage::Done,
        _ if sidecar && is_true(status, "started") => InitStage::RunsAlongside,
        Some(terminated) => InitStage::HoldsUp(end_of(terminated)),
        None if !waiting.is_empty() && waiting != "PodInitializing" => InitStage::HoldsUp(waiting.to_owned()),
        None => InitStage::HoldsUp(progress()),
    }
}

/// Why a container ended.
fn end_of(terminated: &Value) -> String {
    let number = |member: &str| terminated.get(member).and_then(Value::as_i64).unwrap_or_default();
    match (text_at(terminated, "reason"), number("signal")) {
        ("", 0) => format!("ExitCode:{}", number("exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn readiness_gates(row: Row<'_>) -> String {
    let gates = row.list("spec.readinessGates");
    let conditions = row.list("status.conditions");
    let open = gates.iter().filter(|gate| holds(conditions, text_at(gate, "conditionType"))).count();
    if gates.is_empty() { NONE.to_owned() } else { format!("{open}/{}", gates.len()) }
}

/// Whether an init container keeps running beside the containers.
fn is_sidecar(container: &Value) -> bool {
    text_at(container, "restartPolicy") == "Always"
}

fn is_true(value: &Value, member: &str) -> bool {
    value.get(member).and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Object;

    const NOW: &str = "2026-11-22T10:00:00Z";

    /// Ready, Status and Restarts of a pod with these init containers, containers and status.
    fn shown(init: impl Into<Value>, containers: usize, status: impl Into<Value>) -> [String; 3] {
        shown_object(json!({"spec": {"initContainers": init.into(), "containers": vec![json!({}); containers]}, "status": status.into()}))
    }

    fn shown_object(pod: Value) -> [String; 3] {
        let object = Object::from_value(pod).expect("an object");
        let cells = (PODS.cells)(Row { object: &object, now: NOW.parse().expect("a time") });
        [1, 2, 3].map(|at| cells[at].as_str().expect("a text").to_owned())
    }

    fn running(ready: bool) -> Value {
        json!({"ready": ready, "restartCount": 0, "state": {"running": {}}})
    }

    #[test]
    fn a_pod_without_container_states_shows_its_phase() {
        assert_eq!(shown(json!([]), 2, json!({"phase": "Pending"})), ["0/2", "Pending", "0"]);
        assert_eq!(shown(json!([]), 1, json!({"phase": "Failed", "reason": "Evicted"})), ["0/1", "Evicted", "0"]);
        let gated = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]});
        assert_eq!(shown(json!([]), 1, gated), ["0/1", "SchedulingGated", "0"]);
    }

    #[test]
    fn running_containers_count_once_they_are_ready() {
        let status = json!({"phase": "Running", "containerStatuses": [running(true), running(false)]});
        assert_eq!(shown(json!([]), 2, status), ["1/2", "Running", "0"]);
    }

    #[test]
    fn the_first_container_with_trouble_names_it() {
        let waiting = json!({"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"finishedAt": "2026-11-22T09:58:00Z"}}});
        let ended = json!({"restartCount": 1, "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}});
        let status = json!({"phase": "Running", "containerStatuses": [running(true), waiting, ended]});
        assert_eq!(shown(json!([]), 3, status), ["1/3", "CrashLoopBackOff", "4 (2m ago)"]);
    }

    #[test]
    fn an_end_without_a_reason_shows_signal_or_exit_code() {
        let ended = |terminated: Value| shown(json!([]), 1, json!({"containerStatuses": [{"state": {"terminated": terminated}}]}));
        assert_eq!(ended(json!({"exitCode": 2})), ["0/1", "ExitCode:2", "0"]);
        assert_eq!(ended(json!({"exitCode": 137, "signal": 9})), ["0/1", "Signal:9", "0"]);
    }

    #[test]
    fn a_completed_container_beside_a_running_one_is_no_completed_pod() {
        let done = json!({"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}});
        let status = |ready: &str| json!({"phase": "Running", "containerStatuses": [done, running(true)], "conditions": [{"type": "Ready", "status": ready}]});
        assert_eq!(shown(json!([]), 2, status("True")), ["1/2", "Running", "0"]);
        assert_eq!(shown(json!([]), 2, status("False")), ["1/2", "NotReady", "0"]);
        let all_done = json!({"phase": "Succeeded", "containerStatuses": [done]});
        assert_eq!(shown(json!([]), 1, all_done), ["0/1", "Completed", "0"]);
    }

    #[test]
    fn init_containers_tell_how_far_they_are_or_what_holds_them_up() {
        let init = json!([{"name": "a"}, {"name": "b"}]);
        let done = json!({"name": "a", "state": {"terminated": {"exitCode": 0}}});
        let second = |state: Value| {
            let status = json!({"phase": "Pending", "initContainerStatuses": [done, {"name": "b", "restartCount": 2, "state": state}]});
            shown(init.clone(), 1, status)
        };
        assert_eq!(second(json!({"running": {}})), ["0/1", "Init:1/2", "2"]);
        assert_eq!(second(json!({"waiting": {"reason": "PodInitializing"}})), ["0/1", "Init:1/2", "2"]);
        assert_eq!(second(json!({"waiting": {"reason": "ErrImagePull"}})), ["0/1", "Init:ErrImagePull", "2"]);
        assert_eq!(second(json!({"terminated": {"exitCode": 1, "reason": "Error"}})), ["0/1", "Init:Error", "2"]);
        assert_eq!(second(json!({"terminated": {"exitCode": 3}})), ["0/1", "Init:ExitCode:3", "2"]);
        assert_eq!(second(json!({"terminated": {"exitCode": 1, "signal": 9}})), ["0/1", "Init:Signal:9", "2"]);
    }

    #[test]
    fn sidecars_count_as_containers_and_restarts_of_finished_init_containers_do_not_count() {
        let init = json!([{"name": "a"}, {"name": "proxy", "restartPolicy": "Always"}]);
        let status = json!({
            "phase": "Running",
            "initContainerStatuses": [
                {"name": "a", "restartCount": 5, "state": {"terminated": {"exitCode": 0}}},
                {"name": "proxy", "restartCount": 1, "ready": true, "started": true, "state": {"running": {}}},
            ],
            "containerStatuses": [running(true)],
        });
        assert_eq!(shown(init, 1, status), ["2/2", "Running", "1"]);
    }

    #[test]
    fn a_pod_being_deleted_is_terminating_until_it_has_ended() {
        let pod = |phase: &str, reason: &str| {
            shown_object(json!({"metadata": {"deletionTimestamp": NOW}, "spec": {}, "status": {"phase": phase, "reason": reason}}))
        };
        assert_eq!(pod("Running", "")[1], "Terminating");
        assert_eq!(pod("Succeeded", "")[1], "Succeeded");
        assert_eq!(pod("Running", "NodeLost")[1], "Unknown");
    }
}
