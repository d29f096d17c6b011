//! Working on a set: what `--applyset` and `--prune` ask for, before, during and after an apply.
//!
//! Receives arguments and placed objects, hands on what is to be applied and what leaves the set. Invariant: the parent is made wide
//! before the first object is applied, and narrow only after the last one that is not wanted is gone.

mod looking;
mod work;

use std::sync::{Arc, Mutex, PoisonError};

pub(super) use self::looking::{SeenSet, unknown_in_words};
pub(super) use self::work::{Applying, Around, Site, Worker, apply_set};
use super::ui::Ui;
use super::{CommandContext, CommandError};
use crate::client::{Client, ClientError, Discovery, Place};
use crate::manifest::Desired;
use crate::object::{Object, ObjectKey, Reason};
use crate::plan::set::{
    Departed, GroupKind, Leaving, MaxDeletions, Parent, PruneError, Scope, SetId, Tracked, depart, find_members, join, leaving,
    of_other_sets, tooling,
};
use crate::plan::undo::{Deed, Step};
use crate::plan::{Failure, Live, Placed, SavedSet, Stop};

/// Which set.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct SetNameArgs {
    /// Name the set by its parent: a Secret's NAME, or TYPE/NAME
    #[arg(long, value_name = "NAME", group = "with_history", help_heading = "Sets")]
    pub(super) applyset: Option<String>,
    /// Say in which namespace the set's parent is, where -n does not; its objects may be in several then
    #[arg(long, value_name = "NAMESPACE", requires = "applyset", help_heading = "Sets")]
    pub(super) applyset_namespace: Option<String>,
}

/// Which set to apply, and what may leave it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct SetArgs {
    #[command(flatten)]
    pub(super) name: SetNameArgs,
    /// Delete the members of the set that no manifest describes
    #[arg(long, requires = "applyset", help_heading = "Sets")]
    pub(super) prune: bool,
    /// Prune no more objects than this, a number or a share such as 50%; if not given, 20%, and 5 in any case
    #[arg(long, requires = "prune", value_name = "MOST", help_heading = "Sets")]
    max_deletions: Option<MaxDeletions>,
    /// Prune although the manifests hold no object at all
    #[arg(long, requires = "prune", help_heading = "Sets")]
    pub(super) allow_empty: bool,
    /// Take objects over that belong to other sets
    #[arg(long, requires = "applyset", help_heading = "Sets")]
    force_membership: bool,
}

impl SetNameArgs {
    /// Finds the parent that the arguments name, whether or not it exists; `None` where they name none.
    pub(super) async fn parent(
        &self,
        context: &CommandContext,
        client: &Client,
        discovery: &Discovery,
    ) -> Result<Option<Parent>, CommandError> {
        let Some(name) = &self.applyset else { return Ok(None) };
        let own = self.applyset_namespace.as_deref().filter(|namespace| !namespace.is_empty());
        let parent = Parent::parse(name, discovery, own.or(context.settings().namespace.as_deref()))?;
        parent.check_type(client, discovery).await?;
        Ok(Some(parent))
    }
}

impl SetArgs {
    /// Refuses what makes no sense together with a selector.
    pub(super) fn validate(&self, selector: &str) -> Result<(), CommandError> {
        if self.name.applyset.is_some() && !selector.is_empty() {
            return Err(CommandError::usage(
                "--selector and --applyset cannot be given together: what the selector leaves out would leave the set",
            ));
        }
        Ok(())
    }

    /// The set that the arguments name; `None` where they name none. Refuses one that another tool works on.
    pub(super) async fn open(
        &self,
        context: &CommandContext,
        client: &Client,
        discovery: &Discovery,
    ) -> Result<Option<WorkedSet>, CommandError> {
        let Some(set) = self.look_at(context, client, discovery).await? else { return Ok(None) };
        set.check_tool()?;
        Ok(Some(set))
    }

    /// The same set for somebody who changes nothing, so that it may be another tool's.
    pub(super) async fn look_at(
        &self,
        context: &CommandContext,
        client: &Client,
        discovery: &Discovery,
    ) -> Result<Option<WorkedSet>, CommandError> {
        let Some(parent) = self.name.parent(context, client, discovery).await? else { return Ok(None) };
        let tracked = parent.fetch(client, discovery).await?;
        let max_deletions = self.max_deletions.unwrap_or_default();
        let (prune, force_membership) = (self.prune, self.force_membership);
        Ok(Some(WorkedSet { id: parent.id(), parent, tracked, prune, max_deletions, force_membership, written: Written::default() }))
    }

    /// What a rollback works with: what the revision does not declare is pruned.
    pub(super) fn pruning(name: SetNameArgs, max_deletions: Option<MaxDeletions>) -> Self {
        Self { name, prune: true, max_deletions, allow_empty: true, force_membership: false }
    }
}

/// The parent as it was written last; all clones are one.
type Written = Arc<Mutex<Option<Object>>>;

/// A set that a command works on.
#[derive(Debug, Clone)]
pub(super) struct WorkedSet {
    pub(super) parent: Parent,
    pub(super) id: SetId,
    /// What the parent says; `None` where it does not exist.
    pub(super) tracked: Option<Tracked>,
    /// Whether members that no manifest describes leave.
    pub(super) prune: bool,
    max_deletions: MaxDeletions,
    force_membership: bool,
    written: Written,
}

/// What is to be done for the objects of a set; without a set, for all objects.
pub(super) struct Prepared {
    /// The objects to apply.
    pub(super) placed: Vec<Placed>,
    /// Their state, and that of `others`.
    pub(super) live: Live,
    /// The objects that belong to other sets.
    pub(super) others: Vec<Failure>,
    /// The members that leave.
    pub(super) leaving: Vec<Leaving>,
    /// Why the members may not leave.
    pub(super) refusal: Option<PruneError>,
    /// Where those members are that are known of, once it is done.
    pub(super) scope: Scope,
    /// The kinds of the set of which nothing can be known, since they are not served.
    unknown: Vec<GroupKind>,
}

impl WorkedSet {
    /// The set that a saved plan names. Refuses one whose parent is not as it was planned.
    pub(super) async fn planned(set: &SavedSet, client: &Client, discovery: &Discovery) -> Result<Self, CommandError> {
        let unknown = || CommandError::failed(format!("the plan's set has a parent of kind {}, which is not served", set.gvk.kind));
        let resource = discovery.by_kind(&set.gvk).ok_or_else(unknown)?;
        let parent = Parent { resource: resource.clone().into(), namespace: set.key.namespace.clone(), name: set.key.name.clone() };
        parent.check_type(client, discovery).await?;
        let tracked = parent.fetch(client, discovery).await?;
        let version = tracked.as_ref().and_then(|tracked| tracked.object.resource_version());
        if version != set.resource_version.as_deref() {
            let message = format!("nothing was applied, since the set {} has changed since it was planned", parent.display_name());
            return Err(CommandError::failed(message).hint("make a new plan"));
        }
        let max_deletions = MaxDeletions::default();
        let set =
            Self { id: parent.id(), parent, tracked, prune: set.prune, max_deletions, force_membership: true, written: Written::default() };
        set.check_tool()?;
        Ok(set)
    }

    /// The set as a plan names it.
    pub(super) fn saved(&self, scope: Scope) -> SavedSet {
        SavedSet {
            gvk: self.parent.resource.gvk(),
            key: ObjectKey { namespace: self.parent.namespace.clone(), name: self.parent.name.clone() },
            resource_version: self.tracked.as_ref().and_then(|tracked| tracked.object.resource_version()).map(str::to_owned),
            prune: self.prune,
            scope,
        }
    }

    /// Whether there is no such set yet.
    pub(super) fn is_new(&self) -> bool {
        self.tracked.is_none()
    }

    pub(super) fn check_tool(&self) -> Result<(), CommandError> {
        self.tracked.iter().try_for_each(|tracked| Ok(tracked.check_tool(&self.parent)?))
    }

    /// Makes desired objects members.
    pub(super) fn join(&self, desired: &mut [Desired]) -> Result<(), CommandError> {
        Ok(join(desired, &self.id)?)
    }

    fn tracked_scope(&self) -> Scope {
        self.tracked.as_ref().map(|tracked| tracked.scope.clone()).unwrap_or_default()
    }

    /// What leaves the set, and where members are afterwards.
    async fn leaving(&self, client: &Client, discovery: &Discovery, prepared: &mut Prepared) -> Result<(), CommandError> {
        let tracked = self.tracked_scope();
        let members = find_members(client, discovery, &self.id, &tracked, &prepared.live).await?;
        if !members.unknown.is_empty() {
            // What is not served now may be again, in any of the namespaces.
            let unknown = Scope { kinds: members.unknown.iter().cloned().collect(), namespaces: tracked.namespaces };
            prepared.scope = std::mem::take(&mut prepared.scope).and(&unknown);
            prepared.unknown.clone_from(&members.unknown);
        }
        match leaving(&members, &prepared.placed, &prepared.live, &self.parent) {
            Ok(leaving) => {
                let deletions = leaving.iter().filter(|leaving| !leaving.stays).count();
                prepared.refusal = self.max_deletions.check(deletions, members.count).err();
                prepared.leaving = leaving;
            }
            Err(error) => prepared.refusal = Some(error),
        }
        Ok(())
    }

    /// Makes the parent tell of everything that it told of before and of what is to be applied; answers the version written, which
    /// [`WorkedSet::narrow`] takes.
    pub(super) async fn widen(&self, client: &Client, scope: &Scope) -> Result<String, CommandError> {
        let manifest = self.parent.manifest(&self.tracked_scope().and(scope), &tooling());
        let written = match &self.tracked {
            Some(tracked) if Parent::says(&tracked.object, &manifest) => tracked.object.clone(),
            _ => self.parent.write(client, manifest, None).await.map_err(|error| self.unwritten(error))?,
        };
        self.note_written(&written);
        Ok(written.resource_version().unwrap_or_default().to_owned())
    }

    fn note_written(&self, parent: &Object) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(parent.clone());
    }

    /// What was done to the parent, for whoever undoes it; `None` where it is as it was.
    pub(super) fn step(&self) -> Option<Step> {
        let after = Box::new(self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()?);
        let deed = match &self.tracked {
            None => Deed::Created(after),
            Some(tracked) if tracked.object.resource_version() == after.resource_version() => return None,
            Some(tracked) => Deed::Updated { before: Box::new(tracked.object.clone()), after, with_status: false },
        };
        let (resource, namespace) = (Arc::clone(&self.parent.resource), self.parent.namespace.clone());
        Some(Step { place: Place { resource, namespace, name: self.parent.name.clone() }, deed })
    }

    fn unwritten(&self, error: ClientError) -> CommandError {
        let missing = error.refusal().is_some_and(|refusal| refusal.reason == Reason::NotFound && refusal.kind == "namespaces");
        let told = CommandError::from(error);
        let error = CommandError {
            message: format!(
                "nothing was applied, since the set's parent {} cannot be written: {}",
                self.parent.display_name(),
                told.message
            ),
            ..told
        };
        let hint = "add the namespace to the set, create it first, or keep the parent in another one with --applyset-namespace";
        if missing { error.hint(hint) } else { error }
    }

    /// Makes the parent tell of no more than `scope`. What fails here is a warning: a parent that tells of too much costs requests.
    pub(super) async fn narrow(&self, ui: &Ui, client: &Client, scope: &Scope, widened: &str) {
        let wide = self.tracked_scope().and(scope);
        let manifest = self.parent.manifest(scope, &tooling());
        let as_it_is = self.parent.manifest(&wide, &tooling());
        if manifest == as_it_is {
            return;
        }
        match self.parent.rewrite(client, &as_it_is, &manifest, Some(widened)).await {
            Ok(written) => self.note_written(&written),
            Err(error) => {
                let why =
                    if error.is(Reason::Conflict) { "it was changed by somebody else meanwhile".to_owned() } else { error.to_string() };
                let parent = self.parent.display_name();
                ui.warning(&format!("the set's parent {parent} still lists kinds or namespaces that hold no members: {why}"));
            }
        }
    }

    /// Lets members leave.
    pub(super) async fn depart(&self, client: &Client, leaving: Vec<Leaving>, stop: &Stop, done: impl FnMut(Departed)) {
        depart(client, leaving, &self.id, stop, done).await;
    }

    /// What there is to say of the set to somebody who only looks.
    pub(super) fn remarks(&self, prepared: &Prepared, all_placed: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Err(error) = self.check_tool() {
            remarks.push(format!("{}: an apply is refused", error.message));
        }
        if self.prune && !all_placed {
            remarks.push("what leaves the set is not shown, since not all of what stays is known".to_owned());
        }
        remarks.extend(unknown_in_words(&prepared.unknown));
        remarks
    }
}

/// Reads the live state of objects, and of their set which of its members leave. Those are not looked for where not every object has its
/// place: one that has none may be a member.
pub(super) async fn prepare(
    set: Option<&WorkedSet>,
    client: &Client,
    discovery: &Discovery,
    placed: Vec<Placed>,
    all_placed: bool,
) -> Result<Prepared, CommandError> {
    let live = Live::fetch_with_members(client, &placed, set.map(|set| &set.id)).await?;
    let scope = set.map(|_| Scope::of(&placed)).unwrap_or_default();
    let mut prepared = Prepared { placed, live, others: Vec::new(), leaving: Vec::new(), refusal: None, scope, unknown: Vec::new() };
    let Some(set) = set else { return Ok(prepared) };
    if set.prune && all_placed {
        set.leaving(client, discovery, &mut prepared).await?;
    }
    if !set.force_membership {
        let placed = std::mem::take(&mut prepared.placed);
        (prepared.placed, prepared.others) = of_other_sets(placed, &prepared.live, &set.id);
    }
    Ok(prepared)
}
