//! Which schema an object is checked by: that of its built-in kind, or of a definition at hand.

use std::collections::HashMap;
use std::sync::Arc;

use super::Rule;
use super::removed;
use crate::manifest::{Desired, Origin};
use crate::object::Gvk;
use crate::schema::{Catalog, Resource, from_crd};
use crate::similar::nearest;

/// What is said of a kustomization, and of what to do about it.
pub(super) const KUSTOMIZATION: &str = "a kustomization is no object";
const BUILD: &str = "give its directory with -k, to check what it builds";

/// The kinds that objects can be checked by.
pub(super) struct Kinds {
    catalog: Arc<Catalog>,
    /// Groups and kinds whose definition has faults, and where it is.
    broken: HashMap<(String, String), Origin>,
}

/// Why there is no schema for a kind.
pub(super) enum Missing {
    /// Its definition, which stands there, has faults.
    Broken(Origin),
    /// Nothing describes it.
    Unknown(Unknown),
}

/// What is said of a kind that nothing describes.
pub(super) struct Unknown {
    pub(super) rule: Rule,
    pub(super) message: String,
    pub(super) suggestion: String,
}

impl Kinds {
    /// The built-in kinds and those that definitions bring; of two definitions of one kind the first counts.
    pub(super) fn new<'a>(objects: impl Iterator<Item = &'a Desired>) -> Self {
        let mut kinds = Self { catalog: Catalog::builtin(), broken: HashMap::new() };
        let mut custom = Vec::new();
        for definition in objects.filter(|desired| is_definition(desired)) {
            match from_crd(&definition.object) {
                Ok(resources) => custom.extend(resources),
                Err(_) => {
                    let text = |path: &[&str]| definition.object.get_str(path).unwrap_or_default().to_owned();
                    let key = (text(&["spec", "group"]), text(&["spec", "names", "kind"]));
                    kinds.broken.entry(key).or_insert_with(|| definition.origin.clone());
                }
            }
        }
        if !custom.is_empty() {
            kinds.catalog = Arc::new(kinds.catalog.with_custom(custom));
        }
        kinds
    }

    /// What an object of a kind is checked by.
    pub(super) fn find(&self, gvk: &Gvk) -> Result<&Arc<Resource>, Missing> {
        if let Some(resource) = self.catalog.by_gvk(gvk) {
            return Ok(resource);
        }
        Err(match self.broken.get(&(gvk.group.clone(), gvk.kind.clone())) {
            Some(origin) => Missing::Broken(origin.clone()),
            None => Missing::Unknown(self.unknown(gvk)),
        })
    }

    fn unknown(&self, gvk: &Gvk) -> Unknown {
        if let Some((message, today)) = removed::find(gvk) {
            let suggestion = match today {
                Some(today) => format!("write `apiVersion: {today}`, and look for fields that changed"),
                None => "take it out: nothing took its place".to_owned(),
            };
            return Unknown { rule: Rule::RemovedVersion, message, suggestion };
        }
        let unknown = |message: String, suggestion: String| Unknown { rule: Rule::UnknownKind, message, suggestion };
        if gvk.group == "kustomize.config.k8s.io" {
            return unknown(KUSTOMIZATION.to_owned(), BUILD.to_owned());
        }
        let message = format!("no schema for kind {:?} in version {:?}", gvk.kind, gvk.api_version());
        match self.similar(gvk) {
            Some(similar) => unknown(message, format!("did you mean kind {:?} in version {:?}?", similar.kind, similar.api_version())),
            None => unknown(
                message,
                "give its CustomResourceDefinition with --schema FILE, or pass over it with --ignore-missing-schemas".to_owned(),
            ),
        }
    }

    /// A kind of the same name in the same group, elsewhere, or of a similar name, in this order.
    fn similar(&self, gvk: &Gvk) -> Option<Gvk> {
        let known = || self.catalog.preferred().map(|resource| &resource.gvk);
        let same = |known: &&Gvk| known.kind.eq_ignore_ascii_case(&gvk.kind);
        let in_group = || known().filter(|known| known.group == gvk.group);
        let found = in_group().find(same).or_else(|| {
            let near = nearest(&gvk.kind, in_group().map(|known| known.kind.as_str()))?;
            in_group().find(|known| known.kind == near)
        });
        let elsewhere = || {
            // A group of somebody's own may well have a kind called like a built-in one, so only groups of a similar name count.
            let groups = self.catalog.groups().iter().map(|group| group.name.as_str());
            let meant = nearest(&gvk.group, groups.filter(|group| !group.is_empty()));
            let near = nearest(&gvk.kind, known().map(|known| known.kind.as_str()))?;
            let builtin = !gvk.group.contains('.') || gvk.group.ends_with(".k8s.io");
            known().find(|known| known.kind == near && (Some(known.group.as_str()) == meant || builtin))
        };
        found.or_else(elsewhere).cloned()
    }
}

/// Whether an object defines a custom kind.
pub(super) fn is_definition(desired: &Desired) -> bool {
    desired.object.kind() == "CustomResourceDefinition" && desired.object.api_version() == "apiextensions.k8s.io/v1"
}
