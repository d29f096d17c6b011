//! `trueup diff`: shows what an apply would change.

mod against;

use clap::Args;

use super::{build_plan, load_set, order_failures, place_all};
use crate::cli::failures::FileOrder;
use crate::cli::output::plan::{PlanForm, PlanView};
use crate::cli::progress::with_progress;
use crate::cli::sets::{SetArgs, prepare};
use crate::cli::ui::Ui;
use crate::cli::{CiArgs, CommandContext, CommandError, ExitStatus, ManifestArgs, Promise, Reporter, failures};
use crate::client::{ApplyParameters, Client, Discovery};
use crate::plan::render::Tense;
use crate::plan::set::Leaving;
use crate::plan::{Built, OwnersShown};

const EXAMPLES: &str = "\
Examples:
  trueup diff -f deploy/                     compare a directory with the target
  trueup diff -f deploy/ || echo drifted     act on differences
  trueup diff -f deploy/ -o path             one line for each changed field
  trueup diff -f deploy/ -o markdown         a comment for a pull request
  trueup diff -f deploy/ -o json | jq .summary
  trueup diff -f deploy/ -n shop --applyset shop --prune
                                             with what would be pruned
  trueup diff --against 3 --applyset shop -n shop
                                             what going back to revision 3 would change
  trueup diff -f deploy/ --against 3 --applyset shop -n shop
                                             what the manifests declare and revision 3 did not

Exit status: 0 nothing differs, 1 something differs, 2 something failed or the usage is wrong.
With --detailed-exitcode: 0 nothing differs, 1 something failed or the usage is wrong, 2 something differs.";

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
    #[command(flatten)]
    set: SetArgs,
    /// Compare with the revision of this number: the set as it is with what the revision declares, or, with -f, what the manifests
    /// declare with what the revision declared
    #[arg(long, value_name = "N", requires = "applyset", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Sets")]
    against: Option<u64>,
    /// Show the differences in this form
    #[arg(long, short = 'o', value_enum, default_value_t, value_name = "FORM")]
    output: PlanForm,
    /// Exit with 2 where something differs and with 1 where something failed, as terraform does
    #[arg(long)]
    pub(in crate::cli) detailed_exitcode: bool,
    /// Show the owners of all changed fields, not only those that other managers own
    #[arg(long)]
    show_owners: bool,
    /// Show both states next to each other, where the terminal has at least 80 columns
    #[arg(long)]
    side_by_side: bool,
    /// Print long differences to the terminal at once
    #[arg(long)]
    no_pager: bool,
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
    #[command(flatten)]
    ci: CiArgs,
}

impl DiffArgs {
    fn validate(&self) -> Result<(), CommandError> {
        if self.server_side == Some(false) {
            return Err(CommandError::usage("--server-side=false is not supported: every comparison is made by the server"));
        }
        if self.side_by_side && self.output != PlanForm::Diff {
            return Err(CommandError::usage("--side-by-side is a look of -o diff"));
        }
        Ok(())
    }

    fn parameters(&self) -> ApplyParameters {
        ApplyParameters { field_manager: self.field_manager.clone(), force: self.force_conflicts, dry_run: true }
    }

    fn view(&self, ui: &Ui) -> PlanView<'_> {
        PlanView {
            form: self.output,
            mask: !self.show_secrets,
            owners: OwnersShown { manager: &self.field_manager, all: self.show_owners },
            two_sides: self.side_by_side.then(|| ui.width()),
            color: ui.data_brush().is_colored(),
        }
    }
}

/// Compares manifests with the target.
pub async fn cmd_diff(ui: &Ui, context: &CommandContext, args: &DiffArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    let promise = if args.detailed_exitcode { Promise::TwoForDifferences } else { Promise::OneForDifferences };
    let mut reporter = Reporter::new(ui, &args.ci, &context.settings().platform, "diff", promise)?;
    let result = compare(ui, context, args, &mut reporter).await;
    reporter.finish(ui, result)
}

async fn compare(ui: &Ui, context: &CommandContext, args: &DiffArgs, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
    let of_revision = args.against.is_some() && args.manifests.is_empty();
    let mut desired = if of_revision { Vec::new() } else { load_set(&args.manifests, &args.selector, &args.set).await? };
    let client = context.client().await?;
    reporter.target(&client.target().to_string(), Tense::Future);
    let discovery = Discovery::fetch(&client).await?;
    if let Some(number) = args.against {
        let revision = against::declared(context, &client, &discovery, args, number).await?;
        if !of_revision {
            let built = against::between(context, &client, &discovery, revision, desired);
            show(ui, &built, &client, args, reporter)?;
            return Ok(status(&built, args));
        }
        desired = revision;
    }
    let count = desired.len();
    let order = FileOrder::of(&desired);
    // Going back to a revision prunes what it does not declare.
    let mut of_set = args.set.clone();
    of_set.prune |= of_revision;
    let set = of_set.look_at(context, &client, &discovery).await?;
    set.iter().try_for_each(|set| set.join(&mut desired))?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let work = async {
        let prepared = prepare(set.as_ref(), &client, &discovery, placed, unplaced.is_empty()).await?;
        let remarks = set.as_ref().map(|set| set.remarks(&prepared, unplaced.is_empty())).unwrap_or_default();
        let disorder = order_failures(&client, &discovery, &prepared.placed).await?;
        let mut built = build_plan(context, &client, prepared.placed, prepared.live, &args.parameters()).await?;
        built.plan.entries.extend(prepared.leaving.iter().map(Leaving::entry));
        built.failures.extend(prepared.others.into_iter().chain(disorder));
        built.notes.extend(remarks);
        Ok::<_, CommandError>((built, prepared.refusal))
    };
    let (mut built, refusal) = with_progress(ui, || format!("comparing {count} objects with {}", client.target()), work).await?;
    built.failures.extend(unplaced);
    built.failures.sort_by_key(|failure| order.rank_of(failure));
    show(ui, &built, &client, args, reporter)?;
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    Ok(status(&built, args))
}

fn status(built: &Built, args: &DiffArgs) -> ExitStatus {
    match (built.failures.is_empty(), built.plan.has_changes()) {
        (false, _) if args.detailed_exitcode => ExitStatus::Failed,
        (false, _) => ExitStatus::DiffFailed,
        (true, true) if args.detailed_exitcode => ExitStatus::DiffersInDetail,
        (true, true) => ExitStatus::Differs,
        (true, false) => ExitStatus::Success,
    }
}

/// What differs, with the counts, then what is wrong: behind a pager it is still on the screen when the pager is left.
fn show(ui: &Ui, built: &Built, client: &Client, args: &DiffArgs, reporter: &mut Reporter) -> Result<(), CommandError> {
    let warnings: Vec<String> = built.notes.iter().cloned().chain(client.take_warnings()).collect();
    let view = args.view(ui);
    reporter.plan(built, &warnings, view.owners);
    let text = reporter.text(&view, built, &warnings, &client.target().to_string());
    // Forms with colours have spelled out what they show of others' text.
    match (args.output.has_colors(), args.no_pager) {
        (true, true) => ui.data(&text)?,
        (true, false) => ui.page(&text)?,
        (false, true) => ui.foreign_data(&text)?,
        (false, false) => ui.page_foreign(&text)?,
    }
    failures::tell_all(ui, &built.failures);
    warnings.iter().for_each(|warning| ui.warning(warning));
    Ok(())
}
