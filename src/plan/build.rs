//! Building a plan: what an apply would do to each object.
//!
//! Receives placed objects and their live state, hands on a [`Plan`] and the [`Failure`]s. The decisions ([`Question::of`] and
//! [`entry`]) are pure; only what they leave open is asked of the server, by dry-run applies in parallel. One object's failure never
//! keeps another from its plan, unless it is that the target is gone.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::adopt::client_side_managers;
use super::immutable::{could_be_made_anew, reason_to_replace};
use super::live::Live;
use super::locally;
use super::ownership::already_applied;
use super::parallel::{REQUESTS_AT_ONCE, each};
use super::place::{Failure, Placed, is_namespace};
use super::reach::{Missed, Reach};
use super::simulate::simulate;
use super::{Action, Plan, PlanEntry};
use crate::client::{ApplyParameters, Client};
use crate::object::Object;

/// What a plan leaves open about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Nothing: it is as it should be.
    Unchanged,
    /// What the server would make of it.
    AskServer,
    /// What it would become in a namespace, or of a kind, that the set itself makes; the server cannot say yet.
    Pending,
}

impl Question {
    /// Decides what is open about one object. `new_namespaces` are those the set makes and the server does not have.
    #[must_use]
    pub fn of(placed: &Placed, live: Option<&Object>, manager: &str, new_namespaces: &HashSet<String>) -> Self {
        let in_new_namespace = placed.key.namespace.as_ref().is_some_and(|namespace| new_namespaces.contains(namespace));
        match live {
            Some(live) if already_applied(live, &placed.object, manager) => Self::Unchanged,
            Some(_) => Self::AskServer,
            None if placed.kind_is_pending || in_new_namespace => Self::Pending,
            None => Self::AskServer,
        }
    }
}

/// A plan and what could not be planned.
#[derive(Debug, Default)]
pub struct Built {
    /// One entry for each object that could be planned, in the order of the objects.
    pub plan: Plan,
    /// One failure for each other object.
    pub failures: Vec<Failure>,
    /// What there is to say of the plan as a whole.
    pub notes: Vec<String>,
    /// The objects to replace, by their place in the plan.
    replaced: Vec<(usize, Placed)>,
}

impl Built {
    /// Whether [`Built::try_replacements`] has anything to try out.
    #[must_use]
    pub fn has_replacements(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// Tries the objects that are to be replaced out on an empty control plane, so that they are shown with their defaults.
    pub async fn try_replacements(&mut self, client: &Client, simulation: &Client, parameters: &ApplyParameters) {
        let replaced = std::mem::take(&mut self.replaced);
        let numbered = replaced.iter().map(|(index, placed)| (*index, placed)).collect();
        for (index, tried) in simulate(client, Some(simulation), &[], numbered, parameters).await {
            // What cannot be tried out here, such as a kind with rules of its server's own, is shown as it is written.
            if let (Some(entry), Ok(tried)) = (self.plan.entries.get_mut(index), tried) {
                entry.after = tried.after;
            }
        }
    }
}

/// What the server answers about one object.
enum Answer {
    Planned(PlanEntry),
    Replaced(PlanEntry, Placed),
    /// Compared without the server, which does not let us ask.
    Local(PlanEntry),
    Failed(Failure),
}

/// Builds the plan of a set.
///
/// `simulation` is a client of an empty in-memory control plane of the same API, on which objects that the server cannot judge yet
/// are tried out; without one they are shown as their manifests write them.
pub async fn build(
    client: &Client,
    placed: Vec<Placed>,
    mut live: Live,
    parameters: &ApplyParameters,
    simulation: Option<&Client>,
) -> Built {
    let new_namespaces = new_namespaces(&placed, &live);
    let parameters = ApplyParameters { dry_run: true, ..parameters.clone() };
    let mut entries: Vec<(usize, PlanEntry)> = Vec::new();
    let mut failures: Vec<(usize, Failure)> = Vec::new();
    let (mut open, mut pending) = (Vec::new(), Vec::new());
    for (index, placed) in placed.iter().enumerate() {
        match live.take_object(placed) {
            Err(error) => failures.push((index, placed.failure(super::ObjectError::Client(error)))),
            Ok(before) => match Question::of(placed, before.as_ref(), &parameters.field_manager, &new_namespaces) {
                Question::Unchanged => entries.push((index, unchanged(placed, before))),
                Question::AskServer => open.push((index, placed.clone(), before)),
                Question::Pending => pending.push((index, placed)),
            },
        }
    }
    let reach = Reach::default();
    let work = |(index, placed, before): (usize, Placed, Option<Object>)| {
        let (client, parameters, reach) = (client.clone(), parameters.clone(), reach.clone());
        async move { (index, ask(&reach, &client, placed, before, &parameters).await) }
    };
    let (mut replaced, mut local) = (Vec::new(), 0_usize);
    each(open, REQUESTS_AT_ONCE, work, |(index, answer)| match answer {
        Answer::Planned(entry) => entries.push((index, entry)),
        Answer::Local(entry) => {
            local += 1;
            entries.push((index, entry));
        }
        Answer::Replaced(entry, placed) => {
            entries.push((index, entry));
            replaced.push((index, placed));
        }
        Answer::Failed(failure) => failures.push((index, failure)),
    })
    .await;
    for (index, result) in simulate(client, simulation, &placed, pending, &parameters).await {
        match result {
            Ok(entry) => entries.push((index, entry)),
            Err(failure) => failures.push((index, failure)),
        }
    }
    entries.sort_by_key(|(index, _)| *index);
    let position = |index: usize| entries.partition_point(|(before, _)| *before < index);
    let replaced = replaced.into_iter().map(|(index, placed)| (position(index), placed)).collect();
    let notes = (local > 0).then(|| locally::note(local)).into_iter().collect();
    Built { plan: Plan { entries: in_order(entries) }, failures: in_order(failures), notes, replaced }
}

/// Asks the server what an apply would do; where the object cannot be changed in place, whether a new one could take its place, and where
/// the server does not let us ask, finds out what can be found out here.
async fn ask(reach: &Reach, client: &Client, placed: Placed, before: Option<Object>, parameters: &ApplyParameters) -> Answer {
    let error = match reach.apply(client, &placed, before.as_ref(), parameters).await {
        Ok(after) => return Answer::Planned(entry(&placed, before, after)),
        Err(Missed::Lost(error)) => return Answer::Failed(Failure::of(&placed, error)),
        Err(Missed::NotAsked(error)) => return Answer::Failed(placed.failure(super::ObjectError::NotReached(error))),
        Err(Missed::Refused(error)) => error,
    };
    let refusal = error.refusal();
    if refusal.is_some_and(locally::may_not_ask) {
        return match locally::compare(&placed, before.as_ref(), parameters) {
            Ok(after) => Answer::Local(PlanEntry { reason: Some(locally::REASON.to_owned()), ..entry(&placed, before, after) }),
            Err(refusal) => Answer::Failed(placed.refused(before.as_ref(), refusal)),
        };
    }
    let reason = refusal.and_then(|refusal| reason_to_replace(&placed, refusal)).filter(|_| before.is_some());
    match reason {
        Some(reason) if could_be_made_anew(client, &placed, &parameters.field_manager).await.unwrap_or_default() => {
            let after = Some(placed.object.clone());
            Answer::Replaced(PlanEntry { reason: Some(reason), ..of(&placed, Action::Replace, before, after) }, placed)
        }
        _ => Answer::Failed(placed.refused(before.as_ref(), error)),
    }
}

fn in_order<T>(mut numbered: Vec<(usize, T)>) -> Vec<T> {
    numbered.sort_by_key(|(index, _)| *index);
    numbered.into_iter().map(|(_, item)| item).collect()
}

/// The namespaces the set makes and the server does not have.
pub(super) fn new_namespaces(placed: &[Placed], live: &Live) -> HashSet<String> {
    let namespaces = placed.iter().filter(|placed| is_namespace(&placed.object)).map(|placed| &placed.key.name);
    namespaces.filter(|name| !live.has("namespaces", name)).cloned().collect()
}

/// The entry of an object that needs nothing.
pub(super) fn unchanged(placed: &Placed, live: Option<Object>) -> PlanEntry {
    of(placed, Action::Unchanged, live.clone(), live)
}

/// The entry of an object whose state before and after is known.
#[must_use]
pub fn entry(placed: &Placed, before: Option<Object>, after: Object) -> PlanEntry {
    let action = match &before {
        None => Action::Create,
        Some(before) if same_content(before, &after, placed.object.root().contains_key("status")) => Action::Unchanged,
        Some(_) => Action::Update,
    };
    let adopted = action == Action::Update && before.as_ref().is_some_and(|before| !client_side_managers(before).is_empty());
    let reason = adopted.then(|| "taken over from client-side apply".to_owned());
    PlanEntry { reason, ..of(placed, action, before, Some(after)) }
}

impl PlanEntry {
    /// The entry of an object that nobody was asked about: its manifest stands for its state after.
    #[must_use]
    pub fn predicted(placed: &Placed, before: Option<Object>, is_unchanged: bool) -> Self {
        match before {
            before if is_unchanged => unchanged(placed, before),
            None => of(placed, Action::Create, None, Some(placed.object.clone())),
            before => of(placed, Action::Update, before, Some(placed.object.clone())),
        }
    }
}

fn of(placed: &Placed, action: Action, before: Option<Object>, after: Option<Object>) -> PlanEntry {
    PlanEntry {
        gvk: placed.resource.gvk(),
        plural: placed.resource.plural.clone(),
        key: placed.key.clone(),
        action,
        before,
        after,
        origin: placed.origin(),
        source: placed.source.clone(),
        reason: None,
    }
}

/// Whether two states of an object differ in nothing but the server's own bookkeeping. The status counts only where the manifest
/// states one: a controller may have written it in between.
pub(super) fn same_content(before: &Object, after: &Object, with_status: bool) -> bool {
    const BOOKKEEPING: [&str; 3] = ["managedFields", "resourceVersion", "generation"];
    let same = |left: &Map<String, Value>, right: &Map<String, Value>, ignored: &dyn Fn(&str) -> bool| {
        let count = |members: &Map<String, Value>| members.keys().filter(|name| !ignored(name)).count();
        let equal = left.iter().filter(|(name, _)| !ignored(name)).all(|(name, value)| right.get(name) == Some(value));
        equal && count(left) == count(right)
    };
    let empty = Map::new();
    let (old, new) = (before.metadata().unwrap_or(&empty), after.metadata().unwrap_or(&empty));
    same(before.root(), after.root(), &|name| name == "metadata" || (name == "status" && !with_status))
        && same(old, new, &|name| BOOKKEEPING.contains(&name))
}

#[cfg(test)]
mod tests;
