//! Tables of access.

use super::Table;
pub(in crate::schema) const SIGNING_REQUESTS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const BINDINGS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const ROLES: Table = Table::NAME_AND_AGE;
