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
mod events;
mod get;
mod kustomize;
mod plan;
mod serve;
mod tree;
mod version;
mod wait;
mod watch;

pub use api_resources::{ApiResourcesArgs, ApiVersionsArgs, cmd_api_resources, cmd_api_versions};
pub use apply::{ApplyArgs, cmd_apply};
pub use auth::{AuthArgs, cmd_auth};
pub use completions::{CompletionsArgs, cmd_completions};
pub use config::{ConfigArgs, cmd_config};
pub use controllers::{ControllersCommandArgs, cmd_controllers};
pub use delete::{DeleteArgs, cmd_delete};
pub use describe::{DescribeArgs, cmd_describe};
pub use diff::{DiffArgs, cmd_diff};
pub use events::{EventsArgs, cmd_events};
pub use get::{GetArgs, cmd_get};
pub use kustomize::{KustomizeArgs, cmd_kustomize};
pub use plan::{PlanArgs, cmd_plan};
pub use serve::{ControllersArgs, ServeArgs, ServeSettings, cmd_serve};
pub use tree::{TreeArgs, cmd_tree};
pub use version::{VersionArgs, cmd_version};
pub use wait::{WaitArgs, cmd_wait};
pub use watch::{WatchArgs, cmd_watch};

use std::sync::Arc;

use serde_json::Value;

use super::{CommandContext, CommandError, ManifestArgs, SelectorArgs};
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Discovery, Form, ListParameters, ServedResource, list_pages};
use crate::manifest::{self, Desired};
use crate::object::LabelSelector;
use crate::plan::{Built, Failure, Live, Placed, build, place};

/// Reads the manifests that `-f` names; those a label selector leaves out are not there.
async fn load(args: &ManifestArgs, selector: &str) -> Result<Vec<Desired>, CommandError> {
    if args.is_empty() {
        let usage = CommandError::usage("say which manifests: -f FILE, or -k DIR");
        return Err(usage.hint("-f takes a file, a directory, a URL, or - for standard input; -k takes the directory of a kustomization"));
    }
    let selector = LabelSelector::parse(selector).map_err(|error| CommandError::usage(format!("--selector: {error}")))?;
    let mut desired = manifest::load(&args.inputs(), args.recursive).await?;
    desired.retain(|desired| selector.matches(&desired.object));
    if desired.is_empty() {
        return Err(CommandError::failed("no manifest matches the selector"));
    }
    Ok(desired)
}

/// Finds the place of every desired object.
fn place_all(context: &CommandContext, client: &Client, discovery: &Discovery, desired: Vec<Desired>) -> (Vec<Placed>, Vec<Failure>) {
    let objects = desired.into_iter().map(|desired| (desired.object.clone(), Some(Arc::new(desired))));
    place(objects, discovery, &context.namespaces(client))
}

/// Plans a set, with what the server cannot judge tried out in this process.
async fn build_plan(
    context: &CommandContext,
    client: &Client,
    placed: Vec<Placed>,
    parameters: &ApplyParameters,
) -> Result<Built, CommandError> {
    let live = Live::fetch(client, &placed).await?;
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
