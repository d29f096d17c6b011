//! The kinds served at this moment: the built-in ones and those that CustomResourceDefinitions declare.
//!
//! Receives the definitions in the cache; hands on a catalog. Invariant: once the answer to a write of a definition has gone out, every
//! later request sees the kinds that it declares.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::definitions::PREFIX;
use crate::object::{GroupVersion, Object, Refusal, Revision};
use crate::schema::naming::{self, Claims, Names};
use crate::schema::{Catalog, Resource, from_crd};
use crate::store::cache::{Cache, Cached, Snapshot};

/// The catalog, and which state of the definitions it was made of.
pub(super) struct Catalogs {
    made: RwLock<Made>,
    turn: Arc<Mutex<()>>,
}

struct Made {
    catalog: Arc<Catalog>,
    of: Revision,
    /// How often a catalog was made: documents made from one know by it that they are out of date.
    edition: u64,
    /// What each definition came to, by its key, so that one that did not change is not compiled again.
    known: HashMap<Box<str>, Arc<Known>>,
}

/// What a definition came to.
struct Known {
    revision: Revision,
    name: String,
    group: String,
    created: String,
    accepted: Names,
    is_settled: bool,
    resources: Vec<Arc<Resource>>,
}

/// A definition that waits for names.
pub(super) struct Unsettled {
    pub(super) key: String,
    pub(super) group: String,
    pub(super) name: String,
}

impl Catalogs {
    pub(super) async fn open(cache: &Cache) -> Result<Self, Refusal> {
        let made = Made { catalog: Catalog::builtin(), of: Revision::ZERO, edition: 0, known: HashMap::new() };
        let catalogs = Self { made: RwLock::new(made), turn: Arc::default() };
        catalogs.make(&cache.consistent(PREFIX).await?);
        Ok(catalogs)
    }

    /// The catalog as of what the cache knows, and its edition.
    pub(super) fn current(&self, cache: &Cache) -> (Arc<Catalog>, Option<u64>) {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = cache.newest(PREFIX) <= made.of;
        (Arc::clone(&made.catalog), fresh.then_some(made.edition))
    }

    /// The catalog, remade first if a definition has changed.
    pub(super) async fn newest(&self, cache: &Cache) -> Result<(Arc<Catalog>, u64), Refusal> {
        if let (catalog, Some(edition)) = self.current(cache) {
            return Ok((catalog, edition));
        }
        let snapshot = cache.not_older(PREFIX, Revision::ZERO).await?;
        Ok(self.make(&snapshot))
    }

    /// The resource of a path. What the cache does not know yet is looked for in the store, since another server may have written the
    /// definition just now.
    pub(super) async fn resource(&self, cache: &Cache, at: &GroupVersion, plural: &str) -> Result<Option<Arc<Resource>>, Refusal> {
        let find = |catalog: Arc<Catalog>| catalog.resource(&at.group, &at.version, plural).cloned();
        if let Some(found) = find(self.newest(cache).await?.0) {
            return Ok(Some(found));
        }
        // Definitions declare groups with a dot; any other group is built in, and the catalog knows those.
        if !at.group.contains('.') {
            return Ok(None);
        }
        cache.consistent(PREFIX).await?;
        Ok(find(self.newest(cache).await?.0))
    }

    /// After a write of a definition: waits until the cache has it, so that the next request finds the kinds it declares.
    pub(super) async fn written(&self, cache: &Cache, resource: &Resource, revision: Revision) -> Result<(), Refusal> {
        if resource.storage_prefix == PREFIX { self.wait_for(cache, revision).await } else { Ok(()) }
    }

    /// Waits until the cache has the definitions as of a revision, and serves what they declare.
    pub(super) async fn wait_for(&self, cache: &Cache, revision: Revision) -> Result<(), Refusal> {
        let snapshot = cache.not_older(PREFIX, revision).await?;
        self.make(&snapshot);
        Ok(())
    }

    /// The catalog as of the store's newest definitions.
    pub(super) async fn newest_of_store(&self, cache: &Cache) -> Result<(), Refusal> {
        self.make(&cache.consistent(PREFIX).await?);
        Ok(())
    }

    /// The turn of a write to definitions.
    pub(super) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// The names that the definitions of a group hold, without one of them.
    pub(super) fn claims(&self, group: &str, without: &str) -> Claims {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let mut claims = Claims::default();
        let others = made.known.values().filter(|known| known.group == group && known.name != without);
        others.for_each(|known| claims.add(&known.accepted));
        claims
    }

    /// The definitions that do not hold all names that they ask for, the oldest first.
    pub(super) fn unsettled(&self) -> Vec<Unsettled> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        let mut waiting: Vec<(&str, &Known)> =
            made.known.iter().filter(|(_, known)| !known.is_settled).map(|(key, known)| (&**key, &**known)).collect();
        waiting.sort_by_key(|(_, known)| (&known.created, &known.name));
        let unsettled =
            |(key, known): (&str, &Known)| Unsettled { key: key.to_owned(), group: known.group.clone(), name: known.name.clone() };
        waiting.into_iter().map(unsettled).collect()
    }

    /// Makes a catalog of a state of the definitions, unless it has one of a newer state.
    fn make(&self, snapshot: &Snapshot) -> (Arc<Catalog>, u64) {
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.edition == 0 || snapshot.unchanged_since > made.of {
            made.known = known(snapshot, &made.known);
            let resources: Vec<Arc<Resource>> = made.known.values().flat_map(|known| known.resources.iter().cloned()).collect();
            made.catalog = if resources.is_empty() { Catalog::builtin() } else { Arc::new(Catalog::builtin().with_custom(resources)) };
            made.of = snapshot.unchanged_since;
            made.edition += 1;
        }
        (Arc::clone(&made.catalog), made.edition)
    }
}

/// What the definitions come to; `before` is what they came to the last time.
fn known(snapshot: &Snapshot, before: &HashMap<Box<str>, Arc<Known>>) -> HashMap<Box<str>, Arc<Known>> {
    let known = snapshot.objects.iter().filter_map(|cached| {
        let before = before.get(&cached.key);
        match before.filter(|before| before.revision == cached.revision) {
            Some(same) => Some((cached.key.clone(), Arc::clone(same))),
            None => Some((cached.key.clone(), Arc::new(Known::read(cached, before.map(|before| &**before))?))),
        }
    });
    known.collect()
}

impl Known {
    /// One that cannot be read serves nothing; it was checked when it was written.
    fn read(cached: &Cached, before: Option<&Self>) -> Option<Self> {
        let parsed = serde_json::from_slice(&cached.value).ok().and_then(|value| Object::from_value(value).ok());
        let Some(definition) = parsed else {
            tracing::error!(key = &*cached.key, "a CustomResourceDefinition cannot be read");
            return None;
        };
        let resources = if naming::is_true(&definition, "Established") { from_crd(&definition) } else { Ok(Vec::new()) };
        let mut resources = resources.unwrap_or_else(|causes| {
            tracing::error!(key = &*cached.key, ?causes, "a CustomResourceDefinition cannot be served");
            Vec::new()
        });
        for resource in &mut resources {
            let same = |other: &&Arc<Resource>| other.gvk == resource.gvk && other.declared_schema == resource.declared_schema;
            let other = before.and_then(|before| before.resources.iter().find(same));
            resource.current_since = other.map_or(cached.revision, |other| other.current_since);
        }
        Some(Self {
            revision: cached.revision,
            name: definition.name().to_owned(),
            group: definition.get_str(&["spec", "group"]).unwrap_or_default().to_owned(),
            created: definition.meta_str("creationTimestamp").unwrap_or_default().to_owned(),
            accepted: Names::accepted(&definition),
            is_settled: naming::is_settled(&definition),
            resources: resources.into_iter().map(Arc::new).collect(),
        })
    }
}

/// A path's resource as discovery and refusals name it.
pub(super) fn unknown_path() -> Refusal {
    Refusal::new(crate::object::Reason::NotFound, "the server could not find the requested resource")
}
