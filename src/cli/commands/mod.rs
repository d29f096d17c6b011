//! One file for each command; each says what it takes, then what it does.

mod api_resources;
mod apply;
mod auth;
mod completions;
mod config;
mod controllers;
mod delete;
mod describe;
mod diff;
mod drift;
mod dump;
mod events;
mod explain;
mod get;
mod history;
mod kustomize;
mod man;
mod plan;
mod serve;
mod sets;
mod sync;
mod tree;
mod validate;
mod version;
mod wait;
mod watch;

pub use api_resources::{ApiResourcesArgs, ApiVersionsArgs, cmd_api_resources, cmd_api_versions};
pub use apply::rollback::{RollbackArgs, cmd_rollback};
pub use apply::{ApplyArgs, cmd_apply};
pub use auth::{AuthArgs, cmd_auth};
pub use completions::{CompletionsArgs, cmd_completions};
pub use config::{ConfigArgs, cmd_config};
pub use controllers::{ControllersCommandArgs, cmd_controllers};
pub use delete::{DeleteArgs, cmd_delete};
pub use describe::{DescribeArgs, cmd_describe};
pub use diff::{DiffArgs, cmd_diff};
pub use drift::{DriftArgs, cmd_drift};
pub use dump::{DumpArgs, cmd_dump};
pub use events::{EventsArgs, cmd_events};
pub use explain::{ExplainArgs, cmd_explain};
pub use get::{GetArgs, cmd_get};
pub use history::{HistoryArgs, cmd_history};
pub use kustomize::{KustomizeArgs, cmd_kustomize};
pub use man::{ManArgs, cmd_man};
pub use plan::{PlanArgs, cmd_plan};
pub use serve::{ControllersArgs, ServeArgs, ServeSettings, cmd_serve};
pub(super) use sets::parents as set_parents;
pub use sets::{SetsArgs, cmd_sets};
pub use sync::{SyncArgs, cmd_sync};
pub use tree::{TreeArgs, cmd_tree};
pub use validate::{ValidateArgs, cmd_validate};
pub use version::{VersionArgs, cmd_version};
pub use wait::{WaitArgs, cmd_wait};
pub use watch::{WatchArgs, cmd_watch};

use std::sync::Arc;

use serde_json::Value;

use super::ci::of_failure;
use super::sets::SetArgs;
use super::ui::Ui;
use super::{CommandContext, CommandError, ManifestArgs, SelectorArgs, failures};
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Discovery, Form, ListParameters, ServedResource, list_pages};
use crate::manifest::{self, Desired};
use crate::object::{LabelSelector, Object};
use crate::plan::{Built, Failure, Live, Order, Placed, build, place};

/// Reads the manifests that `-f` and `-k` name; those a label selector leaves out are not there.
async fn load(args: &ManifestArgs, selector: &str) -> Result<Vec<Desired>, CommandError> {
    if args.is_empty() {
        return Err(no_manifests());
    }
    let selector = LabelSelector::parse(selector).map_err(|error| CommandError::usage(format!("--selector: {error}")))?;
    let mut desired = manifest::load(&args.inputs(), args.recursive).await?;
    desired.retain(|desired| selector.matches(&desired.object));
    if desired.is_empty() {
        return Err(CommandError::failed("no manifest matches the selector"));
    }
    Ok(desired)
}

/// Reads the manifests of a set, which may be none where the user says so.
async fn load_set(args: &ManifestArgs, selector: &str, set: &SetArgs) -> Result<Vec<Desired>, CommandError> {
    set.validate(selector)?;
    if !set.prune || args.is_empty() {
        return load(args, selector).await;
    }
    match manifest::load(&args.inputs(), args.recursive).await {
        Ok(desired) => Ok(desired),
        Err(errors) if errors.is_empty_input() && set.allow_empty => Ok(Vec::new()),
        Err(errors) if errors.is_empty_input() => {
            Err(CommandError::from(errors).hint("to prune all members of the set, add --allow-empty"))
        }
        Err(errors) => Err(errors.into()),
    }
}

/// What is wrong with a command line that says nothing about manifests.
fn no_manifests() -> CommandError {
    let usage = CommandError::usage("say which manifests: -f FILE, or -k DIR");
    usage.hint("-f takes a file, a directory, a URL, or - for standard input; -k takes the directory of a kustomization")
}

/// Finds the place of every desired object.
fn place_all(context: &CommandContext, client: &Client, discovery: &Discovery, desired: Vec<Desired>) -> (Vec<Placed>, Vec<Failure>) {
    let objects = desired.into_iter().map(|desired| (desired.object.clone(), Some(Arc::new(desired))));
    place(objects, discovery, &context.namespaces(client))
}

/// The order of a set in which no dependency is unknown. Where there is none, each reason is told and `nothing` was done, such as
/// `nothing was applied`.
async fn in_order(
    ui: &Ui,
    client: &Client,
    discovery: &Discovery,
    placed: &[Placed],
    unplaced: &[Failure],
    nothing: &str,
) -> Result<Order, CommandError> {
    let failures = match Order::found(placed, discovery, client).await? {
        Ok(order) => return Ok(order),
        Err(failures) => failures,
    };
    // What has no place may be what others depend on.
    Err(told_of_each(
        ui,
        unplaced.iter().chain(&failures),
        &format!("{nothing}, since there is no order in which the set could be applied"),
    ))
}

/// Tells of each object that keeps the command from being carried out; the error says so on the whole, and to a pipeline of each object.
fn told_of_each<'f>(ui: &Ui, failures: impl IntoIterator<Item = &'f Failure>, message: &str) -> CommandError {
    let mut error = CommandError::failed(message);
    for failure in failures {
        failures::tell(ui, failure);
        error.problems.extend(of_failure(failure));
    }
    error
}

/// What keeps a set from having an order, for those who only show it.
async fn order_failures(client: &Client, discovery: &Discovery, placed: &[Placed]) -> Result<Vec<Failure>, CommandError> {
    Ok(Order::found(placed, discovery, client).await?.err().unwrap_or_default())
}

/// Plans a set, with what the server cannot judge tried out in this process.
async fn build_plan(
    context: &CommandContext,
    client: &Client,
    placed: Vec<Placed>,
    live: Live,
    parameters: &ApplyParameters,
) -> Result<Built, CommandError> {
    let mut simulation = context.simulation(client, &placed).await?;
    let mut built = build(client, placed, live, parameters, simulation.as_ref()).await;
    if built.has_replacements() {
        if simulation.is_none() {
            simulation = context.open_simulation(client).await?;
        }
        if let Some(simulation) = &simulation {
            built.try_replacements(client, simulation, parameters).await;
        }
    }
    Ok(built)
}

/// The objects of a list, with their kind.
async fn read_list(
    client: &Client,
    resource: &ServedResource,
    namespace: Option<&str>,
    parameters: &ListParameters,
) -> Result<Vec<Object>, ClientError> {
    let request = ApiRequest::list(resource, namespace, parameters, "", Form::Objects);
    let mut objects = Vec::new();
    for page in list_pages(client, resource, namespace, parameters, Form::Objects).await? {
        let mut page: Value = client.parse(&request, &page)?;
        let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else { continue };
        for mut object in items.into_iter().filter_map(|item| Object::from_value(item).ok()) {
            object.set_gvk(&resource.gvk());
            objects.push(object);
        }
    }
    Ok(objects)
}

/// Where all objects of a resource are that selectors find: namespaces and names.
async fn find(
    client: &Client,
    resource: &ServedResource,
    namespace: Option<&str>,
    selectors: &SelectorArgs,
) -> Result<Vec<(Option<String>, String)>, ClientError> {
    let parameters =
        ListParameters { label_selector: selectors.selector.clone(), field_selector: selectors.field_selector.clone(), limit: 500 };
    let request = ApiRequest::list(resource, namespace, &parameters, "", Form::Objects);
    let mut found = Vec::new();
    for page in list_pages(client, resource, namespace, &parameters, Form::Objects).await? {
        let page: Value = client.parse(&request, &page)?;
        found.extend(places_in(&page));
    }
    Ok(found)
}

/// Namespace and name of each object in a list.
fn places_in(page: &Value) -> Vec<(Option<String>, String)> {
    let items = page.get("items").and_then(Value::as_array).into_iter().flatten();
    let text = |metadata: &Value, member: &str| metadata.get(member).and_then(Value::as_str).map(str::to_owned);
    let place = |metadata: &Value| (text(metadata, "namespace"), text(metadata, "name").unwrap_or_default());
    items.filter_map(|item| item.get("metadata")).map(place).collect()
}
