//! Tables of admission.

use super::Table;
pub(in crate::schema) const MUTATING_POLICIES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const POLICY_BINDINGS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const WEBHOOKS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const VALIDATING_POLICIES: Table = Table::NAME_AND_AGE;
