//! One run: the manifests against the target.
//!
//! Receives desired objects, hands on what became of each. Invariant: what belongs to others is not taken from them. A field that another
//! manager owns is taken back only where the record on the server says that it was changed after the set was applied, and the manifest is
//! the one that was applied; everything else is a conflict that a person decides on.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::FutureExt as _;
use serde_json::Value;
use tracing::{info, warn};

use super::{SyncArgs, words};
use crate::cli::commands::place_all;
use crate::cli::lingering;
use crate::cli::sets::{Applying, Around, Prepared, Site, WorkedSet, Worker, apply_set, prepare};
use crate::cli::ui::Ui;
use crate::cli::waiting::{self, Limit};
use crate::cli::{CommandContext, CommandError};
use crate::client::{Client, Discovery};
use crate::manifest::Desired;
use crate::object::{GroupResource, Object, ObjectKey};
use crate::plan::set::{Departed, Leaving, Scope};
use crate::plan::{
    Action, Awaiting, Conduct, Done, DriftQuestion, DriftState, Failure, ObjectDrift, Order, Placed, PlanEntry, Verdict, execute,
    in_namespace, object_drift,
};
use crate::printable::one_line;
use crate::sync::Known;

/// Where an object is.
type Spot = (GroupResource, ObjectKey);

/// What runs remember of each other: the manifests that were applied.
#[derive(Debug, Default)]
pub(super) struct Memory {
    applied: HashMap<Spot, Object>,
    runs: u64,
}

impl Memory {
    /// Whether the run that ended last was the first.
    pub(super) fn first(&self) -> bool {
        self.runs == 1
    }
}

/// What became of the objects of a set.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// How many objects each action was done to, in the past tense.
    pub(super) objects: BTreeMap<&'static str, u64>,
    /// What failed, a line for each.
    pub(super) failures: Vec<String>,
    /// How many objects others had changed or deleted, and were corrected.
    pub(super) corrected: u64,
    /// The set as it was left.
    pub(super) members: Vec<(Placed, Known)>,
}

/// Makes the target as the manifests say. An error is one that kept the whole run from its work.
pub(super) async fn run(
    ui: &Ui,
    context: &CommandContext,
    args: &SyncArgs,
    client: &Client,
    mut desired: Vec<Desired>,
    memory: &mut Memory,
) -> Result<Outcome, CommandError> {
    memory.runs += 1;
    let discovery = Discovery::fetch(client).await?;
    let set = args.set.open(context, client, &discovery).await?;
    set.iter().try_for_each(|set| set.join(&mut desired))?;
    let (placed, unplaced) = place_all(context, client, &discovery, desired);
    let mut prepared = prepare(set.as_ref(), client, &discovery, placed, unplaced.is_empty()).await?;
    if let Some(refusal) = prepared.refusal.take() {
        return Err(refusal.into());
    }
    let drifts = drifts(&prepared, &args.field_manager, memory);
    drifts.values().for_each(|drift| warn!("{}", words::of_drift(drift)));
    let mut running = Running { ui, context, args, client, drifts, memory, left: HashMap::new(), outcome: Outcome::default() };
    unplaced.iter().chain(&prepared.others).for_each(|failure| running.failed(failure));
    let members = prepared.placed.clone();
    match Order::found(&prepared.placed, &discovery, client).await? {
        Ok(order) => running.work(&discovery, set.as_ref(), prepared, order).await?,
        Err(faults) => faults.iter().for_each(|failure| running.failed(failure)),
    }
    Ok(running.finish(members))
}

/// What others changed or deleted of what was applied.
fn drifts(prepared: &Prepared, manager: &str, memory: &Memory) -> HashMap<Spot, ObjectDrift> {
    let question = DriftQuestion { manager, all_fields: false, mask: true };
    let drift = |placed: &Placed| {
        if prepared.live.problem(placed).is_some() {
            return None;
        }
        let live = prepared.live.object(placed);
        let was_applied = memory.applied.contains_key(&spot(placed)) || live.is_some_and(|live| is_applied_by(live, manager));
        let drift = object_drift(placed, live, question);
        let is_drift = matches!(drift.state, DriftState::Drifted | DriftState::Missing);
        (was_applied && is_drift).then(|| (spot(placed), drift))
    };
    prepared.placed.iter().filter_map(drift).collect()
}

fn spot(placed: &Placed) -> Spot {
    (placed.resource.group_resource(), placed.key.clone())
}

/// Whether a manager applied an object, as the server records it.
fn is_applied_by(live: &Object, manager: &str) -> bool {
    let entries = live.get(&["metadata", "managedFields"]).and_then(Value::as_array).into_iter().flatten();
    let is = |entry: &Value, member: &str, value: &str| entry.get(member).and_then(Value::as_str) == Some(value);
    entries.into_iter().any(|entry| is(entry, "manager", manager) && is(entry, "operation", "Apply"))
}

/// Whether all that others own of an object was taken from the set after it was applied.
fn may_be_taken_back(placed: &Placed, drift: &ObjectDrift, memory: &Memory) -> bool {
    let same_manifest = memory.applied.get(&spot(placed)).is_none_or(|applied| *applied == placed.object);
    let others = drift.fields.iter().filter(|field| !field.owners.is_empty());
    same_manifest && others.into_iter().all(|field| field.verdict == Verdict::Changed)
}

/// A run that is going on.
struct Running<'a> {
    ui: &'a Ui,
    context: &'a CommandContext,
    args: &'a SyncArgs,
    client: &'a Client,
    drifts: HashMap<Spot, ObjectDrift>,
    memory: &'a mut Memory,
    /// The resource versions in which objects were left.
    left: HashMap<Spot, String>,
    outcome: Outcome,
}

impl Running<'_> {
    async fn work(&mut self, discovery: &Discovery, set: Option<&WorkedSet>, prepared: Prepared, order: Order) -> Result<(), CommandError> {
        let Prepared { placed, live, leaving, scope: remaining, .. } = prepared;
        let wide = Scope::of(&placed).and(&remaining);
        let applying = Applying { placed, order, live, replacing: self.args.replacing(self.context) };
        let Some(set) = set else {
            self.carry_out(self.client, applying).await;
            return Ok(());
        };
        // Where none of the objects may be applied, no set comes into being.
        if set.is_new() && applying.placed.is_empty() && !self.outcome.failures.is_empty() {
            return Ok(());
        }
        let site = Site { ui: self.ui, context: self.context, client: self.client, discovery };
        apply_set(site, Around { set, leaving, wide, remaining }, applying, self).await
    }

    fn applied(&mut self, entry: &PlanEntry, manifests: &HashMap<Spot, Object>) {
        let spot = (entry.resource(), entry.key.clone());
        self.count(entry.action.past());
        if entry.action.is_change() {
            let reason = entry.reason.as_ref().map(|reason| format!(": it {reason}")).unwrap_or_default();
            tell(entry, &format!("{}{reason}", entry.action.past()));
            self.outcome.corrected += u64::from(self.drifts.contains_key(&spot));
        }
        let left = entry.after.as_ref().or(entry.before.as_ref()).and_then(Object::resource_version);
        if let Some(manifest) = manifests.get(&spot) {
            self.memory.applied.insert(spot.clone(), manifest.clone());
        }
        self.left.insert(spot, left.unwrap_or_default().to_owned());
    }

    fn count(&mut self, action: &'static str) {
        *self.outcome.objects.entry(action).or_default() += 1;
    }

    fn left(&mut self, entry: &PlanEntry, word: &'static str) {
        self.memory.applied.remove(&(entry.resource(), entry.key.clone()));
        self.count(word);
        tell(entry, word);
    }

    fn finish(self, members: Vec<Placed>) -> Outcome {
        let Self { memory, mut left, mut outcome, .. } = self;
        // What is described no longer is nobody's here any more, whether or not it was pruned.
        let described: HashSet<Spot> = members.iter().map(spot).collect();
        memory.applied.retain(|spot, _| described.contains(spot));
        let known = |placed: &Placed, left: &mut HashMap<Spot, String>| left.remove(&spot(placed)).map_or(Known::Unapplied, Known::At);
        outcome.members = members
            .into_iter()
            .map(|placed| {
                let known = known(&placed, &mut left);
                (placed, known)
            })
            .collect();
        outcome
    }
}

impl Worker for Running<'_> {
    /// A stop lets the requests under way end.
    async fn carry_out(&mut self, client: &Client, applying: Applying) -> bool {
        let (ui, context, args) = (self.ui, self.context, self.args);
        let Applying { placed, order, live, replacing } = applying;
        let limit = Limit::of_act(args.timeout);
        let until_ready = |awaiting: Vec<Awaiting>| waiting::until_dependable(ui, context, client, awaiting, limit).boxed_local();
        let taken_back = |placed: &Placed| {
            let drift = self.drifts.get(&spot(placed));
            drift.is_some_and(|drift| drift.state == DriftState::Drifted && may_be_taken_back(placed, drift, self.memory))
        };
        let forced: HashSet<usize> = placed.iter().enumerate().filter(|(_, placed)| taken_back(placed)).map(|(number, _)| number).collect();
        let manifests: HashMap<Spot, Object> = placed.iter().map(|placed| (spot(placed), placed.object.clone())).collect();
        let parameters = args.parameters();
        let (parameters, until_ready, order) = (&parameters, &until_ready, &order);
        let _acting = context.act();
        let mut all = true;
        let all_are = &mut all;
        lingering::told(
            replacing,
            |line| info!("{}", one_line(line)),
            |replacing| async move {
                let conduct = Conduct { parameters, forced, replacing, stop: context.stop().clone(), until_ready };
                let told = |done| {
                    *all_are &= matches!(done, Done::Applied(_));
                    match done {
                        Done::Applied(entry) => self.applied(&entry, &manifests),
                        Done::Failed(failure) => self.failed(&failure),
                        Done::NotBegun(_) => {}
                    }
                };
                execute(client, placed, order, live, &conduct, told).await;
            },
        )
        .await;
        all
    }

    fn failed(&mut self, failure: &Failure) {
        self.count("failed");
        // The next run makes anew what this one could not.
        self.context.between().settle(&failure.full_name());
        self.outcome.failures.push(words::of_failure(failure));
    }

    fn not_begun(&mut self, _: &Placed) {}

    fn may_prune(&mut self, leaving: &[Leaving]) -> bool {
        let may = self.outcome.failures.is_empty();
        if !may && !leaving.is_empty() {
            self.outcome.failures.push(format!("{} objects are not pruned, since not everything was applied", leaving.len()));
        }
        may
    }

    fn departed(&mut self, departed: Departed) {
        match departed {
            Departed::Deleted(entry) => self.left(&entry, "pruned"),
            Departed::Kept(entry) => self.left(&entry, "kept"),
            Departed::Absent(member, absence) => {
                self.memory.applied.remove(&spot(&member));
                let line = format!("{}{} {absence}", member.display_name(), in_namespace(member.key.namespace.as_deref()));
                info!("{}", one_line(&line));
            }
            Departed::Failed(failure) => self.failed(&failure),
            Departed::NotBegun(_) => {}
        }
    }
}

fn tell(entry: &PlanEntry, word: &str) {
    debug_assert!(entry.action != Action::Unchanged || word == "kept", "what is unchanged is no event");
    let line = format!("{}{} {word}", entry.display_name(), in_namespace(entry.key.namespace.as_deref()));
    info!("{}", one_line(&line));
}
