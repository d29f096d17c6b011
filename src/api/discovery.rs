//! Discovery: the documents that tell clients what is served.
//!
//! Receives a [`Catalog`]; hands on JSON documents for `/api`, `/apis` and below, in the old form (one document per group and version)
//! and in the aggregated one. Invariant: a subresource that is not built is not shown.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#discovery-api>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};

use crate::object::Gvk;
use crate::schema::{Behaviour, Catalog, Origin, Resource, ServedGroup, ServedVersion, Subresource};

/// The versions in which aggregated discovery is spoken, the preferred one first; both have the same shape.
pub(super) const AGGREGATED_VERSIONS: [&str; 2] = ["v2", "v2beta1"];

/// `/api`: the versions of the core group. `server_address` is `host:port` as the client reached the server.
#[must_use]
pub fn api_versions(server_address: &str) -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server_address}],
    })
}

/// `/apis`: all groups but the core group.
#[must_use]
pub fn group_list(catalog: &Catalog) -> Value {
    let groups: Vec<Value> = named_groups(catalog).map(|served| Value::Object(group_members(served))).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `/apis/<group>`: one group. `None` where it is not served.
#[must_use]
pub fn group(catalog: &Catalog, name: &str) -> Option<Value> {
    let mut document = Map::from_iter([("kind".to_owned(), "APIGroup".into()), ("apiVersion".to_owned(), "v1".into())]);
    document.append(&mut group_members(catalog.group(name).filter(|served| !served.name.is_empty())?));
    Some(Value::Object(document))
}

/// `/api/v1` and `/apis/<group>/<version>`: the resources of one version. `None` where it is not served.
#[must_use]
pub fn resource_list(catalog: &Catalog, group: &str, version: &str) -> Option<Value> {
    let served = catalog.version(group, version)?;
    let resources: Vec<Value> = served.resources.iter().flat_map(|resource| resource_entries(resource)).collect();
    Some(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": served.group_version.to_string(),
        "resources": resources,
    }))
}

/// `/api` in the aggregated form; `version` is one of [`AGGREGATED_VERSIONS`].
#[must_use]
pub fn aggregated_core(catalog: &Catalog, version: &str) -> Value {
    aggregated(catalog.group("").into_iter(), version)
}

/// `/apis` in the aggregated form; `version` is one of [`AGGREGATED_VERSIONS`].
#[must_use]
pub fn aggregated_groups(catalog: &Catalog, version: &str) -> Value {
    aggregated(named_groups(catalog), version)
}

fn named_groups(catalog: &Catalog) -> impl Iterator<Item = &ServedGroup> {
    catalog.groups().iter().filter(|served| !served.name.is_empty())
}

fn group_members(group: &ServedGroup) -> Map<String, Value> {
    let entry = |served: &ServedVersion| json!({"groupVersion": served.group_version.to_string(), "version": served.group_version.version});
    let versions: Vec<Value> = group.versions.iter().map(entry).collect();
    Map::from_iter([
        ("name".to_owned(), group.name.clone().into()),
        ("versions".to_owned(), versions.into()),
        ("preferredVersion".to_owned(), entry(group.preferred())),
    ])
}

/// The entries of a resource and its subresources in an `APIResourceList`.
fn resource_entries(resource: &Resource) -> Vec<Value> {
    let mut entry = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.gvk.kind,
        "verbs": verbs(resource),
    });
    put_names(&mut entry, resource);
    if resource.origin == Origin::Stored {
        entry["storageVersionHash"] = storage_version_hash(&resource.storage_gvk).into();
    }
    let parts = built(resource).map(|part| {
        let mut entry = json!({
            "name": format!("{}/{}", resource.plural, part.name),
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": part.gvk.kind,
            "verbs": part.verbs.words().collect::<Vec<_>>(),
        });
        if part.gvk.group_version() != resource.gvk.group_version() {
            entry["group"] = part.gvk.group.clone().into();
            entry["version"] = part.gvk.version.clone().into();
        }
        entry
    });
    std::iter::once(entry).chain(parts).collect()
}

fn aggregated<'a>(groups: impl Iterator<Item = &'a ServedGroup>, version: &str) -> Value {
    let items: Vec<Value> = groups.map(aggregated_group).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {},
        "items": items,
    })
}

fn aggregated_group(group: &ServedGroup) -> Value {
    let versions: Vec<Value> = group
        .versions
        .iter()
        .map(|served| {
            let resources: Vec<Value> = served.resources.iter().map(|resource| aggregated_resource(resource)).collect();
            json!({"version": served.group_version.version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let metadata = if group.name.is_empty() { json!({}) } else { json!({"name": group.name}) };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(resource: &Resource) -> Value {
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": response_kind(&resource.gvk),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": verbs(resource),
    });
    put_names(&mut entry, resource);
    let parts: Vec<Value> = built(resource)
        .map(|part| {
            json!({
                "subresource": part.name,
                "responseKind": response_kind(&part.gvk),
                "verbs": part.verbs.words().collect::<Vec<_>>(),
            })
        })
        .collect();
    if !parts.is_empty() {
        entry["subresources"] = parts.into();
    }
    entry
}

/// The verbs of a resource, those of a custom one in the order in which upstream tells them.
fn verbs(resource: &Resource) -> Vec<&'static str> {
    const CUSTOM: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    let offered = resource.offered_verbs();
    if resource.custom { CUSTOM.into_iter().filter(|verb| offered.has(verb)).collect() } else { offered.words().collect() }
}

/// Tells storage migrators in which form objects are stored, without saying so; kube-apiserver's `discovery.StorageVersionHash`.
fn storage_version_hash(stored: &Gvk) -> String {
    let digest = digest(&SHA256, format!("{}/{}/{}", stored.group, stored.version, stored.kind).as_bytes());
    STANDARD.encode(&digest.as_ref()[..8])
}

fn response_kind(gvk: &Gvk) -> Value {
    json!({"group": gvk.group, "version": gvk.version, "kind": gvk.kind})
}

fn put_names(entry: &mut Value, resource: &Resource) {
    if !resource.short_names.is_empty() {
        entry["shortNames"] = resource.short_names.clone().into();
    }
    if !resource.categories.is_empty() {
        entry["categories"] = resource.categories.clone().into();
    }
}

fn built(resource: &Resource) -> impl Iterator<Item = &Subresource> {
    resource.subresources.iter().filter(|part| part.behaviour != Behaviour::NotBuilt)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    #[test]
    fn a_version_lists_its_resources_and_their_built_parts() {
        let list = resource_list(&Catalog::builtin(), "batch", "v1").expect("served");
        let part = ["get", "patch", "update"];
        let cron_jobs = Gvk::new("batch", "v1", "CronJob");
        assert_eq!(
            list,
            json!({
                "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "batch/v1",
                "resources": [
                    {"name": "cronjobs", "singularName": "cronjob", "namespaced": true, "kind": "CronJob", "verbs": ALL,
                     "shortNames": ["cj"], "categories": ["all"], "storageVersionHash": storage_version_hash(&cron_jobs)},
                    {"name": "cronjobs/status", "singularName": "", "namespaced": true, "kind": "CronJob", "verbs": part},
                    {"name": "jobs", "singularName": "job", "namespaced": true, "kind": "Job", "verbs": ALL, "categories": ["all"],
                     "storageVersionHash": "mudhfqk/qZY="},
                    {"name": "jobs/status", "singularName": "", "namespaced": true, "kind": "Job", "verbs": part},
                ],
            })
        );
        assert_eq!(resource_list(&Catalog::builtin(), "batch", "v2"), None);
    }

    /// The hashes are those that kube-apiserver tells.
    #[test]
    fn stored_kinds_tell_the_hash_of_the_version_that_they_are_stored_in() {
        let hash = |group: &str, version: &str, plural: &str| {
            let list = resource_list(&Catalog::builtin(), group, version).expect("served");
            let entries = list["resources"].as_array().expect("a list").iter();
            entries.filter(|entry| entry["name"] == plural).map(|entry| entry["storageVersionHash"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(hash("", "v1", "pods"), ["xPOwRZ+Yhw8="]);
        assert_eq!(hash("", "v1", "events"), ["r2yiGXH7wu8="]);
        assert_eq!(hash("events.k8s.io", "v1", "events"), ["r2yiGXH7wu8="]);
        assert_eq!(hash("apps", "v1", "deployments"), ["8aSe+NMegvE="]);
        assert_eq!(hash("autoscaling", "v1", "horizontalpodautoscalers"), hash("autoscaling", "v2", "horizontalpodautoscalers"));
        assert_eq!(hash("", "v1", "componentstatuses"), [Value::Null]);
        assert_eq!(hash("", "v1", "pods/status"), [Value::Null]);
    }

    #[test]
    fn a_part_of_another_group_says_so_and_one_that_is_not_built_is_hidden() {
        let list = resource_list(&Catalog::builtin(), "", "v1").expect("served");
        let entries = list["resources"].as_array().expect("a list");
        let named = |name: &str| entries.iter().find(|entry| entry["name"] == name);
        assert_eq!(
            named("replicationcontrollers/scale"),
            Some(&json!({
                "name": "replicationcontrollers/scale", "singularName": "", "namespaced": true, "kind": "Scale",
                "group": "autoscaling", "version": "v1", "verbs": ["get", "patch", "update"],
            }))
        );
        assert_eq!(named("namespaces/finalize").map(|entry| &entry["verbs"]), Some(&json!(["update"])));
        assert_eq!(named("namespaces").map(|entry| entry["verbs"].as_array().map_or(0, Vec::len)), Some(7));
        assert_eq!(named("pods/exec"), None);
    }

    #[test]
    fn a_group_shows_its_versions_and_the_preferred_one() {
        let catalog = Catalog::builtin();
        let version = json!({"groupVersion": "apps/v1", "version": "v1"});
        let members = json!({"name": "apps", "versions": [version], "preferredVersion": version});
        let mut expected = members.clone();
        expected["kind"] = "APIGroup".into();
        expected["apiVersion"] = "v1".into();
        assert_eq!(group(&catalog, "apps"), Some(expected));
        assert_eq!(group_list(&catalog)["groups"][1], members);
        assert_eq!(group(&catalog, ""), None);
    }

    #[test]
    fn groups_stand_in_the_order_of_their_priority() {
        let list = group_list(&Catalog::builtin());
        let names: Vec<_> = list["groups"].as_array().expect("a list").iter().filter_map(|group| group["name"].as_str()).collect();
        assert_eq!(
            names,
            [
                "apiregistration.k8s.io",
                "apps",
                "events.k8s.io",
                "authentication.k8s.io",
                "authorization.k8s.io",
                "autoscaling",
                "batch",
                "certificates.k8s.io",
                "networking.k8s.io",
                "policy",
                "rbac.authorization.k8s.io",
                "storage.k8s.io",
                "admissionregistration.k8s.io",
                "apiextensions.k8s.io",
                "scheduling.k8s.io",
                "coordination.k8s.io",
                "node.k8s.io",
                "discovery.k8s.io",
                "flowcontrol.apiserver.k8s.io",
                "resource.k8s.io",
            ]
        );
    }

    #[test]
    fn the_aggregated_form_nests_parts_in_their_resource() {
        let document = aggregated_groups(&Catalog::builtin(), "v2");
        assert_eq!(document["apiVersion"], "apidiscovery.k8s.io/v2");
        let policy = document["items"].as_array().expect("a list").iter().find(|item| item["metadata"]["name"] == "policy");
        let kind = json!({"group": "policy", "version": "v1", "kind": "PodDisruptionBudget"});
        assert_eq!(
            policy,
            Some(&json!({
                "metadata": {"name": "policy"},
                "versions": [{
                    "version": "v1", "freshness": "Current",
                    "resources": [{
                        "resource": "poddisruptionbudgets", "responseKind": kind, "scope": "Namespaced",
                        "singularResource": "poddisruptionbudget", "verbs": ALL, "shortNames": ["pdb"],
                        "subresources": [{"subresource": "status", "responseKind": kind, "verbs": ["get", "patch", "update"]}],
                    }],
                }],
            }))
        );
        let core = aggregated_core(&Catalog::builtin(), "v2beta1");
        assert_eq!(core["items"][0]["metadata"], json!({}));
        assert_eq!(core["items"].as_array().map(Vec::len), Some(1));
    }
}
