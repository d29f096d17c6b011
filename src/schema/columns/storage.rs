//! Tables of storage.

use super::Table;
pub(in crate::schema) const CLAIMS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const VOLUMES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const CSI_DRIVERS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const CSI_NODES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const CSI_CAPACITIES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const STORAGE_CLASSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const VOLUME_ATTACHMENTS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const ATTRIBUTES_CLASSES: Table = Table::NAME_AND_AGE;
