//! Resource quotas at work: a write and what it takes of quotas are committed together.
//!
//! Receives an object that is about to be written; hands on how its commit ended. Invariant: an object is in the store exactly if what it
//! takes is charged to the quotas that limit it, since one commit writes both and compares the revisions of both. So whatever number of
//! servers writes, and however long any of them takes, there is never more than a quota leaves, and a write that fails takes nothing.
//!
//! All writes of a namespace that take of a quota write that quota. Within a process they do not race: [`ledger`] has them take turns.

mod ledger;

use std::sync::Arc;

pub(super) use self::ledger::Ledgers;
use super::call::Call;
use super::view;
use super::write;
use crate::admission::Plugin;
use crate::admission::quota::{self, Subject};
use crate::object::{Object, Refusal, Revision};
use crate::schema::{Catalog, Resource};
use crate::store::cache::Cached;
use crate::store::{Outcome, Write};

/// The quotas of its namespace that a write takes of. By default there are none.
#[derive(Default)]
pub(super) struct Charges(Vec<Arc<Cached>>);

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
        let kind = call.group_resource();
        let subject = Subject { kind: &kind, object, before, now: call.api.ambient.now() };
        let mut due = Vec::new();
        for cached in call.api.cache.part(&quotas.storage_prefix, &scope).await? {
            due.extend(ask(call, &quotas, cached, &subject).await?);
        }
        Ok(Self(due))
    }

    /// Commits the write of an object with what it takes. A quota that was changed meanwhile is asked again, and one that is gone limits
    /// nothing. The inner refusal says that a quota leaves no room, and that nothing was written.
    pub(super) async fn commit(
        self,
        call: &Call,
        before: Option<&Object>,
        object: &Object,
        write: Write,
    ) -> Result<Result<Outcome, Refusal>, Refusal> {
        let Some(namespace) = call.route.namespace.as_deref().filter(|_| !self.0.is_empty()) else {
            return Ok(Ok(call.api.cache.store().commit(&write.key, write.expected, write.change).await?));
        };
        let charge = ledger::Charge {
            kind: call.group_resource(),
            resource: Arc::clone(&call.resource),
            object: object.clone(),
            before: before.cloned(),
            now: call.api.ambient.now(),
            write,
            quotas: self.0,
        };
        ledger::commit(&call.api, namespace, charge).await
    }
}

/// Answers with a quota that the cache has if the write takes of it. A refusal holds only for what the store has, and so does the verdict
/// of a dry run, which no commit proves right.
async fn ask(call: &Call, quotas: &Resource, cached: Arc<Cached>, subject: &Subject<'_>) -> Result<Option<Arc<Cached>>, Refusal> {
    if !call.query.dry_run
        && let Ok(charged) = judge(&view::parse(quotas, &cached)?, subject)
    {
        return Ok(charged.map(|_| cached));
    }
    let Some(entry) = call.api.cache.store().get(&cached.key).await? else { return Ok(None) };
    let cached = Arc::new(write::cached(entry));
    Ok(judge(&view::parse(quotas, &cached)?, subject)?.map(|_| cached))
}

/// What the write makes of a quota; `None` where it takes nothing of it.
fn judge(quota: &Object, subject: &Subject) -> Result<Option<Object>, Refusal> {
    quota::charge(quota, subject).map_err(|why| Refusal::forbidden(subject.kind, subject.object.name(), &why))
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

/// Whether several objects of the call's kind may have been written at one revision, as quotas are to which one write is charged.
pub(super) fn share_revisions(call: &Call) -> bool {
    is_of_quotas(call) && call.api.cache.store().shares_revisions()
}

fn is_of_quotas(call: &Call) -> bool {
    call.resource.gvk.group.is_empty() && call.resource.gvk.kind == "ResourceQuota"
}

/// After a write of a quota: waits until the cache has it, so that a create which follows is held to it.
pub(super) async fn written(call: &Call, revision: Revision) -> Result<(), Refusal> {
    let (cache, prefix) = (&call.api.cache, &call.resource.storage_prefix);
    if is_of_quotas(call) && cache.newest(prefix) != Revision::ZERO {
        cache.not_older(prefix, revision).await?;
    }
    Ok(())
}
