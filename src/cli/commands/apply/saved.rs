//! `trueup apply PLAN`: does what a saved plan says, or nothing where the objects have moved on since.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::conclusion::conclude;
use super::pruning::{Around, apply_set};
use super::{ApplyArgs, Applying, Report, carry_out};
use crate::cli::commands::{in_order, told_of_each};
use crate::cli::confirm::{Losing, Loss, confirm};
use crate::cli::failures::FileOrder;
use crate::cli::progress::with_progress;
use crate::cli::sets::WorkedSet;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, Reporter};
use crate::client::{Client, Discovery};
use crate::object::{GroupResource, ObjectKey};
use crate::plan::set::Leaving;
use crate::plan::{Action, Live, Namespaces, Order, Placed, Replaceable, SavedObject, SavedPlan, SavedPlanError, moved, pin, place};

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
    let worked = act((&client, &discovery), plan, &mut report).await;
    // A plan holds what changes, and a revision all that is declared.
    if report.set.is_some() {
        ui.say("no revision is kept of a saved plan");
    }
    let concluded = conclude(report, (&client, &discovery), worked, None).await;
    concluded.tell(reporter)
}

/// Compares, asks, and does what the plan says.
async fn act((client, discovery): (&Client, &Discovery), plan: SavedPlan, report: &mut Report<'_>) -> Result<(), CommandError> {
    let (ui, context, args) = (report.ui, report.context, report.args);
    let Some(ready) = ready(ui, client, discovery, &plan, report).await? else { return Ok(()) };
    if !args.yes {
        confirm(ui, &ready.losses, &client.target().to_string(), "nothing was applied").await?;
    }
    report.acting = report.journal.as_ref().map(|_| context.act());
    with_progress(ui, || context.progress_line(""), work((client, discovery), plan, ready, report)).await
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

/// What is to be done, as the plan says.
struct Ready {
    placed: Vec<Placed>,
    order: Order,
    live: Live,
    losses: Vec<Loss>,
    /// What the plan replaces; what it changes in place is not replaced, whatever the server says by now.
    replaced: HashSet<(GroupResource, ObjectKey)>,
    set: Option<WorkedSet>,
    leaving: Vec<Leaving>,
}

/// Compares the plan with what is there; nothing where an object of it has no place any longer.
async fn ready(
    ui: &Ui,
    client: &Client,
    discovery: &Discovery,
    plan: &SavedPlan,
    report: &mut Report<'_>,
) -> Result<Option<Ready>, CommandError> {
    let namespaces = Namespaces { default: client.default_namespace().to_owned(), enforced: false };
    let objects = plan.objects.iter().map(|object| (object.manifest.clone(), object.source.clone()));
    let (placed, unplaced) = place(objects, discovery, &namespaces);
    if !unplaced.is_empty() {
        unplaced.iter().for_each(|failure| report.failure(failure));
        return Ok(None);
    }
    let live = Live::fetch(client, &placed).await?;
    let moved = moved(&plan.objects, &placed, &live);
    if !moved.is_empty() {
        let error = told_of_each(ui, &moved, "nothing was applied, since the plan is out of date");
        return Err(error.hint("make a new plan"));
    }
    let set = match &plan.set {
        Some(set) => Some(WorkedSet::planned(set, client, discovery).await?),
        None => None,
    };
    report.set.clone_from(&set);
    let mut ready =
        Ready { placed: Vec::new(), order: Order::default(), live, losses: Vec::new(), replaced: HashSet::new(), set, leaving: Vec::new() };
    for (object, placed) in plan.objects.iter().zip(placed) {
        ready.sort_in(object, placed);
    }
    ready.order = in_order(ui, client, discovery, &ready.placed, &[], "nothing was applied").await?;
    Ok(Some(ready))
}

impl Ready {
    fn sort_in(&mut self, object: &SavedObject, mut placed: Placed) {
        let before = self.live.object(&placed).cloned();
        let losing = match object.action {
            Action::Replace => Some(Losing::Replaced),
            Action::Delete => Some(Losing::Deleted),
            Action::Create | Action::Update | Action::Unchanged => None,
        };
        let loss = |how| Loss::new(how, &placed.resource.gvk(), &placed.display_name(), placed.key.namespace.as_deref());
        self.losses.extend(losing.map(loss));
        if let (true, Some(live)) = (object.leaves, &before) {
            placed.object = live.clone();
            self.leaving.push(Leaving::planned(placed, object.action == Action::Update));
            return;
        }
        pin(&mut placed, object, before.as_ref());
        if object.action == Action::Replace {
            self.replaced.insert((placed.resource.group_resource(), placed.key.clone()));
        }
        self.placed.push(placed);
    }
}

async fn work(
    (client, discovery): (&Client, &Discovery),
    plan: SavedPlan,
    ready: Ready,
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let replacing = report.args.replacing(report.context, Replaceable::These(Arc::new(ready.replaced)));
    let applying = Applying { placed: ready.placed, order: ready.order, live: ready.live, replacing };
    let (Some(set), Some(planned)) = (&ready.set, plan.set) else {
        carry_out(client, applying, report).await;
        return Ok(());
    };
    let around = Around { set, leaving: ready.leaving, wide: planned.scope.clone(), remaining: planned.scope };
    apply_set((client, discovery), around, applying, report).await
}
