//! `trueup delete`: removes objects, and waits until they are gone.

mod act;
mod set;
mod turns;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::future::try_join_all;

use self::act::delete_all;
use self::turns::Turns;
use super::{find, load, place_all, told_of_each};
use crate::ci::{Item, Place, Problem, Rule};
use crate::cli::DryRun;
use crate::cli::confirm::{Losing, Loss, confirm, insist};
use crate::cli::duration;
use crate::cli::sets::SetNameArgs;
use crate::cli::ui::Ui;
use crate::cli::{CiArgs, CommandContext, CommandError, ExitStatus, ManifestArgs, Promise, Reporter, SelectorArgs, failures};
use crate::client::{
    Client, ClientError, DeleteParameters, Discovery, Propagation, Selection, ServedResource, check_resource_arguments,
    parse_resource_arguments,
};
use crate::manifest::Origin;
use crate::object::Object;
use crate::plan::render::Tense;
use crate::plan::set::{Parent, SetId};
use crate::plan::{Action, Live, Order, Placed, in_namespace};
use crate::printable::one_line;

const EXAMPLES: &str = "\
Examples:
  trueup delete -f deploy/                   what the manifests describe
  trueup delete deploy web api               two objects by name
  trueup delete --applyset shop -n shop      all members of a set, and its parent
  trueup delete cm -l app=web                all that a selector finds
  trueup delete pods --all -n scratch        all of a kind in a namespace
  trueup delete -f deploy/ --yes             without asking first

Exit status: 0 all deleted, 1 something was refused or did not go in time, or nobody said yes, 2 wrong usage,
130 interrupted.";

/// Delete objects
///
/// What refers to others goes first: the reverse of the order of apply. On a terminal, what a file, a selector or --all finds is listed
/// and has to be confirmed, as have namespaces and CustomResourceDefinitions.
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
    #[command(flatten)]
    set: SetNameArgs,
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
    /// Act without asking
    #[arg(long, short = 'y')]
    yes: bool,
    /// Ask first, whatever is deleted, and also where no terminal is
    #[arg(long, short = 'i', conflicts_with = "yes")]
    interactive: bool,
    /// Say what would happen without doing it
    #[arg(long, value_enum, default_value_t, value_name = "HOW", num_args = 0..=1, default_missing_value = "client", require_equals = true)]
    dry_run: DryRun,
    /// Print names only
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<NameOnly>,
    #[command(flatten)]
    ci: CiArgs,
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
    /// Whether its kind is not served yet, so that there is no such object.
    is_absent: bool,
    /// The manifest that describes it, where one does.
    origin: Option<Origin>,
    guard: Guard,
}

/// What an object has to be still when it is deleted.
#[derive(Debug, Clone)]
enum Guard {
    /// It goes whatever it is.
    Nothing,
    /// A member of a set, and the one that was read.
    Member(Box<Object>, SetId),
    /// As it was read.
    State(Box<Object>),
}

impl Doomed {
    fn of(placed: Placed) -> Self {
        let (is_absent, origin) = (placed.kind_is_pending, placed.origin());
        let Placed { resource, key, .. } = placed;
        Self { resource, namespace: key.namespace, name: key.name, is_absent, origin, guard: Guard::Nothing }
    }

    fn of_member(member: Placed, id: &SetId) -> Self {
        let guard = Guard::Member(Box::new(member.object.clone()), id.clone());
        Self { guard, ..Self::of(member) }
    }

    fn of_parent(parent: Parent, live: Object) -> Self {
        let guard = Guard::State(Box::new(live));
        Self { resource: parent.resource, namespace: parent.namespace, name: parent.name, is_absent: false, origin: None, guard }
    }

    /// `deployment.apps/web`.
    fn display_name(&self) -> String {
        format!("{}/{}", self.resource.display_kind(), self.name)
    }

    /// The same with its namespace behind it.
    fn full_name(&self) -> String {
        format!("{}{}", self.display_name(), in_namespace(self.namespace.as_deref()))
    }

    fn loss(&self) -> Loss {
        Loss::new(Losing::Deleted, &self.resource.gvk(), &self.display_name(), self.namespace.as_deref())
    }

    /// The object for a pipeline.
    fn item(&self) -> Item {
        Item::plain(self.display_name(), self.namespace.clone(), Action::Delete, self.origin.as_ref().map(Place::from))
    }

    /// What is wrong with it for a pipeline.
    fn problem(&self, problem: &str) -> Problem {
        let rule = Rule { id: "not-deleted", description: "The object could not be deleted" };
        let place = self.origin.as_ref().map(Place::from);
        Problem { object: Some(self.display_name()), namespace: self.namespace.clone(), place, ..Problem::new(rule, problem) }
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
            () if self.set.applyset.is_some() && (!self.resources.is_empty() || !self.manifests.is_empty() || selecting || self.all) => {
                "--applyset names all that is to go; nothing else can be given with it"
            }
            () if self.set.applyset.is_some() => return Ok(()),
            () if self.resources.is_empty() && self.manifests.is_empty() => {
                "say what to delete: -f FILE, TYPE NAME, TYPE -l SELECTOR, TYPE --all or --applyset NAME"
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

    /// Whether many objects may be meant, and not only those that the user has named one by one.
    fn is_sweeping(&self) -> bool {
        let set = self.set.applyset.is_some();
        set || self.all || !self.manifests.is_empty() || !self.selectors.selector.is_empty() || !self.selectors.field_selector.is_empty()
    }

    fn tense(&self) -> Tense {
        if self.dry_run == DryRun::None { Tense::Past } else { Tense::Future }
    }

    fn waits(&self) -> bool {
        self.dry_run == DryRun::None && self.wait.unwrap_or(!self.force)
    }
}

/// Deletes objects.
pub async fn cmd_delete(ui: &Ui, context: &CommandContext, args: &DeleteArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    check_resource_arguments(&args.resources)?;
    let mut reporter = Reporter::new(ui, &args.ci, &context.settings().platform, "delete", Promise::Plain)?;
    let result = match args.set.applyset {
        Some(_) => set::delete(ui, context, args, &mut reporter).await,
        None => delete(ui, context, args, &mut reporter).await,
    };
    reporter.finish(ui, result)
}

async fn delete(ui: &Ui, context: &CommandContext, args: &DeleteArgs, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
    let desired = if args.manifests.is_empty() { None } else { Some(load(&args.manifests, &args.selectors.selector).await?) };
    let doing = if args.dry_run == DryRun::None { "deleting from" } else { "comparing with" };
    let (client, discovery) = context.client_for_changes(ui, doing).await?;
    reporter.target(&client.target().to_string(), args.tense());
    let (doomed, turns, mut failed) = match desired {
        Some(desired) => {
            let (placed, unplaced) = place_all(context, &client, &discovery, desired);
            for failure in &unplaced {
                failures::tell(ui, failure);
                reporter.failure(failure);
            }
            let (doomed, turns) = described(ui, &client, placed, args).await?;
            let absent = if args.ignore_not_found { 0 } else { tell_absent(ui, &doomed, reporter) };
            (doomed, turns, unplaced.len() + absent)
        }
        None => {
            let doomed = select(&client, &discovery, args).await?;
            ask(ui, &client, doomed.iter().map(Doomed::loss).collect(), args).await?;
            let turns = Turns::of_kinds(&doomed);
            (doomed, turns, 0)
        }
    };
    if doomed.iter().all(|doomed| doomed.is_absent) && failed == 0 {
        ui.say("No resources found");
    }
    failed += delete_all(ui, context, &client, doomed, &turns, args, reporter).await?;
    let warnings = client.take_warnings();
    warnings.iter().for_each(|warning| ui.warning(warning));
    reporter.warnings(&warnings);
    Ok(if failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
}

/// The objects that manifests describe, and their turns.
async fn described(ui: &Ui, client: &Client, placed: Vec<Placed>, args: &DeleteArgs) -> Result<(Vec<Doomed>, Turns), CommandError> {
    let order = Order::of_deletion(&placed)
        .map_err(|faults| told_of_each(ui, &faults, "nothing was deleted, since there is no order in which the set could be deleted"))?;
    ask_about_set(ui, client, &placed, args).await?;
    Ok((placed.into_iter().map(Doomed::of).collect(), Turns::of_set(&order)))
}

/// Tells of the objects that cannot exist, since their kind is not served yet; answers how many there are.
fn tell_absent(ui: &Ui, doomed: &[Doomed], reporter: &mut Reporter) -> usize {
    const PROBLEM: &str = "the server serves no such kind, so there is no such object";
    let absent = doomed.iter().filter(|doomed| doomed.is_absent);
    let tell = |doomed: &Doomed| {
        ui.error(&doomed.blame(PROBLEM));
        reporter.problem(doomed.problem(PROBLEM));
    };
    absent.map(tell).count()
}

/// Asks about what exists of a set; looks for it only where that is asked about.
async fn ask_about_set(ui: &Ui, client: &Client, placed: &[Placed], args: &DeleteArgs) -> Result<(), CommandError> {
    if args.dry_run != DryRun::None || args.yes || !(args.interactive || ui.can_ask()) {
        return Ok(());
    }
    let live = Live::fetch(client, placed).await?;
    let existing = placed.iter().filter(|placed| live.object(placed).is_some() || live.problem(placed).is_some());
    ask(ui, client, existing.cloned().map(|placed| Doomed::of(placed).loss()).collect(), args).await
}

/// Asks about what is to go: what the user has named one by one only where others go with it.
async fn ask(ui: &Ui, client: &Client, losses: Vec<Loss>, args: &DeleteArgs) -> Result<(), CommandError> {
    const NOTHING: &str = "nothing was deleted";
    let target = client.target().to_string();
    let grave = args.is_sweeping() || losses.iter().any(|loss| !loss.with.is_empty());
    match () {
        () if args.dry_run != DryRun::None || args.yes => Ok(()),
        () if args.interactive => insist(ui, &losses, &target, NOTHING).await,
        () if grave => confirm(ui, &losses, &target, NOTHING).await,
        () => Ok(()),
    }
}

/// The objects that resource arguments, selectors and `--all` name.
async fn select(client: &Client, discovery: &Discovery, args: &DeleteArgs) -> Result<Vec<Doomed>, CommandError> {
    let selections = parse_resource_arguments(&args.resources, discovery)?;
    let selecting = args.is_sweeping();
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
    let doomed = |(namespace, name)| {
        let (resource, guard) = (Arc::clone(&resource), Guard::Nothing);
        Doomed { resource, namespace, name, is_absent: false, origin: None, guard }
    };
    Ok(found.into_iter().map(doomed).collect())
}
