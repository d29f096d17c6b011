//! What the tests of all tables of built-in kinds have in common.

use serde_json::Value;

use super::Table;
use super::row::Row;
use crate::object::Object;

/// The cells of an object's row.
pub(super) fn shown(table: &Table, value: impl Into<Value>) -> Vec<Value> {
    let object = Object::from_value(value.into()).expect("an object");
    (table.cells)(Row { object: &object, now: "2026-11-22T10:00:00Z".parse().expect("a time") })
}
