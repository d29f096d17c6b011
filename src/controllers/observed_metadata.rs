//! The metadata of objects as controllers watch it, without what no controller asks for.
//!
//! Receives objects from watches of metadata alone. Invariant: names, uid, revision, owners, finalizers and the beginning of a deletion
//! are what the server said; everything else is left empty. Who manages which field is most of an object's metadata, is told with every
//! write, and is passed over here unread.

use std::borrow::Cow;

use kube::Resource;
use kube::api::ObjectMeta;
use kube::core::{ApiResource, DynamicResourceScope};
use serde::Deserialize;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{OwnerReference, Time};

/// An object of which only some of the metadata is known.
#[derive(Debug, Clone, Default)]
pub(super) struct ObservedMetadata {
    /// The members that the module names, and no others.
    pub(super) metadata: ObjectMeta,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    metadata: Members,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Members {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    deletion_timestamp: Option<Time>,
    finalizers: Option<Vec<String>>,
    owner_references: Option<Vec<OwnerReference>>,
}

impl<'de> Deserialize<'de> for ObservedMetadata {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Document::deserialize(deserializer)?.metadata;
        let metadata = ObjectMeta {
            name: members.name,
            namespace: members.namespace,
            uid: members.uid,
            resource_version: members.resource_version,
            deletion_timestamp: members.deletion_timestamp,
            finalizers: members.finalizers,
            owner_references: members.owner_references,
            ..ObjectMeta::default()
        };
        Ok(Self { metadata })
    }
}

impl Resource for ObservedMetadata {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn metadata_api() -> bool {
        true
    }

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_controller_asks_for_is_passed_over() {
        let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": "o", "uid": "2", "blockOwnerDeletion": true});
        let told = json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {
            "name": "a", "namespace": "b", "uid": "1", "resourceVersion": "7", "deletionTimestamp": "2026-11-22T10:00:00Z",
            "finalizers": ["x/y"], "ownerReferences": [owner], "managedFields": [{"manager": "m"}], "labels": {"c": "d"},
        }});
        let metadata = serde_json::from_str::<ObservedMetadata>(&told.to_string()).expect("metadata").metadata;
        let expected = json!({
            "name": "a", "namespace": "b", "uid": "1", "resourceVersion": "7", "deletionTimestamp": "2026-11-22T10:00:00Z",
            "finalizers": ["x/y"], "ownerReferences": [owner],
        });
        assert_eq!(serde_json::to_value(metadata).expect("JSON"), expected);
    }
}
