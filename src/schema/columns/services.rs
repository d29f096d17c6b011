//! Tables of services.

use super::Table;
pub(in crate::schema) const ENDPOINTS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const SERVICES: Table = Table::NAME_AND_AGE;
