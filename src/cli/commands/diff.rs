//! `trueup diff`: shows what an apply would change.

use clap::Args;

use super::apply::difference;
use super::{load, place_all};
use crate::cli::failures::FileOrder;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, failures};
use crate::client::{ApplyParameters, Client, Discovery};
use crate::plan::render::{Tense, summary};
use crate::plan::{Built, Live, Placed, build};

const EXAMPLES: &str = "\
Examples:
  trueup diff -f deploy/                     compare a directory with the target
  trueup diff -f deploy/ || echo drifted     act on differences

Exit status: 0 nothing differs, 1 something differs, 2 something failed or the usage is wrong.";

/// Show what applying manifests would change
///
/// Defaults and admission of the server are taken into account. Nothing is written.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DiffArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Compare only the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    /// Assume that fields of other managers are taken over
    #[arg(long)]
    force_conflicts: bool,
    /// Assume that the fields are owned under this name
    #[arg(long, value_name = "NAME", default_value = "trueup")]
    field_manager: String,
    /// Show the values of Secrets
    #[arg(long)]
    show_secrets: bool,
    /// Accepted for kubectl's sake: every comparison is made by the server
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide = true)]
    server_side: Option<bool>,
}

/// Compares manifests with the target.
pub async fn cmd_diff(ui: &Ui, context: &CommandContext, args: &DiffArgs) -> Result<ExitStatus, CommandError> {
    if args.server_side == Some(false) {
        return Err(CommandError::usage("--server-side=false is not supported: every comparison is made by the server"));
    }
    let desired = load(&args.manifests, &args.selector).await?;
    let count = desired.len();
    let order = FileOrder::of(&desired);
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let mut built =
        with_progress(ui, || format!("comparing {count} objects with {}", client.target()), plan(context, &client, placed, args)).await?;
    built.failures.extend(unplaced);
    built.failures.sort_by_key(|failure| order.rank_of(failure));
    show(ui, &built, &client.take_warnings(), args)?;
    Ok(match (built.failures.is_empty(), built.plan.has_changes()) {
        (false, _) => ExitStatus::DiffFailed,
        (true, true) => ExitStatus::Differs,
        (true, false) => ExitStatus::Success,
    })
}

async fn plan(context: &CommandContext, client: &Client, placed: Vec<Placed>, args: &DiffArgs) -> Result<Built, CommandError> {
    let live = Live::fetch(client, &placed).await?;
    let parameters = ApplyParameters { field_manager: args.field_manager.clone(), force: args.force_conflicts, dry_run: true };
    let simulation = context.simulation(client, &placed).await?;
    Ok(build(client, placed, live, &parameters, simulation.as_ref()).await)
}

/// What differs, then what is wrong, then the count of both.
fn show(ui: &Ui, built: &Built, warnings: &[String], args: &DiffArgs) -> Result<(), CommandError> {
    for entry in built.plan.entries.iter().filter(|entry| entry.action.is_change()) {
        ui.data(&difference(ui, entry, Tense::Future, args.show_secrets))?;
        ui.data("\n")?;
    }
    failures::tell_all(ui, &built.failures);
    warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(ui.data(&summary(built.plan.summary(), built.failures.len(), Tense::Future, ui.data_brush().is_colored()))?)
}
