//! `trueup apply PLAN`: does what a saved plan says, or nothing where the objects have moved on since.

use std::path::Path;

use super::{ApplyArgs, Report};
use crate::cli::failures::FileOrder;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, Reporter};
use crate::client::{Client, Discovery};
use crate::plan::{Action, Live, Namespaces, Placed, Replacing, SavedObject, SavedPlan, SavedPlanError, execute, moved, pin, place};

pub(super) async fn apply(
    ui: &Ui,
    context: &CommandContext,
    args: &ApplyArgs,
    file: &Path,
    reporter: &mut Reporter,
) -> Result<ExitStatus, CommandError> {
    let plan = read(file)?;
    let args = ApplyArgs { field_manager: plan.field_manager.clone(), force_conflicts: plan.force, replace: true, ..args.clone() };
    context.note("nothing was applied yet".to_owned());
    let (client, discovery) = context.client_for_changes(ui, "applying to").await?;
    let target = client.target().to_string();
    reporter.target(&target, args.tense());
    if target != plan.target && !args.any_target {
        let hint = "make a plan for this target; or, if it is the same one by another name, add --any-target";
        return Err(CommandError::failed(format!("nothing was applied, since the plan was made for {}", plan.target)).hint(hint));
    }
    let total = plan.objects.len();
    // A plan is a document of its own: no file of manifests says in which order its failures come.
    let mut report = Report::new(ui, context, &args, total, FileOrder::default(), Vec::new(), reporter);
    let work = carry_out(ui, &client, &discovery, plan.objects, &mut report);
    with_progress(ui, || context.so_far().unwrap_or_default(), work).await?;
    let warnings = client.take_warnings();
    warnings.iter().for_each(|warning| ui.warning(warning));
    report.reporter.warnings(&warnings);
    report.finish_and_wait(&client).await
}

fn read(file: &Path) -> Result<SavedPlan, CommandError> {
    let text = std::fs::read_to_string(file).map_err(|error| CommandError::failed(format!("cannot read {}: {error}", file.display())))?;
    SavedPlan::read(&text).map_err(|error| {
        let hint = match &error {
            SavedPlanError::Withheld(_) => "save the plan with --include-secrets, or leave the Secrets out with -l",
            _ => "manifests are given with -f",
        };
        CommandError::failed(format!("cannot apply {}: {error}", file.display())).hint(hint)
    })
}

async fn carry_out(
    ui: &Ui,
    client: &Client,
    discovery: &Discovery,
    objects: Vec<SavedObject>,
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let namespaces = Namespaces { default: client.default_namespace().to_owned(), enforced: false };
    let (placed, unplaced) = place(objects.iter().map(|object| (object.manifest.clone(), None)), discovery, &namespaces);
    if !unplaced.is_empty() {
        unplaced.iter().for_each(|failure| report.failure(failure));
        return Ok(());
    }
    let live = Live::fetch(client, &placed).await?;
    let moved = moved(&objects, &placed, &live);
    if !moved.is_empty() {
        moved.iter().for_each(|(name, how)| ui.error(&format!("{name} is not as it was planned: {how}")));
        return Err(CommandError::failed("nothing was applied, since the plan is out of date").hint("make a new plan"));
    }
    let (mut changed, mut replaced): (Vec<Placed>, Vec<Placed>) = (Vec::new(), Vec::new());
    for (object, mut placed) in objects.iter().zip(placed) {
        let before = live.object(&placed);
        pin(&mut placed, object, before);
        if object.action == Action::Replace { replaced.push(placed) } else { changed.push(placed) }
    }
    let parameters = report.args.parameters();
    // What the plan changes in place is not replaced, whatever the server says by now.
    execute(client, changed, live.clone(), &parameters, Replacing::Never, |done| report.done(done)).await;
    let replacing = report.args.replacing(report.context);
    execute(client, replaced, live, &parameters, replacing, |done| report.done(done)).await;
    Ok(())
}
