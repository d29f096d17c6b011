//! What the collector asks of the server: reading an object with its owners, and writing what was decided.
//!
//! Receives a [`Subject`]; decides nothing. Invariant: every write names the uid and the revision that the decision was made on, so it
//! holds for that state or not at all; what is gone already counts as done.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, ObjectMeta, Patch, PatchParams, Preconditions, PropagationPolicy};
use kube::core::PartialObjectMeta;
use serde_json::{Value, json};

use super::super::resources::{Resources, Served};
use super::super::{FOREGROUND, ORPHAN};
use super::decide::{Action, Owner, Propagation};
use super::observed::{Marks, Observed, OwnerRef, Uid};

/// The field manager of what the collector writes.
const MANAGER: &str = "garbage-collector";

/// How many requests one write has under way, where it takes several.
const AT_ONCE: usize = 8;

/// How many objects a page of a list holds.
const PAGE: u32 = 500;

/// An object to ask about, or to write to.
pub(super) struct Subject {
    pub(super) client: Client,
    pub(super) resources: Arc<Resources>,
    pub(super) served: Arc<Served>,
    pub(super) namespace: Option<Arc<str>>,
    pub(super) name: Box<str>,
    pub(super) uid: Uid,
}

/// An object as the server has it.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) metadata: ObjectMeta,
    pub(super) marks: Marks,
    /// Each owner that it names. None where it is being deleted: then it does not depend on them any more.
    pub(super) owners: Vec<(OwnerRef, Owner)>,
}

/// What failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ActError {
    #[error("cannot read the object: {0}")]
    Read(#[source] kube::Error),
    #[error("cannot read its owner {kind} {name}: {source}")]
    ReadOwner { kind: Arc<str>, name: Box<str>, source: kube::Error },
    #[error("cannot delete the object: {0}")]
    Delete(#[source] kube::Error),
    #[error("cannot take references to owners off the object: {0}")]
    Release(#[source] kube::Error),
    #[error("cannot take a finalizer off the object: {0}")]
    Finish(#[source] kube::Error),
    #[error("cannot list {resource} to find its dependents: {source}")]
    List { resource: String, source: kube::Error },
    #[error("cannot take the reference to the object off {resource} {name}: {source}")]
    Disown { resource: String, name: String, source: kube::Error },
}

impl ActError {
    /// Somebody else wrote between the read and the write, which is no reason for a warning.
    pub(super) fn is_lost_race(&self) -> bool {
        match self {
            Self::Delete(error) | Self::Release(error) | Self::Finish(error) | Self::Disown { source: error, .. } => is_conflict(error),
            _ => false,
        }
    }
}

impl Subject {
    /// Reads the object and its owners, but for those that are known not to exist. `None` where the object is gone.
    pub(super) async fn read(&self, absent: &[OwnerRef]) -> Result<Option<Box<Findings>>, ActError> {
        let Some(object) = self.api().get_metadata_opt(&self.name).await.map_err(ActError::Read)? else { return Ok(None) };
        let Some(live) = Observed::of(&object.metadata).filter(|live| live.uid == self.uid) else { return Ok(None) };
        let mut owners = Vec::with_capacity(live.owners.len());
        for reference in live.owners.iter().filter(|_| !live.marks.deleting) {
            let known = absent.contains(reference);
            let owner = if known { Owner::Absent } else { self.owner(&live, reference).await? };
            owners.push((reference.clone(), owner));
        }
        Ok(Some(Box::new(Findings { metadata: object.metadata, marks: live.marks, owners })))
    }

    /// Reads an owner where the reference says that it is: in the namespace of the dependent, or outside namespaces.
    async fn owner(&self, dependent: &Observed, reference: &OwnerRef) -> Result<Owner, ActError> {
        let Some(served) = self.resources.by_kind(&reference.api_version, &reference.kind) else { return Ok(Owner::Unknown) };
        if served.namespaced && dependent.namespace.is_none() {
            return Ok(Owner::Misplaced);
        }
        let api = served.in_namespace(&self.client, dependent.namespace.as_deref());
        match api.get_metadata(&reference.name).await {
            Ok(owner) => Ok(match Observed::of(&owner.metadata) {
                Some(owner) if owner.uid == reference.uid && owner.marks.awaits_dependents() => Owner::Waiting,
                Some(owner) if owner.uid == reference.uid => Owner::Present,
                _ => Owner::Absent,
            }),
            // Not found says that the object is absent only where it names the object: a kind that is no longer served answers 404 too.
            Err(kube::Error::Api(status)) if status.is_not_found() => {
                let named = status.details.as_ref().is_some_and(|details| *details.name == *reference.name);
                Ok(if named { Owner::Absent } else { Owner::Unknown })
            }
            // A name that no path can hold: asking again would not help.
            Err(kube::Error::BuildRequest(_) | kube::Error::HttpError(_)) => Ok(Owner::Unknown),
            Err(source) => Err(ActError::ReadOwner { kind: Arc::clone(&reference.kind), name: reference.name.clone(), source }),
        }
    }

    /// Does what was decided on the findings. `watched` is where objects that name this one as their owner may be.
    pub(super) async fn act(&self, metadata: &ObjectMeta, action: Action, watched: &[Arc<Served>]) -> Result<(), ActError> {
        match action {
            Action::Leave | Action::Wait => Ok(()),
            Action::Delete { propagation, unblock } => self.delete(metadata, propagation, unblock).await,
            Action::Release(positions) => self.release(metadata, &positions).await,
            Action::Finish => self.finish(metadata, FOREGROUND).await,
            Action::Orphan => {
                self.disown_dependents(watched).await?;
                self.finish(metadata, ORPHAN).await
            }
        }
    }

    async fn delete(&self, metadata: &ObjectMeta, propagation: Propagation, unblock: bool) -> Result<(), ActError> {
        tracing::debug!(resource = %self.served.group_resource(), name = %self.name, ?propagation, "deleting an object without owners");
        let mut revision = metadata.resource_version.clone();
        if unblock {
            let mut owners = metadata.owner_references.clone().unwrap_or_default();
            owners.iter_mut().for_each(|owner| owner.block_owner_deletion = Some(false));
            let patched = self.patch(metadata, &json!({"ownerReferences": owners})).await.map_err(ActError::Release)?;
            revision = patched.and_then(|object| object.metadata.resource_version).or(revision);
        }
        let parameters = DeleteParams {
            propagation_policy: Some(match propagation {
                Propagation::Background => PropagationPolicy::Background,
                Propagation::Foreground => PropagationPolicy::Foreground,
                Propagation::Orphan => PropagationPolicy::Orphan,
            }),
            preconditions: Some(Preconditions { uid: metadata.uid.clone(), resource_version: revision }),
            ..DeleteParams::default()
        };
        unless_gone(self.api().delete(&self.name, &parameters).await).map_err(ActError::Delete)?;
        Ok(())
    }

    async fn release(&self, metadata: &ObjectMeta, positions: &[usize]) -> Result<(), ActError> {
        let all = metadata.owner_references.iter().flatten().enumerate();
        let kept: Vec<_> = all.filter(|(position, _)| !positions.contains(position)).map(|(_, owner)| owner).collect();
        self.patch(metadata, &json!({"ownerReferences": kept})).await.map_err(ActError::Release)?;
        Ok(())
    }

    async fn finish(&self, metadata: &ObjectMeta, finalizer: &str) -> Result<(), ActError> {
        let kept: Vec<&String> = metadata.finalizers.iter().flatten().filter(|one| *one != finalizer).collect();
        self.patch(metadata, &json!({"finalizers": kept})).await.map_err(ActError::Finish)?;
        Ok(())
    }

    async fn patch(&self, metadata: &ObjectMeta, change: &Value) -> Result<Option<PartialObjectMeta<DynamicObject>>, kube::Error> {
        patch(&self.api(), metadata, change).await
    }

    /// Takes the references to this object off everything that has one.
    ///
    /// The graph would do for most cases; but a dependent whose creation no watch has told yet would lose its owner and then be deleted,
    /// which is what whoever asked for orphans wants least. So the server is asked.
    async fn disown_dependents(&self, watched: &[Arc<Served>]) -> Result<(), ActError> {
        let namespaced = self.namespace.is_some();
        let resources = watched.iter().filter(|served| served.namespaced || !namespaced);
        stream::iter(resources).map(Ok).try_for_each_concurrent(AT_ONCE, |served| self.disown_in(served)).await
    }

    async fn disown_in(&self, served: &Served) -> Result<(), ActError> {
        let all = served.in_namespace(&self.client, self.namespace.as_deref());
        let mut parameters = ListParams::default().limit(PAGE);
        loop {
            let page = match all.list_metadata(&parameters).await {
                Err(error) if is_gone(&error) => return Ok(()),
                page => page.map_err(|source| ActError::List { resource: served.group_resource().to_owned(), source })?,
            };
            for dependent in page.items.iter().filter(|object| self.owns(&object.metadata)) {
                self.disown(served, &dependent.metadata).await?;
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => parameters.continue_token = Some(token),
                None => return Ok(()),
            }
        }
    }

    fn owns(&self, metadata: &ObjectMeta) -> bool {
        metadata.owner_references.iter().flatten().any(|owner| self.uid == owner.uid.as_str().into())
    }

    async fn disown(&self, served: &Served, metadata: &ObjectMeta) -> Result<(), ActError> {
        let owners = metadata.owner_references.iter().flatten();
        let kept: Vec<_> = owners.filter(|owner| self.uid != owner.uid.as_str().into()).collect();
        let api = served.in_namespace(&self.client, metadata.namespace.as_deref());
        let patched = patch(&api, metadata, &json!({"ownerReferences": kept})).await;
        let name = || metadata.name.clone().unwrap_or_default();
        patched.map_err(|source| ActError::Disown { resource: served.group_resource().to_owned(), name: name(), source })?;
        Ok(())
    }

    fn api(&self) -> Api<DynamicObject> {
        self.served.in_namespace(&self.client, self.namespace.as_deref())
    }
}

/// Changes metadata of the very state that was read. `None` where the object is gone.
async fn patch(
    api: &Api<DynamicObject>,
    metadata: &ObjectMeta,
    change: &Value,
) -> Result<Option<PartialObjectMeta<DynamicObject>>, kube::Error> {
    let mut members = change.clone();
    members["uid"] = json!(metadata.uid);
    members["resourceVersion"] = json!(metadata.resource_version);
    let name = metadata.name.as_deref().unwrap_or_default();
    let parameters = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    unless_gone(api.patch_metadata(name, &parameters, &Patch::Merge(json!({"metadata": members}))).await)
}

fn unless_gone<T>(result: Result<T, kube::Error>) -> Result<Option<T>, kube::Error> {
    match result {
        Err(error) if is_gone(&error) => Ok(None),
        other => other.map(Some),
    }
}

fn is_gone(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.is_not_found())
}

fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.is_conflict())
}
