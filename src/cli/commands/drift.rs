//! `trueup drift`: shows what others changed of a set since it was applied.

use clap::Args;

use super::{load, place_all};
use crate::cli::failures::FileOrder;
use crate::cli::output::form::pretty;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, failures};
use crate::client::{Client, Discovery};
use crate::plan::{DriftDocument, DriftLook, DriftQuestion, Failure, Live, ObjectDrift, Placed, drift_document, drift_text, object_drift};
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup drift -f deploy/                    what others changed, field by field
  trueup drift -f deploy/ --exit-code -o names
                                             which objects, and exit status 1 where there are any
  trueup drift -f deploy/ --all-fields       also what others set beside the set
  trueup drift -f deploy/ -o json | jq .summary

Exit status: 0 looked at, 1 something failed, 2 wrong usage.
With --exit-code: 0 nothing drifted, 1 something drifted, 2 something failed or the usage is wrong.
With --detailed-exitcode: 0 nothing drifted, 1 something failed or the usage is wrong, 2 something drifted.";

/// Show what others changed of a set since it was last applied
///
/// Nothing is written and nothing is tried: the right to list is enough. Who changed a field, and when, is what the server records.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DriftArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Look only at the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    /// Show drift in this form
    #[arg(long, short = 'o', value_enum, default_value_t, value_name = "FORM")]
    output: DriftForm,
    /// Exit with 1 where something drifted and with 2 where something failed
    #[arg(long, conflicts_with = "detailed_exitcode")]
    pub(in crate::cli) exit_code: bool,
    /// Exit with 2 where something drifted and with 1 where something failed, as terraform does
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,
    /// Take what others set beside the set for drift too
    #[arg(long)]
    all_fields: bool,
    /// Show also where the set has changed since it was applied
    #[arg(long)]
    show_pending: bool,
    /// Take this manager for the one in whose name the set is applied
    #[arg(long, value_name = "NAME", default_value = "trueup")]
    field_manager: String,
    /// Show the values of Secrets
    #[arg(long)]
    show_secrets: bool,
}

/// What `drift -o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum DriftForm {
    /// A block for each object that drifted, a line for each field
    #[default]
    Text,
    /// A line for each object that drifted, and the counts
    Summary,
    /// The names of the objects that drifted
    Names,
    /// A document in JSON
    Json,
    /// The same document in YAML
    Yaml,
}

/// Looks for drift.
pub async fn cmd_drift(ui: &Ui, context: &CommandContext, args: &DriftArgs) -> Result<ExitStatus, CommandError> {
    let desired = load(&args.manifests, &args.selector).await?;
    let order = FileOrder::of(&desired);
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let looking = look(&client, &placed, args);
    let (drifts, mut failed) = with_progress(ui, || format!("reading from {}", client.target()), looking).await?;
    failed.extend(unplaced);
    failed.sort_by_key(|failure| order.rank_of(failure));
    show(ui, &client, args, &drifts, &failed)?;
    Ok(status(args, !failed.is_empty(), drifts.iter().any(|drift| drift.state.is_drift())))
}

/// Compares a set with its live state, which is all that is asked of the server.
async fn look(client: &Client, placed: &[Placed], args: &DriftArgs) -> Result<(Vec<ObjectDrift>, Vec<Failure>), CommandError> {
    let question = DriftQuestion { manager: &args.field_manager, all_fields: args.all_fields, mask: !args.show_secrets };
    let mut live = Live::fetch(client, placed).await?;
    let (mut drifts, mut failed) = (Vec::with_capacity(placed.len()), Vec::new());
    for placed in placed {
        match live.take_object(placed) {
            Ok(live) => drifts.push(object_drift(placed, live.as_ref(), question)),
            Err(error) => failed.push(Failure::of(placed, error)),
        }
    }
    Ok((drifts, failed))
}

fn show(ui: &Ui, client: &Client, args: &DriftArgs, drifts: &[ObjectDrift], failed: &[Failure]) -> Result<(), CommandError> {
    let warnings = client.take_warnings();
    let target = client.target().to_string();
    let about = DriftDocument { target: &target, manager: &args.field_manager, failures: failed, warnings: &warnings };
    let look = DriftLook { fields: args.output == DriftForm::Text, pending: args.show_pending, color: ui.data_brush().is_colored() };
    match args.output {
        DriftForm::Text | DriftForm::Summary => ui.data(&drift_text(drifts, failed.len(), look))?,
        DriftForm::Names => {
            let drifted = drifts.iter().filter(|drift| drift.state.is_drift());
            ui.foreign_data(&drifted.map(|drift| drift.display_name() + "\n").collect::<String>())?;
        }
        DriftForm::Json => ui.foreign_data(&pretty(&drift_document(drifts, about)))?,
        DriftForm::Yaml => ui.foreign_data(&yaml::emit(&drift_document(drifts, about)))?,
    }
    failures::tell_all(ui, failed);
    warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(())
}

fn status(args: &DriftArgs, failed: bool, drifted: bool) -> ExitStatus {
    match (failed, drifted) {
        (true, _) if args.exit_code => ExitStatus::DiffFailed,
        (true, _) => ExitStatus::Failed,
        (false, true) if args.exit_code => ExitStatus::Differs,
        (false, true) if args.detailed_exitcode => ExitStatus::DiffersInDetail,
        (false, _) => ExitStatus::Success,
    }
}
