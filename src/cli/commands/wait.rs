//! `trueup wait`: waits until objects are as they should be.

use std::sync::Arc;

use clap::Args;
use futures::future::try_join_all;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::{find, load, place_all, places_in};
use crate::cli::duration;
use crate::cli::output::form::{OutputForm, OutputFormParser};
use crate::cli::ui::Ui;
use crate::cli::waiting::{Awaited, Goal, Limit, Telling, Track, wait};
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, SelectorArgs, failures};
use crate::client::{
    ChangeKind, Client, ClientError, Discovery, Form, ListParameters, Place, Selection, WatchStep, Watcher, parse_resource_arguments,
};
use crate::manifest::Desired;

const EXAMPLES: &str = "\
Examples:
  trueup wait -f deploy/ --for=ready --timeout=5m
                                             until all of a set is ready
  trueup wait deploy/web --for=condition=Available
                                             until a condition is true
  trueup wait svc/web --for=jsonpath='{.status.loadBalancer.ingress}'
                                             until there is a value
  trueup wait cm/lock --for=delete           until it is gone
  trueup wait pod -l app=web --for=create --for=ready
                                             until there is one, and it is ready

Exit status: 0 all came true, 1 something did not, 2 wrong usage.";

/// Wait until objects are as they should be
///
/// Objects are watched; each is told as soon as it is there. With several --for, each must come true after the one before it;
/// create always comes first.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct WaitArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(value_name = "RESOURCE")]
    resources: Vec<String>,
    /// Wait for this: create, delete, ready, condition=NAME[=STATUS] or jsonpath='{PATH}'[=VALUE]
    #[arg(long = "for", required = true, value_name = "WHAT", value_parser = Goal::parse)]
    goals: Vec<Goal>,
    #[command(flatten)]
    manifests: ManifestArgs,
    #[command(flatten)]
    selectors: SelectorArgs,
    /// Wait for all objects of the named types in the namespace
    #[arg(long)]
    all: bool,
    /// Wait no longer than this, such as 30s or 5m; 0 looks once, less than 0 waits for a week
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::signed, allow_hyphen_values = true)]
    timeout: SignedDuration,
    /// Print the objects in this form
    #[arg(long, short = 'o', value_parser = OutputFormParser, value_name = "FORM")]
    output: Option<OutputForm>,
}

impl WaitArgs {
    fn validate(&self) -> Result<(), CommandError> {
        let from_files = !self.manifests.is_empty();
        let named = self.resources.len() > 1 || self.resources.iter().any(|word| word.contains('/'));
        let problem = match () {
            () if self.resources.is_empty() && !from_files => "say what to wait for: -f FILE, TYPE NAME, TYPE -l SELECTOR or TYPE --all",
            () if !self.resources.is_empty() && from_files => "-f and resource arguments cannot be given together",
            () if self.all && self.selects() => "--all and a selector cannot be given together",
            () if from_files && self.all => "-f and --all cannot be given together",
            () if named && (self.selects() || self.all) => "a name cannot be given together with a selector or --all",
            () if named && self.selectors.all_namespaces => "an object cannot be waited for by name across all namespaces",
            () if !from_files && !named && !self.selects() && !self.all => "say which objects: NAME, -l SELECTOR or --all",
            () if matches!(self.output, Some(OutputForm::Wide | OutputForm::CustomColumns(_))) => {
                "wait prints no tables: -o takes name, json, yaml, jsonpath or go-template"
            }
            () => return Ok(()),
        };
        Err(CommandError::usage(problem))
    }

    fn selects(&self) -> bool {
        !self.selectors.selector.is_empty() || !self.selectors.field_selector.is_empty()
    }

    /// What is waited for, `create` first.
    fn goals(&self) -> Vec<Goal> {
        let mut goals = self.goals.clone();
        goals.sort_by_key(|goal| *goal != Goal::Create);
        goals
    }

    /// What an object's reaching a goal prints.
    fn text(&self, awaited: &Awaited) -> Result<String, CommandError> {
        let name = awaited.display_name();
        match (&self.output, awaited.object()) {
            // What was to be gone never was there.
            (_, None) => Ok(String::new()),
            (None, Some(_)) => Ok(format!("{name} condition met\n")),
            (Some(OutputForm::Name), Some(_)) => Ok(format!("{name}\n")),
            (Some(form), Some(object)) => {
                let mut object = object.clone();
                object.remove_meta("managedFields");
                form.text(&object.into_value()).map_err(CommandError::failed)
            }
        }
    }
}

/// Waits.
pub async fn cmd_wait(ui: &Ui, context: &CommandContext, args: &WaitArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    let goals = args.goals();
    // A broken file is told before any server is asked.
    let desired = if args.manifests.is_empty() { None } else { Some(load(&args.manifests, &args.selectors.selector).await?) };
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let begun = Instant::now();
    let (places, failed) = match desired {
        Some(desired) => of_manifests(ui, context, &client, &discovery, desired),
        None => of_arguments(ui, &client, &discovery, args).await?,
    };
    if places.is_empty() && failed == 0 {
        return nothing_found(&goals);
    }
    let must_exist = goals.first() != Some(&Goal::Create);
    // The time that selectors took to find something is part of the wait.
    let limit = Limit::of_wait(args.timeout).less(begun.elapsed());
    let mut track = Track::new(goals, places, must_exist);
    wait(ui, &client, &mut track, limit, Telling::Quiet, |awaited, track| {
        ui.foreign_data(&args.text(awaited)?)?;
        ui.flush()?;
        context.note(format!("{} of {} objects are still waited for", track.unmet().count(), track.awaited().len()));
        Ok::<_, CommandError>(())
    })
    .await?;
    for awaited in track.unmet() {
        ui.error(&unmet_in_words(awaited, limit));
    }
    Ok(if failed > 0 || track.unmet().next().is_some() { ExitStatus::Failed } else { ExitStatus::Success })
}

/// kubectl's sentence, and what is missing behind it.
fn unmet_in_words(awaited: &Awaited, limit: Limit) -> String {
    let missing = awaited.missing().unwrap_or_default();
    let name = format!("{}/{}", awaited.place().resource.plural, awaited.place().name);
    match limit {
        _ if awaited.is_given_up() => missing.to_owned(),
        _ if awaited.is_hopeless() => format!("the condition cannot be met for {name}: {missing}"),
        Limit::Once => format!("condition not met for {name}: {missing}"),
        Limit::For(_) | Limit::Endless => format!("timed out waiting for the condition on {name}: {missing}"),
    }
}

/// What is to be gone may be gone already.
fn nothing_found(goals: &[Goal]) -> Result<ExitStatus, CommandError> {
    match goals.first() {
        Some(Goal::Delete) => Ok(ExitStatus::Success),
        Some(Goal::Create) => Err(CommandError::failed("timed out waiting for the condition: no object matches")),
        _ => Err(CommandError::failed("no matching resources found")),
    }
}

/// Where the objects of manifests are, and how many manifests have no place.
fn of_manifests(ui: &Ui, context: &CommandContext, client: &Client, discovery: &Discovery, desired: Vec<Desired>) -> (Vec<Place>, usize) {
    let (placed, unplaced) = place_all(context, client, discovery, desired);
    unplaced.iter().for_each(|failure| failures::tell(ui, failure));
    let place = |placed: crate::plan::Placed| Place { resource: placed.resource, namespace: placed.key.namespace, name: placed.key.name };
    (placed.into_iter().map(place).collect(), unplaced.len())
}

/// Where the objects are that arguments name, and of how many kinds none came to be.
async fn of_arguments(ui: &Ui, client: &Client, discovery: &Discovery, args: &WaitArgs) -> Result<(Vec<Place>, usize), CommandError> {
    let selections = parse_resource_arguments(&args.resources, discovery)?;
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    let kinds: Vec<String> = selections.iter().map(|selection| selection.resource.group_resource().to_string()).collect();
    let places = selections.into_iter().map(|selection| selected(client, selection, namespace.clone(), args));
    let found = try_join_all(places).await?;
    if found.iter().all(Vec::is_empty) || !args.goals.contains(&Goal::Create) {
        return Ok((found.concat(), 0));
    }
    let missing: Vec<&String> = kinds.iter().zip(&found).filter(|(_, found)| found.is_empty()).map(|(kind, _)| kind).collect();
    missing.iter().for_each(|kind| ui.error(&format!("timed out waiting for the condition: no object of {kind} matches")));
    Ok((found.concat(), missing.len()))
}

/// The objects of one resource: those named, or those that are found.
async fn selected(client: &Client, selection: Selection, namespace: Option<String>, args: &WaitArgs) -> Result<Vec<Place>, ClientError> {
    let resource = Arc::new(selection.resource);
    let own = namespace.filter(|_| resource.namespaced);
    let found = if !selection.names.is_empty() {
        selection.names.into_iter().map(|name| (own.clone(), name)).collect()
    } else if args.goals.contains(&Goal::Create) {
        let limit = Limit::of_wait(args.timeout);
        first_found(client, &resource, own, args, limit).await?
    } else {
        find(client, &resource, own.as_deref(), &args.selectors).await?
    };
    Ok(found.into_iter().map(|(namespace, name)| Place { resource: Arc::clone(&resource), namespace, name }).collect())
}

/// Waits until selectors find something; nothing where that takes too long.
async fn first_found(
    client: &Client,
    resource: &crate::client::ServedResource,
    namespace: Option<String>,
    args: &WaitArgs,
    limit: Limit,
) -> Result<Vec<(Option<String>, String)>, ClientError> {
    let parameters = ListParameters {
        label_selector: args.selectors.selector.clone(),
        field_selector: args.selectors.field_selector.clone(),
        limit: 500,
    };
    let mut watcher = Watcher::new(client.clone(), resource.clone(), namespace, parameters, Form::Objects);
    let search = async {
        loop {
            let found = match watcher.next().await? {
                WatchStep::State(pages) => pages.iter().flat_map(places_in).collect(),
                WatchStep::Change(change) if change.kind != ChangeKind::Deleted => {
                    places_in(&serde_json::json!({"items": [change.object]}))
                }
                WatchStep::Change(_) | WatchStep::Lost(..) | WatchStep::Back => Vec::new(),
            };
            if !found.is_empty() || limit == Limit::Once {
                return Ok(found);
            }
        }
    };
    match limit {
        Limit::For(time) => tokio::time::timeout(time, search).await.unwrap_or(Ok(Vec::new())),
        Limit::Once | Limit::Endless => search.await,
    }
}
