//! The webhook configurations and admission policies of this moment, read and compiled.
//!
//! Receives the configurations, policies and bindings in the cache; hands on hooks and policies in the order in which they are asked.
//! Invariant: once the answer to a write of one of them has gone out, every later request is held to it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::admission::{Binding, Mutating, Policy, Validating};
use crate::object::{Object, Refusal, Revision};
use crate::schema::Resource;
use crate::store::cache::{Cache, Snapshot};
use crate::webhook::Hook;

/// Where they are kept; the order is that of the fields of [`Made`].
const PREFIXES: [&str; 6] = [
    "/registry/admissionregistration.k8s.io/mutatingwebhookconfigurations/",
    "/registry/admissionregistration.k8s.io/validatingwebhookconfigurations/",
    "/registry/admissionregistration.k8s.io/validatingadmissionpolicies/",
    "/registry/admissionregistration.k8s.io/validatingadmissionpolicybindings/",
    "/registry/admissionregistration.k8s.io/mutatingadmissionpolicies/",
    "/registry/admissionregistration.k8s.io/mutatingadmissionpolicybindings/",
];

/// A policy with what puts it to use.
pub(in crate::api) struct Bound<P> {
    pub(super) policy: Arc<P>,
    /// In the order of their names; never empty.
    pub(super) bindings: Vec<Arc<Binding>>,
}

/// Policies of one kind in the order of their names, without those that nothing puts to use.
type Policies<P> = Arc<[Arc<Bound<P>>]>;

/// All that is asked about writes.
#[derive(Clone, Default)]
pub(in crate::api) struct All {
    pub(super) mutating: Arc<[Arc<Hook>]>,
    pub(super) validating: Arc<[Arc<Hook>]>,
    pub(super) policies: Policies<Validating>,
    pub(super) mutating_policies: Policies<Mutating>,
}

impl All {
    pub(super) fn is_empty(&self) -> bool {
        self.mutating.is_empty() && self.validating.is_empty() && self.policies.is_empty() && self.mutating_policies.is_empty()
    }
}

/// What is asked, and which state of the store it was made of. Nothing is read before the first write asks.
#[derive(Default)]
pub(in crate::api) struct Configurations(RwLock<Made>);

#[derive(Default)]
struct Made {
    all: All,
    of: Option<[Revision; PREFIXES.len()]>,
    mutating: Read<Vec<Arc<Hook>>>,
    validating: Read<Vec<Arc<Hook>>>,
    policies: Read<Arc<Validating>>,
    bindings: Read<Arc<Binding>>,
    mutating_policies: Read<Arc<Mutating>>,
    mutating_bindings: Read<Arc<Binding>>,
}

/// What each object of a kind came to, by its key: what did not change is compiled once.
struct Read<T>(HashMap<Box<str>, (Revision, T)>);

impl<T> Default for Read<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Clone> Read<T> {
    /// What the objects of a picture come to, in the order of their keys. One that cannot be read comes to nothing; it was checked when it
    /// was written.
    fn follow(&mut self, snapshot: &Snapshot, read: impl Fn(&Object) -> T) -> Vec<T> {
        let (mut known, mut all) = (HashMap::new(), Vec::new());
        for cached in &snapshot.objects {
            let now = match self.0.remove(&cached.key).filter(|(revision, _)| *revision == cached.revision) {
                Some((_, same)) => same,
                None => {
                    let parsed = serde_json::from_slice(&cached.value).ok().and_then(|value| Object::from_value(value).ok());
                    let Some(object) = parsed else {
                        tracing::error!(key = &*cached.key, "what is to be asked about writes cannot be read");
                        continue;
                    };
                    read(&object)
                }
            };
            all.push(now.clone());
            known.insert(cached.key.clone(), (cached.revision, now));
        }
        self.0 = known;
        all
    }
}

impl Configurations {
    /// What is asked, as of what the cache knows.
    pub(super) async fn current(&self, cache: &Cache) -> Result<All, Refusal> {
        if let Some(all) = self.fresh(cache) {
            return Ok(all);
        }
        let mut snapshots = Vec::with_capacity(PREFIXES.len());
        for prefix in PREFIXES {
            snapshots.push(cache.not_older(prefix, Revision::ZERO).await?);
        }
        Ok(match <[Snapshot; PREFIXES.len()]>::try_from(snapshots) {
            Ok(snapshots) => self.make(&snapshots),
            Err(_) => All::default(),
        })
    }

    /// After a write of one of them, or of parameters: waits until the cache has it, so that the next request is held to it.
    pub(in crate::api) async fn written(&self, cache: &Cache, resource: &Resource, revision: Revision) -> Result<(), Refusal> {
        let prefix = resource.storage_prefix.as_str();
        if PREFIXES.contains(&prefix) || (cache.newest(prefix) != Revision::ZERO && self.has_parameters(resource)) {
            cache.not_older(prefix, revision).await?;
        }
        Ok(())
    }

    fn has_parameters(&self, resource: &Resource) -> bool {
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let definitions = made.all.policies.iter().map(|bound| bound.policy.definition());
        let definitions = definitions.chain(made.all.mutating_policies.iter().map(|bound| bound.policy.definition()));
        definitions
            .filter_map(|definition| definition.param_kind.as_ref())
            .any(|kind| kind.group == resource.gvk.group && kind.kind == resource.gvk.kind)
    }

    fn fresh(&self, cache: &Cache) -> Option<All> {
        let made = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let fresh = made.of.is_some_and(|of| PREFIXES.into_iter().zip(of).all(|(prefix, of)| is_current(cache.newest(prefix), of)));
        fresh.then(|| made.all.clone())
    }

    fn make(&self, snapshots: &[Snapshot; PREFIXES.len()]) -> All {
        let mut made = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of = snapshots.each_ref().map(|snapshot| snapshot.unchanged_since);
        // Another request may have been here with newer pictures.
        if made.of.is_some_and(|newest| newest.iter().zip(of).all(|(newest, of)| *newest >= of)) {
            return made.all.clone();
        }
        let [mutating, validating, policies, bindings, mutating_policies, mutating_bindings] = snapshots;
        let hooks = |object: &Object| Hook::all_of(object).into_iter().map(Arc::new).collect();
        let binding = |object: &Object| Arc::new(Binding::read(object));
        let bindings = made.bindings.follow(bindings, binding);
        let mutating_bindings = made.mutating_bindings.follow(mutating_bindings, binding);
        let mutating_policies = made.mutating_policies.follow(mutating_policies, |object| Arc::new(Mutating::read(object)));
        made.all = All {
            mutating: made.mutating.follow(mutating, hooks).concat().into(),
            validating: made.validating.follow(validating, hooks).concat().into(),
            policies: bound(&made.policies.follow(policies, |object| Arc::new(Validating::read(object))), &bindings),
            mutating_policies: bound(&mutating_policies, &mutating_bindings),
        };
        made.of = Some(of);
        made.all.clone()
    }
}

/// Policies with their bindings. A binding of a policy that is not there waits for it.
fn bound<P: Policy>(policies: &[Arc<P>], bindings: &[Arc<Binding>]) -> Policies<P> {
    let with_bindings = policies.iter().filter_map(|policy| {
        let of = |binding: &&Arc<Binding>| binding.policy == policy.definition().name;
        let bindings: Vec<Arc<Binding>> = bindings.iter().filter(of).cloned().collect();
        (!bindings.is_empty()).then(|| Arc::new(Bound { policy: Arc::clone(policy), bindings }))
    });
    with_bindings.collect()
}

/// Whether what was made of a state is still of the newest one that the cache has; 0 is a cache that was dropped.
fn is_current(newest: Revision, of: Revision) -> bool {
    newest != Revision::ZERO && newest <= of
}
