//! Tables of `rbac.authorization.k8s.io` and `certificates.k8s.io`.

use jiff::SignedDuration;
use serde_json::Value;

use super::row::{NONE, Row, cells, condition, text_at};
use super::{Column, Table, duration};

/// `rolebindings` and `clusterrolebindings`.
pub(in crate::schema) const BINDINGS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Role", "The role that is given."),
        Column::AGE,
        Column::wide("Users", "The users who get it."),
        Column::wide("Groups", "The groups who get it."),
        Column::wide("ServiceAccounts", "The service accounts who get it."),
    ],
    cells: |row| {
        let role = format!("{}/{}", row.text("roleRef.kind"), row.text("roleRef.name"));
        cells![row.name(), role, row.age(), subjects(row, "User"), subjects(row, "Group"), subjects(row, "ServiceAccount")]
    },
};

/// `roles` and `clusterroles`.
pub(in crate::schema) const ROLES: Table = Table::NAME_AND_CREATION;

/// `certificatesigningrequests`.
pub(in crate::schema) const SIGNING_REQUESTS: Table = Table {
    columns: &[
        Column::NAME,
        Column::AGE,
        Column::text("SignerName", "Who is asked to sign."),
        Column::text("Requestor", "Who asks."),
        Column::text("RequestedDuration", "How long the certificate shall be valid."),
        Column::text("Condition", "What became of the request."),
    ],
    cells: |row| {
        let seconds = row.at("spec.expirationSeconds").and_then(Value::as_i64);
        let valid = seconds.map_or_else(|| NONE.to_owned(), |seconds| duration::words(SignedDuration::from_secs(seconds)));
        cells![row.name(), row.age(), row.text_or("spec.signerName", NONE), row.text("spec.username"), valid, outcome(row)]
    },
};

fn subjects(row: Row<'_>, kind: &str) -> String {
    let subjects = row.list("subjects").iter().filter(|subject| text_at(subject, "kind") == kind);
    let names = subjects.map(|subject| match (kind, text_at(subject, "namespace")) {
        ("ServiceAccount", namespace) if !namespace.is_empty() => format!("{namespace}/{}", text_at(subject, "name")),
        _ => text_at(subject, "name").to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn outcome(row: Row<'_>) -> String {
    let conditions = row.list("status.conditions");
    let has = |kind: &str| condition(conditions, kind).is_some();
    let decision = if has("Denied") {
        "Denied"
    } else if has("Approved") {
        "Approved"
    } else {
        "Pending"
    };
    let failed = if has("Failed") { ",Failed" } else { "" };
    let issued = if row.text("status.certificate").is_empty() { "" } else { ",Issued" };
    format!("{decision}{failed}{issued}")
}
