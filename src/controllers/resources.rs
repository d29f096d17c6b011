//! What a server serves, as controllers need it: which kinds there are, under which paths, with which verbs.
//!
//! Receives the aggregated discovery documents; hands on [`Resources`], which do not change. Invariant: a group that the server could
//! not ask is named as such and never counts as gone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use kube::Client;
use kube::api::{Api, DynamicObject};
use kube::core::ApiResource;
use kube::core::discovery::v2::{APIGroupDiscovery, APIResourceDiscovery};

/// One resource in one version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Served {
    /// Group, version, kind and plural name.
    pub(super) api: ApiResource,
    /// `plural.group`, which names the resource in all its versions.
    name: String,
    /// Whether its objects live in namespaces.
    pub(super) namespaced: bool,
    /// What can be done with it.
    pub(super) verbs: BTreeSet<String>,
}

impl Served {
    /// Whether all of these verbs are understood.
    pub(super) fn can(&self, verbs: &[&str]) -> bool {
        verbs.iter().all(|verb| self.verbs.contains(*verb))
    }

    /// `plural.group`, which names the resource in all its versions.
    pub(super) fn group_resource(&self) -> &str {
        &self.name
    }

    /// Requests for objects of the resource: in a namespace where one is given and there is one, everywhere else.
    pub(super) fn in_namespace(&self, client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
        match namespace {
            Some(namespace) if self.namespaced => Api::namespaced_with(client.clone(), namespace, &self.api),
            _ => Api::all_with(client.clone(), &self.api),
        }
    }
}

/// All resources of a server.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Resources {
    /// Each resource once, in the version that its group prefers.
    preferred: Vec<Arc<Served>>,
    /// By `apiVersion`, then by kind.
    by_kind: HashMap<String, HashMap<String, Arc<Served>>>,
    /// The groups whose description may be out of date, since their server did not answer.
    stale: BTreeSet<String>,
}

impl Resources {
    /// Asks the server, in two requests.
    pub(super) async fn discover(client: &Client) -> Result<Self, kube::Error> {
        let (core, groups) = futures::try_join!(client.list_core_api_versions_aggregated(), client.list_api_groups_aggregated())?;
        Ok(Self::of(core.items.into_iter().chain(groups.items)))
    }

    fn of(groups: impl IntoIterator<Item = APIGroupDiscovery>) -> Self {
        let mut resources = Self::default();
        for group in groups {
            let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
            let mut seen = BTreeSet::new();
            for version in group.versions {
                if version.freshness.as_deref() == Some("Stale") {
                    resources.stale.insert(name.clone());
                }
                let number = version.version.unwrap_or_default();
                for served in version.resources.into_iter().filter_map(|resource| served(&name, &number, resource)) {
                    let first = seen.insert(served.api.plural.clone());
                    resources.add(Arc::new(served), first);
                }
            }
        }
        resources
    }

    fn add(&mut self, served: Arc<Served>, preferred: bool) {
        let kinds = self.by_kind.entry(served.api.api_version.clone()).or_default();
        kinds.insert(served.api.kind.clone(), Arc::clone(&served));
        if preferred {
            self.preferred.push(served);
        }
    }

    /// Each resource once, in the version that its group prefers.
    pub(super) fn preferred(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.preferred.iter()
    }

    /// The resource of a kind.
    pub(super) fn by_kind(&self, api_version: &str, kind: &str) -> Option<&Arc<Served>> {
        self.by_kind.get(api_version)?.get(kind)
    }

    /// The groups whose server did not answer.
    pub(super) fn stale(&self) -> &BTreeSet<String> {
        &self.stale
    }
}

/// A resource without a kind of its own only carries subresources.
fn served(group: &str, version: &str, resource: APIResourceDiscovery) -> Option<Served> {
    let kind = resource.response_kind?.kind?;
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let api = ApiResource { group: group.to_owned(), version: version.to_owned(), api_version, kind, plural: resource.resource? };
    let namespaced = resource.scope.as_deref() == Some("Namespaced");
    let name = format!("{}.{}", api.plural, api.group);
    Some(Served { api, name, namespaced, verbs: resource.verbs.into_iter().collect() })
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Resources of `(apiVersion, kind, plural, namespaced)`, all with every verb that matters.
    pub(crate) fn resources(kinds: &[(&str, &str, &str, bool)]) -> Resources {
        let groups = kinds.iter().map(|(api_version, kind, plural, namespaced)| {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            let resource = json!({
                "resource": plural, "responseKind": {"kind": kind}, "scope": if *namespaced { "Namespaced" } else { "Cluster" },
                "verbs": ["get", "list", "watch", "patch", "delete", "deletecollection"],
            });
            group_of(group, &json!([{"version": version, "resources": [resource]}]))
        });
        Resources::of(groups)
    }

    fn group_of(name: &str, versions: &Value) -> APIGroupDiscovery {
        serde_json::from_value(json!({"metadata": {"name": name}, "versions": versions})).expect("a group")
    }

    #[test]
    fn a_resource_counts_once_in_its_preferred_version_and_is_found_in_all() {
        let thing = json!([{"resource": "things", "responseKind": {"kind": "Thing"}, "scope": "Cluster", "verbs": ["get"]}]);
        let versions = json!([{"version": "v1", "resources": thing}, {"version": "v1beta1", "resources": thing, "freshness": "Stale"}]);
        let resources = Resources::of([group_of("x.io", &versions)]);
        let preferred: Vec<&str> = resources.preferred().map(|served| served.api.version.as_str()).collect();
        assert_eq!(preferred, ["v1"]);
        assert_eq!(resources.by_kind("x.io/v1beta1", "Thing").map(|served| served.group_resource()), Some("things.x.io"));
        assert_eq!(resources.by_kind("x.io/v2", "Thing"), None);
        assert!(resources.stale().contains("x.io"));
    }
}
