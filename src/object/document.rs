//! One API object as a JSON document, with typed access to its metadata.

use serde_json::{Map, Value};

use super::{GroupVersion, Gvk, ObjectKey};

/// What a JSON value is called in a message.
#[must_use]
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The value handed in is not a JSON object, so it cannot be an API object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API object must be a JSON object")]
pub struct NotAnObject;

/// An API object: a JSON object whose `metadata` is read and written through typed accessors.
///
/// Guarantees that the root is a JSON object. It does not guarantee that the metadata is well formed: a reader of a member with the
/// wrong JSON type gets what it would get for an absent member, because validation is the schema's work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object {
    root: Map<String, Value>,
}

/// One entry of `metadata.ownerReferences`.
///
/// See <https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/>.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    /// The owner's `apiVersion`.
    pub api_version: String,
    /// The owner's kind.
    pub kind: String,
    /// The owner's name; its namespace is the dependent's, or none.
    pub name: String,
    /// The owner's uid, which decides whether the reference still holds.
    pub uid: String,
    /// Whether the owner manages this object.
    #[serde(default)]
    pub controller: bool,
    /// Whether a foreground deletion of the owner waits for this object.
    #[serde(default)]
    pub block_owner_deletion: bool,
}

impl Object {
    /// Takes a JSON value as an object. Errors where it is anything but a JSON object.
    pub fn from_value(value: Value) -> Result<Self, NotAnObject> {
        match value {
            Value::Object(root) => Ok(Self { root }),
            _ => Err(NotAnObject),
        }
    }

    /// The whole document as a JSON value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.root)
    }

    /// The members of the document.
    #[must_use]
    pub fn root(&self) -> &Map<String, Value> {
        &self.root
    }

    /// The members of the document, to change.
    pub fn root_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.root
    }

    /// The value at a path of member names, such as `["spec", "replicas"]`.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.root.get(*first)?, |value, name| value.get(name))
    }

    /// The text at a path of member names.
    #[must_use]
    pub fn get_str(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    /// The document's `apiVersion`, empty where absent.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.get_str(&["apiVersion"]).unwrap_or_default()
    }

    /// The document's `kind`, empty where absent.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.get_str(&["kind"]).unwrap_or_default()
    }

    /// Group, version and kind, where the document states both `apiVersion` and `kind` well.
    #[must_use]
    pub fn gvk(&self) -> Option<Gvk> {
        let GroupVersion { group, version } = GroupVersion::parse(self.api_version())?;
        let kind = self.kind();
        (!kind.is_empty()).then(|| Gvk { group, version, kind: kind.to_owned() })
    }

    /// Sets `apiVersion` and `kind`.
    pub fn set_gvk(&mut self, gvk: &Gvk) {
        self.root.insert("apiVersion".to_owned(), gvk.api_version().into());
        self.root.insert("kind".to_owned(), gvk.kind.clone().into());
    }

    /// A text member of `metadata`.
    #[must_use]
    pub fn meta_str(&self, member: &str) -> Option<&str> {
        self.root.get("metadata")?.get(member)?.as_str()
    }

    /// The members of `metadata`, where it is a JSON object.
    #[must_use]
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        self.root.get("metadata")?.as_object()
    }

    /// The members of `metadata`, to change; made empty first where it is absent or not a JSON object.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        let metadata = self.root.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if !metadata.is_object() {
            *metadata = Value::Object(Map::new());
        }
        match metadata {
            Value::Object(members) => members,
            _ => unreachable!("made an object above"),
        }
    }

    /// Sets one member of `metadata`.
    pub fn set_meta(&mut self, member: &str, value: impl Into<Value>) {
        self.metadata_mut().insert(member.to_owned(), value.into());
    }

    /// Removes one member of `metadata` and returns it.
    pub fn remove_meta(&mut self, member: &str) -> Option<Value> {
        self.root.get_mut("metadata")?.as_object_mut()?.remove(member)
    }

    /// `metadata.name`, empty where absent.
    #[must_use]
    pub fn name(&self) -> &str {
        self.meta_str("name").unwrap_or_default()
    }

    /// `metadata.namespace`, `None` where absent or empty.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.meta_str("namespace").filter(|namespace| !namespace.is_empty())
    }

    /// Namespace and name together.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.namespace(), self.name())
    }

    /// `metadata.uid`, empty where absent.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.meta_str("uid").unwrap_or_default()
    }

    /// `metadata.resourceVersion`, `None` where absent or empty.
    #[must_use]
    pub fn resource_version(&self) -> Option<&str> {
        self.meta_str("resourceVersion").filter(|version| !version.is_empty())
    }

    /// `metadata.generation`, 0 where absent.
    #[must_use]
    pub fn generation(&self) -> i64 {
        self.metadata().and_then(|m| m.get("generation")).and_then(Value::as_i64).unwrap_or_default()
    }

    /// `metadata.deletionTimestamp`, set from the moment a graceful deletion began.
    #[must_use]
    pub fn deletion_timestamp(&self) -> Option<&str> {
        self.meta_str("deletionTimestamp")
    }

    /// `metadata.labels` as pairs; members that are not text are left out.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.meta_map("labels")
    }

    /// One label's value.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.root.get("metadata")?.get("labels")?.get(key)?.as_str()
    }

    /// `metadata.annotations` as pairs; members that are not text are left out.
    pub fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.meta_map("annotations")
    }

    /// One annotation's value.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.root.get("metadata")?.get("annotations")?.get(key)?.as_str()
    }

    /// Sets an annotation, or removes it and with the last one `metadata.annotations`.
    pub fn set_annotation(&mut self, key: &str, value: Option<&str>) {
        if value.is_none() && self.annotation(key).is_none() {
            return;
        }
        let metadata = self.metadata_mut();
        let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
        if !annotations.is_object() {
            *annotations = Value::Object(Map::new());
        }
        if let Value::Object(annotations) = annotations {
            match value {
                Some(value) => drop(annotations.insert(key.to_owned(), value.into())),
                None => drop(annotations.remove(key)),
            }
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }

    /// `metadata.finalizers` in order.
    #[must_use]
    pub fn finalizers(&self) -> Vec<&str> {
        let list = self.metadata().and_then(|m| m.get("finalizers")).and_then(Value::as_array);
        list.map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
    }

    /// Replaces `metadata.finalizers`; an empty list removes the member.
    pub fn set_finalizers(&mut self, finalizers: &[&str]) {
        if finalizers.is_empty() {
            self.remove_meta("finalizers");
        } else {
            self.set_meta("finalizers", finalizers.iter().map(|f| Value::from(*f)).collect::<Vec<_>>());
        }
    }

    /// `metadata.ownerReferences`; entries that lack a required member are left out.
    #[must_use]
    pub fn owner_references(&self) -> Vec<OwnerReference> {
        let list = self.metadata().and_then(|m| m.get("ownerReferences")).and_then(Value::as_array);
        list.map(|items| items.iter().filter_map(|item| serde::Deserialize::deserialize(item).ok()).collect()).unwrap_or_default()
    }

    fn meta_map(&self, member: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.metadata().and_then(|m| m.get(member)).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }
}
