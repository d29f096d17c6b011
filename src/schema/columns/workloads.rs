//! Tables of workloads.

use super::Table;
pub(in crate::schema) const POD_TEMPLATES: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const REPLICATION_CONTROLLERS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const CONTROLLER_REVISIONS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const DAEMON_SETS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const DEPLOYMENTS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const REPLICA_SETS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const STATEFUL_SETS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const AUTOSCALERS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const CRON_JOBS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const JOBS: Table = Table::NAME_AND_AGE;
pub(in crate::schema) const DISRUPTION_BUDGETS: Table = Table::NAME_AND_AGE;
