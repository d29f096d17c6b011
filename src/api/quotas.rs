//! Resource quotas at work: a write and what it takes of quotas are committed together.
//!
//! Receives an object that is about to be written; hands on how its commit ended. Invariant: an object is in the store exactly if what it
//! takes is charged to the quotas that limit it, since one commit writes both and compares the revisions of both. So whatever number of
//! servers writes, and however long any of them takes, there is never more than a quota leaves, and a write that fails takes nothing.

use std::sync::Arc;

use super::call::Call;
use super::view;
use super::write;
use crate::admission::Plugin;
use crate::admission::quota::{self, Subject};
use crate::object::{Object, Reason, Refusal, Revision};
use crate::schema::{Catalog, Resource};
use crate::store::cache::Cached;
use crate::store::{Change, JointOutcome, Outcome, Write};

/// How often a quota is charged against others before the write gives up. Each lost race means that another charge went through.
const ATTEMPTS: usize = 200;

/// A quota as it is stored, and with a write charged to it.
type Due = (Arc<Cached>, Object);

/// What a write takes of the quotas of its namespace. By default there is nothing.
#[derive(Default)]
pub(super) struct Charges(Vec<Due>);

impl Charges {
    /// Asks the quotas of the namespace what the write takes of them. Nothing is charged yet.
    ///
    /// Refuses with 403 what is more than a quota leaves, and what does not say how much it takes where it must.
    pub(super) async fn ask(call: &Call, before: Option<&Object>, object: &Object) -> Result<Self, Refusal> {
        let Some(namespace) = call.route.namespace.as_deref().filter(|_| concerns(call, before.is_none())) else {
            return Ok(Self::default());
        };
        let quotas = kind()?;
        let scope = format!("{}{namespace}/", quotas.storage_prefix);
        let mut due = Vec::new();
        for cached in call.api.cache.part(&quotas.storage_prefix, &scope).await? {
            due.extend(ask(call, &quotas, cached, before, object).await?);
        }
        Ok(Self(due))
    }

    /// Commits the write of an object with what it takes. A quota that was changed meanwhile is asked again, and one that is gone limits
    /// nothing. The inner refusal says that a quota leaves no room, and that nothing was written.
    pub(super) async fn commit(
        mut self,
        call: &Call,
        before: Option<&Object>,
        object: &Object,
        write: Write,
    ) -> Result<Result<Outcome, Refusal>, Refusal> {
        let store = call.api.cache.store();
        for _ in 0..ATTEMPTS {
            // Quotas go first: at no revision is there an object that is not charged.
            let mut writes: Vec<Write> = self.0.iter().map(charged).collect();
            writes.push(write.clone());
            let (index, standing) = match store.commit_all(writes).await? {
                JointOutcome::Done(revision) => return Ok(Ok(Outcome::Done(revision))),
                JointOutcome::Lost(index, standing) => (index, standing),
            };
            if index >= self.0.len() {
                return Ok(Ok(Outcome::Lost(standing)));
            }
            self.0.remove(index);
            let Some(winner) = standing else { continue };
            match judge(call, &*kind()?, Arc::new(write::cached(winner)), before, object) {
                Ok(due) => self.0.extend(due),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        let message = "a resource quota is being charged by others too often to get a turn; try again";
        Ok(Err(Refusal { retry_after_seconds: 1, ..Refusal::new(Reason::ServerTimeout, message) }))
    }
}

/// What is written of a quota.
fn charged((cached, after): &Due) -> Write {
    Write { key: cached.key.to_string(), expected: cached.revision, change: Change::Put(view::encode(after).into()) }
}

/// What the write makes of a quota that the cache has. A refusal holds only for what the store has, and so does the verdict of a dry run,
/// which no commit proves right.
async fn ask(
    call: &Call,
    quotas: &Resource,
    cached: Arc<Cached>,
    before: Option<&Object>,
    object: &Object,
) -> Result<Option<Due>, Refusal> {
    if !call.query.dry_run
        && let Ok(due) = judge(call, quotas, Arc::clone(&cached), before, object)
    {
        return Ok(due);
    }
    let Some(entry) = call.api.cache.store().get(&cached.key).await? else { return Ok(None) };
    judge(call, quotas, Arc::new(write::cached(entry)), before, object)
}

fn judge(call: &Call, quotas: &Resource, cached: Arc<Cached>, before: Option<&Object>, object: &Object) -> Result<Option<Due>, Refusal> {
    let group_resource = call.group_resource();
    let subject = Subject { kind: &group_resource, object, before, now: call.api.ambient.now() };
    let charged = quota::charge(&view::parse(quotas, &cached)?, &subject);
    let charged = charged.map_err(|why| Refusal::forbidden(&group_resource, object.name(), &why))?;
    Ok(charged.map(|charged| (cached, charged)))
}

/// The quotas' own resource.
fn kind() -> Result<Arc<Resource>, Refusal> {
    let quotas = Catalog::builtin().resource("", "v1", "resourcequotas").cloned();
    quotas.ok_or_else(|| Refusal::internal("resourcequotas are not served"))
}

/// Of pods what they take is settled when they are made, and by a resize. Events are never counted.
fn concerns(call: &Call, is_new: bool) -> bool {
    let (group, kind) = (call.resource.gvk.group.as_str(), call.resource.gvk.kind.as_str());
    let counted = match (group, kind) {
        ("" | "events.k8s.io", "Event") => false,
        ("", "Pod") => is_new || call.subresource() == "resize",
        _ => call.subresource().is_empty(),
    };
    counted && call.api.plugins.has(Plugin::ResourceQuota)
}

/// After a write of a quota: waits until the cache has it, so that a create which follows is held to it.
pub(super) async fn written(call: &Call, revision: Revision) -> Result<(), Refusal> {
    let (cache, prefix) = (&call.api.cache, &call.resource.storage_prefix);
    let is_quota = call.resource.gvk.group.is_empty() && call.resource.gvk.kind == "ResourceQuota";
    if is_quota && cache.newest(prefix) != Revision::ZERO {
        cache.not_older(prefix, revision).await?;
    }
    Ok(())
}
