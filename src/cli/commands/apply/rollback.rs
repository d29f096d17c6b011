//! `trueup rollback`: makes a set as one of its revisions declares it.

use clap::Args;

use super::{ApplyArgs, ConductArgs, apply_desired};
use crate::cli::revisions::Recalled;
use crate::cli::sets::{SetArgs, SetNameArgs};
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, DryRun, ExitStatus, Promise, Reporter};
use crate::plan::set::{MaxDeletions, SetError};

const EXAMPLES: &str = "\
Examples:
  trueup rollback --applyset shop -n shop    back to the revision before the newest
  trueup rollback --to 3 --applyset shop -n shop
                                             back to the revision 3
  trueup diff --against 3 --applyset shop -n shop
                                             what that would change

The manifests of the revision are applied, and what it does not declare is pruned. The rollback is a revision of its own.
Exit status: 0 rolled back, 1 something was refused or failed, or is not ready in time, or nobody said yes, 2 wrong usage,
130 interrupted.";

/// Apply an earlier revision of a set again
///
/// Members of the set that the revision does not declare are deleted.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct RollbackArgs {
    /// Go back to the revision of this number; if not given, to the one before the newest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    to: Option<u64>,
    #[command(flatten)]
    set: SetNameArgs,
    /// Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case
    #[arg(long, value_name = "MOST", help_heading = "Sets")]
    max_deletions: Option<MaxDeletions>,
    #[command(flatten)]
    conduct: ConductArgs,
    /// Own the applied fields under this name; if not given, under that of the revision
    #[arg(long, value_name = "NAME")]
    field_manager: Option<String>,
}

impl RollbackArgs {
    /// What is an apply of the revision's manifests, with everything else pruned.
    fn as_apply(&self, recalled: &Recalled) -> ApplyArgs {
        ApplyArgs {
            set: SetArgs::pruning(self.set.clone(), self.max_deletions),
            conduct: self.conduct.clone(),
            field_manager: self.field_manager.clone().unwrap_or_else(|| recalled.revision.about.field_manager.clone()),
            ..ApplyArgs::default()
        }
    }
}

/// Goes back to a revision.
pub async fn cmd_rollback(ui: &Ui, context: &CommandContext, args: &RollbackArgs) -> Result<ExitStatus, CommandError> {
    if args.set.applyset.is_none() {
        return Err(CommandError::usage("say which set: --applyset NAME").hint("`trueup sets -A` lists the sets that there are"));
    }
    let mut reporter = Reporter::new(ui, &args.conduct.ci, &context.settings().platform, "rollback", Promise::Plain)?;
    let result = roll_back(ui, context, args, &mut reporter).await;
    reporter.finish(ui, result)
}

async fn roll_back(ui: &Ui, context: &CommandContext, args: &RollbackArgs, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
    let doing = if args.conduct.dry_run == DryRun::None { "rolling back on" } else { "comparing with" };
    if args.conduct.dry_run == DryRun::None {
        context.note("nothing was applied yet".to_owned());
    }
    let (client, discovery) = context.client_for_changes(ui, doing).await?;
    let unnamed = || CommandError::usage("say which set: --applyset NAME");
    let parent = args.set.parent(context, &client, &discovery).await?.ok_or_else(unnamed)?;
    if parent.fetch(&client, &discovery).await?.is_none() {
        return Err(SetError::NoSuchSet(parent.display_name()).into());
    }
    let recalled = Recalled::read(&client, &parent, args.to).await?;
    ui.say(&format!("going back to revision {} of {}", recalled.revision.number, parent.display_name()));
    let desired = recalled.desired(&parent)?;
    let apply = args.as_apply(&recalled);
    apply.validate()?;
    apply_desired(ui, context, &apply, (client, discovery), (desired, Some(recalled)), reporter).await
}
