//! `trueup apply PLAN`: does what a saved plan says, or nothing where the objects have moved on since.

use std::path::Path;

use super::conclusion::conclude;
use super::pruning::{finish, home_first};
use super::{ApplyArgs, Report};
use crate::cli::failures::FileOrder;
use crate::cli::progress::with_progress;
use crate::cli::sets::WorkedSet;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{Client, Discovery};
use crate::plan::set::Leaving;
use crate::plan::{Action, Live, Namespaces, Replacing, SavedObject, SavedPlan, SavedPlanError, SavedSet, execute, moved, pin, place};

pub(super) async fn apply(ui: &Ui, context: &CommandContext, args: &ApplyArgs, file: &Path) -> Result<ExitStatus, CommandError> {
    let plan = read(file)?;
    let args = ApplyArgs { field_manager: plan.field_manager.clone(), force_conflicts: plan.force, replace: true, ..args.clone() };
    context.note("nothing was applied yet".to_owned());
    let (client, discovery) = context.client_for_changes(ui, "applying to").await?;
    let target = client.target().to_string();
    if target != plan.target && !args.any_target {
        let hint = "make a plan for this target; or, if it is the same one by another name, add --any-target";
        return Err(CommandError::failed(format!("nothing was applied, since the plan was made for {}", plan.target)).hint(hint));
    }
    let total = plan.objects.len();
    // A plan is a document of its own: no file of manifests says in which order its failures come.
    let mut report = Report::new(ui, context, &args, total, FileOrder::default(), Vec::new());
    let work = carry_out(ui, &client, &discovery, (plan.objects, plan.set), &mut report);
    let worked = with_progress(ui, || context.so_far().unwrap_or_default(), work).await;
    // A plan holds what changes, and a revision all that is declared.
    if report.set.is_some() {
        ui.say("no revision is kept of a saved plan");
    }
    conclude(report, (&client, &discovery), worked, None).await
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
    (objects, set): (Vec<SavedObject>, Option<SavedSet>),
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
    let worked = match &set {
        Some(set) => Some((WorkedSet::planned(set, client, discovery).await?, &set.scope)),
        None => None,
    };
    report.set = worked.as_ref().map(|(worked, _)| worked.clone());
    report.expect(&placed, &live);
    let (mut changed, mut replaced, mut leaving) = (Vec::new(), Vec::new(), Vec::new());
    for (object, mut placed) in objects.iter().zip(placed) {
        if let (true, Some(live)) = (object.leaves, live.object(&placed)) {
            placed.object = live.clone();
            leaving.push(Leaving::planned(placed, object.action == Action::Update));
            continue;
        }
        let before = live.object(&placed);
        pin(&mut placed, object, before);
        if object.action == Action::Replace { replaced.push(placed) } else { changed.push(placed) }
    }
    let parameters = report.args.parameters();
    if let Some((worked, _)) = &worked {
        let (home, others) = home_first(worked, changed, &live);
        execute(client, home, live.clone(), &parameters, Replacing::Never, |done| report.done(done)).await;
        changed = others;
    }
    let widened = match &worked {
        Some((worked, scope)) => Some(worked.widen(client, scope).await?),
        None => None,
    };
    // What the plan changes in place is not replaced, whatever the server says by now.
    execute(client, changed, live.clone(), &parameters, Replacing::Never, |done| report.done(done)).await;
    let replacing = report.args.replacing(report.context);
    execute(client, replaced, live, &parameters, replacing, |done| report.done(done)).await;
    if let (Some((worked, scope)), Some(widened)) = (worked, widened) {
        finish(client, &worked, leaving, scope, &widened, report).await;
    }
    Ok(())
}
