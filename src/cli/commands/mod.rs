//! One file for each command; each says what it takes, then what it does.

mod apply;
mod completions;
mod controllers;
mod delete;
mod diff;
mod get;
mod plan;
mod serve;
mod version;
mod watch;

pub use apply::{ApplyArgs, cmd_apply};
pub use completions::{CompletionsArgs, cmd_completions};
pub use controllers::{ControllersCommandArgs, cmd_controllers};
pub use delete::{DeleteArgs, cmd_delete};
pub use diff::{DiffArgs, cmd_diff};
pub use get::{GetArgs, cmd_get};
pub use plan::{PlanArgs, cmd_plan};
pub use serve::{ControllersArgs, ServeArgs, ServeSettings, cmd_serve};
pub use version::{VersionArgs, cmd_version};
pub use watch::{WatchArgs, cmd_watch};

use std::sync::Arc;

use super::{CommandContext, CommandError, ManifestArgs};
use crate::client::{ApplyParameters, Client, Discovery};
use crate::manifest::{self, Desired, Input};
use crate::object::LabelSelector;
use crate::plan::{Built, Failure, Live, Placed, build, place};

/// Reads the manifests that `-f` names; those a label selector leaves out are not there.
async fn load(args: &ManifestArgs, selector: &str) -> Result<Vec<Desired>, CommandError> {
    if args.filename.is_empty() {
        return Err(
            CommandError::usage("say which manifests: -f FILE").hint("-f takes a file, a directory, a URL, or - for standard input")
        );
    }
    let selector = LabelSelector::parse(selector).map_err(|error| CommandError::usage(format!("--selector: {error}")))?;
    let inputs: Vec<Input> = args.filename.iter().map(|name| Input::parse(name)).collect();
    let mut desired = manifest::load(&inputs, args.recursive).await?;
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
