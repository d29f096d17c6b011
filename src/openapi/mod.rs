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

/// The media type of [`v2_protobuf`].
pub const V2_PROTOBUF_MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

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

/// The hash that [`v3_index`] gives for a version; `None` where it is not served.
#[must_use]
pub fn v3_hash(catalog: &Catalog, group_version: &GroupVersion) -> Option<String> {
    catalog.version(&group_version.group, &group_version.version).map(hash)
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
    let hash = source.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016X}")
}
