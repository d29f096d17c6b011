//! Tables of network.

use super::Table;
pub(in crate::schema) const INGRESS_CLASSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const INGRESSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const IP_ADDRESSES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const NETWORK_POLICIES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const SERVICE_CIDRS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const ENDPOINT_SLICES: Table = Table::NAME_AND_AGE;
