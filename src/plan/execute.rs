//! Carrying a set out: applying each object, step by step.
//!
//! Receives placed objects, their order and their live state, hands on one [`Done`] for each object as it finishes. Keeps going past
//! failures, but not to what depends on them, and not when the target is gone: then nothing more is asked of it. Invariants: an object that
//! [`Question::Unchanged`] holds for causes no request; after a stop is asked for, no object is begun.

mod standing;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use serde_json::Value;

use super::PlanEntry;
use super::build::{Question, entry, unchanged};
use super::immutable::{could_be_made_anew, reason_to_replace};
use super::live::Live;
use super::order::{Order, Step};
use super::parallel::{REQUESTS_AT_ONCE, each};
use super::place::{Failure, ObjectError, Placed};
use super::reach::{Missed, Reach};
use super::replace::{Replacing, replace};
use super::stop::Stop;
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Discovery, Form, Place};
use crate::object::Object;
use standing::Standings;

/// How long a new kind may take to be served; a kube-apiserver needs about a second.
const SERVED_WITHIN: Duration = Duration::from_secs(30);

/// What became of one object; the entry is boxed because it holds the object twice.
#[derive(Debug)]
pub enum Done {
    /// It was applied, or needed nothing.
    Applied(Box<PlanEntry>),
    /// It was not.
    Failed(Failure),
    /// It was not begun, since a stop was asked for before its turn.
    NotBegun(Box<Placed>),
}

/// How a set is carried out.
#[derive(Clone)]
pub struct Conduct<'a> {
    /// How each object is applied.
    pub parameters: &'a ApplyParameters,
    /// The objects, by their number in the set, whose fields are taken from other managers whatever the parameters say.
    pub forced: HashSet<usize>,
    /// What becomes of objects that cannot be changed in place.
    pub replacing: Replacing,
    /// Whether to stop.
    pub stop: Stop,
    /// Waits until objects are ready that others depend on; asked only where something that depends on them is to be applied.
    pub until_ready: &'a UntilReady<'a>,
}

/// Waits until objects are ready, for as long as it sees fit, and answers for each of them why it is not; `None` where it is.
pub type UntilReady<'a> = dyn Fn(Vec<Awaiting>) -> LocalBoxFuture<'a, Vec<Option<String>>> + 'a;

/// An object that others depend on.
#[derive(Debug, Clone)]
pub struct Awaiting {
    /// Where it is.
    pub place: Place,
    /// Its state after it was applied; `None` where it is not of the set.
    pub object: Option<Object>,
}

/// What is to be done for one object.
enum Job {
    /// Nothing: what became of it is known.
    Known(Done),
    /// Apply it to its state before.
    Apply(Placed, Option<Object>),
}

/// An object by its number in the set.
type Numbered<T> = (usize, T);

/// Applies a set and tells of each object as it finishes: step by step, and inside a step in the set's order. `order` is that of `set`.
pub async fn execute(client: &Client, set: Vec<Placed>, order: &Order, mut live: Live, conduct: &Conduct<'_>, mut done: impl FnMut(Done)) {
    let mut standings = Standings::new(order, &set);
    let mut jobs: HashMap<usize, Job> = HashMap::with_capacity(set.len());
    for (number, placed) in set.into_iter().enumerate() {
        jobs.insert(number, job(placed, &mut live, &conduct.parameters.field_manager));
    }
    let reach = Reach::default();
    for step in order.steps() {
        let mut jobs: Vec<Numbered<Job>> = step.objects.iter().filter_map(|number| Some((*number, jobs.remove(number)?))).collect();
        if !reach.is_lost() && !conduct.stop.is_requested() {
            jobs = prepare(client, step, jobs, &mut standings, conduct).await;
        }
        let told = |(number, result): Numbered<Done>| {
            standings.note(number, &result);
            done(result);
        };
        run(client, jobs, conduct, &reach, told).await;
    }
}

fn job(placed: Placed, live: &mut Live, manager: &str) -> Job {
    match live.take_object(&placed) {
        Err(error) => Job::Known(Done::Failed(placed.failure(ObjectError::Client(error)))),
        Ok(before) => match Question::of(&placed, before.as_ref(), manager, &HashSet::new()) {
            Question::Unchanged => Job::Known(Done::Applied(Box::new(unchanged(&placed, before)))),
            Question::AskServer | Question::Pending => Job::Apply(placed, before),
        },
    }
}

/// Waits for what the step's objects stand on; those of them that stand on something that does not come have failed.
async fn prepare(
    client: &Client,
    step: &Step,
    jobs: Vec<Numbered<Job>>,
    standings: &mut Standings<'_>,
    conduct: &Conduct<'_>,
) -> Vec<Numbered<Job>> {
    let active: Vec<usize> = jobs.iter().filter(|(_, job)| matches!(job, Job::Apply(..))).map(|(number, _)| *number).collect();
    if active.is_empty() {
        return jobs;
    }
    tokio::select! {
        () = standings.wait(step, &active, conduct.until_ready) => {}
        () = conduct.stop.requested() => return jobs,
    }
    let withhold = |(number, job)| match job {
        Job::Apply(placed, before) => match standings.obstacle(number) {
            Some(error) => (number, Job::Known(Done::Failed(placed.failure(error)))),
            None => (number, Job::Apply(placed, before)),
        },
        known @ Job::Known(_) => (number, known),
    };
    let jobs: Vec<Numbered<Job>> = jobs.into_iter().map(withhold).collect();
    let missing = tokio::select! {
        missing = wait_for_kinds(client, &jobs) => missing,
        () = conduct.stop.requested() => return jobs,
    };
    jobs.into_iter().map(|(number, job)| (number, missing.settle(job))).collect()
}

async fn run(client: &Client, jobs: Vec<Numbered<Job>>, conduct: &Conduct<'_>, reach: &Reach, done: impl FnMut(Numbered<Done>)) {
    let work = |(number, job): Numbered<Job>| {
        let (client, mut parameters, reach) = (client.clone(), conduct.parameters.clone(), reach.clone());
        parameters.force |= conduct.forced.contains(&number);
        let (replacing, stop) = (conduct.replacing.clone(), conduct.stop.clone());
        async move {
            let done = match job {
                Job::Known(done) => done,
                Job::Apply(placed, _) if stop.is_requested() => Done::NotBegun(Box::new(placed)),
                Job::Apply(placed, before) => apply_one(&reach, &client, placed, before, (&parameters, &replacing, &stop)).await,
            };
            (number, done)
        }
    };
    each(jobs, REQUESTS_AT_ONCE, work, done).await;
}

async fn apply_one(
    reach: &Reach,
    client: &Client,
    placed: Placed,
    before: Option<Object>,
    (parameters, replacing, stop): (&ApplyParameters, &Replacing, &Stop),
) -> Done {
    let error = match reach.apply(client, &placed, before.as_ref(), parameters).await {
        Ok(after) => return Done::Applied(Box::new(entry(&placed, before, after))),
        Err(Missed::Lost(error)) => return Done::Failed(Failure::of(&placed, error)),
        Err(Missed::NotAsked(error)) => return Done::Failed(placed.failure(ObjectError::NotReached(error))),
        Err(Missed::Refused(error)) => error,
    };
    let reason = error.refusal().and_then(|refusal| reason_to_replace(&placed, refusal));
    let (Replacing::Within { patience, between, which }, Some(live), Some(reason)) = (replacing, &before, reason) else {
        return Done::Failed(placed.refused(before.as_ref(), error));
    };
    if !which.holds(&placed) {
        return Done::Failed(placed.refused(before.as_ref(), error));
    }
    match could_be_made_anew(client, &placed, &parameters.field_manager).await {
        Ok(true) if stop.is_requested() => Done::NotBegun(Box::new(placed)),
        Ok(true) => match replace(client, &placed, live.clone(), reason, parameters, (patience, between)).await {
            Ok(entry) => Done::Applied(Box::new(entry)),
            Err(failure) => Done::Failed(failure),
        },
        // The object stays, so what keeps it from changing is what is wrong.
        Ok(false) => Done::Failed(Failure { replaceable: false, ..placed.refused(before.as_ref(), error) }),
        Err(error) => Done::Failed(placed.failure(error)),
    }
}

/// The objects whose kinds the set defined.
fn pending(jobs: &[Numbered<Job>]) -> impl Iterator<Item = &Placed> {
    jobs.iter().filter_map(|(_, job)| match job {
        Job::Apply(placed, _) if placed.kind_is_pending => Some(placed),
        _ => None,
    })
}

/// The definitions whose kinds are not served.
#[derive(Default)]
struct Missing {
    definitions: HashSet<String>,
    /// Why that could not be found out.
    problem: Option<Arc<ClientError>>,
}

impl Missing {
    /// An object of a kind that is not served has failed.
    fn settle(&self, job: Job) -> Job {
        match job {
            Job::Apply(placed, _) if placed.kind_is_pending && self.definitions.contains(&definition_of(&placed)) => {
                let not_served = || ObjectError::NotServed(placed.resource.gvk().to_string());
                let error = self.problem.clone().map_or_else(not_served, ObjectError::Client);
                Job::Known(Done::Failed(placed.failure(error)))
            }
            other => other,
        }
    }
}

/// Waits until the kinds that the set defined are served; answers those that are not in time.
async fn wait_for_kinds(client: &Client, jobs: &[Numbered<Job>]) -> Missing {
    let mut missing = Missing { definitions: pending(jobs).map(definition_of).collect(), problem: None };
    let deadline = tokio::time::Instant::now() + SERVED_WITHIN;
    let mut pause = Duration::from_millis(10);
    while !missing.definitions.is_empty() {
        match not_served(client, jobs, &missing.definitions).await {
            Ok(still) => missing.definitions = still,
            Err(error) => missing.problem = Some(Arc::new(error)),
        }
        if missing.definitions.is_empty() || missing.problem.is_some() || tokio::time::Instant::now() + pause > deadline {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
    missing
}

/// The name of the definition of an object's kind.
fn definition_of(placed: &Placed) -> String {
    format!("{}.{}", placed.resource.plural, placed.resource.group)
}

/// Which of the definitions do not serve their kinds: not established, or not yet in discovery.
async fn not_served(client: &Client, jobs: &[Numbered<Job>], missing: &HashSet<String>) -> Result<HashSet<String>, ClientError> {
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
