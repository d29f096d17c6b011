//! The Table of nodes.

use std::collections::BTreeSet;

use super::row::{NONE, Row, UNKNOWN, cells, condition, or, text_at};
use super::{Column, Table};

/// `nodes`.
pub(in crate::schema) const NODES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Status", "Whether the node is ready, and takes pods."),
        Column::text("Roles", "What the node is for."),
        Column::AGE,
        Column::text("Version", "The version of the node's agent."),
        Column::wide("Internal-IP", "The address inside the cluster."),
        Column::wide("External-IP", "The address outside the cluster."),
        Column::wide("OS-Image", "The operating system."),
        Column::wide("Kernel-Version", "The version of the kernel."),
        Column::wide("Container-Runtime", "What runs the containers."),
    ],
    cells: |row| {
        cells![
            row.name(),
            status(row),
            roles(row),
            row.age(),
            row.text("status.nodeInfo.kubeletVersion"),
            address(row, "InternalIP"),
            address(row, "ExternalIP"),
            row.text_or("status.nodeInfo.osImage", UNKNOWN),
            row.text_or("status.nodeInfo.kernelVersion", UNKNOWN),
            row.text_or("status.nodeInfo.containerRuntimeVersion", UNKNOWN),
        ]
    },
};

fn status(row: Row<'_>) -> String {
    let ready = condition(row.list("status.conditions"), "Ready").map(|condition| text_at(condition, "status"));
    let ready = match ready {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    if row.truth("spec.unschedulable", false) { format!("{ready},SchedulingDisabled") } else { ready.to_owned() }
}

fn roles(row: Row<'_>) -> String {
    let roles = row.object.labels().filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) => Some(role),
        None => (key == "kubernetes.io/role").then_some(value),
    });
    let roles: BTreeSet<_> = roles.filter(|role| !role.is_empty()).collect();
    or(&roles.into_iter().collect::<Vec<_>>().join(","), NONE).to_owned()
}

fn address<'a>(row: Row<'a>, kind: &str) -> &'a str {
    let found = row.list("status.addresses").iter().find(|address| text_at(address, "type") == kind);
    found.map_or(NONE, |address| text_at(address, "address"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Object;

    #[test]
    fn a_node_shows_its_state_and_roles() {
        let node = json!({
            "metadata": {"labels": {"node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "x"}},
            "spec": {"unschedulable": true},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown"}], "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]},
        });
        let object = Object::from_value(node).expect("an object");
        let cells = (NODES.cells)(Row { object: &object, now: jiff::Timestamp::UNIX_EPOCH });
        assert_eq!(cells[1..3], cells!["NotReady,SchedulingDisabled", "control-plane,worker,x"]);
        assert_eq!(cells[5..8], cells!["10.0.0.1", "<none>", "<unknown>"]);
    }
}
