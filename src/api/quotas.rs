//! Resource quotas at work: a write is charged to them before it is committed.
//!
//! Receives an object that is about to be written; hands on nothing but the charge, in the status of the quotas. Invariant: a charge is
//! committed with a compare on the quota's revision, and before the object is, so whatever number of servers writes, the objects that
//! are there never take more than was charged. A charge whose object did not come to be is found by the next count.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::call::Call;
use super::view;
use super::write;
use crate::admission::Plugin;
use crate::admission::quota::{self, Amounts, Charged, Subject};
use crate::object::{Object, Reason, Refusal, Revision};
use crate::schema::{Catalog, Resource};
use crate::store::cache::Cached;
use crate::store::{Change, Outcome};

/// How often a quota is charged against others before the write gives up. Each lost race means that another charge went through.
const ATTEMPTS: usize = 200;

/// What a request has charged to each quota, by key: it is not charged again when its write is tried again.
#[derive(Debug, Default)]
pub(super) struct Charges(Mutex<HashMap<Box<str>, Amounts>>);

impl Charges {
    fn of(&self, key: &str) -> Option<Amounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn add(&self, key: &str, amounts: &Amounts) {
        let mut charges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        charges.entry(key.into()).or_default().add_all(amounts);
    }
}

/// Charges a write to the quotas of its namespace. With `dryRun` they are only asked.
///
/// Refuses with 403 what is more than a quota leaves, and what does not say how much it takes where it must.
pub(super) async fn charge(call: &Call, before: Option<&Object>, object: &Object) -> Result<(), Refusal> {
    let Some(namespace) = call.route.namespace.as_deref().filter(|_| concerns(call, before.is_none())) else { return Ok(()) };
    let quotas = kind()?;
    let scope = format!("{}{namespace}/", quotas.storage_prefix);
    let known = call.api.cache.not_older(&quotas.storage_prefix, Revision::ZERO).await?;
    let known: Vec<Arc<Cached>> = known.objects.iter().filter(|cached| cached.key.starts_with(&scope)).cloned().collect();
    let group_resource = call.group_resource();
    let subject = Subject { kind: &group_resource, object, before, now: call.api.ambient.now() };
    let charger = Charger { call, quotas: &quotas, subject };
    // All are asked before one is charged, so that a refusal costs nothing.
    let mut due = Vec::new();
    for cached in known {
        if let Some(next) = charger.ask(cached).await? {
            due.push(next);
        }
    }
    if call.query.dry_run {
        return Ok(());
    }
    for (cached, charged) in due {
        charger.commit(cached, charged).await?;
    }
    Ok(())
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

struct Charger<'a> {
    call: &'a Call,
    quotas: &'a Resource,
    subject: Subject<'a>,
}

/// A quota as it is stored, and with the write charged to it.
type Due = (Arc<Cached>, Charged);

impl Charger<'_> {
    /// What the write makes of a quota that the cache has. A refusal holds only for what the store has, and so does the verdict of a dry
    /// run, which no commit proves right.
    async fn ask(&self, cached: Arc<Cached>) -> Result<Option<Due>, Refusal> {
        if !self.call.query.dry_run
            && let Ok(charged) = self.judge(&cached)
        {
            return Ok(charged.map(|charged| (cached, charged)));
        }
        let Some(entry) = self.call.api.cache.store().get(&cached.key).await? else { return Ok(None) };
        let cached = Arc::new(write::cached(entry));
        Ok(self.judge(&cached)?.map(|charged| (cached, charged)))
    }

    fn judge(&self, cached: &Cached) -> Result<Option<Charged>, Refusal> {
        let quota = view::parse(self.quotas, cached)?;
        let charged = quota::charge(&quota, &self.subject, self.call.charges.of(&cached.key).as_ref());
        charged.map_err(|why| Refusal::forbidden(&self.call.group_resource(), self.subject.object.name(), &why))
    }

    /// Commits a charge, as often as the quota was changed meanwhile. A quota that is gone limits nothing.
    async fn commit(&self, mut cached: Arc<Cached>, mut charged: Charged) -> Result<(), Refusal> {
        for _ in 0..ATTEMPTS {
            let value = view::encode(&charged.quota).into();
            match self.call.api.cache.store().commit(&cached.key, cached.revision, Change::Put(value)).await? {
                Outcome::Done(_) => {
                    self.call.charges.add(&cached.key, &charged.amounts);
                    return Ok(());
                }
                Outcome::Lost(None) => return Ok(()),
                Outcome::Lost(Some(winner)) => cached = Arc::new(write::cached(winner)),
            }
            match self.judge(&cached)? {
                Some(next) => charged = next,
                None => return Ok(()),
            }
        }
        let message = "a resource quota is being charged by others too often to get a turn; try again";
        Err(Refusal { retry_after_seconds: 1, ..Refusal::new(Reason::ServerTimeout, message) })
    }
}
