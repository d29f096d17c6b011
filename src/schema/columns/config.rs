//! Tables of config.

use super::Table;
pub(in crate::schema) const CONFIG_MAPS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const LIMIT_RANGES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const RESOURCE_QUOTAS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const SECRETS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const SERVICE_ACCOUNTS: Table = Table::NAME_AND_AGE;
