//! Tables of pods.

use super::Table;
pub(in crate::schema) const PODS: Table = Table::NAME_AND_AGE;
