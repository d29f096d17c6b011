//! All resources that are served at one moment.
//!
//! Receives the table of kinds and the resources of CustomResourceDefinitions; hands lookups to routing, discovery, the CLI.
//! Invariant: a snapshot never changes; a new definition makes a new snapshot that shares the resources of the old one.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::kinds::GROUPS;
use super::resource::Resource;
use crate::object::{GroupVersion, Gvk};

/// An immutable snapshot of all served resources.
#[derive(Debug, Clone)]
pub struct Catalog {
    groups: Vec<ServedGroup>,
    positions: HashMap<String, usize>,
}

/// One API group with its versions, the preferred one first.
#[derive(Debug, Clone)]
pub struct ServedGroup {
    /// The group's name, empty for the core group.
    pub name: String,
    /// The versions, the preferred one first; never empty.
    pub versions: Vec<ServedVersion>,
}

/// One version of a group with its resources in order of their plural names.
#[derive(Debug, Clone)]
pub struct ServedVersion {
    /// Group and version.
    pub group_version: GroupVersion,
    /// The resources in order of their plural names; never empty.
    pub resources: Vec<Arc<Resource>>,
}

impl Catalog {
    /// The built-in kinds; made once and shared. No schema is compiled for it.
    #[must_use]
    pub fn builtin() -> Arc<Self> {
        static BUILTIN: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
            let rows = GROUPS.iter().flat_map(|group| group.kinds.iter().map(|kind| Arc::new(kind.resource(group))));
            let mut catalog = Catalog { groups: Vec::new(), positions: HashMap::new() };
            rows.for_each(|resource| catalog.add(resource));
            Arc::new(catalog)
        });
        Arc::clone(&BUILTIN)
    }

    /// This catalog and more resources. Built-in groups stay first and in order, the others follow by name. A resource whose
    /// group, version and plural are taken already is left out: what is there first stays.
    #[must_use]
    pub fn with_custom(&self, resources: impl IntoIterator<Item: Into<Arc<Resource>>>) -> Self {
        let mut catalog = self.clone();
        for resource in resources {
            catalog.add(resource.into());
        }
        catalog.groups[Self::builtin().groups.len()..].sort_by(|a, b| a.name.cmp(&b.name));
        catalog.positions = catalog.groups.iter().enumerate().map(|(at, group)| (group.name.clone(), at)).collect();
        catalog
    }

    /// The groups in order of priority, the core group first.
    #[must_use]
    pub fn groups(&self) -> &[ServedGroup] {
        &self.groups
    }

    /// The group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&ServedGroup> {
        Some(&self.groups[*self.positions.get(name)?])
    }

    /// One version of a group.
    #[must_use]
    pub fn version(&self, group: &str, version: &str) -> Option<&ServedVersion> {
        self.group(group)?.versions.iter().find(|served| served.group_version.version == version)
    }

    /// All resources under all versions, in order of priority.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.groups.iter().flat_map(|group| &group.versions).flat_map(|version| &version.resources)
    }

    /// Every resource once, at the version that its group prefers for it.
    pub fn preferred(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.groups.iter().flat_map(|group| group.versions.iter().map(move |version| (group, version))).flat_map(|(group, version)| {
            version.resources.iter().filter(move |resource| {
                let first = group.versions.iter().find(|other| other.resource(&resource.plural).is_some());
                first.is_some_and(|first| first.group_version == version.group_version)
            })
        })
    }

    /// The resource at a path.
    #[must_use]
    pub fn resource(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.version(group, version)?.resource(plural)
    }

    /// The resource for a kind.
    #[must_use]
    pub fn by_gvk(&self, gvk: &Gvk) -> Option<&Arc<Resource>> {
        self.version(&gvk.group, &gvk.version)?.resources.iter().find(|resource| resource.gvk.kind == gvk.kind)
    }

    /// The resource of a group at the version that the group prefers for it.
    #[must_use]
    pub fn by_group_resource(&self, group: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.group(group)?.versions.iter().find_map(|version| version.resource(plural))
    }

    /// The resource that a person means by a word: a plural, singular or short name or a kind, in any case; `name.group` and
    /// `name.version.group` say which group and version. Where several fit, the group with the highest priority wins, and a plural or
    /// singular name wins over a short one.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<&Arc<Resource>> {
        let word = word.to_lowercase();
        let qualified = word.split_once('.').and_then(|(name, rest)| {
            let versioned = rest.split_once('.').and_then(|(version, group)| {
                let served = self.version(group, version)?;
                served.resources.iter().find(|resource| resource.goes_by(name))
            });
            versioned.or_else(|| self.preferred().find(|resource| resource.gvk.group == rest && resource.goes_by(name)))
        });
        let named = || self.preferred().find(|resource| resource.goes_by(&word));
        let short = || self.preferred().find(|resource| resource.short_names.contains(&word));
        qualified.or_else(named).or_else(short)
    }

    /// The resources of a category such as `all`, each at its preferred version; none where there is no such category.
    pub fn category<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arc<Resource>> {
        self.preferred().filter(move |resource| resource.categories.iter().any(|category| category == name))
    }

    fn add(&mut self, resource: Arc<Resource>) {
        let name = &resource.gvk.group;
        let position = *self.positions.entry(name.clone()).or_insert_with(|| {
            self.groups.push(ServedGroup { name: name.clone(), versions: Vec::new() });
            self.groups.len() - 1
        });
        self.groups[position].add(resource);
    }
}

impl ServedGroup {
    /// The version that the group prefers.
    #[must_use]
    pub fn preferred(&self) -> &ServedVersion {
        &self.versions[0]
    }

    fn add(&mut self, resource: Arc<Resource>) {
        let group_version = resource.gvk.group_version();
        let found = self.versions.iter_mut().find(|version| version.group_version == group_version);
        match found {
            Some(version) => version.add(resource),
            None => {
                self.versions.push(ServedVersion { group_version, resources: vec![resource] });
                self.versions.sort_by_cached_key(|version| Reverse(version_rank(&version.group_version.version)));
            }
        }
    }
}

impl ServedVersion {
    /// The resource of that plural name.
    #[must_use]
    pub fn resource(&self, plural: &str) -> Option<&Arc<Resource>> {
        self.resources.binary_search_by(|resource| resource.plural.as_str().cmp(plural)).ok().map(|at| &self.resources[at])
    }

    fn add(&mut self, resource: Arc<Resource>) {
        if let Err(at) = self.resources.binary_search_by(|other| other.plural.cmp(&resource.plural)) {
            self.resources.insert(at, resource);
        }
    }
}

impl Resource {
    /// Whether a lower-case word is the plural, the singular or the kind.
    fn goes_by(&self, word: &str) -> bool {
        self.plural == word || self.singular == word || self.gvk.kind.to_lowercase() == word
    }
}

/// Ranks versions as Kubernetes does: stable before beta before alpha before anything else, each the higher the newer; other words
/// rank the other way round of the alphabet.
///
/// See <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority>.
fn version_rank(version: &str) -> (u8, u64, u64, Reverse<String>) {
    well_formed_rank(version).map_or_else(
        || (0, 0, 0, Reverse(version.to_owned())),
        |(stability, major, minor)| (stability, major, minor, Reverse(String::new())),
    )
}

fn well_formed_rank(version: &str) -> Option<(u8, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (major, stage) = (rest[..end].parse().ok()?, &rest[end..]);
    if stage.is_empty() {
        return Some((3, major, 0));
    }
    let (stability, minor) =
        stage.strip_prefix("beta").map(|minor| (2, minor)).or_else(|| stage.strip_prefix("alpha").map(|minor| (1, minor)))?;
    Some((stability, major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(word: &str) -> Option<String> {
        Catalog::builtin().find(word).map(|resource| resource.group_resource().to_string())
    }

    #[test]
    fn people_may_name_resources_in_many_ways() {
        for word in ["deployments", "deployment", "deploy", "Deployment", "deployments.apps", "deploy.apps", "deployment.v1.apps"] {
            let expected = if word == "deploy.apps" { None } else { Some("deployments.apps".to_owned()) };
            assert_eq!(found(word), expected, "{word}");
        }
        assert_eq!(found("no-such-thing"), None);
        assert_eq!(found("deployments.batch"), None);
    }

    #[test]
    fn the_group_with_the_highest_priority_wins() {
        assert_eq!(found("events").as_deref(), Some("events"));
        assert_eq!(found("events.events.k8s.io").as_deref(), Some("events.events.k8s.io"));
    }

    #[test]
    fn get_all_means_what_kubectl_means_by_it() {
        let catalog = Catalog::builtin();
        let all: Vec<_> = catalog.category("all").map(|resource| resource.plural.as_str()).collect();
        let expected = "pods replicationcontrollers services daemonsets deployments replicasets statefulsets horizontalpodautoscalers \
                        cronjobs jobs";
        assert_eq!(all.join(" "), expected);
    }

    #[test]
    fn versions_rank_as_kubernetes_ranks_them() {
        let mut versions = vec!["foo10", "v1", "v11alpha2", "foo1", "v3beta1", "v12alpha1", "v10", "v11beta2", "v2", "v10beta3"];
        versions.sort_by_cached_key(|version| Reverse(version_rank(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"]);
    }

    #[test]
    fn custom_groups_follow_the_built_in_ones_by_name() {
        let resources = |group: &str, versions: &[&str]| {
            let version = |(at, name): (usize, &&str)| json!({"name": name, "served": true, "storage": at == 0, "schema": {"openAPIV3Schema": {"type": "object"}}});
            let versions: Vec<_> = versions.iter().enumerate().map(version).collect();
            let names = json!({"plural": "things", "kind": "Thing", "shortNames": ["po"]});
            let crd = json!({
                "metadata": {"name": format!("things.{group}")},
                "spec": {"group": group, "scope": "Cluster", "names": names, "versions": versions},
            });
            crate::schema::from_crd(&crate::object::Object::from_value(crd).expect("an object")).expect("valid")
        };
        let catalog = Catalog::builtin().with_custom(resources("z.example.com", &["v1"]));
        let catalog = catalog.with_custom(resources("a.example.com", &["v1beta1", "v1", "v2alpha1"]));
        let names: Vec<_> = catalog.groups().iter().rev().take(3).map(|group| group.name.as_str()).collect();
        assert_eq!(names, ["z.example.com", "a.example.com", "resource.k8s.io"]);
        let versions = &catalog.group("a.example.com").expect("served").versions;
        let versions: Vec<_> = versions.iter().map(|version| version.group_version.version.as_str()).collect();
        assert_eq!(versions, ["v1", "v1beta1", "v2alpha1"]);
        let thing = catalog.find("thing").expect("found");
        assert_eq!(thing.gvk, Gvk::new("a.example.com", "v1", "Thing"));
        assert_eq!(catalog.find("thing.v1beta1.a.example.com").map(|found| found.gvk.version.as_str()), Some("v1beta1"));
        assert_eq!(catalog.find("po").map(|found| found.plural.as_str()), Some("pods"));
        assert_eq!(catalog.preferred().filter(|resource| resource.custom).count(), 2);
        assert_eq!(Catalog::builtin().find("thing").map(|found| found.plural.as_str()), None);
    }
}
