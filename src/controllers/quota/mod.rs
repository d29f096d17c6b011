//! The controller for resource quotas: their status says what is limited, and how much of it is taken.
//!
//! Receives quotas and what happens to the objects that they count through watches; writes `status`. Invariant: a count is written only
//! to the very revision of the quota that was read before the objects were. The API commits an object and its charge as one, so whatever
//! was charged by that revision is among the objects, and what was charged later makes the write fail, to be counted again.

mod watches;

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::time::Duration;

use k8s_openapi::api::core::v1::ResourceQuota;
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams, PostParams};
use kube::core::ApiResource;
use tokio::time::{Instant, interval, sleep_until};

use self::watches::{Tidings, Watches};
use super::backoff::Backoff;
use super::complaints::Complaints;
use super::queue::Queue;
use super::resources::Resources;
use crate::admission::quota::{self, Amounts};
use crate::ambient::Ambient;
use crate::object::{GroupResource, Object};

/// How soon changes are counted; several that happen together are counted once.
const SOON: Duration = Duration::from_millis(100);
/// How soon it is looked at whether a pod has ended. Pods say many things before that.
const LATER: Duration = Duration::from_secs(1);
/// When a quota with other limits is counted once more: a server may not have heard of them when it last wrote without a charge.
const SETTLED: Duration = Duration::from_secs(3);
/// How often a quota that is charged meanwhile is counted again at once. Each time somebody was let in; where nobody is let in any more,
/// nothing stands in the way of the count.
const ATTEMPTS: usize = 20;
/// How often everything is counted again.
const RESYNC: Duration = Duration::from_mins(5);
/// The pauses after a count that failed.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(50), longest: Duration::from_secs(30) };
/// How many objects a page of a list holds.
const PAGE: u32 = 500;

/// A quota by its namespace and name.
type Key = (String, String);

/// Why a quota could not be counted.
#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error("an object cannot be read: {0}")]
    Unreadable(String),
}

struct Counter {
    client: Client,
    ambient: Ambient,
    resources: Resources,
    watches: Watches,
    queue: Queue<Key>,
    /// The quotas that there are.
    known: BTreeSet<Key>,
    /// The quotas whose limits changed, and when they are to be counted once more.
    settling: HashMap<Key, Instant>,
    /// The kinds that are watched, and those that there were not.
    kinds: HashMap<GroupResource, bool>,
    complaints: Complaints,
}

/// Keeps the status of quotas until it is dropped.
pub(super) async fn run(client: Client, ambient: Ambient) -> Result<Infallible, kube::Error> {
    let resources = Resources::discover(&client).await?;
    let mut counter = Counter {
        client,
        ambient,
        resources,
        watches: Watches::default(),
        queue: Queue::new(BACKOFF),
        known: BTreeSet::new(),
        settling: HashMap::new(),
        kinds: HashMap::new(),
        complaints: Complaints::default(),
    };
    counter.watches.begin(&counter.client, None, &quotas());
    let mut resync = interval(RESYNC);
    loop {
        let due = counter.queue.next_due();
        tokio::select! {
            (kind, tidings) = counter.watches.next() => counter.heed(kind.as_ref(), tidings),
            () = wait(due) => counter.work().await,
            _ = resync.tick() => counter.all_again().await,
        }
    }
}

async fn wait(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn quotas() -> ApiResource {
    ApiResource::erase::<ResourceQuota>(&())
}

impl Counter {
    /// `kind` is none for the quotas themselves.
    fn heed(&mut self, kind: Option<&GroupResource>, tidings: Tidings) {
        let now = Instant::now();
        match (kind, tidings) {
            (None, Tidings::There { namespace, name }) => {
                let key = (namespace, name);
                let is_new = self.known.insert(key.clone());
                self.queue.add(key, if is_new { now } else { now + SOON });
            }
            (None, Tidings::Gone { namespace, name }) => drop(self.known.remove(&(namespace, name))),
            // What was made or changed was charged; but pods end without being deleted.
            (Some(kind), Tidings::There { namespace, .. }) if kind.resource == "pods" => self.count_all_of(&namespace, now + LATER),
            (Some(_), Tidings::There { .. }) => {}
            (Some(_), Tidings::Gone { namespace, .. }) => self.count_all_of(&namespace, now + SOON),
        }
    }

    fn count_all_of(&mut self, namespace: &str, at: Instant) {
        let keys: Vec<Key> = self.known.iter().filter(|(of, _)| of == namespace).cloned().collect();
        keys.into_iter().for_each(|key| self.queue.add(key, at));
    }

    /// New kinds may be there by now, and what was missed is made up for.
    async fn all_again(&mut self) {
        match Resources::discover(&self.client).await {
            Ok(resources) => self.resources = resources,
            Err(error) => self.complaints.tell("the kinds that quotas count could not be asked for", &error),
        }
        self.kinds.retain(|_, watched| *watched);
        let now = Instant::now();
        let keys: Vec<Key> = self.known.iter().cloned().collect();
        keys.into_iter().for_each(|key| self.queue.add(key, now));
    }

    async fn work(&mut self) {
        while let Some(key) = self.queue.pop(Instant::now()) {
            match self.count(&key).await {
                Ok(()) => self.queue.succeeded(&key),
                Err(error) => {
                    self.complaints.tell("a resource quota is counted again after a pause", &error);
                    self.queue.failed(&key, Instant::now());
                }
            }
        }
    }

    async fn count(&mut self, key: &Key) -> Result<(), CountError> {
        for _ in 0..ATTEMPTS {
            if self.count_once(key).await? {
                if let Some(at) = self.settling.remove(key).filter(|at| *at > Instant::now()) {
                    self.settling.insert(key.clone(), at);
                    self.queue.add(key.clone(), at);
                }
                return Ok(());
            }
        }
        // No failure: others are at work, and there is room.
        self.queue.add(key.clone(), Instant::now() + SOON);
        Ok(())
    }

    /// Answers whether the count stands; it does not where the quota was changed meanwhile.
    async fn count_once(&mut self, key: &Key) -> Result<bool, CountError> {
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &key.0, &quotas());
        // First the quota, then the objects: what was charged later changes the revision that is written against.
        let Some(live) = api.get_opt(&key.1).await? else {
            self.known.remove(key);
            return Ok(true);
        };
        let live = object_of(&live)?;
        let mut found = Amounts::default();
        for kind in quota::kinds(&live) {
            self.add_kind(&live, &kind, &key.0, &mut found).await?;
        }
        let Some(after) = quota::counted(&live, &found) else { return Ok(true) };
        let has_other_limits = after.get(&["status", "hard"]) != live.get(&["status", "hard"]);
        match api.replace_status(&key.1, &PostParams::default(), &dynamic(after)?).await {
            Ok(_) if has_other_limits => _ = self.settling.insert(key.clone(), Instant::now() + SETTLED),
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_conflict() => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        Ok(true)
    }

    /// Adds what the objects of a kind take, and follows the kind from now on.
    async fn add_kind(&mut self, quota: &Object, kind: &GroupResource, namespace: &str, found: &mut Amounts) -> Result<(), CountError> {
        let name = format!("{}.{}", kind.resource, kind.group);
        let served = self.resources.preferred().find(|served| served.group_resource() == name && served.namespaced).cloned();
        let Some(served) = served else {
            // It may be defined later; until then there is nothing of it.
            self.kinds.insert(kind.clone(), false);
            return Ok(());
        };
        if self.kinds.insert(kind.clone(), true) != Some(true) {
            self.watches.begin(&self.client, Some(kind.clone()), &served.api);
        }
        let api = served.in_namespace(&self.client, Some(namespace));
        let now = self.ambient.now();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let list = api.list(&page).await?;
            for object in &list.items {
                found.add_all(&quota::taken(quota, kind, &object_of(object)?, now));
            }
            match list.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(()),
            }
        }
    }
}

fn object_of(object: &DynamicObject) -> Result<Object, CountError> {
    let value = serde_json::to_value(object).map_err(|error| CountError::Unreadable(error.to_string()))?;
    Object::from_value(value).map_err(|error| CountError::Unreadable(error.to_string()))
}

fn dynamic(object: Object) -> Result<DynamicObject, CountError> {
    serde_json::from_value(object.into_value()).map_err(|error| CountError::Unreadable(error.to_string()))
}
