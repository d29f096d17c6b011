//! `trueup apply PLAN`: does what a saved plan says, or nothing where the objects have moved on since.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::conclusion::conclude;
use super::{ApplyArgs, ConductArgs, Report, carry_out};
use crate::cli::commands::{in_order, told_of_each};
use crate::cli::confirm::{Losing, Loss, confirm};
use crate::cli::failures::FileOrder;
use crate::cli::interruption::some_of;
use crate::cli::progress::with_progress;
use crate::cli::revisions::{KeepArgs, Keeping};
use crate::cli::sets::{Applying, Around, Site, WorkedSet, apply_set};
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, Reporter};
use crate::client::{Client, Discovery};
use crate::manifest;
use crate::object::{GroupResource, ObjectKey};
use crate::plan::set::{Leaving, Parent};
use crate::plan::{
    Action, Declaration, Live, Namespaces, Order, Placed, Replaceable, SavedObject, SavedPlan, SavedPlanError, moved, pin, place,
};

pub(super) async fn apply(
    ui: &Ui,
    context: &CommandContext,
    args: &ApplyArgs,
    file: &Path,
    reporter: &mut Reporter,
) -> Result<ExitStatus, CommandError> {
    let plan = read(file).await?;
    if plan.set.is_none() && !args.conduct.keeping.message.is_empty() {
        return Err(CommandError::usage("--message is for the history of a set, and the plan is of none"));
    }
    let conduct = ConductArgs { force_conflicts: plan.force, replace: true, ..args.conduct.clone() };
    let args = ApplyArgs { field_manager: plan.field_manager.clone(), conduct, ..args.clone() };
    context.note("nothing was applied yet".to_owned());
    let (client, discovery) = context.client_for_changes(ui, "applying to").await?;
    let target = client.target().to_string();
    reporter.target(&target, args.tense());
    if target != plan.target && !args.any_target {
        let hint = "make a plan for this target; or, if it is the same one by another name, add --any-target";
        return Err(CommandError::failed(format!("nothing was applied, since the plan was made for {}", plan.target)).hint(hint));
    }
    // What leaves its set is counted when it does.
    let total = plan.objects.iter().filter(|object| !object.leaves).count();
    let declaration = plan.declaration.clone();
    // A plan is a document of its own: no file of manifests says in which order its failures come.
    let mut report = Report::new(ui, context, &args, total, FileOrder::default(), Vec::new(), reporter);
    let worked = act((&client, &discovery), plan, &mut report).await;
    let parent = report.set.as_ref().map(|set| set.parent.clone());
    let succeeded = worked.is_ok() && report.failed == 0 && !context.stop().is_requested();
    let keeping = parent.as_ref().and_then(|parent| keeping(ui, parent, declaration, &args.conduct.keeping, succeeded));
    let concluded = conclude(report, (&client, &discovery), worked, keeping).await;
    concluded.tell(reporter)
}

/// What the history of the plan's set keeps; nothing where the plan does not hold it, which is told where all else went well.
fn keeping<'a>(ui: &Ui, parent: &'a Parent, declaration: Declaration, args: &'a KeepArgs, succeeded: bool) -> Option<Keeping<'a>> {
    let lacking = match declaration {
        Declaration::Whole(declared) => return Some(Keeping { parent, declared, rollback_to: None, args }),
        Declaration::Withheld(names) => format!("the values of {}", some_of(&names)),
        Declaration::Changes => "what it leaves as it is".to_owned(),
    };
    if succeeded && args.history_limit > 0 {
        ui.warning(&format!("no revision of {} is kept, since the plan does not hold {lacking}", parent.display_name()));
        ui.hint("make the plan with --include-secrets to have one");
    }
    None
}

/// Compares, asks, and does what the plan says.
async fn act((client, discovery): (&Client, &Discovery), plan: SavedPlan, report: &mut Report<'_>) -> Result<(), CommandError> {
    let (ui, context, args) = (report.ui, report.context, report.args);
    let Some(ready) = ready(ui, client, discovery, &plan, report).await? else { return Ok(()) };
    if !args.conduct.yes {
        confirm(ui, &ready.losses, &client.target().to_string(), "nothing was applied").await?;
    }
    report.begin();
    with_progress(ui, || context.progress_line(""), work((client, discovery), plan, ready, report)).await
}

async fn read(file: &Path) -> Result<SavedPlan, CommandError> {
    let cannot = |problem: String| CommandError::failed(format!("cannot apply {}: {problem}", file.display()));
    if file.is_dir() {
        return Err(cannot("it is a folder, not a plan".to_owned()).hint(NO_PLAN));
    }
    let bytes = manifest::read_whole(file).await.map_err(|problem| cannot(problem.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8 text".to_owned()).hint(NO_PLAN))?;
    SavedPlan::read(&text).map_err(|error| {
        let hint = match &error {
            SavedPlanError::Withheld(_) => "save the plan with --include-secrets, or leave the Secrets out with -l",
            _ => NO_PLAN,
        };
        cannot(error.to_string()).hint(hint)
    })
}

/// What is meant by those who name something else than a plan.
const NO_PLAN: &str = "manifests are given with -f";

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
    let site = Site { ui: report.ui, context: report.context, client, discovery };
    apply_set(site, around, applying, report).await
}
