//! What a server serves: fetched once for each command, answers which resource a kind or a word means.
//!
//! Receives the documents under `/api` and `/apis`, hands on [`ServedResource`]s in the server's order of preference. Aggregated
//! discovery needs two requests; a server without it is asked for each group and version.

use futures::future::try_join_all;
use serde::Deserialize;

use super::{ApiRequest, Client, ClientError};
use crate::object::{GroupResource, Gvk, Reason};

/// One resource in one version, as the server announces it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServedResource {
    /// The API group, empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind of its objects.
    pub kind: String,
    /// The plural name, as it stands in paths.
    pub plural: String,
    /// The singular name.
    pub singular: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names, such as `deploy`.
    pub short_names: Vec<String>,
    /// Categories, such as `all`.
    pub categories: Vec<String>,
    /// The verbs it understands.
    pub verbs: Vec<String>,
}

impl ServedResource {
    /// A resource known by name only; it is taken to understand every verb.
    #[must_use]
    pub fn named(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Self {
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            namespaced,
            short_names: Vec::new(),
            categories: Vec::new(),
            verbs: Vec::new(),
        }
    }

    /// The kind of its objects with group and version.
    #[must_use]
    pub fn gvk(&self) -> Gvk {
        Gvk::new(&self.group, &self.version, &self.kind)
    }

    /// Group and plural name.
    #[must_use]
    pub fn group_resource(&self) -> GroupResource {
        GroupResource::new(&self.group, &self.plural)
    }

    /// The kind as kubectl writes it before a slash and a name: `deployment.apps`, or `service` in the core group.
    #[must_use]
    pub fn display_kind(&self) -> String {
        GroupResource::new(&self.group, &self.kind.to_lowercase()).to_string()
    }

    /// Whether the server says that it understands a verb.
    #[must_use]
    pub fn understands(&self, verb: &str) -> bool {
        self.verbs.is_empty() || self.verbs.iter().any(|known| known == verb)
    }
}

/// Everything a server serves, in its order of preference.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    resources: Vec<ServedResource>,
}

impl Discovery {
    /// Asks the server.
    pub async fn fetch(client: &Client) -> Result<Self, ClientError> {
        let (core, groups) = futures::future::join(fetch_root(client, "/api"), fetch_root(client, "/apis")).await;
        // A server may have no core group, or nothing else, as kubectl takes it; one that has neither is none of this API.
        let served = [&core, &groups].into_iter().any(Result::is_ok);
        let or_nothing = |root: Result<Vec<ServedResource>, ClientError>| match root {
            Err(error) if served && error.is(Reason::NotFound) => Ok(Vec::new()),
            root => root,
        };
        // Where both fail, it is always the same one that is told of.
        Ok(Self { resources: or_nothing(core)?.into_iter().chain(or_nothing(groups)?).collect() })
    }

    /// A discovery of resources already known.
    #[must_use]
    pub fn of(resources: Vec<ServedResource>) -> Self {
        Self { resources }
    }

    /// Every resource in every version.
    #[must_use]
    pub fn resources(&self) -> &[ServedResource] {
        &self.resources
    }

    /// The resource of a kind in exactly this group and version.
    #[must_use]
    pub fn by_kind(&self, gvk: &Gvk) -> Option<&ServedResource> {
        self.resources.iter().find(|r| r.kind == gvk.kind && r.group == gvk.group && r.version == gvk.version)
    }
}

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The answer of `/api` or `/apis`, in whichever of the three forms the server chose.
#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Root {
    #[serde(rename = "APIGroupDiscoveryList")]
    Aggregated { items: Vec<AggregatedGroup> },
    #[serde(rename = "APIVersions")]
    Versions { versions: Vec<String> },
    #[serde(rename = "APIGroupList")]
    Groups { groups: Vec<LegacyGroup> },
}

#[derive(Deserialize)]
struct AggregatedGroup {
    #[serde(default)]
    metadata: Named,
    #[serde(default)]
    versions: Vec<AggregatedVersion>,
}

#[derive(Deserialize, Default)]
struct Named {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct AggregatedVersion {
    version: String,
    #[serde(default)]
    resources: Vec<AggregatedResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource {
    resource: String,
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyGroup {
    name: String,
    versions: Vec<LegacyVersion>,
    #[serde(default)]
    preferred_version: LegacyVersion,
}

#[derive(Deserialize, Default, PartialEq)]
struct LegacyVersion {
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct LegacyList {
    #[serde(default)]
    resources: Vec<LegacyResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LegacyResource {
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    kind: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    categories: Vec<String>,
}

async fn fetch_root(client: &Client, path: &str) -> Result<Vec<ServedResource>, ClientError> {
    match client.read(&ApiRequest::fetch_as(path, AGGREGATED)).await? {
        Root::Aggregated { items } => Ok(items.into_iter().flat_map(aggregated_group).collect()),
        Root::Versions { versions } => fetch_legacy(client, versions.into_iter().map(|version| (String::new(), version)).collect()).await,
        Root::Groups { groups } => fetch_legacy(client, groups.into_iter().flat_map(preferred_first).collect()).await,
    }
}

fn aggregated_group(group: AggregatedGroup) -> impl Iterator<Item = ServedResource> {
    let name = group.metadata.name;
    group.versions.into_iter().flat_map(move |version| {
        let name = name.clone();
        let number = version.version;
        version.resources.into_iter().filter_map(move |resource| aggregated_resource(&name, &number, resource))
    })
}

fn aggregated_resource(group: &str, version: &str, resource: AggregatedResource) -> Option<ServedResource> {
    // A resource without a kind of its own only carries subresources; nothing can be listed there.
    let kind = resource.response_kind?.kind;
    Some(ServedResource {
        group: group.to_owned(),
        version: version.to_owned(),
        singular: if resource.singular_resource.is_empty() { kind.to_lowercase() } else { resource.singular_resource },
        kind,
        plural: resource.resource,
        namespaced: resource.scope == "Namespaced",
        short_names: resource.short_names,
        categories: resource.categories,
        verbs: resource.verbs,
    })
}

fn preferred_first(group: LegacyGroup) -> Vec<(String, String)> {
    let LegacyGroup { name, mut versions, preferred_version } = group;
    versions.sort_by_key(|version| *version != preferred_version);
    versions.into_iter().map(|version| (name.clone(), version.version)).collect()
}

async fn fetch_legacy(client: &Client, group_versions: Vec<(String, String)>) -> Result<Vec<ServedResource>, ClientError> {
    let lists = group_versions.into_iter().map(|(group, version)| async move {
        let root = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        let list: Result<LegacyList, _> = client.read(&ApiRequest::fetch(format!("{root}/{version}"))).await;
        match list {
            Ok(list) => Ok(legacy_resources(&group, &version, list)),
            // An aggregated API whose server is down must not keep all others from being used, nor one that went since it was announced.
            Err(error @ ClientError::Refused { .. }) if !group.is_empty() && (error.is_passing() || error.is(Reason::NotFound)) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    });
    Ok(try_join_all(lists).await?.into_iter().flatten().collect())
}

fn legacy_resources(group: &str, version: &str, list: LegacyList) -> Vec<ServedResource> {
    let own = list.resources.into_iter().filter(|resource| !resource.name.contains('/'));
    own.map(|resource| ServedResource {
        group: group.to_owned(),
        version: version.to_owned(),
        singular: if resource.singular_name.is_empty() { resource.kind.to_lowercase() } else { resource.singular_name },
        kind: resource.kind,
        plural: resource.name,
        namespaced: resource.namespaced,
        short_names: resource.short_names,
        categories: resource.categories,
        verbs: resource.verbs,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::client::testing::{answer, scripted, text_answer};

    fn config_maps() -> ServedResource {
        ServedResource {
            short_names: vec!["cm".to_owned()],
            verbs: vec!["get".to_owned()],
            ..ServedResource::named("", "v1", "ConfigMap", "configmaps", true)
        }
    }

    #[tokio::test]
    async fn aggregated_discovery_needs_two_requests() {
        let (client, asked) = scripted(|request| match request.uri().path() {
            "/api" => answer(
                200,
                json!({"kind": "APIGroupDiscoveryList", "items": [{"versions": [{"version": "v1", "resources": [{
                    "resource": "configmaps", "responseKind": {"group": "", "version": "v1", "kind": "ConfigMap"}, "scope": "Namespaced",
                    "singularResource": "configmap", "verbs": ["get"], "shortNames": ["cm"]}]}]}]}),
            ),
            _ => answer(200, json!({"kind": "APIGroupDiscoveryList", "items": []})),
        });
        let discovery = Discovery::fetch(&client).await.expect("a discovery");
        assert_eq!(discovery.resources(), [config_maps()]);
        assert_eq!(asked.lines(), ["GET /api", "GET /apis"]);
    }

    #[tokio::test]
    async fn a_server_without_aggregation_is_asked_for_each_version() {
        let group = |name: &str| json!({"name": name, "versions": [{"version": "v1beta1"}, {"version": "v1"}], "preferredVersion": {"version": "v1"}});
        let (client, _) = scripted(move |request| match request.uri().path() {
            "/api" => answer(200, json!({"kind": "APIVersions", "versions": ["v1"]})),
            "/apis" => answer(200, json!({"kind": "APIGroupList", "groups": [group("down"), group("x.io")]})),
            "/api/v1" => answer(200, list("configmaps", "configmap", "ConfigMap")),
            "/apis/x.io/v1" | "/apis/x.io/v1beta1" => answer(200, list("things", "", "Thing")),
            _ => answer(503, json!({})),
        });
        let discovery = Discovery::fetch(&client).await.expect("a discovery");
        let names: Vec<_> = discovery.resources().iter().map(|r| format!("{}/{}/{}", r.group, r.version, r.singular)).collect();
        assert_eq!(names, ["/v1/configmap", "x.io/v1/thing", "x.io/v1beta1/thing"]);
    }

    #[tokio::test]
    async fn a_server_may_have_no_core_group_but_not_nothing_at_all() {
        let group = json!({"name": "x.io", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}});
        let (client, _) = scripted(move |request| match request.uri().path() {
            "/apis" => {
                answer(200, json!({"kind": "APIGroupList", "groups": [group, {"name": "gone.io", "versions": [{"version": "v1"}]}]}))
            }
            "/apis/x.io/v1" => answer(200, list("things", "", "Thing")),
            _ => text_answer(404, "404 page not found"),
        });
        let discovery = Discovery::fetch(&client).await.expect("a discovery");
        assert_eq!(discovery.resources().iter().map(|resource| resource.kind.as_str()).collect::<Vec<_>>(), ["Thing"]);
        let (client, _) = scripted(|_| text_answer(404, "404 page not found"));
        assert!(Discovery::fetch(&client).await.is_err_and(|error| error.is(Reason::NotFound)));
    }

    fn list(plural: &str, singular: &str, kind: &str) -> Value {
        json!({"kind": "APIResourceList", "resources": [
            {"name": plural, "singularName": singular, "namespaced": true, "kind": kind, "verbs": ["get"]},
            {"name": format!("{plural}/status"), "singularName": "", "namespaced": true, "kind": kind, "verbs": ["get"]},
        ]})
    }
}
