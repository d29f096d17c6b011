//! `trueup plan`: shows what an apply would change, and saves it for `trueup apply PLAN`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{build_plan, load_set, order_failures, place_all};
use crate::cli::interruption::some_of;
use crate::cli::output::form::pretty;
use crate::cli::output::plan::{PlanForm, PlanView};
use crate::cli::progress::with_progress;
use crate::cli::sets::{SetArgs, prepare};
use crate::cli::ui::Ui;
use crate::cli::{CiArgs, CommandContext, CommandError, ExitStatus, ManifestArgs, Promise, Reporter, failures};
use crate::client::{ApplyParameters, Discovery};
use crate::plan::render::{DocumentOptions, Tense, document};
use crate::plan::set::Leaving;
use crate::plan::{Built, OwnersShown, SaveOptions, SavedSet, Withheld, saved, withheld};
use crate::private_file;

const EXAMPLES: &str = "\
Examples:
  trueup plan -f deploy/ -o deploy.plan      look at what would change, and save it
  trueup apply deploy.plan                   do exactly that, or nothing where the objects have changed since

Exit status: 0 planned, 1 something was refused or failed, and nothing was saved, 2 wrong usage.";

/// Show what applying manifests would change, and save it to be applied later
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct PlanArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Plan only the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    #[command(flatten)]
    set: SetArgs,
    /// Save the plan to this file
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
    /// Save the values of Secrets too; without them, a plan that changes Secrets cannot be applied
    #[arg(long, requires = "output")]
    include_secrets: bool,
    /// Take fields over that other managers own
    #[arg(long)]
    force_conflicts: bool,
    /// Own the applied fields under this name
    #[arg(long, value_name = "NAME", default_value = "trueup")]
    field_manager: String,
    /// Show the owners of all changed fields, not only those that other managers own
    #[arg(long)]
    show_owners: bool,
    /// Show the values of Secrets
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    ci: CiArgs,
}

/// Plans manifests.
pub async fn cmd_plan(ui: &Ui, context: &CommandContext, args: &PlanArgs) -> Result<ExitStatus, CommandError> {
    let mut reporter = Reporter::new(ui, &args.ci, &context.settings().platform, "plan", Promise::Plain)?;
    let result = plan(ui, context, args, &mut reporter).await;
    reporter.finish(ui, result)
}

async fn plan(ui: &Ui, context: &CommandContext, args: &PlanArgs, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
    let mut desired = load_set(&args.manifests, &args.selector, &args.set).await?;
    let count = desired.len();
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let set = args.set.look_at(context, &client, &discovery).await?;
    set.iter().try_for_each(|set| set.join(&mut desired))?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let parameters = ApplyParameters { field_manager: args.field_manager.clone(), force: args.force_conflicts, dry_run: true };
    let target = client.target().to_string();
    reporter.target(&target, Tense::Future);
    let work = async {
        let prepared = prepare(set.as_ref(), &client, &discovery, placed, unplaced.is_empty()).await?;
        let remarks = set.as_ref().map(|set| set.remarks(&prepared, unplaced.is_empty())).unwrap_or_default();
        let disorder = order_failures(&client, &discovery, &prepared.placed).await?;
        let mut built = build_plan(context, &client, prepared.placed, prepared.live, &parameters).await?;
        built.plan.entries.extend(prepared.leaving.iter().map(Leaving::entry));
        built.failures.extend(prepared.others.into_iter().chain(disorder));
        built.notes.extend(remarks);
        let saved = set.as_ref().map(|set| set.saved(prepared.scope));
        Ok::<_, CommandError>((built, prepared.refusal, saved))
    };
    let (mut built, refusal, set) = with_progress(ui, || format!("comparing {count} objects with {target}"), work).await?;
    built.failures.splice(0..0, unplaced);
    let warnings: Vec<String> = built.notes.iter().cloned().chain(client.take_warnings()).collect();
    let owners = OwnersShown { manager: &args.field_manager, all: args.show_owners };
    let color = ui.data_brush().is_colored();
    let view = PlanView { form: PlanForm::Diff, mask: !args.show_secrets, owners, two_sides: None, color };
    reporter.plan(&built, &warnings, owners);
    ui.data(&reporter.text(&view, &built, &warnings, &target))?;
    failures::tell_all(ui, &built.failures);
    warnings.iter().for_each(|warning| ui.warning(warning));
    if !built.failures.is_empty() {
        if args.output.is_some() {
            ui.error("the plan was not saved, since not all of it could be planned");
        }
        return Ok(ExitStatus::Failed);
    }
    if let Some(refusal) = refusal {
        return Err(refusal.into());
    }
    save(ui, args, &built, set.as_ref(), &warnings, &target)?;
    Ok(ExitStatus::Success)
}

fn save(ui: &Ui, args: &PlanArgs, built: &Built, set: Option<&SavedSet>, warnings: &[String], target: &str) -> Result<(), CommandError> {
    let Some(file) = &args.output else { return Ok(()) };
    let owners = OwnersShown { manager: &args.field_manager, all: args.show_owners };
    // The differences are for readers; what --include-secrets saves are the manifests.
    let document = document(&built.plan, &[], warnings, DocumentOptions { target, mask: true, owners });
    let options = SaveOptions { force: args.force_conflicts, include_secrets: args.include_secrets, set };
    let saved = saved(document, &built.plan, options);
    private_file::write_over(file, &pretty(&saved))
        .map_err(|error| CommandError::failed(format!("cannot write {}: {error}", file.display())))?;
    tell_saved(ui, file, &withheld(&saved));
    Ok(())
}

/// Says where the plan is, and what can be done with it.
fn tell_saved(ui: &Ui, file: &Path, withheld: &Withheld) {
    let count = |names: &[String]| if names.len() == 1 { "one Secret".to_owned() } else { format!("{} Secrets", names.len()) };
    if !withheld.changed.is_empty() {
        ui.warning(&format!("the values of {} are not in the plan, so it cannot be applied", count(&withheld.changed)));
        ui.hint("save them with --include-secrets, or leave the Secrets out with -l");
        ui.say(&format!("saved to {}", file.display()));
        return;
    }
    if !withheld.unchanged.is_empty() {
        let names = some_of(&withheld.unchanged);
        ui.warning(&format!("the values of {names} are not in the plan, so no revision of the set is kept when it is applied"));
        ui.hint("save them with --include-secrets");
    }
    ui.say(&format!("saved to {0}; to carry it out: trueup apply {0}", file.display()));
}
