//! Tables of what sets up the control plane.

use serde_json::Value;

use super::row::{NONE, cells, condition, text_at};
use super::{Column, Table};

/// `namespaces`.
pub(in crate::schema) const NAMESPACES: Table = Table {
    columns: &[Column::NAME, Column::text("Status", "Whether the namespace is in use or on its way out."), Column::AGE],
    cells: |row| cells![row.name(), row.text("status.phase"), row.age()],
};

/// `componentstatuses`.
pub(in crate::schema) const COMPONENT_STATUSES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Status", "Whether the component is healthy."),
        Column::text("Message", "What the component says."),
        Column::text("Error", "What is wrong with the component."),
    ],
    cells: |row| {
        let healthy = condition(row.list("conditions"), "Healthy");
        let text = |member: &str| healthy.map_or("", |condition| text_at(condition, member));
        let status = match text("status") {
            "True" => "Healthy",
            "False" => "Unhealthy",
            _ => "Unknown",
        };
        cells![row.name(), status, text("message"), text("error")]
    },
};

/// `customresourcedefinitions`.
pub(in crate::schema) const DEFINITIONS: Table = Table::NAME_AND_CREATION;

/// `apiservices`.
pub(in crate::schema) const API_SERVICES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Service", "The service that answers, or Local for this server."),
        Column::text("Available", "Whether it answers."),
        Column::AGE,
    ],
    cells: |row| {
        let service = match row.at("spec.service") {
            Some(service) => format!("{}/{}", text_at(service, "namespace"), text_at(service, "name")),
            None => "Local".to_owned(),
        };
        let available = condition(row.list("status.conditions"), "Available").map(|condition| {
            match (text_at(condition, "status"), text_at(condition, "reason")) {
                (status @ "True", _) | (status, "") => status.to_owned(),
                (status, reason) => format!("{status} ({reason})"),
            }
        });
        cells![row.name(), service, available.unwrap_or_else(|| "Unknown".to_owned()), row.age()]
    },
};

/// `priorityclasses`.
pub(in crate::schema) const PRIORITY_CLASSES: Table = Table {
    columns: &[
        Column::NAME,
        Column::number("Value", "The priority of pods of the class."),
        Column::truth("Global-Default", "Whether pods without a class get this one."),
        Column::AGE,
        Column::text("PreemptionPolicy", "Whether pods of the class drive others out."),
    ],
    cells: |row| cells![row.name(), row.number("value"), row.truth("globalDefault", false), row.age(), row.text("preemptionPolicy")],
};

/// `leases`.
pub(in crate::schema) const LEASES: Table = Table {
    columns: &[Column::NAME, Column::text("Holder", "Who holds the lease."), Column::AGE],
    cells: |row| cells![row.name(), row.text("spec.holderIdentity"), row.age()],
};

/// `runtimeclasses`.
pub(in crate::schema) const RUNTIME_CLASSES: Table = Table {
    columns: &[Column::NAME, Column::text("Handler", "What runs the containers."), Column::AGE],
    cells: |row| cells![row.name(), row.text("handler"), row.age()],
};

/// `flowschemas`.
pub(in crate::schema) const FLOW_SCHEMAS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("PriorityLevel", "The priority level of matching requests."),
        Column::text("MatchingPrecedence", "The lower, the earlier the schema is tried."),
        Column::text("DistinguisherMethod", "How requests are told apart into flows."),
        Column::AGE,
        Column::text("MissingPL", "Whether the priority level does not exist."),
    ],
    cells: |row| {
        let dangling = condition(row.list("status.conditions"), "Dangling").map_or("?", |condition| text_at(condition, "status"));
        cells![
            row.name(),
            row.text("spec.priorityLevelConfiguration.name"),
            row.number("spec.matchingPrecedence"),
            row.text_or("spec.distinguisherMethod.type", NONE),
            row.age(),
            dangling,
        ]
    },
};

/// `prioritylevelconfigurations`.
pub(in crate::schema) const PRIORITY_LEVELS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Type", "Whether the level is limited."),
        Column::text("NominalConcurrencyShares", "The level's share of all seats."),
        Column::text("Queues", "How many queues there are."),
        Column::text("HandSize", "How many queues a flow may use."),
        Column::text("QueueLengthLimit", "How many requests wait in a queue at most."),
        Column::AGE,
    ],
    cells: |row| {
        let number = |path: &str| row.at(path).cloned().unwrap_or_else(|| Value::from(NONE));
        let queuing = |member: &str| number(&format!("spec.limited.limitResponse.queuing.{member}"));
        cells![
            row.name(),
            row.text("spec.type"),
            number("spec.limited.nominalConcurrencyShares"),
            queuing("queues"),
            queuing("handSize"),
            queuing("queueLengthLimit"),
            row.age(),
        ]
    },
};
