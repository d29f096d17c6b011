//! OpenAPI documents: what clients learn types, merge keys and query parameters from.
//!
//! Receives a [`Catalog`] and its compiled schemas; hands on version 3 documents, one for each group and version, and one version 2
//! document for all, as JSON and as the protobuf message that kubectl asks for. Invariant: every reference in a document leads to a
//! definition in the same document. Nothing is cached here: making a document takes milliseconds, and the caller knows when it changes.
//!
//! See <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition>.

mod definitions;
mod operations;
mod protobuf;

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use self::definitions::Definitions;
use crate::object::GroupVersion;
use crate::schema::{Catalog, ServedVersion};

pub use protobuf::encode as v2_protobuf;

/// The media type that answers with [`v2_protobuf`] carry.
pub const V2_PROTOBUF_MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The name by which clients ask for it too. No answer may carry it, because `@` breaks the rules of media types and clients that parse
/// them refuse the answer.
pub const V2_PROTOBUF_OLD_MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// The two forms in which types and operations are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    V2,
    V3,
}

impl Dialect {
    /// What leads to a definition.
    fn reference(self, name: &str) -> String {
        match self {
            Self::V2 => format!("#/definitions/{name}"),
            Self::V3 => format!("#/components/schemas/{name}"),
        }
    }
}

/// `/openapi/v3`: where the documents are, each with a hash that changes with the document.
#[must_use]
pub fn v3_index(catalog: &Catalog) -> Value {
    let versions = catalog.groups().iter().flat_map(|group| &group.versions);
    let paths = versions.map(|version| {
        let path = root_path(&version.group_version);
        let path = path.trim_start_matches('/');
        let entry = json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={}", hash(version))});
        (path.to_owned(), entry)
    });
    json!({"paths": paths.collect::<Map<_, _>>()})
}

/// `/openapi/v3/api/v1` and `/openapi/v3/apis/<group>/<version>`: the document of one version. `None` where it is not served.
#[must_use]
pub fn v3_document(catalog: &Catalog, group_version: &GroupVersion) -> Option<Value> {
    let served = catalog.version(&group_version.group, &group_version.version)?;
    let mut definitions = Definitions::new(Dialect::V3);
    let mut paths = Map::new();
    add(served, &mut definitions, &mut paths);
    Some(json!({
        "openapi": "3.0.0",
        "info": info(),
        "paths": paths,
        "components": {"schemas": definitions.finish()},
    }))
}

/// `/openapi/v2`: the document of everything that is served.
#[must_use]
pub fn v2_document(catalog: &Catalog) -> Value {
    let mut definitions = Definitions::new(Dialect::V2);
    let mut paths = Map::new();
    for version in catalog.groups().iter().flat_map(|group| &group.versions) {
        add(version, &mut definitions, &mut paths);
    }
    json!({"swagger": "2.0", "info": info(), "paths": paths, "definitions": definitions.finish()})
}

fn add(version: &ServedVersion, definitions: &mut Definitions, paths: &mut Map<String, Value>) {
    for resource in &version.resources {
        definitions.add_resource(resource);
        operations::add(resource, definitions, paths);
    }
}

fn info() -> Value {
    json!({"title": "trueup", "version": concat!("v", env!("CARGO_PKG_VERSION"))})
}

/// What the paths of a group and version begin with.
fn root_path(group_version: &GroupVersion) -> String {
    if group_version.group.is_empty() {
        format!("/api/{}", group_version.version)
    } else {
        format!("/apis/{}/{}", group_version.group, group_version.version)
    }
}

/// A hash of all that a document is made of: this program's version and what definitions brought. It is FNV-1a, because a hash that
/// clients keep must be the same in every process.
fn hash(version: &ServedVersion) -> String {
    let mut source = format!("{} {}", env!("CARGO_PKG_VERSION"), version.group_version);
    for resource in &version.resources {
        let parts: Vec<_> = resource.subresources.iter().map(|part| part.name.as_str()).collect();
        let _ = write!(source, "\n{} {} {} {parts:?}", resource.plural, resource.gvk.kind, resource.namespaced);
        if let Some(schema) = &resource.declared_schema {
            let _ = write!(source, " {schema}");
        }
    }
    fingerprint(source.as_bytes())
}

/// FNV-1a of bytes, as text: the same in every process, and no secret.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_to_a_definition() {
        let catalog = Catalog::builtin();
        let documents = catalog.groups().iter().flat_map(|group| &group.versions);
        let documents = documents.filter_map(|version| v3_document(&catalog, &version.group_version));
        for document in documents.chain([v2_document(&catalog)]) {
            let mut found = Vec::new();
            references(&document, &mut found);
            assert!(!found.is_empty());
            for reference in found {
                let pointer = reference.strip_prefix('#').expect("inside the document");
                assert!(document.pointer(pointer).is_some_and(Value::is_object), "{reference}");
            }
        }
    }

    #[test]
    fn every_kind_can_be_patched_with_the_parameters_that_clients_look_for() {
        let catalog = Catalog::builtin();
        let document = v2_document(&catalog);
        let paths = document["paths"].as_object().expect("paths");
        for resource in catalog.resources().filter(|resource| resource.verbs.has("patch")) {
            let gvk = json!({"group": resource.gvk.group, "version": resource.gvk.version, "kind": resource.gvk.kind});
            let patches = paths.values().filter_map(|path| path.get("patch"));
            let patches: Vec<_> = patches.filter(|patch| patch["x-kubernetes-group-version-kind"] == gvk).collect();
            assert!(!patches.is_empty(), "{}", resource.gvk);
            for patch in patches {
                let names: Vec<_> = patch["parameters"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
                for name in ["dryRun", "fieldValidation", "fieldManager", "force", "body"] {
                    assert!(names.contains(&&Value::from(name)), "{} {name}", resource.gvk);
                }
            }
        }
    }

    #[test]
    fn paths_are_those_that_are_served() {
        let core = GroupVersion { group: String::new(), version: "v1".to_owned() };
        let document = v3_document(&Catalog::builtin(), &core).expect("served");
        let paths = document["paths"].as_object().expect("paths");
        let of = |name: &str| -> Vec<(&str, Vec<&str>)> {
            let paths = paths.iter().filter(|(path, _)| path.contains(name));
            paths.map(|(path, item)| (path.as_str(), item.as_object().expect("a path").keys().map(String::as_str).collect())).collect()
        };
        assert_eq!(
            of("configmaps"),
            [
                ("/api/v1/configmaps", vec!["get", "parameters"]),
                ("/api/v1/namespaces/{namespace}/configmaps", vec!["delete", "get", "parameters", "post"]),
                ("/api/v1/namespaces/{namespace}/configmaps/{name}", vec!["delete", "get", "parameters", "patch", "put"]),
            ]
        );
        assert_eq!(
            of("/api/v1/nodes"),
            [
                ("/api/v1/nodes", vec!["delete", "get", "parameters", "post"]),
                ("/api/v1/nodes/{name}", vec!["delete", "get", "parameters", "patch", "put"]),
                ("/api/v1/nodes/{name}/status", vec!["get", "parameters", "patch", "put"]),
            ]
        );
        assert_eq!(of("/finalize"), [("/api/v1/namespaces/{name}/finalize", vec!["parameters", "put"])]);
        assert_eq!(paths["/api/v1/namespaces/{namespace}/configmaps"]["post"]["operationId"], "createCoreV1NamespacedConfigMap");
        assert_eq!(paths["/api/v1/configmaps"]["get"]["operationId"], "listCoreV1ConfigMapForAllNamespaces");
    }

    #[test]
    fn operation_ids_are_unique() {
        let document = v2_document(&Catalog::builtin());
        let operations = document["paths"].as_object().expect("paths").values().flat_map(|path| path.as_object().expect("a path").values());
        let mut ids: Vec<_> = operations.filter_map(|operation| operation.get("operationId")).map(Value::to_string).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }

    #[test]
    fn the_index_names_every_document_and_a_new_schema_changes_its_hash() {
        let crd = |color: &str| {
            let schema = json!({"type": "object", "properties": {"color": {"type": color}}});
            let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}});
            let names = json!({"plural": "widgets", "kind": "Widget"});
            let spec = json!({"group": "example.com", "scope": "Cluster", "names": names, "versions": [version]});
            let crd = json!({"metadata": {"name": "widgets.example.com"}, "spec": spec});
            let crd = crate::object::Object::from_value(crd).expect("an object");
            v3_index(&Catalog::builtin().with_custom(crate::schema::from_crd(&crd).expect("valid")))
        };
        let (one, other) = (crd("string"), crd("integer"));
        let url = |index: &Value, path: &str| index["paths"][path]["serverRelativeURL"].as_str().expect("a text").to_owned();
        assert!(url(&one, "api/v1").starts_with("/openapi/v3/api/v1?hash="));
        assert_eq!(url(&one, "apis/apps/v1"), url(&other, "apis/apps/v1"));
        assert_ne!(url(&one, "apis/example.com/v1"), url(&other, "apis/example.com/v1"));
        assert_eq!(v3_document(&Catalog::builtin(), &GroupVersion { group: "example.com".into(), version: "v1".into() }), None);
    }
}
