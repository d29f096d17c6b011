//! Trying out what the server cannot judge yet: objects in namespaces, or of kinds, that their own set makes.
//!
//! Receives such objects and a client of an empty in-memory control plane, hands on their plan entries. Invariant: the target itself
//! is only read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::PlanEntry;
use super::apply::apply_object;
use super::build::entry;
use super::order::Stage;
use super::place::{Failure, Placed};
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Form, ServedResource};
use crate::object::Reason;

/// The entries of pending objects, numbered as they came. Without a simulation an object is shown as its manifest writes it.
pub(super) async fn simulate(
    client: &Client,
    simulation: Option<&Client>,
    set: &[Placed],
    pending: Vec<(usize, &Placed)>,
    parameters: &ApplyParameters,
) -> Vec<(usize, Result<PlanEntry, Failure>)> {
    let mut results = Vec::with_capacity(pending.len());
    let parameters = ApplyParameters { dry_run: false, force: true, ..parameters.clone() };
    if let (Some(simulation), false) = (simulation, pending.is_empty()) {
        lay_ground(simulation, set, &pending, &parameters).await;
    }
    for (index, placed) in pending {
        let result = match simulation {
            Some(simulation) => try_out(client, simulation, placed, &parameters).await,
            None => Ok(as_written(placed)),
        };
        results.push((index, result.map_err(|error| placed.failure(error))));
    }
    results
}

/// Makes the namespaces and kinds that the pending objects stand on.
async fn lay_ground(simulation: &Client, set: &[Placed], pending: &[(usize, &Placed)], parameters: &ApplyParameters) {
    // What fails here fails on the server too, which says so; the objects that stand on it are refused when they are tried out.
    for ground in set.iter().filter(|placed| Stage::of(placed) != Stage::Rest) {
        drop(apply_object(simulation, ground, None, parameters).await);
    }
    let made = |name: &str| set.iter().any(|placed| Stage::of(placed) == Stage::Namespaces && placed.key.name == name);
    let used: BTreeSet<&str> = pending.iter().filter_map(|(_, placed)| placed.key.namespace.as_deref()).collect();
    let namespaces = ServedResource::named("", "v1", "Namespace", "namespaces", false);
    for name in used.into_iter().filter(|name| !made(name)) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        drop(bring(simulation, &namespaces, name, &namespace, parameters).await);
    }
}

async fn try_out(client: &Client, simulation: &Client, placed: &Placed, parameters: &ApplyParameters) -> Result<PlanEntry, ClientError> {
    match apply_object(simulation, placed, None, parameters).await {
        // The target serves the kind by a definition of its own, which the simulation lacks.
        Err(error) if error.is(Reason::NotFound) && !placed.kind_is_pending => {
            if bring_definition(client, simulation, placed, parameters).await.is_ok()
                && let Ok(after) = apply_object(simulation, placed, None, parameters).await
            {
                return Ok(entry(placed, None, after));
            }
            let reason = Some("shown as written, since its kind cannot be tried out".to_owned());
            Ok(PlanEntry { reason, ..as_written(placed) })
        }
        other => Ok(entry(placed, None, other?)),
    }
}

fn as_written(placed: &Placed) -> PlanEntry {
    entry(placed, None, placed.object.clone())
}

/// Copies the definition of an object's kind from the target.
async fn bring_definition(client: &Client, simulation: &Client, placed: &Placed, parameters: &ApplyParameters) -> Result<(), ClientError> {
    let definitions = ServedResource::named("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false);
    let name = placed.resource.group_resource().to_string();
    let known = client.object(&ApiRequest::get(&definitions, None, &name, Form::Objects)).await?;
    let copy = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": name}, "spec": known.get(&["spec"])});
    bring(simulation, &definitions, &name, &copy, parameters).await
}

async fn bring(
    simulation: &Client,
    resource: &ServedResource,
    name: &str,
    object: &Value,
    parameters: &ApplyParameters,
) -> Result<(), ClientError> {
    simulation.send(&ApiRequest::apply(resource, None, name, object.to_string().into_bytes(), parameters)).await.map(drop)
}
