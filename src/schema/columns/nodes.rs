//! Tables of nodes.

use super::Table;
pub(in crate::schema) const NODES: Table = Table::NAME_AND_AGE;
