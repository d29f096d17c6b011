//! `trueup apply`: makes the target as the manifests say.

mod restore;
mod saved;

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::{build_plan, load, place_all};
use crate::cli::DryRun;
use crate::cli::duration;
use crate::cli::failures::FileOrder;
use crate::cli::output::plan::{PlanForm, PlanView};
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::waiting::{self, Limit};
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, failures};
use crate::client::{ApplyParameters, Client, Place, ServedResource};
use crate::object::Object;
use crate::plan::render::{Tense, summary};
use crate::plan::{Action, Done, Failure, Live, OwnersShown, Placed, PlanEntry, Question, Replacing, Summary, execute, in_namespace};
use crate::printable::one_line;
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup apply -f deploy/ -R                 apply a directory and all below it
  kustomize build . | trueup apply -f -      apply what another program writes
  trueup apply -f web.yaml --diff            show each change as it is made
  trueup apply -f web.yaml --dry-run=server  let the server say what would happen
  trueup apply web.plan                      do what `trueup plan -o web.plan` saved, or nothing
  trueup apply -f web.yaml --replace         make objects anew that cannot be changed in place
  trueup apply -f web.yaml --wait --timeout=2m
                                             until all of it is ready

Objects that are as they should be cause no request. Failures are told and do not stop the rest.
Exit status: 0 all applied, 1 something was refused or failed, or is not ready in time, 2 wrong usage.";

/// Apply manifests to the target
///
/// Namespaces come first, then CustomResourceDefinitions, then everything else in parallel, by server-side apply.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ApplyArgs {
    /// Carry out this plan, which `trueup plan -o` saved
    #[arg(value_name = "PLAN", conflicts_with_all = ["filename", "kustomize", "recursive", "selector", "dry_run", "replace", "force_conflicts", "field_manager"])]
    plan: Option<PathBuf>,
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Apply only the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    /// Say what would happen without doing it
    #[arg(long, value_enum, default_value_t, value_name = "HOW", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    dry_run: DryRun,
    /// Replace objects that cannot be changed in place: delete them and make them anew
    #[arg(long)]
    replace: bool,
    /// Apply a saved plan here although it was made for a target of another name
    #[arg(long)]
    any_target: bool,
    /// Take fields over that other managers own
    #[arg(long)]
    force_conflicts: bool,
    /// Own the applied fields under this name
    #[arg(long, value_name = "NAME", default_value = "trueup")]
    field_manager: String,
    /// Show the difference of each changed object
    #[arg(long)]
    diff: bool,
    /// Show the values of Secrets in differences
    #[arg(long, requires = "diff")]
    show_secrets: bool,
    /// Show the owners of all changed fields in differences, not only those that other managers own
    #[arg(long, requires = "diff")]
    show_owners: bool,
    /// Print the applied objects
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<ApplyOutput>,
    /// Wait until all applied objects are ready
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "ready", require_equals = true, value_name = "WHAT")]
    wait: Option<WaitFor>,
    /// Wait no longer than this for a replaced object to go, or for all to be ready; 0 waits without end
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration::unsigned)]
    timeout: Duration,
    /// Accepted for kubectl's sake: every apply is a server-side apply
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide = true)]
    server_side: Option<bool>,
}

/// How `apply -o` prints objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ApplyOutput {
    /// One name a line
    Name,
    /// JSON, one object after the other
    Json,
    /// YAML, one document for each object
    Yaml,
}

/// What `apply --wait` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum WaitFor {
    /// That each object is ready
    #[value(alias = "true")]
    Ready,
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

    fn replacing(&self, context: &CommandContext) -> Replacing {
        let timeout = Some(self.timeout).filter(|timeout| !timeout.is_zero());
        if self.replace { Replacing::Within { timeout, between: context.between().clone() } } else { Replacing::Never }
    }

    fn view(&self, ui: &Ui) -> PlanView<'_> {
        PlanView {
            form: PlanForm::Diff,
            mask: !self.show_secrets,
            owners: OwnersShown { manager: &self.field_manager, all: self.show_owners },
            two_sides: None,
            color: ui.data_brush().is_colored(),
        }
    }

    fn parameters(&self) -> ApplyParameters {
        ApplyParameters { field_manager: self.field_manager.clone(), force: self.force_conflicts, dry_run: false }
    }
}

/// Prints each object's line as it comes, and counts.
struct Report<'a> {
    ui: &'a Ui,
    context: &'a CommandContext,
    args: &'a ApplyArgs,
    total: usize,
    summary: Summary,
    failed: usize,
    order: FileOrder,
    /// Failures known from the start, each of which waits for the objects before it.
    held: VecDeque<Failure>,
    /// Failures that were not told, because they say the same as the one before: the target cannot be reached.
    untold: usize,
    cut_off: bool,
    /// The first failure to print; everything after it is only counted.
    broken: Option<CommandError>,
    /// Where the objects are that were applied.
    places: Vec<Place>,
}

impl<'a> Report<'a> {
    fn new(ui: &'a Ui, context: &'a CommandContext, args: &'a ApplyArgs, total: usize, order: FileOrder, unplaced: Vec<Failure>) -> Self {
        Self {
            ui,
            context,
            args,
            total,
            summary: Summary::default(),
            failed: 0,
            order,
            held: unplaced.into(),
            untold: 0,
            cut_off: false,
            broken: None,
            places: Vec::new(),
        }
    }

    fn done(&mut self, done: Done) {
        let rank = match &done {
            Done::Applied(entry) => self.order.rank(entry.origin.as_ref()),
            Done::Failed(failure) => self.order.rank_of(failure),
        };
        while let Some(held) = self.held.pop_front_if(|held| self.order.rank_of(held) < rank) {
            self.failure(&held);
        }
        match done {
            Done::Applied(entry) => self.entry(&entry),
            Done::Failed(failure) => self.failure(&failure),
        }
    }

    fn entry(&mut self, entry: &PlanEntry) {
        self.summary.add(entry.action);
        self.places.push(place_of(entry));
        // A difference holds colours; everything else is as the server wrote it.
        let text = self.text(entry);
        let shown = if self.args.output.is_some() { self.ui.foreign_data(&text) } else { self.ui.data(&text) };
        if let Err(error) = shown.and_then(|()| self.ui.flush()) {
            self.broken.get_or_insert(error.into());
        }
        if self.args.dry_run == DryRun::None {
            let applied = self.summary.changes() + self.summary.unchanged;
            self.context.note(format!("{applied} of {} objects were applied; requests under way may still take effect", self.total));
        }
    }

    /// An entry of a dry run; without `--replace`, an object that can only be replaced would fail.
    fn planned(&mut self, entry: &PlanEntry) {
        if entry.action == Action::Replace && !self.args.replace {
            let place = entry.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
            let namespace = in_namespace(entry.key.namespace.as_deref());
            self.ui.error(&format!("{place}{}{namespace}: {}", entry.display_name(), entry.reason.as_deref().unwrap_or_default()));
            self.ui.hint("apply --replace deletes the object and makes it anew; or undo the change in the manifest");
            self.failed += 1;
        } else {
            self.entry(entry);
        }
    }

    fn failure(&mut self, failure: &Failure) {
        let cut_off = failures::is_unreached(failure);
        if cut_off && self.cut_off {
            self.untold += 1;
        } else {
            failures::tell(self.ui, failure);
        }
        if let Some(deleted) = &failure.deleted {
            restore::tell(self.ui, &failure.name, deleted);
        }
        self.failed += 1;
        self.cut_off |= cut_off;
    }

    fn tense(&self) -> Tense {
        if self.args.dry_run == DryRun::None { Tense::Past } else { Tense::Future }
    }

    fn text(&self, entry: &PlanEntry) -> String {
        match self.args.output {
            Some(ApplyOutput::Name) => format!("{}\n", entry.display_name()),
            Some(ApplyOutput::Json) => entry.after.as_ref().map(json).unwrap_or_default(),
            Some(ApplyOutput::Yaml) => {
                format!("---\n{}", entry.after.as_ref().map(|object| yaml::emit(&shown(object))).unwrap_or_default())
            }
            None if self.args.diff && entry.action.is_change() => self.args.view(self.ui).entry(entry, self.tense()) + "\n",
            None if entry.action == Action::Replace => {
                let reason = entry.reason.as_ref().map(|reason| format!(": it {}", one_line(reason))).unwrap_or_default();
                format!("{} replaced{}{reason}\n", one_line(&entry.display_name()), self.args.dry_run.suffix())
            }
            None => format!("{} {}{}\n", one_line(&entry.display_name()), past_word(entry.action), self.args.dry_run.suffix()),
        }
    }

    /// Ends the report and, where that is asked for, waits until what was applied is ready.
    async fn finish_and_wait(mut self, client: &Client) -> Result<ExitStatus, CommandError> {
        let (ui, context, args) = (self.ui, self.context, self.args);
        let places = std::mem::take(&mut self.places);
        let status = self.finish()?;
        if args.wait.is_none() || args.dry_run != DryRun::None {
            return Ok(status);
        }
        let ready = waiting::until_ready(ui, context, client, places, Limit::of_act(args.timeout)).await;
        Ok(if ready { status } else { ExitStatus::Failed })
    }

    fn finish(mut self) -> Result<ExitStatus, CommandError> {
        for held in std::mem::take(&mut self.held) {
            self.failure(&held);
        }
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.untold > 0 {
            failures::tell_untold(self.ui, self.untold);
        }
        let color = self.ui.talk_brush().is_colored();
        self.ui.say_painted(summary(self.summary, self.failed, self.tense(), color).trim_end());
        Ok(if self.failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
    }
}

/// kubectl's word for what happened to an object.
fn past_word(action: Action) -> &'static str {
    match action {
        Action::Update => "configured",
        other => other.past(),
    }
}

fn shown(object: &Object) -> Value {
    let mut object = object.clone();
    object.remove_meta("managedFields");
    object.into_value()
}

fn json(object: &Object) -> String {
    crate::cli::output::form::pretty(&shown(object))
}

/// Applies manifests.
pub async fn cmd_apply(ui: &Ui, context: &CommandContext, args: &ApplyArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    if let Some(file) = &args.plan {
        return saved::apply(ui, context, args, file).await;
    }
    let desired = load(&args.manifests, &args.selector).await?;
    let total = desired.len();
    let order = FileOrder::of(&desired);
    let doing = if args.dry_run == DryRun::None { "applying to" } else { "comparing with" };
    if args.dry_run == DryRun::None {
        context.note("nothing was applied yet".to_owned());
    }
    let (client, discovery) = context.client_for_changes(ui, doing).await?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let mut report = Report::new(ui, context, args, total, order, unplaced);
    let count = format!("{total} objects: reading, comparing, applying");
    with_progress(ui, || context.so_far().unwrap_or_else(|| count.clone()), work(&client, placed, args, &mut report)).await?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    report.finish_and_wait(&client).await
}

fn place_of(entry: &PlanEntry) -> Place {
    let (gvk, namespace) = (&entry.gvk, entry.key.namespace.clone());
    let resource = ServedResource::named(&gvk.group, &gvk.version, &gvk.kind, &entry.plural, namespace.is_some());
    Place { resource: Arc::new(resource), namespace, name: entry.key.name.clone() }
}

async fn work(client: &Client, placed: Vec<Placed>, args: &ApplyArgs, report: &mut Report<'_>) -> Result<(), CommandError> {
    if args.dry_run == DryRun::Server {
        let built = build_plan(report.context, client, placed, &args.parameters()).await?;
        built.plan.entries.iter().for_each(|entry| report.planned(entry));
        report.held.extend(built.failures);
        report.held.make_contiguous().sort_by_key(|failure| report.order.rank_of(failure));
        built.notes.iter().for_each(|note| report.ui.warning(note));
        return Ok(());
    }
    let mut live = Live::fetch(client, &placed).await?;
    match args.dry_run {
        DryRun::None => {
            let replacing = args.replacing(report.context);
            execute(client, placed, live, &args.parameters(), replacing, |done| report.done(done)).await;
        }
        DryRun::Client | DryRun::Server => {
            placed.iter().for_each(|placed| report.done(compare(placed, &mut live, &args.field_manager)));
        }
    }
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
