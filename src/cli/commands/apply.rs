//! `trueup apply`: makes the target as the manifests say.

mod arguments;
mod atomic;
mod conclusion;
mod pruning;
mod report;
pub(super) mod rollback;
mod saved;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures::FutureExt as _;

use self::arguments::ConductArgs;
use self::report::Report;
use super::{build_plan, in_order, load_set, place_all};
use crate::cli::DryRun;
use crate::cli::confirm::{confirm, losses};
use crate::cli::failures::FileOrder;
use crate::cli::lingering;
use crate::cli::output::plan::{PlanForm, PlanView};
use crate::cli::progress::with_progress;
use crate::cli::revisions::{Keeping, Recalled};
use crate::cli::sets::{Applying, Around, Prepared, SetArgs, Site, WorkedSet, apply_set, prepare};
use crate::cli::ui::Ui;
use crate::cli::waiting::{self, Limit};
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, Promise, Reporter};
use crate::client::{ApplyParameters, Client, Discovery};
use crate::manifest::Desired;
use crate::plan::history::Declared;
use crate::plan::render::Tense;
use crate::plan::set::{Leaving, Scope};
use crate::plan::{
    Action, Awaiting, Conduct, Done, Failure, Live, Order, OwnersShown, Patience, Placed, Plan, PlanEntry, Question, Replaceable,
    Replacing, build, execute,
};
use conclusion::conclude;

const EXAMPLES: &str = "\
Examples:
  trueup apply -f deploy/ -R                 apply a directory and all below it
  kustomize build . | trueup apply -f -      apply what another program writes
  trueup apply -f deploy/ -n shop --applyset shop --prune
                                             delete what the set holds and no manifest describes
  trueup apply -f web.yaml --diff            show each change as it is made
  trueup apply -f web.yaml --dry-run=server  let the server say what would happen
  trueup apply web.plan                      do what `trueup plan -o web.plan` saved, or nothing
  trueup apply -f web.yaml --replace         make objects anew that cannot be changed in place
  trueup apply -f web.yaml --wait --timeout=2m
                                             until all of it is ready
  trueup apply -f web.yaml --atomic --wait   or else as if nothing had been applied
  trueup apply -f web.yaml --replace --yes   without asking first

Objects that are as they should be cause no request. Failures are told and stop nothing but what depends on them.
Exit status: 0 all applied, 1 something was refused or failed, or is not ready in time, or nobody said yes,
2 wrong usage, 130 interrupted.";

/// Apply manifests to the target
///
/// Namespaces come first, then CustomResourceDefinitions, then what others refer to, by server-side apply. The annotations
/// config.kubernetes.io/depends-on and trueup.dev/wave say what must be ready before.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ApplyArgs {
    /// Carry out this plan, which `trueup plan -o` saved
    #[arg(value_name = "PLAN", group = "with_history", conflicts_with_all = ["filename", "kustomize", "recursive", "selector", "applyset", "dry_run", "replace", "force_conflicts", "field_manager"])]
    plan: Option<PathBuf>,
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Apply only the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    #[command(flatten)]
    set: SetArgs,
    #[command(flatten)]
    conduct: ConductArgs,
    /// Apply a saved plan here although it was made for a target of another name
    #[arg(long)]
    any_target: bool,
    /// Own the applied fields under this name
    #[arg(long, value_name = "NAME", default_value = "trueup")]
    field_manager: String,
    /// Accepted for kubectl's sake: every apply is a server-side apply
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide = true)]
    server_side: Option<bool>,
}

impl ApplyArgs {
    fn validate(&self) -> Result<(), CommandError> {
        if self.server_side == Some(false) {
            return Err(CommandError::usage("--server-side=false is not supported: every apply is a server-side apply"));
        }
        if self.any_target && self.plan.is_none() {
            return Err(CommandError::usage("--any-target goes with a saved plan"));
        }
        if self.field_manager.is_empty() {
            return Err(CommandError::usage("--field-manager must not be empty"));
        }
        Ok(())
    }

    fn replacing(&self, context: &CommandContext, which: Replaceable) -> Replacing {
        let timeout = Some(self.conduct.timeout).filter(|timeout| !timeout.is_zero());
        let patience = Patience { timeout, until: self.conduct.atomic.then(|| context.stop().clone()), told: None };
        if self.conduct.replace { Replacing::Within { patience, between: context.between().clone(), which } } else { Replacing::Never }
    }

    /// Whether somebody is asked before something is replaced or pruned.
    fn asks(&self, ui: &Ui, leaving: &[Leaving]) -> bool {
        let losing = self.conduct.replace || leaving.iter().any(|leaving| !leaving.stays);
        losing && !self.conduct.yes && self.conduct.dry_run == DryRun::None && ui.can_ask()
    }

    fn tense(&self) -> Tense {
        if self.conduct.dry_run == DryRun::None { Tense::Past } else { Tense::Future }
    }

    fn owners(&self) -> OwnersShown<'_> {
        OwnersShown { manager: &self.field_manager, all: self.conduct.show_owners }
    }

    fn view(&self, ui: &Ui) -> PlanView<'_> {
        PlanView {
            form: PlanForm::Diff,
            mask: !self.conduct.show_secrets,
            owners: self.owners(),
            two_sides: None,
            color: ui.data_brush().is_colored(),
        }
    }

    fn parameters(&self) -> ApplyParameters {
        ApplyParameters { field_manager: self.field_manager.clone(), force: self.conduct.force_conflicts, dry_run: false }
    }
}

/// Applies manifests.
pub async fn cmd_apply(ui: &Ui, context: &CommandContext, args: &ApplyArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    let mut reporter = Reporter::new(ui, &args.conduct.ci, &context.settings().platform, "apply", Promise::Plain)?;
    let result = match &args.plan {
        Some(file) => saved::apply(ui, context, args, file, &mut reporter).await,
        None => apply(ui, context, args, &mut reporter).await,
    };
    reporter.finish(ui, result)
}

async fn apply(ui: &Ui, context: &CommandContext, args: &ApplyArgs, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
    let desired = load_set(&args.manifests, &args.selector, &args.set).await?;
    let doing = if args.conduct.dry_run == DryRun::None { "applying to" } else { "comparing with" };
    if args.conduct.dry_run == DryRun::None {
        context.note("nothing was applied yet".to_owned());
    }
    let served = context.client_for_changes(ui, doing).await?;
    apply_desired(ui, context, args, served, (desired, None), reporter).await
}

/// Applies manifests, which are those of a revision where that is given.
async fn apply_desired(
    ui: &Ui,
    context: &CommandContext,
    args: &ApplyArgs,
    (client, discovery): (Client, Discovery),
    (mut desired, recalled): (Vec<Desired>, Option<Recalled>),
    reporter: &mut Reporter,
) -> Result<ExitStatus, CommandError> {
    reporter.target(&client.target().to_string(), args.tense());
    let total = desired.len();
    let order = FileOrder::of(&desired);
    let set = args.set.open(context, &client, &discovery).await?;
    set.iter().try_for_each(|set| set.join(&mut desired))?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let keeping = set.as_ref().filter(|_| args.conduct.dry_run == DryRun::None).map(|set| Keeping {
        parent: &set.parent,
        rollback_to: recalled.as_ref().map(|recalled| recalled.revision.number),
        // What is applied again was written where it was written first.
        declared: recalled.map_or_else(|| placed.iter().map(Declared::of).collect(), |recalled| recalled.declared),
        args: &args.conduct.keeping,
    });
    let mut report = Report::new(ui, context, args, total, order, unplaced, reporter);
    report.set.clone_from(&set);
    let worked = act((&client, &discovery), set.as_ref(), placed, &mut report).boxed_local().await;
    let concluded = conclude(report, (&client, &discovery), worked, keeping).await;
    concluded.tell(reporter)
}

/// Reads, compares, asks, and applies.
async fn act(
    (client, discovery): (&Client, &Discovery),
    set: Option<&WorkedSet>,
    placed: Vec<Placed>,
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let (ui, context, args) = (report.ui, report.context, report.args);
    let count = format!("{} objects: reading, comparing, applying", report.total);
    let progress = || context.progress_line(&count);
    let prepared = with_progress(ui, progress, prepare_set(client, discovery, set, placed, report)).await?;
    let ordered = in_order(ui, client, discovery, &prepared.placed, report.held.make_contiguous(), "nothing was applied").await;
    // It has told of these too.
    let order = ordered.inspect_err(|_| report.held.clear())?;
    let replaceable =
        if args.asks(ui, &prepared.leaving) { confirmed(ui, context, client, &prepared, args).await? } else { Replaceable::Any };
    let replacing = args.replacing(context, replaceable);
    report.begin();
    with_progress(ui, progress, work((client, discovery), set, prepared, (order, replacing), report)).await
}

/// Asks whether what has to be replaced or pruned may be; answers what was asked about. What turns out to have to be replaced later is not.
async fn confirmed(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    prepared: &Prepared,
    args: &ApplyArgs,
) -> Result<Replaceable, CommandError> {
    let mut plan = Plan::default();
    if args.conduct.replace {
        plan = build(client, prepared.placed.clone(), prepared.live.clone(), &args.parameters(), None).await.plan;
        // Apply itself tells what is wrong, and gets these again.
        drop(client.take_warnings());
    }
    plan.entries.extend(prepared.leaving.iter().map(Leaving::entry));
    context.note("nothing was applied yet".to_owned());
    confirm(ui, &losses(&plan), &client.target().to_string(), "nothing was applied").await?;
    let replaced = plan.entries.into_iter().filter(|entry| entry.action == Action::Replace);
    Ok(Replaceable::These(Arc::new(replaced.map(|entry| (entry.resource(), entry.key)).collect())))
}

/// Applies objects in their order, and answers whether all of them were applied; an interruption lets the requests under way end.
async fn carry_out(client: &Client, applying: Applying, report: &mut Report<'_>) -> bool {
    let (ui, context, args) = (report.ui, report.context, report.args);
    let until_ready = |awaiting: Vec<Awaiting>| {
        waiting::until_dependable(ui, context, client, awaiting, Limit::of_act(args.conduct.timeout)).boxed_local()
    };
    let parameters = args.parameters();
    let Applying { placed, order, live, replacing } = applying;
    report.expect(&placed, &live);
    let (parameters, until_ready, order) = (&parameters, &until_ready, &order);
    let _acting = context.act();
    let mut all = true;
    let all_are = &mut all;
    lingering::told(
        replacing,
        |line| ui.say(line),
        |replacing| async move {
            let conduct = Conduct { parameters, forced: HashSet::new(), replacing, stop: context.stop().clone(), until_ready };
            let told = |done: Done| {
                *all_are &= matches!(done, Done::Applied(_));
                report.done(done);
            };
            execute(client, placed, order, live, &conduct, told).boxed_local().await;
        },
    )
    .await;
    all
}

/// Reads what there is; what belongs to other sets is held back.
async fn prepare_set(
    client: &Client,
    discovery: &Discovery,
    set: Option<&WorkedSet>,
    placed: Vec<Placed>,
    report: &mut Report<'_>,
) -> Result<Prepared, CommandError> {
    let mut prepared = prepare(set, client, discovery, placed, report.held.is_empty()).await?;
    if let Some(refusal) = prepared.refusal {
        return Err(refusal.into());
    }
    report.held.extend(std::mem::take(&mut prepared.others));
    report.held.make_contiguous().sort_by_key(|failure| report.order.rank_of(failure));
    Ok(prepared)
}

async fn work(
    (client, discovery): (&Client, &Discovery),
    set: Option<&WorkedSet>,
    prepared: Prepared,
    (order, replacing): (Order, Replacing),
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let args = report.args;
    let Prepared { placed, mut live, leaving, scope: remaining, .. } = prepared;
    if args.conduct.dry_run == DryRun::None {
        let applying = Applying { placed, order, live, replacing };
        let Some(set) = set else {
            carry_out(client, applying, report).await;
            return Ok(());
        };
        // Where none of the objects may be applied, no set comes into being: its name may be a mistake.
        if set.is_new() && applying.placed.is_empty() && !report.held.is_empty() {
            return Ok(());
        }
        // Kinds that are not served stay listed, and so do those of objects that could not be applied.
        let wide = Scope::of(&applying.placed).and(&remaining);
        let site = Site { ui: report.ui, context: report.context, client, discovery };
        return apply_set(site, Around { set, leaving, wide, remaining }, applying, report).await;
    }
    if args.conduct.dry_run == DryRun::Server {
        let built = build_plan(report.context, client, placed, live, &args.parameters()).await?;
        built.plan.entries.iter().for_each(|entry| report.planned(entry));
        report.held.extend(built.failures);
        report.held.make_contiguous().sort_by_key(|failure| report.order.rank_of(failure));
        built.notes.iter().for_each(|note| report.ui.warning(note));
        report.would_leave(&leaving);
        return Ok(());
    }
    placed.iter().for_each(|placed| report.done(compare(placed, &mut live, &args.field_manager)));
    report.would_leave(&leaving);
    Ok(())
}

/// What a client can say without asking: the manifest's own fields stand for the whole object.
fn compare(placed: &Placed, live: &mut Live, manager: &str) -> Done {
    let before = match live.take_object(placed) {
        Ok(before) => before,
        Err(error) => return Done::Failed(Failure::of(placed, error)),
    };
    let unchanged = Question::of(placed, before.as_ref(), manager, &HashSet::new()) == Question::Unchanged;
    Done::Applied(Box::new(PlanEntry::predicted(placed, before, unchanged)))
}
