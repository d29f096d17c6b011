//! Tables of devices.

use super::Table;
pub(in crate::schema) const DEVICE_CLASSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const RESOURCE_CLAIMS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const CLAIM_TEMPLATES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const RESOURCE_SLICES: Table = Table::NAME_AND_AGE;
