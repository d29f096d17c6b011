//! Tables of settings and limits of the core group.

use super::row::{Row, cells, written};
use super::{Column, Table};

/// `configmaps`.
pub(in crate::schema) const CONFIG_MAPS: Table = Table {
    columns: &[Column::NAME, Column::text("Data", "How many entries there are."), Column::AGE],
    cells: |row| cells![row.name(), row.size("data") + row.size("binaryData"), row.age()],
};

/// `limitranges`.
pub(in crate::schema) const LIMIT_RANGES: Table = Table::NAME_AND_CREATION;

/// `resourcequotas`.
pub(in crate::schema) const RESOURCE_QUOTAS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Request", "What is used and what may be, of everything but limits."),
        Column::text("Limit", "What is used and what may be, of limits."),
        Column::AGE,
    ],
    cells: |row| cells![row.name(), quotas(row, false), quotas(row, true), row.age()],
};

/// `secrets`.
pub(in crate::schema) const SECRETS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Type", "What the secret is for."),
        Column::text("Data", "How many entries there are."),
        Column::AGE,
    ],
    cells: |row| cells![row.name(), row.text("type"), row.size("data"), row.age()],
};

/// `serviceaccounts`.
pub(in crate::schema) const SERVICE_ACCOUNTS: Table = Table {
    columns: &[Column::NAME, Column::text("Secrets", "How many secrets the account names."), Column::AGE],
    cells: |row| cells![row.name(), row.size("secrets"), row.age()],
};

/// `name: used/hard` for the resources that are limits, or for the others.
fn quotas(row: Row<'_>, limits: bool) -> String {
    let hard = row.at("status.hard").and_then(serde_json::Value::as_object);
    let mut hard: Vec<_> = hard.into_iter().flatten().filter(|(name, _)| name.starts_with("limits.") == limits).collect();
    hard.sort_by_key(|(name, _)| *name);
    let used = row.at("status.used");
    let shown = hard.into_iter().map(|(name, hard)| {
        let used = used.and_then(|used| used.get(name)).and_then(written).unwrap_or_else(|| "0".to_owned());
        format!("{name}: {used}/{}", written(hard).unwrap_or_default())
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::columns::testing::shown;

    #[test]
    fn a_quota_keeps_limits_apart_from_the_rest() {
        let hard = json!({"pods": "10", "limits.cpu": "2", "requests.cpu": 1});
        let quota = shown(&RESOURCE_QUOTAS, json!({"status": {"hard": hard, "used": {"pods": "3", "limits.cpu": "500m"}}}));
        assert_eq!(quota[1..3], cells!["pods: 3/10, requests.cpu: 0/1", "limits.cpu: 500m/2"]);
    }

    #[test]
    fn entries_are_counted_and_never_shown() {
        assert_eq!(shown(&CONFIG_MAPS, json!({"data": {"a": "1"}, "binaryData": {"b": "Mg==", "c": ""}}))[1], 3);
        assert_eq!(shown(&SECRETS, json!({"type": "Opaque", "data": {"a": "c2VjcmV0"}}))[1..3], cells!["Opaque", 1]);
    }
}
