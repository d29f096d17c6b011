//! The kinds served at this moment: the built-in ones and those that CustomResourceDefinitions declare.
//!
//! Receives the definitions in the cache; hands on a catalog. Invariant: once the answer to a write of a definition has gone out, every
//! later request sees the kinds that it declares.

use std::sync::{Arc, PoisonError, RwLock};

use super::definitions::PREFIX;
use crate::object::{GroupVersion, Object, Refusal, Revision};
use crate::schema::{Catalog, Resource, from_crd};
use crate::store::cache::{Cache, Snapshot};

/// The catalog, and which state of the definitions it was made of.
pub(super) struct Catalogs(RwLock<Made>);

struct Made {
    catalog: Arc<Catalog>,
    of: Revision,
    /// How often a catalog was made: documents made from one know by it that they are out of date.
    edition: u64,
}

impl Catalogs {
    pub(super) async fn open(cache: &Cache) -> Result<Self, Refusal> {
        let catalogs = Self(RwLock::new(Made { catalog: Catalog::builtin(), of: Revision::ZERO, edition: 0 }));
        catalogs.make(&cache.consistent(PREFIX).await?);
        Ok(catalogs)
    }

    /// The catalog as of what the cache knows, and its edition.
    pub(super) fn current(&self, cache: &Cache) -> (Arc<Catalog>, Option<u64>) {
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner);
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

    /// Makes a catalog of a state of the definitions, unless it has one of a newer state.
    fn make(&self, snapshot: &Snapshot) -> (Arc<Catalog>, u64) {
        let mut made = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if made.edition == 0 || snapshot.unchanged_since > made.of {
            made.catalog = match custom(snapshot) {
                resources if resources.is_empty() => Catalog::builtin(),
                resources => Arc::new(Catalog::builtin().with_custom(resources)),
            };
            made.of = snapshot.unchanged_since;
            made.edition += 1;
        }
        (Arc::clone(&made.catalog), made.edition)
    }
}

/// The resources that the definitions declare. One that cannot be read serves nothing; it was checked when it was written.
fn custom(snapshot: &Snapshot) -> Vec<Resource> {
    let definitions = snapshot.objects.iter().filter_map(|cached| {
        let parsed = serde_json::from_slice(&cached.value).ok().and_then(|value| Object::from_value(value).ok());
        let resources = parsed.and_then(|definition| from_crd(&definition).ok());
        if resources.is_none() {
            tracing::error!(key = &*cached.key, "a CustomResourceDefinition cannot be served");
        }
        resources
    });
    definitions.flatten().collect()
}

/// A path's resource as discovery and refusals name it.
pub(super) fn unknown_path() -> Refusal {
    Refusal::new(crate::object::Reason::NotFound, "the server could not find the requested resource")
}
