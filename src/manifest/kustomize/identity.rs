//! What tells objects of a build apart.
//!
//! Invariant: two identities are equal where kustomize takes them for one: no namespace is the namespace `default`, and the namespace of
//! a kind that has none does not count.

use std::fmt;

use crate::object::Object;
use crate::schema::Catalog;

/// The namespace that stands for having none; no namespace has such a name.
const NO_NAMESPACE: &str = "_non_namespaceable_";
const DEFAULT_NAMESPACE: &str = "default";

/// Group, version, kind, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// As written; empty where it is not.
    pub(super) namespace: String,
    /// Whether the kind is known to have no namespaces.
    pub(super) cluster_scoped: bool,
}

impl Id {
    /// The identity that a document states.
    pub(super) fn of(object: &Object) -> Self {
        let (group, version) = object.api_version().split_once('/').unwrap_or(("", object.api_version()));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: object.kind().to_owned(),
            name: object.name().to_owned(),
            namespace: object.namespace().unwrap_or_default().to_owned(),
            cluster_scoped: is_cluster_scoped(group, object.kind()),
        }
    }

    /// The namespace to compare by.
    pub(super) fn effective_namespace(&self) -> &str {
        match self.namespace.as_str() {
            _ if self.cluster_scoped => NO_NAMESPACE,
            "" => DEFAULT_NAMESPACE,
            namespace => namespace,
        }
    }

    /// Everything that counts, to compare and to look up by.
    pub(super) fn key(&self) -> (&str, &str, &str, &str, &str) {
        (&self.group, &self.version, &self.kind, self.effective_namespace(), &self.name)
    }

    /// Whether both mean one object.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.escape_debug())?;
        if !self.namespace.is_empty() && self.namespace != NO_NAMESPACE {
            write!(f, "{}/", self.namespace.escape_debug())?;
        }
        write!(f, "{}", self.name.escape_debug())
    }
}

/// Whether objects of a built-in kind have no namespace. The version does not count, so that an old one is known too; kinds of a
/// CustomResourceDefinition count as having one, as in kustomize.
fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    if (group, kind) == ("policy", "PodSecurityPolicy") {
        return true;
    }
    let catalog = Catalog::builtin();
    let versions = catalog.group(group).map(|group| group.versions.as_slice()).unwrap_or_default();
    versions.iter().flat_map(|version| &version.resources).find(|resource| resource.gvk.kind == kind).is_some_and(|found| !found.namespaced)
}
