//! Tables of cluster.

use super::Table;
pub(in crate::schema) const NAMESPACES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const DEFINITIONS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const PRIORITY_CLASSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const LEASES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const RUNTIME_CLASSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const FLOW_SCHEMAS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const PRIORITY_LEVELS: Table = Table::NAME_AND_AGE;
