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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::columns::testing::shown;

    #[test]
    fn a_binding_sorts_its_subjects_by_kind() {
        let subjects = json!([
            {"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}, {"kind": "User", "name": "v"},
        ]);
        let binding = shown(&BINDINGS, json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects": subjects}));
        assert_eq!(binding[1..], cells!["Role/r", "<unknown>", "u, v", "", "n/s"]);
    }

    #[test]
    fn a_request_tells_what_became_of_it() {
        let request = |kinds: &[&str], certificate: &str| {
            let conditions: Value = kinds.iter().map(|kind| json!({"type": kind, "status": "True"})).collect();
            let status = json!({"conditions": conditions, "certificate": certificate});
            shown(&SIGNING_REQUESTS, json!({"spec": {"expirationSeconds": 3600}, "status": status}))[4..].to_vec()
        };
        assert_eq!(request(&[], ""), cells!["60m", "Pending"]);
        assert_eq!(request(&["Approved"], "LS0t")[1], "Approved,Issued");
        assert_eq!(request(&["Approved", "Denied", "Failed"], "")[1], "Denied,Failed");
    }
}
