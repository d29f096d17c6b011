//! Tables of events.

use super::Table;
pub(in crate::schema) const EVENTS: Table = Table::NAME_AND_AGE;
