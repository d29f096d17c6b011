//! APIServices: one for each group and version that is served here, called Local because this server itself answers it.
//!
//! Receives the kinds served at this moment; hands on nothing, but sees to it that the store holds these objects. Invariant: whoever asks
//! for APIServices finds those of everything that was served when they asked.
//!
//! They are made when somebody asks first, not when a store is opened, so that a store of which nobody wants to know this stays as it is.
//! From then on every write of a CustomResourceDefinition brings them up to date, for watchers' sake. Several servers may do so at once:
//! each write is a compare, and who loses finds the same object there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::delete_options::DeleteOptions;
use super::delete_rules::decide;
use super::write::Verdict;
use super::{Shared, definitions, view};
use crate::admission;
use crate::object::{Object, Refusal, Revision};
use crate::schema::{Catalog, ServedGroup, ServedVersion};
use crate::store::{Change, Entry, ListRequest};

/// Where they are kept.
pub(super) const PREFIX: &str = "/registry/apiregistration.k8s.io/apiservices/";

/// The group that they are of themselves, which kube-apiserver has none for.
const OWN_GROUP: &str = "apiregistration.k8s.io";

/// The label of those that come and go by themselves.
const MANAGED: &str = "kube-aggregator.kubernetes.io/automanaged";

/// What kube-apiserver gives its groups; the higher, the earlier they are shown.
const PRIORITIES: [(&str, i32); 19] = [
    ("", 18000),
    ("apps", 17800),
    ("events.k8s.io", 17750),
    ("authentication.k8s.io", 17700),
    ("authorization.k8s.io", 17600),
    ("autoscaling", 17500),
    ("batch", 17400),
    ("certificates.k8s.io", 17300),
    ("networking.k8s.io", 17200),
    ("policy", 17100),
    ("rbac.authorization.k8s.io", 17000),
    ("storage.k8s.io", 16800),
    ("admissionregistration.k8s.io", 16700),
    ("apiextensions.k8s.io", 16700),
    ("scheduling.k8s.io", 16600),
    ("coordination.k8s.io", 16500),
    ("node.k8s.io", 16300),
    ("discovery.k8s.io", 16200),
    ("flowcontrol.apiserver.k8s.io", 16100),
];

/// The priority of the newest built-in group, which has none of its own above.
const LATER: i32 = 15900;

/// What the store is known to hold.
#[derive(Default)]
pub(super) struct Registered {
    agreed: Mutex<Agreed>,
    /// The turn of bringing the store up to date, which takes several requests to it.
    turn: tokio::sync::Mutex<()>,
}

/// The edition of the catalog that the store is known to agree with.
#[derive(Default)]
struct Agreed {
    edition: Option<u64>,
    /// How often somebody wrote an APIService.
    written: u64,
}

impl Registered {
    /// Somebody wrote an APIService, so the store may not agree any more.
    pub(super) fn forget(&self) {
        let mut agreed = self.lock();
        agreed.edition = None;
        agreed.written += 1;
    }

    /// Whether the store is known to agree with this edition, or had already come to a later one.
    fn agrees_with(&self, edition: u64) -> bool {
        self.lock().edition.is_some_and(|agreed| agreed >= edition)
    }

    /// The store agrees with an edition, unless somebody has written one since `written` was read.
    fn settle(&self, edition: u64, written: u64) {
        let mut agreed = self.lock();
        if agreed.written == written {
            agreed.edition = agreed.edition.max(Some(edition));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Agreed> {
        self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sees to it that the store holds the APIServices of what is served.
pub(super) async fn register(api: &Shared) -> Result<(), Refusal> {
    let (_, edition) = api.catalogs.newest(&api.cache).await?;
    if api.registered.agrees_with(edition) {
        return Ok(());
    }
    let _turn = api.registered.turn.lock().await;
    // Who had the turn before has perhaps done it all.
    let (_, edition) = api.catalogs.newest(&api.cache).await?;
    if api.registered.agrees_with(edition) {
        return Ok(());
    }
    let written = api.registered.lock().written;
    let edition = bring_up_to_date(api).await?;
    api.registered.settle(edition, written);
    Ok(())
}

/// After a write of a definition: brings them up to date, if anybody ever asked for them.
pub(super) async fn follow(api: &Shared, written_prefix: &str) -> Result<(), Refusal> {
    if written_prefix != definitions::PREFIX {
        return Ok(());
    }
    let any = api.cache.store().list(ListRequest { prefix: PREFIX.to_owned(), after: None, limit: 1, at: None }).await?;
    if any.entries.is_empty() { Ok(()) } else { register(api).await }
}

/// Answers the edition of the catalog that the store agrees with.
async fn bring_up_to_date(api: &Shared) -> Result<u64, Refusal> {
    let there = api.cache.store().list(ListRequest { prefix: PREFIX.to_owned(), after: None, limit: 0, at: None }).await?;
    // Read after them, and from the store: another server may have made one for a definition that this one has not heard of yet.
    api.catalogs.newest_of_store(&api.cache).await?;
    let (catalog, edition) = api.catalogs.newest(&api.cache).await?;
    let mut wanted = wanted(&catalog);
    let mut changes = Vec::new();
    for entry in there.entries {
        let name = entry.key.trim_start_matches(PREFIX);
        if let Some(change) = settled(api, &entry, wanted.remove(name))? {
            changes.push((entry.key, entry.revision, change));
        }
    }
    let resource = catalog.resource(OWN_GROUP, "v1", "apiservices").ok_or_else(|| Refusal::internal("apiservices are not served"))?;
    for (name, mut object) in wanted {
        admission::create(resource, &mut object, &api.ambient)?;
        changes.push((format!("{PREFIX}{name}"), Revision::ZERO, Change::Put(view::encode(&object).into())));
    }
    let store = api.cache.store();
    // A lost race is as good: the winner brought about the same, or wrote what is judged at the next request.
    try_join_all(changes.into_iter().map(|(key, revision, change)| async move { store.commit(&key, revision, change).await })).await?;
    Ok(edition)
}

/// What becomes of one that is there. Those without the label are their author's business.
fn settled(api: &Shared, entry: &Entry, wanted: Option<Object>) -> Result<Option<Change>, Refusal> {
    let unreadable = |why: String| Refusal::internal(format!("the stored value of {} cannot be read: {why}", entry.key));
    let value: Value = serde_json::from_slice(&entry.value).map_err(|error| unreadable(error.to_string()))?;
    let mut object = Object::from_value(value).map_err(|error| unreadable(error.to_string()))?;
    if object.label(MANAGED).is_none() {
        return Ok(None);
    }
    let Some(wanted) = wanted else {
        return Ok(match decide(&object, &DeleteOptions::default(), api.ambient.now_seconds()) {
            Verdict::Delete(_) => Some(Change::Delete),
            Verdict::Put(marked) => Some(Change::Put(view::encode(&marked).into())),
            Verdict::Unchanged => None,
        });
    };
    let spec = &wanted.root()["spec"];
    if object.root().get("spec") == Some(spec) {
        return Ok(None);
    }
    object.root_mut().insert("spec".to_owned(), spec.clone());
    Ok(Some(Change::Put(view::encode(&object).into())))
}

/// The APIServices of what a catalog serves, by name.
fn wanted(catalog: &Catalog) -> BTreeMap<String, Object> {
    let groups = catalog.groups().iter().filter(|group| group.name != OWN_GROUP);
    let versions = groups.flat_map(|group| group.versions.iter().map(move |version| (group, version)));
    versions.filter_map(|(group, version)| Some((name(version), Object::from_value(document(group, version)).ok()?))).collect()
}

fn name(version: &ServedVersion) -> String {
    format!("{}.{}", version.group_version.version, version.group_version.group)
}

fn document(group: &ServedGroup, version: &ServedVersion) -> Value {
    let custom = version.resources.iter().all(|resource| resource.custom);
    let (managed, of_group, of_version) = match (custom, group.name.as_str(), version.group_version.version.as_str()) {
        (true, ..) => ("true", 1000, 100),
        (false, "", _) => ("onstart", priority(""), 1),
        (false, "autoscaling", "v2") => ("onstart", priority("autoscaling"), 30),
        (false, "flowcontrol.apiserver.k8s.io", _) => ("onstart", priority(&group.name), 21),
        (false, ..) => ("onstart", priority(&group.name), 15),
    };
    let mut spec = json!({
        "version": version.group_version.version, "groupPriorityMinimum": of_group, "versionPriority": of_version,
    });
    if !group.name.is_empty() {
        spec["group"] = group.name.as_str().into();
    }
    json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": name(version), "labels": {MANAGED: managed}}, "spec": spec,
    })
}

fn priority(group: &str) -> i32 {
    PRIORITIES.iter().find(|(name, _)| *name == group).map_or(LATER, |(_, priority)| *priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_group_but_their_own_has_one_and_earlier_groups_have_higher_priorities() {
        let catalog = Catalog::builtin();
        let wanted = wanted(&catalog);
        assert_eq!(wanted["v1."].root()["spec"], json!({"version": "v1", "groupPriorityMinimum": 18000, "versionPriority": 1}));
        assert_eq!(wanted["v2.autoscaling"].root()["spec"]["versionPriority"], 30);
        assert!(!wanted.contains_key("v1.apiregistration.k8s.io"));
        let shown = catalog.groups().iter().filter(|group| group.name != OWN_GROUP).map(|group| priority(&group.name));
        assert!(shown.is_sorted_by(|earlier, later| earlier >= later));
    }
}
