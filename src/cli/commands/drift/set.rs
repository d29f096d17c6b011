//! `trueup drift --applyset`: what a set declares is what its manifests say or, without any, what was applied last.
//!
//! Receives the set, hands on its members beside what is declared of each. The newest revision that is kept of the set says what was
//! declared, and an older one of those members that it does not name. Invariant: every member is looked at, be its manifest known or not.

use std::collections::{HashMap, HashSet};

use super::{Drifting, Looking};
use crate::cli::CommandError;
use crate::cli::commands::place_all;
use crate::cli::progress::with_progress;
use crate::cli::revisions::Recalled;
use crate::cli::sets::{SeenSet, unknown_in_words};
use crate::client::{Client, Discovery};
use crate::manifest::Desired;
use crate::object::{GroupResource, LabelSelector, ObjectKey, Reason};
use crate::plan::history::{HistoryError, Revision, Shelf};
use crate::plan::set::{join, tool_of, undescribed};
use crate::plan::{DriftQuestion, Failure, Live, Namespaces, Placed, in_namespace, member_drift, object_drift, place};

/// The most members that a warning names.
const NAMED: usize = 10;

/// Looks at all members of a set. `desired` is what the manifests describe, where the user gave any.
pub(super) async fn look(
    looking: Looking<'_>,
    (client, discovery): (&Client, &Discovery),
    seen: &SeenSet,
    desired: Option<Vec<Desired>>,
) -> Result<Drifting, CommandError> {
    let mut drifting = Drifting::default();
    let parent = &seen.parent;
    drifting.set = Some(serde_json::json!({"parent": parent.display_name(), "namespace": parent.namespace, "id": parent.id().as_str()}));
    let is_described = desired.is_some();
    let mut revisions = if is_described { Vec::new() } else { revisions(client, seen, &mut drifting).await? };
    let (desired, newest) = match (desired, revisions.pop()) {
        (Some(desired), _) => (desired, None),
        (None, None) => (Vec::new(), None),
        (None, Some(newest)) => (declared(client, seen, &newest, &mut drifting).await?.unwrap_or_default(), Some(newest)),
    };
    if let (Some(newest), Some(set)) = (&newest, &mut drifting.set) {
        set["revision"] = newest.number.into();
        let at = &newest.about.applied_at;
        looking.ui.say(&format!("comparing with revision {} of {}, applied {at}", newest.number, parent.display_name()));
    }
    let of_tool = (tool_of(&seen.tracked.tooling) == "kubectl").then(|| "kubectl".to_owned());
    let of_revision = newest.map(|newest| newest.about.field_manager);
    drifting.manager = looking.args.field_manager.clone().or(of_revision).or(of_tool).unwrap_or(drifting.manager);
    let (placed, unplaced) = placed(looking, (client, discovery), seen, desired, is_described)?;
    drifting.failed.extend(unplaced);
    let reading = async {
        let mut live = Live::fetch_with_members(client, &placed, Some(&parent.id())).await?;
        let members = seen.members(client, discovery, &live).await?;
        let selector = selector(looking)?;
        let others = undescribed(&members, &placed, &live, parent).filter(|member| selector.matches(&member.object));
        let others: Vec<Placed> = others.cloned().collect();
        drifting.warnings.extend(unknown_in_words(&members.unknown));
        let question = looking.args.question(&drifting.manager);
        for placed in &placed {
            match live.take_object(placed) {
                Ok(live) => drifting.drifts.push(object_drift(placed, live.as_ref(), question)),
                Err(error) => drifting.failed.push(Failure::of(placed, error)),
            }
        }
        Ok::<_, CommandError>(others)
    };
    let others = with_progress(looking.ui, || format!("reading from {}", client.target()), reading).await?;
    if is_described {
        drifting.warnings.extend(beside_manifests(seen, &others));
        return Ok(drifting);
    }
    let manager = drifting.manager.clone();
    drift_of_others(looking.args.question(&manager), (client, discovery), seen, others, revisions, &mut drifting).await?;
    if drifting.drifts.is_empty() && drifting.failed.is_empty() && looking.args.selector.is_empty() {
        looking.ui.say(&format!("the set {} has no members", parent.display_name()));
    }
    Ok(drifting)
}

fn selector(looking: Looking<'_>) -> Result<LabelSelector, CommandError> {
    LabelSelector::parse(&looking.args.selector).map_err(|error| CommandError::usage(format!("--selector: {error}")))
}

/// The revisions that are kept, oldest first. Who may not read them sees the set without.
async fn revisions(client: &Client, seen: &SeenSet, drifting: &mut Drifting) -> Result<Vec<Revision>, CommandError> {
    match Shelf::new(client, &seen.parent).revisions().await {
        Ok(revisions) => {
            if revisions.is_empty() {
                drifting.warnings.push(unkept(seen, "no revision of it is kept"));
            }
            Ok(revisions)
        }
        Err(HistoryError::NoSecrets { .. }) => {
            drifting.warnings.push(unkept(seen, "the server has no Secrets, which would hold its revisions"));
            Ok(Vec::new())
        }
        Err(HistoryError::Client(error)) if error.is(Reason::Forbidden) => {
            drifting.warnings.push(unkept(seen, &format!("its revisions cannot be read: {error}")));
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

fn unkept(seen: &SeenSet, why: &str) -> String {
    let parent = seen.parent.display_name();
    format!("what the set {parent} declares is not known, since {why}; what others wrote since it was applied is shown")
}

/// What a revision declares; nothing where it cannot be read, which is told.
async fn declared(
    client: &Client,
    seen: &SeenSet,
    revision: &Revision,
    drifting: &mut Drifting,
) -> Result<Option<Vec<Desired>>, CommandError> {
    match Shelf::new(client, &seen.parent).declared(revision).await {
        Ok(declared) => {
            let recalled = Recalled { revision: revision.clone(), declared };
            let mut desired = recalled.desired(&seen.parent)?;
            join(&mut desired, &seen.parent.id())?;
            Ok(Some(desired))
        }
        Err(HistoryError::Client(error)) if !error.is(Reason::Forbidden) && !error.is(Reason::NotFound) => Err(error.into()),
        Err(error) => {
            drifting.warnings.push(unkept(seen, &format!("revision {} cannot be read: {error}", revision.number)));
            Ok(None)
        }
    }
}

/// The places of what is declared. Manifests of a revision say their namespaces themselves; -n names that of the parent then.
fn placed(
    looking: Looking<'_>,
    (client, discovery): (&Client, &Discovery),
    seen: &SeenSet,
    mut desired: Vec<Desired>,
    is_described: bool,
) -> Result<(Vec<Placed>, Vec<Failure>), CommandError> {
    if is_described {
        join(&mut desired, &seen.parent.id())?;
        return Ok(place_all(looking.context, client, discovery, desired));
    }
    let selector = selector(looking)?;
    desired.retain(|desired| selector.matches(&desired.object));
    Ok(recalled(client, discovery, desired))
}

fn recalled(client: &Client, discovery: &Discovery, desired: Vec<Desired>) -> (Vec<Placed>, Vec<Failure>) {
    let namespaces = Namespaces { default: client.default_namespace().to_owned(), enforced: false };
    place(desired.into_iter().map(|desired| (desired.object.clone(), Some(desired.into()))), discovery, &namespaces)
}

/// The drift of members that the newest revision does not declare.
async fn drift_of_others(
    question: DriftQuestion<'_>,
    (client, discovery): (&Client, &Discovery),
    seen: &SeenSet,
    others: Vec<Placed>,
    mut older: Vec<Revision>,
    drifting: &mut Drifting,
) -> Result<(), CommandError> {
    let spot = |placed: &Placed| (placed.resource.group_resource(), placed.key.clone());
    let mut open: HashSet<(GroupResource, ObjectKey)> = others.iter().map(spot).collect();
    let mut manifests: HashMap<(GroupResource, ObjectKey), Placed> = HashMap::new();
    while !open.is_empty()
        && let Some(revision) = older.pop()
    {
        let desired = declared(client, seen, &revision, drifting).await?.unwrap_or_default();
        let (placed, _) = recalled(client, discovery, desired);
        manifests.extend(placed.into_iter().filter(|placed| open.remove(&spot(placed))).map(|placed| (spot(&placed), placed)));
    }
    drifting.drifts.extend(others.iter().map(|member| match manifests.get(&spot(member)) {
        Some(placed) => object_drift(placed, Some(&member.object), question),
        None => member_drift(member, question),
    }));
    Ok(())
}

/// What there is to say of members that no manifest describes.
fn beside_manifests(seen: &SeenSet, others: &[Placed]) -> Option<String> {
    let full_name = |member: &Placed| format!("{}{}", member.display_name(), in_namespace(member.key.namespace.as_deref()));
    let names: Vec<String> = others.iter().take(NAMED).map(full_name).collect();
    let more = if others.len() > NAMED { format!(" and {} more", others.len() - NAMED) } else { String::new() };
    let parent = seen.parent.display_name();
    (!others.is_empty()).then(|| format!("no manifest describes these members of the set {parent}: {}{more}", names.join(", ")))
}
