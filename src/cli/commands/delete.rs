//! `trueup delete`: removes objects, and waits until they are gone.

use std::time::Duration;

use clap::Args;
use futures::future::join_all;
use serde_json::Value;

use super::{load, place_all};
use crate::cli::DryRun;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, SelectorArgs};
use crate::client::{
    ApiRequest, ChangeKind, Client, ClientError, DeleteParameters, Discovery, Form, ListParameters, Propagation, ServedResource, WatchStep,
    Watcher, list_pages, parse_resource_arguments,
};
use crate::object::Reason;
use crate::plan::{Placed, Stage};

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
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = duration)]
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

/// Reads `30s`, `5m`, `1h` or a number of seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(format!("{text:?} is no time; write 30s, 5m or 1h")),
    };
    let number: u64 = number.parse().map_err(|_| format!("{text:?} is no time; write 30s, 5m or 1h"))?;
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}

/// One object to delete.
#[derive(Debug, Clone)]
struct Doomed {
    resource: ServedResource,
    namespace: Option<String>,
    name: String,
}

impl Doomed {
    fn line(&self, args: &DeleteArgs) -> String {
        if args.output.is_some() {
            return format!("{}/{}\n", self.resource.display_kind(), self.name);
        }
        let verb = if args.force { "force deleted" } else { "deleted" };
        let from = self.namespace.as_ref().map(|namespace| format!(" from {namespace} namespace")).unwrap_or_default();
        format!("{} {:?} {verb}{from}{}\n", self.resource.display_kind(), self.name, args.dry_run.suffix())
    }
}

impl DeleteArgs {
    fn validate(&self) -> Result<(), CommandError> {
        let selecting = !self.selectors.selector.is_empty() || !self.selectors.field_selector.is_empty();
        let problem = match () {
            () if self.resources.is_empty() && self.manifests.filename.is_empty() => {
                "say what to delete: -f FILE, TYPE NAME, TYPE -l SELECTOR or TYPE --all"
            }
            () if !self.resources.is_empty() && !self.manifests.filename.is_empty() => "-f and resource arguments cannot be given together",
            () if self.all && selecting => "--all and a selector cannot be given together",
            () if !self.manifests.filename.is_empty() && self.all => "-f and --all cannot be given together",
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
        DeleteParameters { propagation, grace_period_seconds, dry_run: self.dry_run == DryRun::Server }
    }

    fn waits(&self) -> bool {
        self.dry_run == DryRun::None && self.wait.unwrap_or(!self.force)
    }
}

/// Deletes objects.
pub async fn cmd_delete(ui: &Ui, context: &CommandContext, args: &DeleteArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    let desired = if args.manifests.filename.is_empty() { None } else { Some(load(&args.manifests, &args.selectors.selector).await?) };
    let doing = if args.dry_run == DryRun::None { "deleting from" } else { "comparing with" };
    let (client, discovery) = context.client_for_changes(ui, doing).await?;
    let _controllers = args.waits().then(|| context.reconcile(&client)).flatten();
    let (doomed, mut failed) = match desired {
        Some(desired) => {
            let (mut placed, failures) = place_all(context, &client, &discovery, desired);
            failures.iter().for_each(|failure| crate::cli::failures::tell(ui, failure));
            // What others stand on goes last.
            placed.sort_by_key(|placed| std::cmp::Reverse(Stage::of(placed)));
            // An object of a kind that is not served yet cannot exist.
            let (absent, placed): (Vec<_>, Vec<_>) = placed.into_iter().partition(|placed| placed.kind_is_pending);
            let absent = if args.ignore_not_found { Vec::new() } else { absent };
            absent.iter().for_each(|placed| ui.error(&format!("{}: the server serves no such kind", placed.display_name())));
            let of =
                |placed: Placed| Doomed { resource: (*placed.resource).clone(), namespace: placed.key.namespace, name: placed.key.name };
            (placed.into_iter().map(of).collect(), failures.len() + absent.len())
        }
        None => (select(&client, &discovery, args).await?, 0),
    };
    if doomed.is_empty() && failed == 0 {
        ui.say("No resources found");
    }
    failed += delete_all(ui, context, &client, &doomed, args).await?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    Ok(if failed > 0 { ExitStatus::Failed } else { ExitStatus::Success })
}

/// The objects that resource arguments, selectors and `--all` name.
async fn select(client: &Client, discovery: &Discovery, args: &DeleteArgs) -> Result<Vec<Doomed>, CommandError> {
    let selections = parse_resource_arguments(&args.resources, discovery)?;
    let selecting = args.all || !args.selectors.selector.is_empty() || !args.selectors.field_selector.is_empty();
    let named = selections.iter().any(|selection| !selection.names.is_empty());
    match (named, selecting) {
        (true, true) => return Err(CommandError::usage("a name cannot be given together with a selector or --all")),
        (false, false) => return Err(CommandError::usage("say which objects: NAME, -l SELECTOR or --all")),
        (true, false) if args.selectors.all_namespaces => {
            return Err(CommandError::usage("an object cannot be deleted by name across all namespaces"));
        }
        _ => {}
    }
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    let mut doomed = Vec::new();
    for selection in selections {
        let of = |namespace: Option<String>, name: String| Doomed { resource: selection.resource.clone(), namespace, name };
        let own = namespace.clone().filter(|_| selection.resource.namespaced);
        if selecting {
            doomed.extend(
                find(client, &selection.resource, own.as_deref(), args).await?.into_iter().map(|(namespace, name)| of(namespace, name)),
            );
        } else {
            doomed.extend(selection.names.iter().map(|name| of(own.clone(), name.clone())));
        }
    }
    Ok(doomed)
}

async fn find(
    client: &Client,
    resource: &ServedResource,
    namespace: Option<&str>,
    args: &DeleteArgs,
) -> Result<Vec<(Option<String>, String)>, ClientError> {
    let parameters = ListParameters {
        label_selector: args.selectors.selector.clone(),
        field_selector: args.selectors.field_selector.clone(),
        limit: 500,
    };
    let request = ApiRequest::list(resource, namespace, &parameters, "", Form::Objects);
    let mut found = Vec::new();
    for page in list_pages(client, resource, namespace, &parameters, Form::Objects).await? {
        let page: Value = client.parse(&request, &page)?;
        let items = page.get("items").and_then(Value::as_array);
        for metadata in items.into_iter().flatten().filter_map(|item| item.get("metadata")) {
            let text = |member: &str| metadata.get(member).and_then(Value::as_str).map(str::to_owned);
            found.push((text("namespace"), text("name").unwrap_or_default()));
        }
    }
    Ok(found)
}

/// Deletes in order, then waits for all that did not go at once; answers how many failed.
async fn delete_all(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    doomed: &[Doomed],
    args: &DeleteArgs,
) -> Result<usize, CommandError> {
    let mut failed = 0;
    let mut going = Vec::new();
    for (done, object) in doomed.iter().enumerate() {
        context.note(format!("{done} of {} objects were deleted", doomed.len()));
        match delete_one(client, object, args).await {
            Ok(uid) => {
                ui.data(&object.line(args))?;
                ui.flush()?;
                going.extend(uid.map(|uid| (object, uid)));
            }
            Err(error) if args.ignore_not_found && error.is(Reason::NotFound) => {}
            Err(error @ ClientError::Refused { .. }) => {
                failed += 1;
                ui.error(&crate::cli::error::client_error_in_words(&error));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if args.waits() && !going.is_empty() {
        let names = format!("waiting until {} objects are gone", going.len());
        context.note(format!("{} objects were deleted, of which {} were not gone yet", doomed.len() - failed, going.len()));
        let waits = join_all(going.iter().map(|(object, uid)| wait(client, object, uid, args.timeout)));
        for result in with_progress(ui, || names.clone(), waits).await {
            if let Err(error) = result {
                failed += 1;
                ui.error(&error);
            }
        }
    }
    Ok(failed)
}

/// Deletes one object; answers its uid where it did not go at once.
async fn delete_one(client: &Client, object: &Doomed, args: &DeleteArgs) -> Result<Option<String>, ClientError> {
    let namespace = object.namespace.as_deref();
    if args.dry_run == DryRun::Client {
        client.object(&ApiRequest::get(&object.resource, namespace, &object.name, Form::Objects)).await?;
        return Ok(None);
    }
    let answer = client.object(&ApiRequest::delete(&object.resource, namespace, &object.name, &args.parameters())).await?;
    Ok((answer.kind() != "Status").then(|| answer.uid().to_owned()))
}

/// Waits until an object is gone, or another of its name is in its place. The error is a sentence.
async fn wait(client: &Client, object: &Doomed, uid: &str, timeout: Duration) -> Result<(), String> {
    let gone = until_gone(client, object, uid);
    let result = if timeout.is_zero() { Ok(gone.await) } else { tokio::time::timeout(timeout, gone).await };
    let name = format!("{}/{}", object.resource.display_kind(), object.name);
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(format!("cannot wait for {name} to go: {error}")),
        Err(_) => Err(format!("{name} was not gone after {} s; its finalizers may be waiting for a controller", timeout.as_secs())),
    }
}

async fn until_gone(client: &Client, object: &Doomed, uid: &str) -> Result<(), ClientError> {
    let parameters = ListParameters { field_selector: format!("metadata.name={}", object.name), ..ListParameters::default() };
    let mut watcher = Watcher::new(client.clone(), object.resource.clone(), object.namespace.clone(), parameters, Form::Objects);
    let is_it = |candidate: &Value| candidate.pointer("/metadata/uid").and_then(Value::as_str) == Some(uid);
    loop {
        let there = match watcher.next().await {
            Ok(WatchStep::State(pages)) => pages.iter().filter_map(|page| page.get("items")?.as_array()).flatten().any(is_it),
            Ok(WatchStep::Change(change)) => change.kind != ChangeKind::Deleted && is_it(&change.object),
            Ok(WatchStep::Lost(..)) => true,
            // The kind went with the object, as when its definition was deleted.
            Err(error) if error.is(Reason::NotFound) => false,
            Err(error) => return Err(error),
        };
        if !there {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_kubectl_writes_them() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert!(duration("soon").is_err());
        assert!(duration("").is_err());
    }
}
