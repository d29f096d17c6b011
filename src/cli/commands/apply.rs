//! `trueup apply`: makes the target as the manifests say.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::{load, place_all};
use crate::cli::DryRun;
use crate::cli::duration;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::waiting::{self, Limit};
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, failures};
use crate::client::{ApplyParameters, Client, ClientError, Place, ServedResource};
use crate::object::Object;
use crate::plan::render::{DiffOptions, Tense, header, summary, unified};
use crate::plan::{Action, Done, Failure, Live, ObjectError, Placed, PlanEntry, Question, Summary, build, execute};
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup apply -f deploy/ -R                 apply a directory and all below it
  kustomize build . | trueup apply -f -      apply what another program writes
  trueup apply -f web.yaml --diff            show each change as it is made
  trueup apply -f web.yaml --dry-run=server  let the server say what would happen
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
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Apply only the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    /// Say what would happen without doing it
    #[arg(long, value_enum, default_value_t, value_name = "HOW", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    dry_run: DryRun,
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
    /// Print the applied objects
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<ApplyOutput>,
    /// Wait until all applied objects are ready
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "ready", require_equals = true, value_name = "WHAT")]
    wait: Option<WaitFor>,
    /// Wait no longer than this, such as 30s or 5m; 0 waits without end
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration::unsigned, requires = "wait")]
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
        if self.field_manager.is_empty() {
            return Err(CommandError::usage("--field-manager must not be empty"));
        }
        Ok(())
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
    /// Failures that were not told, because they say the same as the one before: the target cannot be reached.
    untold: usize,
    cut_off: bool,
    /// The first failure to print; everything after it is only counted.
    broken: Option<CommandError>,
    /// Where the objects are that were applied.
    places: Vec<Place>,
}

impl Report<'_> {
    fn done(&mut self, done: Done) {
        match done {
            Done::Applied(entry) => self.entry(&entry),
            Done::Failed(failure) => self.failure(&failure),
        }
    }

    fn entry(&mut self, entry: &PlanEntry) {
        self.summary.add(entry.action);
        self.places.push(place_of(entry));
        if let Err(error) = self.ui.data(&self.text(entry)).and_then(|()| self.ui.flush()) {
            self.broken.get_or_insert(error.into());
        }
        if self.args.dry_run == DryRun::None {
            let applied = self.summary.changes() + self.summary.unchanged;
            self.context.note(format!("{applied} of {} objects were applied; requests under way may still take effect", self.total));
        }
    }

    fn failure(&mut self, failure: &Failure) {
        let cut_off = matches!(&failure.error, ObjectError::Client(error) if matches!(**error, ClientError::Unreachable { .. }));
        if cut_off && self.cut_off {
            self.untold += 1;
        } else {
            failures::tell(self.ui, failure);
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
            None if self.args.diff && entry.action.is_change() => difference(self.ui, entry, self.tense(), self.args.show_secrets) + "\n",
            None => format!("{} {}{}\n", entry.display_name(), past_word(entry.action), self.args.dry_run.suffix()),
        }
    }

    fn finish(self) -> Result<ExitStatus, CommandError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.untold > 0 {
            self.ui.error(&format!("{} more objects were not reached", self.untold));
        }
        let color = self.ui.talk_brush().is_colored();
        self.ui.say(summary(self.summary, self.failed, self.tense(), color).trim_end());
        Ok(if self.failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
    }
}

/// Header and hunks of one entry, as `diff` and `apply --diff` show it.
pub(super) fn difference(ui: &Ui, entry: &PlanEntry, tense: Tense, show_secrets: bool) -> String {
    let color = ui.data_brush().is_colored();
    let value = |object: &Option<Object>| object.as_ref().map(|object| Value::Object(object.root().clone()));
    let options = DiffOptions { color, mask: !show_secrets, ..DiffOptions::default() };
    header(entry, tense, color) + &unified(value(&entry.before).as_ref(), value(&entry.after).as_ref(), options)
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
    let desired = load(&args.manifests, &args.selector).await?;
    let total = desired.len();
    let doing = if args.dry_run == DryRun::None { "applying to" } else { "comparing with" };
    if args.dry_run == DryRun::None {
        context.note("nothing was applied yet".to_owned());
    }
    let (client, discovery) = context.client_for_changes(ui, doing).await?;
    let (placed, unplaced) = place_all(context, &client, &discovery, desired);
    let mut report = Report {
        ui,
        context,
        args,
        total,
        summary: Summary::default(),
        failed: 0,
        untold: 0,
        cut_off: false,
        broken: None,
        places: Vec::new(),
    };
    unplaced.iter().for_each(|failure| report.failure(failure));
    let count = format!("{total} objects: reading, comparing, applying");
    with_progress(ui, || context.so_far().unwrap_or_else(|| count.clone()), work(&client, placed, args, &mut report)).await?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    let places = std::mem::take(&mut report.places);
    let status = report.finish()?;
    if args.wait.is_none() || args.dry_run != DryRun::None {
        return Ok(status);
    }
    let ready = waiting::until_ready(ui, context, &client, places, Limit::of_act(args.timeout)).await;
    Ok(if ready { status } else { ExitStatus::Failed })
}

fn place_of(entry: &PlanEntry) -> Place {
    let (gvk, namespace) = (&entry.gvk, entry.key.namespace.clone());
    let resource = ServedResource::named(&gvk.group, &gvk.version, &gvk.kind, &entry.plural, namespace.is_some());
    Place { resource: Arc::new(resource), namespace, name: entry.key.name.clone() }
}

async fn work(client: &Client, placed: Vec<Placed>, args: &ApplyArgs, report: &mut Report<'_>) -> Result<(), CommandError> {
    let mut live = Live::fetch(client, &placed).await?;
    match args.dry_run {
        DryRun::None => execute(client, placed, live, &args.parameters(), |done| report.done(done)).await,
        DryRun::Client => placed.iter().for_each(|placed| report.done(compare(placed, &mut live, &args.field_manager))),
        DryRun::Server => {
            let simulation = report.context.simulation(client, &placed).await?;
            let built = build(client, placed, live, &args.parameters(), simulation.as_ref()).await;
            built.plan.entries.iter().for_each(|entry| report.entry(entry));
            built.failures.iter().for_each(|failure| report.failure(failure));
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
