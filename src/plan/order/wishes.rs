//! What an object's annotations say of its turn.
//!
//! Receives an object, hands on the wave it is to be in and the objects it depends on. Pure.

use std::fmt;

use super::fault::OrderFault;
use crate::object::Object;

/// The objects that must be ready before this one is applied, parted by commas; the annotation and its syntax are those of cli-utils
/// (<https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/object/dependson>).
pub(super) const DEPENDS_ON: &str = "config.kubernetes.io/depends-on";
/// The wave of an object.
pub(super) const WAVE: &str = "trueup.dev/wave";
/// Argo CD's word for the same, which counts where ours is missing.
pub(super) const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// An object as `depends-on` names it: `apps/namespaces/shop/Deployment/db`, or `rbac.authorization.k8s.io/ClusterRole/db`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace, for kinds that have one.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl Reference {
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let (group, namespace, kind, name) = match parts.as_slice() {
            [group, kind, name] => (group, None, kind, name),
            [group, "namespaces", namespace, kind, name] if !namespace.is_empty() => (group, Some((*namespace).to_owned()), kind, name),
            _ => return None,
        };
        let named = !kind.is_empty() && !name.is_empty();
        named.then(|| Self { group: (*group).to_owned(), kind: (*kind).to_owned(), namespace, name: (*name).to_owned() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, kind, namespace, name } = self;
        match namespace {
            Some(namespace) => write!(f, "{group}/namespaces/{namespace}/{kind}/{name}"),
            None => write!(f, "{group}/{kind}/{name}"),
        }
    }
}

/// The objects that an object depends on, as its annotation names them.
pub(super) fn references(object: &Object) -> Result<Vec<Reference>, OrderFault> {
    let Some(text) = object.annotation(DEPENDS_ON) else { return Ok(Vec::new()) };
    let read = |part: &str| Reference::parse(part).ok_or_else(|| OrderFault::Unreadable { text: part.to_owned() });
    text.split(',').map(|part| read(part.trim())).collect()
}

/// The annotation that puts an object into a wave, and its value.
fn wave_annotation(object: &Object) -> Option<(&'static str, &str)> {
    [WAVE, SYNC_WAVE].into_iter().find_map(|key| Some((key, object.annotation(key)?)))
}

/// The wave that an object's annotations put it into; `None` where they are silent.
pub(super) fn wave(object: &Object) -> Result<Option<i32>, OrderFault> {
    let read = |(annotation, text): (&'static str, &str)| {
        text.trim().parse().map_err(|_| OrderFault::NoWave { annotation, text: text.to_owned() })
    };
    wave_annotation(object).map(read).transpose()
}

/// The wave that an object names, for those who show it; nothing where it names none that can be read.
#[must_use]
pub fn named_wave(object: &Object) -> Option<i32> {
    wave(object).ok().flatten()
}
