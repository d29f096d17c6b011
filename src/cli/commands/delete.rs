//! `trueup delete`: removes objects, and waits until they are gone.

mod wait;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use futures::future::try_join_all;

use self::wait::{Going, wait_for_all};
use super::{find, load, place_all};
use crate::cli::DryRun;
use crate::cli::duration;
use crate::cli::error::client_error_in_words;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, SelectorArgs};
use crate::client::{
    ApiRequest, Client, ClientError, DeleteParameters, Discovery, Form, Propagation, Selection, ServedResource, check_resource_arguments,
    parse_resource_arguments,
};
use crate::manifest::Origin;
use crate::object::Reason;
use crate::plan::{Placed, REQUESTS_AT_ONCE, Stage, each};
use crate::printable::one_line;

const EXAMPLES: &str = "\
Examples:
  trueup delete -f deploy/                   what the manifests describe
  trueup delete deploy web api               two objects by name
  trueup delete cm -l app=web                all that a selector finds
  trueup delete pods --all -n scratch        all of a kind in a namespace";

/// Delete objects
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DeleteArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    manifests: ManifestArgs,
    #[command(flatten)]
    selectors: SelectorArgs,
    /// Delete all objects of the named types in the namespace
    #[arg(long)]
    all: bool,
    /// Say what happens to the objects that the deleted ones own
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    cascade: Cascade,
    /// Give the objects this many seconds to go
    #[arg(long, value_name = "SECONDS")]
    grace_period: Option<u32>,
    /// Give the objects one second to go
    #[arg(long, conflicts_with = "grace_period")]
    now: bool,
    /// Do not give the objects any time, and do not wait
    #[arg(long, conflicts_with = "now")]
    force: bool,
    /// Exit with 0 where a named object does not exist
    #[arg(long)]
    ignore_not_found: bool,
    /// Wait until the objects are gone
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    wait: Option<bool>,
    /// Wait no longer than this, such as 30s or 5m; 0 waits without end
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = duration::unsigned)]
    timeout: Duration,
    /// Say what would happen without doing it
    #[arg(long, value_enum, default_value_t, value_name = "HOW", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    dry_run: DryRun,
    /// Print names only
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<NameOnly>,
}

/// What `delete -o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum NameOnly {
    /// One TYPE/NAME a line
    Name,
}

/// What `--cascade` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Cascade {
    /// They go later
    #[default]
    Background,
    /// They stay
    Orphan,
    /// They go first
    Foreground,
}

/// One object to delete.
#[derive(Debug)]
struct Doomed {
    resource: Arc<ServedResource>,
    namespace: Option<String>,
    name: String,
    stage: Stage,
    /// The manifest that describes it, where one does.
    origin: Option<Origin>,
}

impl Doomed {
    fn of(placed: Placed) -> Self {
        let (stage, origin) = (Stage::of(&placed), placed.origin());
        Self { resource: placed.resource, namespace: placed.key.namespace, name: placed.key.name, stage, origin }
    }

    /// `deployment.apps/web`.
    fn display_name(&self) -> String {
        format!("{}/{}", self.resource.display_kind(), self.name)
    }

    /// What is wrong, behind the place in the manifest.
    fn blame(&self, problem: &str) -> String {
        self.origin.as_ref().map_or_else(|| problem.to_owned(), |origin| format!("{origin}: {}: {problem}", one_line(&self.display_name())))
    }

    fn line(&self, args: &DeleteArgs) -> String {
        if args.output.is_some() {
            return format!("{}\n", self.display_name());
        }
        let verb = if args.force { "force deleted" } else { "deleted" };
        let from = self.namespace.as_ref().map(|namespace| format!(" from {namespace} namespace")).unwrap_or_default();
        format!("{} {:?} {verb}{from}{}\n", self.resource.display_kind(), self.name, args.dry_run.suffix())
    }
}

impl DeleteArgs {
    fn validate(&self) -> Result<(), CommandError> {
        let selecting = !self.selectors.selector.is_empty() || !self.selectors.field_selector.is_empty();
        let named = self.resources.len() > 1 || self.resources.iter().any(|word| word.contains('/'));
        let problem = match () {
            () if self.resources.is_empty() && self.manifests.is_empty() => {
                "say what to delete: -f FILE, TYPE NAME, TYPE -l SELECTOR or TYPE --all"
            }
            () if !self.resources.is_empty() && !self.manifests.is_empty() => "-f and resource arguments cannot be given together",
            () if self.all && selecting => "--all and a selector cannot be given together",
            () if !self.manifests.is_empty() && self.all => "-f and --all cannot be given together",
            () if named && (selecting || self.all) => "a name cannot be given together with a selector or --all",
            () if named && self.selectors.all_namespaces => "an object cannot be deleted by name across all namespaces",
            () if !self.resources.is_empty() && !named && !selecting && !self.all => "say which objects: NAME, -l SELECTOR or --all",
            () => return Ok(()),
        };
        Err(CommandError::usage(problem))
    }

    fn parameters(&self) -> DeleteParameters {
        let propagation = match self.cascade {
            Cascade::Background => Propagation::Background,
            Cascade::Orphan => Propagation::Orphan,
            Cascade::Foreground => Propagation::Foreground,
        };
        let grace_period_seconds = match () {
            () if self.force => Some(0),
            () if self.now => Some(1),
            // Zero would mean not to wait for confirmation, which only --force asks for; so does kubectl.
            () => self.grace_period.map(|seconds| seconds.max(1)),
        };
        DeleteParameters { propagation, grace_period_seconds, dry_run: self.dry_run == DryRun::Server, ..DeleteParameters::default() }
    }

    fn waits(&self) -> bool {
        self.dry_run == DryRun::None && self.wait.unwrap_or(!self.force)
    }
}

/// Deletes objects.
pub async fn cmd_delete(ui: &Ui, context: &CommandContext, args: &DeleteArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    check_resource_arguments(&args.resources)?;
    let desired = if args.manifests.is_empty() { None } else { Some(load(&args.manifests, &args.selectors.selector).await?) };
    let doing = if args.dry_run == DryRun::None { "deleting from" } else { "comparing with" };
    let (client, discovery) = context.client_for_changes(ui, doing).await?;
    let (doomed, mut failed) = match desired {
        Some(desired) => {
            let (placed, failures) = place_all(context, &client, &discovery, desired);
            failures.iter().for_each(|failure| crate::cli::failures::tell(ui, failure));
            // An object of a kind that is not served yet cannot exist.
            let (absent, placed): (Vec<_>, Vec<_>) = placed.into_iter().partition(|placed| placed.kind_is_pending);
            let absent: Vec<_> = if args.ignore_not_found { Vec::new() } else { absent.into_iter().map(Doomed::of).collect() };
            absent.iter().for_each(|doomed| ui.error(&doomed.blame("the server serves no such kind, so there is no such object")));
            (placed.into_iter().map(Doomed::of).collect(), failures.len() + absent.len())
        }
        None => (select(&client, &discovery, args).await?, 0),
    };
    if doomed.is_empty() && failed == 0 {
        ui.say("No resources found");
    }
    failed += delete_all(ui, context, &client, doomed, args).await?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    Ok(if failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
}

/// The objects that resource arguments, selectors and `--all` name.
async fn select(client: &Client, discovery: &Discovery, args: &DeleteArgs) -> Result<Vec<Doomed>, CommandError> {
    let selections = parse_resource_arguments(&args.resources, discovery)?;
    let selecting = args.all || !args.selectors.selector.is_empty() || !args.selectors.field_selector.is_empty();
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    let chosen = selections.into_iter().map(|selection| chosen(client, selection, namespace.clone(), args, selecting));
    Ok(try_join_all(chosen).await?.into_iter().flatten().collect())
}

/// The objects of one resource that are to go.
async fn chosen(
    client: &Client,
    selection: Selection,
    namespace: Option<String>,
    args: &DeleteArgs,
    selecting: bool,
) -> Result<Vec<Doomed>, ClientError> {
    let resource = Arc::new(selection.resource);
    let own = namespace.filter(|_| resource.namespaced);
    let found = if selecting {
        find(client, &resource, own.as_deref(), &args.selectors).await?
    } else {
        selection.names.into_iter().map(|name| (own.clone(), name)).collect()
    };
    let doomed = |(namespace, name)| Doomed { resource: Arc::clone(&resource), namespace, name, stage: Stage::Rest, origin: None };
    Ok(found.into_iter().map(doomed).collect())
}

/// What became of one object.
enum Outcome {
    /// It is gone, or nothing was to be done.
    Gone,
    /// It is marked and goes later.
    Going(Going),
}

/// Deletes objects and tells of each as kubectl does.
struct Report<'a> {
    ui: &'a Ui,
    context: &'a CommandContext,
    args: &'a DeleteArgs,
    total: usize,
    deleted: usize,
    failed: usize,
    going: Vec<(Arc<Doomed>, Going)>,
    /// The first failure that concerns more than one object.
    broken: Option<CommandError>,
}

impl Report<'_> {
    fn take(&mut self, object: Arc<Doomed>, result: Result<Outcome, ClientError>) {
        match result {
            Ok(outcome) => {
                self.deleted += 1;
                if let Err(error) = self.ui.foreign_data(&object.line(self.args)).and_then(|()| self.ui.flush()) {
                    self.broken.get_or_insert(error.into());
                }
                if let Outcome::Going(going) = outcome {
                    self.going.push((object, going));
                }
            }
            Err(error) if self.args.ignore_not_found && error.is(Reason::NotFound) => {}
            Err(error @ ClientError::Refused { .. }) if !error.is(Reason::Unauthorized) => {
                self.failed += 1;
                self.ui.error(&object.blame(&client_error_in_words(&error)));
            }
            Err(error) => drop(self.broken.get_or_insert(error.into())),
        }
        self.context.note(format!("{} of {} objects were deleted", self.deleted, self.total));
    }
}

/// Deletes what stands on others before what it stands on, otherwise in parallel; then waits for all that did not go at once. Answers
/// how many failed.
async fn delete_all(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    doomed: Vec<Doomed>,
    args: &DeleteArgs,
) -> Result<usize, CommandError> {
    let mut report = Report { ui, context, args, total: doomed.len(), deleted: 0, failed: 0, going: Vec::new(), broken: None };
    let doomed: Vec<Arc<Doomed>> = doomed.into_iter().map(Arc::new).collect();
    let lost = Arc::new(AtomicBool::new(false));
    for stage in Stage::ALL.into_iter().rev() {
        let work = |object: Arc<Doomed>| {
            let (client, parameters, only_look) = (client.clone(), args.parameters(), args.dry_run == DryRun::Client);
            let lost = Arc::clone(&lost);
            async move {
                // A target that is gone is asked no more; why it is gone is told by the object that found out.
                if lost.load(Ordering::Relaxed) {
                    return None;
                }
                let result = delete_one(&client, &object, &parameters, only_look).await;
                if result.as_ref().is_err_and(ClientError::is_cut_off) {
                    lost.store(true, Ordering::Relaxed);
                }
                Some((object, result))
            }
        };
        let of_stage = doomed.iter().filter(|object| object.stage == stage).cloned();
        each(of_stage, REQUESTS_AT_ONCE, work, |done| {
            if let Some((object, result)) = done {
                report.take(object, result);
            }
        })
        .await;
        if let Some(error) = report.broken {
            if lost.load(Ordering::Relaxed) {
                ui.say(&format!("{} of {} objects were deleted", report.deleted, report.total));
            }
            return Err(error);
        }
    }
    if args.waits() { Ok(report.failed + wait_for_all(ui, context, client, report.going, args).await) } else { Ok(report.failed) }
}

async fn delete_one(client: &Client, object: &Doomed, parameters: &DeleteParameters, only_look: bool) -> Result<Outcome, ClientError> {
    let namespace = object.namespace.as_deref();
    if only_look {
        client.object(&ApiRequest::get(&object.resource, namespace, &object.name, Form::Objects)).await?;
        return Ok(Outcome::Gone);
    }
    let answer = client.object(&ApiRequest::delete(&object.resource, namespace, &object.name, parameters)).await?;
    // The server answers with a Status where nothing is left of the object.
    Ok(if answer.kind() == "Status" { Outcome::Gone } else { Outcome::Going(Going::of(&answer)) })
}
