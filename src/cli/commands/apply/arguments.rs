//! How something is applied: the flags that `apply` and `rollback` share.

use std::time::Duration;

use clap::Args;

use crate::cli::revisions::KeepArgs;
use crate::cli::{CiArgs, DryRun, duration};

/// How to apply, whatever it is.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli::commands) struct ConductArgs {
    #[command(flatten)]
    pub(super) keeping: KeepArgs,
    /// Say what would happen without doing it
    #[arg(long, value_enum, default_value_t, value_name = "HOW", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    pub(super) dry_run: DryRun,
    /// Replace objects that cannot be changed in place: delete them and make them anew
    #[arg(long)]
    pub(super) replace: bool,
    /// Undo everything that was done if something fails, is interrupted, or is not ready in time where --wait is given
    #[arg(long)]
    pub(super) atomic: bool,
    /// Take fields over that other managers own
    #[arg(long)]
    pub(super) force_conflicts: bool,
    /// Show the difference of each changed object
    #[arg(long)]
    pub(super) diff: bool,
    /// Show the values of Secrets in differences
    #[arg(long, requires = "diff")]
    pub(super) show_secrets: bool,
    /// Show the owners of all changed fields in differences, not only those that other managers own
    #[arg(long, requires = "diff")]
    pub(super) show_owners: bool,
    /// Print the applied objects
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    pub(super) output: Option<ApplyOutput>,
    /// Wait until all applied objects are ready, or until deleted ones are gone; a comma parts both
    #[arg(long, value_enum, num_args = 0..=1, value_delimiter = ',', default_missing_value = "ready", require_equals = true, value_name = "WHAT")]
    pub(super) wait: Vec<WaitFor>,
    /// Act without asking, whatever is deleted or replaced
    #[arg(long, short = 'y')]
    pub(super) yes: bool,
    /// Wait no longer than this for a replaced object to go, for what others depend on, or for all to be ready; 0 waits without end
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration::unsigned)]
    pub(super) timeout: Duration,
    #[command(flatten)]
    pub(super) ci: CiArgs,
}

/// How `apply -o` prints objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum ApplyOutput {
    /// One name a line
    Name,
    /// JSON, one object after the other
    Json,
    /// YAML, one document for each object
    Yaml,
}

/// What `apply --wait` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum WaitFor {
    /// That each object is ready
    #[value(alias = "true")]
    Ready,
    /// That each deleted object is gone
    Deleted,
}
