//! Tables of `resource.k8s.io`.

use super::row::{Row, cells};
use super::{Column, Table};

/// `deviceclasses`.
pub(in crate::schema) const DEVICE_CLASSES: Table = Table::NAME_AND_AGE;

/// `resourceclaimtemplates`.
pub(in crate::schema) const CLAIM_TEMPLATES: Table = Table::NAME_AND_AGE;

/// `resourceclaims`.
pub(in crate::schema) const RESOURCE_CLAIMS: Table = Table {
    columns: &[Column::NAME, Column::text("State", "How far the claim has come."), Column::AGE],
    cells: |row| cells![row.name(), state(row), row.age()],
};

/// `resourceslices`.
pub(in crate::schema) const RESOURCE_SLICES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Node", "The node that the devices are at."),
        Column::text("Driver", "Who manages the devices."),
        Column::text("Pool", "The pool that the devices belong to."),
        Column::AGE,
    ],
    cells: |row| cells![row.name(), row.text("spec.nodeName"), row.text("spec.driver"), row.text("spec.pool.name"), row.age()],
};

fn state(row: Row<'_>) -> String {
    let allocated = row.at("status.allocation").is_some();
    let states = [
        ("deleted", row.is_being_deleted()),
        ("pending", !allocated && !row.is_being_deleted()),
        ("allocated", allocated),
        ("reserved", allocated && row.size("status.reservedFor") > 0),
    ];
    states.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::columns::testing::shown;

    #[test]
    fn a_claim_tells_how_far_it_has_come() {
        let state = |value: Value| shown(&RESOURCE_CLAIMS, value)[1].clone();
        assert_eq!(state(json!({})), "pending");
        assert_eq!(state(json!({"status": {"allocation": {}, "reservedFor": [{}]}})), "allocated,reserved");
        let deleted = json!({"deletionTimestamp": "2026-11-22T10:00:00Z"});
        assert_eq!(state(json!({"metadata": deleted, "status": {"allocation": {}}})), "deleted,allocated");
    }
}
