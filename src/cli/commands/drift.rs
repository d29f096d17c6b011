//! `trueup drift`: shows what others changed of a set since it was applied.

mod set;

use clap::Args;
use serde_json::Value;

use super::{load, place_all};
use crate::cli::failures::FileOrder;
use crate::cli::output::form::pretty;
use crate::cli::progress::with_progress;
use crate::cli::sets::SetNameArgs;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, failures};
use crate::client::{Client, Discovery};
use crate::manifest::Desired;
use crate::plan::set::OUR_TOOL;
use crate::plan::{DriftDocument, DriftLook, DriftQuestion, Failure, Live, ObjectDrift, drift_document, drift_text, object_drift};
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup drift -f deploy/                    what others changed, field by field
  trueup drift -f deploy/ --exit-code -o names
                                             which objects, and exit status 1 where there are any
  trueup drift --applyset shop -n shop       of all members of a set, since it was applied last
  trueup drift -f deploy/ --all-fields       also what others set beside the set
  trueup drift -f deploy/ -o json | jq .summary

Exit status: 0 looked at, 1 something failed, 2 wrong usage.
With --exit-code: 0 nothing drifted, 1 something drifted, 2 something failed or the usage is wrong.
With --detailed-exitcode: 0 nothing drifted, 1 something failed or the usage is wrong, 2 something drifted.";

/// Show what others changed of a set since it was last applied
///
/// Nothing is written and nothing is tried: the right to list is enough. Who changed a field, and when, is what the server records. Without
/// manifests, a set named by --applyset is compared with what was applied to it last.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DriftArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    #[command(flatten)]
    set: SetNameArgs,
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
    /// Take this manager for the one in whose name the set is applied; if not given, trueup, or whoever the set's history names
    #[arg(long, value_name = "NAME")]
    field_manager: Option<String>,
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

/// Who looks, and for what.
#[derive(Clone, Copy)]
struct Looking<'a> {
    ui: &'a Ui,
    context: &'a CommandContext,
    args: &'a DriftArgs,
}

/// What was found.
struct Drifting {
    drifts: Vec<ObjectDrift>,
    failed: Vec<Failure>,
    warnings: Vec<String>,
    /// The manager in whose name the set is applied.
    manager: String,
    /// The set for a document, where one was named.
    set: Option<Value>,
}

impl Default for Drifting {
    fn default() -> Self {
        Self { drifts: Vec::new(), failed: Vec::new(), warnings: Vec::new(), manager: OUR_TOOL.to_owned(), set: None }
    }
}

impl DriftArgs {
    fn question<'a>(&self, manager: &'a str) -> DriftQuestion<'a> {
        DriftQuestion { manager, all_fields: self.all_fields, mask: !self.show_secrets }
    }
}

/// Looks for drift.
pub async fn cmd_drift(ui: &Ui, context: &CommandContext, args: &DriftArgs) -> Result<ExitStatus, CommandError> {
    let by_history = args.manifests.is_empty() && args.set.applyset.is_some();
    let desired = if by_history { None } else { Some(load(&args.manifests, &args.selector).await?) };
    let order = FileOrder::of(desired.as_deref().unwrap_or_default());
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let looking = Looking { ui, context, args };
    let mut drifting = match args.set.seen(context, &client, &discovery).await? {
        Some(seen) => set::look(looking, (&client, &discovery), &seen, desired).await?,
        None => look(looking, (&client, &discovery), desired.unwrap_or_default()).await?,
    };
    drifting.failed.sort_by_key(|failure| order.rank_of(failure));
    show(ui, &client, args, &mut drifting)?;
    Ok(status(args, !drifting.failed.is_empty(), drifting.drifts.iter().any(|drift| drift.state.is_drift())))
}

/// Compares manifests with their live state, which is all that is asked of the server.
async fn look(looking: Looking<'_>, (client, discovery): (&Client, &Discovery), desired: Vec<Desired>) -> Result<Drifting, CommandError> {
    let (placed, unplaced) = place_all(looking.context, client, discovery, desired);
    let mut drifting = Drifting::default();
    drifting.manager = looking.args.field_manager.clone().unwrap_or(drifting.manager);
    let reading = Live::fetch(client, &placed);
    let mut live = with_progress(looking.ui, || format!("reading from {}", client.target()), reading).await?;
    let question = looking.args.question(&drifting.manager);
    for placed in &placed {
        match live.take_object(placed) {
            Ok(live) => drifting.drifts.push(object_drift(placed, live.as_ref(), question)),
            Err(error) => drifting.failed.push(Failure::of(placed, error)),
        }
    }
    drifting.failed.extend(unplaced);
    Ok(drifting)
}

fn show(ui: &Ui, client: &Client, args: &DriftArgs, drifting: &mut Drifting) -> Result<(), CommandError> {
    drifting.warnings.extend(client.take_warnings());
    let Drifting { drifts, failed, warnings, manager, set } = drifting;
    let target = client.target().to_string();
    let about = DriftDocument { target: &target, manager, set: set.as_ref(), failures: failed, warnings };
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
