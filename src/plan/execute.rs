//! Carrying a set out: applying each object, stage by stage.
//!
//! Receives placed objects and their live state, hands on one [`Done`] for each object as it finishes. Keeps going past failures, but not
//! when the target is gone: then nothing more is asked of it. Invariant: an object that [`Question::Unchanged`] holds for causes no request.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::PlanEntry;
use super::build::{Question, entry, unchanged};
use super::immutable::{could_be_made_anew, reason_to_replace};
use super::live::Live;
use super::order::Stage;
use super::parallel::{REQUESTS_AT_ONCE, each};
use super::place::{Failure, ObjectError, Placed};
use super::reach::{Missed, Reach};
use super::replace::{Replacing, replace};
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Discovery, Form};
use crate::object::Object;

/// How long a new kind may take to be served; a kube-apiserver needs about a second.
const SERVED_WITHIN: Duration = Duration::from_secs(30);

/// What became of one object; the entry is boxed because it holds the object twice.
#[derive(Debug)]
pub enum Done {
    /// It was applied, or needed nothing.
    Applied(Box<PlanEntry>),
    /// It was not.
    Failed(Failure),
}

/// What is to be done for one object.
enum Job {
    /// Nothing: what became of it is known.
    Known(Done),
    /// Apply it to its state before.
    Apply(Placed, Option<Object>),
}

/// Applies a set and tells of each object as it finishes: stage by stage, and inside a stage in the set's order. Objects that cannot be
/// changed in place are replaced where `replacing` says so.
pub async fn execute(
    client: &Client,
    placed: Vec<Placed>,
    mut live: Live,
    parameters: &ApplyParameters,
    replacing: Replacing,
    mut done: impl FnMut(Done),
) {
    let mut stages: HashMap<Stage, Vec<Job>> = HashMap::new();
    for placed in placed {
        let stage = Stage::of(&placed);
        let job = match live.take_object(&placed) {
            Err(error) => Job::Known(Done::Failed(placed.failure(ObjectError::Client(error)))),
            Ok(before) => match Question::of(&placed, before.as_ref(), &parameters.field_manager, &HashSet::new()) {
                Question::Unchanged => Job::Known(Done::Applied(Box::new(unchanged(&placed, before)))),
                Question::AskServer | Question::Pending => Job::Apply(placed, before),
            },
        };
        stages.entry(stage).or_default().push(job);
    }
    let reach = Reach::default();
    for stage in Stage::ALL {
        let mut jobs = stages.remove(&stage).unwrap_or_default();
        if stage == Stage::Rest && !reach.is_lost() {
            jobs = wait_for_kinds(client, jobs).await;
        }
        run(client, jobs, (parameters, &replacing), &reach, &mut done).await;
    }
}

async fn run(client: &Client, jobs: Vec<Job>, how: (&ApplyParameters, &Replacing), reach: &Reach, done: &mut impl FnMut(Done)) {
    let work = |job: Job| {
        let (client, parameters, replacing, reach) = (client.clone(), how.0.clone(), how.1.clone(), reach.clone());
        async move {
            let (placed, before) = match job {
                Job::Known(done) => return done,
                Job::Apply(placed, before) => (placed, before),
            };
            apply_one(&reach, &client, placed, before, (&parameters, &replacing)).await
        }
    };
    each(jobs, REQUESTS_AT_ONCE, work, done).await;
}

async fn apply_one(
    reach: &Reach,
    client: &Client,
    placed: Placed,
    before: Option<Object>,
    (parameters, replacing): (&ApplyParameters, &Replacing),
) -> Done {
    let error = match reach.apply(client, &placed, before.as_ref(), parameters).await {
        Ok(after) => return Done::Applied(Box::new(entry(&placed, before, after))),
        Err(Missed::Lost(error)) => return Done::Failed(Failure::of(&placed, error)),
        Err(Missed::Refused(error)) => error,
    };
    let reason = error.refusal().and_then(|refusal| reason_to_replace(&placed, refusal));
    let (Replacing::Within { timeout, between }, Some(live), Some(reason)) = (replacing, &before, reason) else {
        return Done::Failed(placed.refused(before.as_ref(), error));
    };
    match could_be_made_anew(client, &placed, &parameters.field_manager).await {
        Ok(true) => match replace(client, &placed, live.clone(), reason, parameters, *timeout, between).await {
            Ok(entry) => Done::Applied(Box::new(entry)),
            Err(failure) => Done::Failed(failure),
        },
        // The object stays, so what keeps it from changing is what is wrong.
        Ok(false) => Done::Failed(Failure { replaceable: false, ..placed.refused(before.as_ref(), error) }),
        Err(error) => Done::Failed(placed.failure(error)),
    }
}

/// The objects whose kinds the set defined.
fn pending(jobs: &[Job]) -> impl Iterator<Item = &Placed> {
    jobs.iter().filter_map(|job| match job {
        Job::Apply(placed, _) if placed.kind_is_pending => Some(placed),
        _ => None,
    })
}

/// Waits until the kinds that the set defined are served; the objects of those that are not in time have failed.
async fn wait_for_kinds(client: &Client, jobs: Vec<Job>) -> Vec<Job> {
    let mut missing: HashSet<String> = pending(&jobs).map(definition_of).collect();
    if missing.is_empty() {
        return jobs;
    }
    let deadline = tokio::time::Instant::now() + SERVED_WITHIN;
    let mut pause = Duration::from_millis(10);
    let mut problem = None;
    loop {
        match not_served(client, &jobs, &missing).await {
            Ok(still) => missing = still,
            Err(error) => problem = Some(Arc::new(error)),
        }
        if missing.is_empty() || problem.is_some() || tokio::time::Instant::now() + pause > deadline {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
    let settle = |job| match job {
        Job::Apply(placed, _) if placed.kind_is_pending && missing.contains(&definition_of(&placed)) => {
            let error = problem.clone().map_or_else(|| ObjectError::NotServed(placed.resource.gvk().to_string()), ObjectError::Client);
            Job::Known(Done::Failed(placed.failure(error)))
        }
        other => other,
    };
    jobs.into_iter().map(settle).collect()
}

/// The name of the definition of an object's kind.
fn definition_of(placed: &Placed) -> String {
    format!("{}.{}", placed.resource.plural, placed.resource.group)
}

/// Which of the definitions do not serve their kinds: not established, or not yet in discovery.
async fn not_served(client: &Client, jobs: &[Job], missing: &HashSet<String>) -> Result<HashSet<String>, ClientError> {
    let discovery = Discovery::fetch(client).await?;
    let Ok(definitions) = discovery.resolve("customresourcedefinitions.apiextensions.k8s.io") else { return Ok(missing.clone()) };
    let mut still = HashSet::new();
    for name in missing {
        let mut kinds = pending(jobs).filter(|placed| definition_of(placed) == *name);
        let known = kinds.all(|placed| discovery.by_kind(&placed.resource.gvk()).is_some());
        // Without a definition to wait for (its apply failed) waiting is in vain, but what the apply says of the objects is not.
        let established = match client.object(&ApiRequest::get(definitions, None, name, Form::Objects)).await {
            Ok(definition) => is_established(&definition),
            Err(ClientError::Refused { .. }) => continue,
            Err(error) => return Err(error),
        };
        if !known || !established {
            still.insert(name.clone());
        }
    }
    Ok(still)
}

fn is_established(definition: &Object) -> bool {
    let conditions = definition.get(&["status", "conditions"]).and_then(Value::as_array);
    conditions.into_iter().flatten().any(|c| c.get("type") == Some(&"Established".into()) && c.get("status") == Some(&"True".into()))
}

#[cfg(test)]
mod tests;
