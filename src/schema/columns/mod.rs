//! Table columns: which ones a kind has and what stands in its cells.
//!
//! Receives objects as served; hands rows of cells to the Table encoder. Invariant: a kind's cells are as many as its columns, in
//! their order. Names, types and cell texts are those of kube-apiserver, because people and scripts read them.

pub(super) mod access;
pub(super) mod admission;
pub(super) mod cluster;
pub(super) mod config;
pub(super) mod custom;
pub(super) mod devices;
mod duration;
pub(super) mod events;
pub(super) mod network;
pub(super) mod nodes;
pub(super) mod pods;
mod row;
pub(super) mod services;
pub(super) mod storage;
#[cfg(test)]
mod testing;
pub(super) mod workloads;

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

pub use duration::human_duration;

use self::custom::CustomCell;
use self::row::{Row, cells};
use crate::object::Object;

/// One column of a Table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The heading, such as `Up-to-date`; kubectl prints it in capitals.
    pub name: Cow<'static, str>,
    /// The OpenAPI type of the cells: `string`, `integer`, `number`, `boolean`, or `date` of custom resources.
    pub data_type: Cow<'static, str>,
    /// The OpenAPI format; `name` marks the column that identifies the row.
    pub format: Cow<'static, str>,
    /// 0 for columns always shown, more for those of the wide form.
    pub priority: i32,
    /// What the column shows.
    pub description: Cow<'static, str>,
}

/// The columns of a built-in kind and the function that fills them.
pub(super) struct Table {
    pub(super) columns: &'static [Column],
    pub(super) cells: MakeCells,
}

/// Makes the cells of one object's row.
pub(super) type MakeCells = fn(Row<'_>) -> Vec<Value>;

/// What fills the cells of a resource.
#[derive(Debug)]
pub(super) enum Cells {
    /// A function of the table of kinds.
    BuiltIn(MakeCells),
    /// The columns that a CustomResourceDefinition declares, after the name.
    Custom(Vec<CustomCell>),
}

impl Cells {
    pub(super) fn of(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        match self {
            Self::BuiltIn(make) => make(Row { object, now }),
            Self::Custom(cells) => {
                let declared = cells.iter().map(|cell| cell.of(object, now));
                std::iter::once(object.name().into()).chain(declared).collect()
            }
        }
    }
}

impl Table {
    /// Name and age.
    pub(super) const NAME_AND_AGE: Self = Self { columns: &[Column::NAME, Column::AGE], cells: |row| cells![row.name(), row.age()] };

    /// What kube-apiserver shows of kinds that it has no columns for.
    pub(super) const NAME_AND_CREATION: Self = Self {
        columns: &[Column::NAME, Column::new("Created At", "date", "", 0, Column::CREATED)],
        cells: |row| cells![row.name(), row.text("metadata.creationTimestamp")],
    };
}

/// The columns of a Scale, whichever kind it is of.
pub static SCALE: [Column; 4] = [
    Column::NAME,
    Column::number("Desired", "How many replicas are declared."),
    Column::number("Available", "How many replicas there are."),
    Column::AGE,
];

impl Column {
    const CREATED: &'static str = "When the object was created.";

    /// The name of the object.
    pub(super) const NAME: Self = Self::new("Name", "string", "name", 0, "The name of the object, unique in its namespace.");

    /// The time since the object was created.
    pub(super) const AGE: Self = Self::text("Age", Self::CREATED);

    /// A column of texts.
    pub(super) const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "string", "", 0, description)
    }

    /// A column of whole numbers.
    pub(super) const fn number(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "integer", "", 0, description)
    }

    /// A column of truth values.
    pub(super) const fn truth(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "boolean", "", 0, description)
    }

    /// A text column of the wide form.
    pub(super) const fn wide(name: &'static str, description: &'static str) -> Self {
        Self::new(name, "string", "", 1, description)
    }

    const fn new(name: &'static str, data_type: &'static str, format: &'static str, priority: i32, description: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            data_type: Cow::Borrowed(data_type),
            format: Cow::Borrowed(format),
            priority,
            description: Cow::Borrowed(description),
        }
    }
}
