//! The webhook configurations of this moment, as hooks that can be asked.
//!
//! Receives the configurations in the cache; hands on their hooks in the order in which they are asked. Invariant: once the answer to a
//! write of a configuration has gone out, every later request is held to it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::object::{Object, Refusal, Revision};
use crate::schema::Resource;
use crate::store::cache::{Cache, Cached, Snapshot};
use crate::webhook::Hook;

const PREFIXES: [&str; 2] = [
    "/registry/admissionregistration.k8s.io/mutatingwebhookconfigurations/",
    "/registry/admissionregistration.k8s.io/validatingwebhookconfigurations/",
];

/// The hooks of both kinds.
#[derive(Clone, Default)]
pub(in crate::api) struct All {
    pub(super) mutating: Arc<[Arc<Hook>]>,
    pub(super) validating: Arc<[Arc<Hook>]>,
}

impl All {
    pub(super) fn is_empty(&self) -> bool {
        self.mutating.is_empty() && self.validating.is_empty()
    }
}

/// The hooks, and which state of the configurations they were made of. Nothing is read before the first write asks.
#[derive(Default)]
pub(in crate::api) struct Configurations(RwLock<Made>);

#[derive(Default)]
struct Made {
    all: All,
    of: Option<[Revision; 2]>,
    /// What each configuration came to, by its key: its conditions are compiled once.
    known: HashMap<Box<str>, Known>,
}

#[derive(Clone)]
struct Known {
    revision: Revision,
    hooks: Vec<Arc<Hook>>,
}

impl Configurations {
    /// The hooks as of what the cache knows.
    pub(super) async fn current(&self, cache: &Cache) -> Result<All, Refusal> {
        if let Some(all) = self.fresh(cache) {
            return Ok(all);
        }
        let [mutating, validating] = PREFIXES;
        let snapshots = [cache.not_older(mutating, Revision::ZERO).await?, cache.not_older(validating, Revision::ZERO).await?];
        Ok(self.make(&snapshots))
    }

    /// After a write of a configuration: waits until the cache has it, so that the next request is held to it.
    pub(in crate::api) async fn written(cache: &Cache, resource: &Resource, revision: Revision) -> Result<(), Refusal> {
        if PREFIXES.contains(&resource.storage_prefix.as_str()) {
            cache.not_older(&resource.storage_prefix, revision).await?;
        }
        Ok(())
    }

    fn fresh(&self, cache: &Cache) -> Option<All> {
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = made.of.is_some_and(|of| PREFIXES.into_iter().zip(of).all(|(prefix, of)| is_current(cache.newest(prefix), of)));
        fresh.then(|| made.all.clone())
    }

    fn make(&self, snapshots: &[Snapshot; 2]) -> All {
        let mut made = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of = [snapshots[0].unchanged_since, snapshots[1].unchanged_since];
        // Another request may have been here with newer pictures.
        if made.of.is_some_and(|newest| newest[0] >= of[0] && newest[1] >= of[1]) {
            return made.all.clone();
        }
        let mut known = HashMap::new();
        let mut hooks = |snapshot: &Snapshot| {
            let mut all = Vec::new();
            for cached in &snapshot.objects {
                let before = made.known.get(&cached.key).filter(|before| before.revision == cached.revision);
                let now = before.cloned().unwrap_or_else(|| Known { revision: cached.revision, hooks: read(cached) });
                all.extend(now.hooks.iter().cloned());
                known.insert(cached.key.clone(), now);
            }
            Arc::from(all)
        };
        let all = All { mutating: hooks(&snapshots[0]), validating: hooks(&snapshots[1]) };
        *made = Made { all: all.clone(), of: Some(of), known };
        all
    }
}

/// Whether what was made of a state is still of the newest one that the cache has; 0 is a cache that was dropped.
fn is_current(newest: Revision, of: Revision) -> bool {
    newest != Revision::ZERO && newest <= of
}

/// One that cannot be read asks nobody; it was checked when it was written.
fn read(cached: &Cached) -> Vec<Arc<Hook>> {
    let parsed = serde_json::from_slice(&cached.value).ok().and_then(|value| Object::from_value(value).ok());
    let Some(configuration) = parsed else {
        tracing::error!(key = &*cached.key, "a webhook configuration cannot be read");
        return Vec::new();
    };
    Hook::all_of(&configuration).into_iter().map(Arc::new).collect()
}
