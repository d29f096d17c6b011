//! Objects of the store in the form a client asked for.
//!
//! Receives cached bytes and hands on JSON bytes or documents. Invariant: where a form allows it, nothing is parsed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::query::IncludeObject;
use crate::object::{Object, Reason, Refusal, Revision};
use crate::protobuf;
use crate::schema::Resource;
use crate::schema::columns::Column;
use crate::store::cache::Cached;

/// Writes an object the way the store keeps it: without `resourceVersion`, and with `apiVersion`, `kind` and `metadata` first, which is
/// where [`Cached`] expects them.
pub(super) fn encode(object: &Object) -> Vec<u8> {
    const FIRST: [&str; 3] = ["apiVersion", "kind", "metadata"];
    let root = object.root();
    let first = FIRST.iter().filter_map(|name| root.get_key_value(*name));
    let rest = root.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
    let mut out = Vec::with_capacity(1024);
    append_members(&mut out, first.chain(rest), |out, name, value| {
        if name == "metadata" {
            let members = object.metadata().into_iter().flatten().filter(|(name, _)| *name != "resourceVersion");
            append_members(out, members, |out, _, value| append_json(out, value));
        } else {
            append_json(out, value);
        }
    });
    out
}

/// Appends an object whose members are written by a function.
fn append_members<'a>(
    out: &mut Vec<u8>,
    members: impl Iterator<Item = (&'a String, &'a Value)>,
    append: impl Fn(&mut Vec<u8>, &str, &Value),
) {
    out.push(b'{');
    for (index, (name, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        append_json(out, name);
        out.push(b':');
        append(out, name, value);
    }
    out.push(b'}');
}

/// Appends a value that always has a JSON form, to memory that always has room.
fn append_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok(), "JSON values have a JSON form");
}

/// Reads an object of the store as the resource serves it, with its `resourceVersion`.
///
/// Errors where the stored bytes are no object: the store was changed by something else.
pub(super) fn parse(resource: &Resource, cached: &Cached) -> Result<Object, Refusal> {
    let mut object = document(cached)?;
    // A custom resource may hold objects written when another version was the storage version.
    if resource.custom || resource.converts() {
        resource.from_storage(&mut object);
    }
    if cached.revision != Revision::ZERO {
        object.set_meta("resourceVersion", cached.revision.to_string());
    }
    Ok(object)
}

/// Reads an object of the store as it stands there.
pub(super) fn document(cached: &Cached) -> Result<Object, Refusal> {
    let value: Value = serde_json::from_slice(&cached.value).map_err(|error| unreadable(cached, &error.to_string()))?;
    Object::from_value(value).map_err(|error| unreadable(cached, &error.to_string()))
}

pub(super) fn unreadable(cached: &Cached, why: &str) -> Refusal {
    Refusal::internal(format!("the stored value of {} cannot be read: {why}", cached.key))
}

/// Appends the document as the resource serves it.
pub(super) fn append_document(resource: &Resource, cached: &Cached, out: &mut Vec<u8>) -> Result<(), Refusal> {
    if served_as_stored(resource, cached) {
        cached.append_document(out);
    } else {
        append_json(out, parse(resource, cached)?.root());
    }
    Ok(())
}

/// Appends the object in protobuf, in its envelope.
pub(super) fn append_protobuf(resource: &Resource, cached: &Cached, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let message = protobuf_message(resource)?;
    let mut json = Vec::with_capacity(cached.size_hint());
    append_document(resource, cached, &mut json)?;
    protobuf::object(message, &resource.gvk.api_version(), &resource.gvk.kind, &json, out)
        .map_err(|error| unreadable(cached, &error.to_string()))
}

/// The message of a resource's kind. Custom resources have none, and are not negotiated as protobuf.
pub(super) fn protobuf_message(resource: &Resource) -> Result<&'static protobuf::Message, Refusal> {
    let message = (!resource.custom).then(|| protobuf::message_of(&resource.gvk.api_version(), &resource.gvk.kind)).flatten();
    message.ok_or_else(|| Refusal::new(Reason::NotAcceptable, format!("{} has no protobuf form", resource.gvk.kind)))
}

/// Appends the document as an item of a list: items of built-in kinds go without `apiVersion` and `kind`.
pub(super) fn append_item(resource: &Resource, cached: &Cached, out: &mut Vec<u8>) -> Result<(), Refusal> {
    if resource.custom {
        return append_document(resource, cached, out);
    }
    if served_as_stored(resource, cached) {
        cached.append_item(out);
        return Ok(());
    }
    let mut object = parse(resource, cached)?;
    object.root_mut().remove("apiVersion");
    object.root_mut().remove("kind");
    append_json(out, object.root());
    Ok(())
}

/// Whether the stored bytes are what the resource serves. A custom resource may hold objects written when another version was the
/// storage version, so the bytes themselves are asked.
pub(super) fn served_as_stored(resource: &Resource, cached: &Cached) -> bool {
    if !resource.custom {
        return !resource.converts();
    }
    let api_version = cached.value.strip_prefix(b"{\"apiVersion\":\"");
    let version = api_version.and_then(|rest| rest.strip_prefix(resource.gvk.group.as_bytes())?.strip_prefix(b"/"));
    version.and_then(|rest| rest.strip_prefix(resource.gvk.version.as_bytes())).is_some_and(|rest| rest.first() == Some(&b'"'))
}

/// The metadata of an object alone, as `PartialObjectMetadata`.
pub(super) fn partial(object: &mut Object, version: &str) -> Value {
    let metadata = object.root_mut().remove("metadata").unwrap_or_else(|| json!({}));
    json!({"kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata})
}

/// Appends the same as JSON, without parsing more than where the metadata ends. `false`, and nothing appended, where the bytes are not
/// what the store keeps.
pub(super) fn append_partial(cached: &Cached, version: &str, out: &mut Vec<u8>) -> bool {
    let begun = out.len();
    out.extend_from_slice(
        format!("{{\"apiVersion\":\"meta.k8s.io/{version}\",\"kind\":\"PartialObjectMetadata\",\"metadata\":").as_bytes(),
    );
    let appended = cached.append_metadata(out);
    if appended {
        out.push(b'}');
    } else {
        out.truncate(begun);
    }
    appended
}

/// A Table of objects, as kubectl prints them. Column definitions are left out where `headers` is false: a watch sends them once.
///
/// See <https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables>.
pub(super) struct TableView<'a> {
    pub(super) resource: &'a Resource,
    pub(super) version: &'static str,
    pub(super) include: IncludeObject,
    pub(super) now: Timestamp,
}

impl TableView<'_> {
    pub(super) fn table(&self, objects: Vec<Object>, metadata: &Map<String, Value>, headers: bool) -> Value {
        let rows: Vec<Value> = objects.into_iter().map(|object| self.row(object)).collect();
        json!({
            "kind": "Table", "apiVersion": format!("meta.k8s.io/{}", self.version), "metadata": metadata,
            "columnDefinitions": if headers { column_definitions(&self.resource.columns) } else { Value::Null },
            "rows": rows,
        })
    }

    fn row(&self, mut object: Object) -> Value {
        let cells = self.resource.cells(&object, self.now);
        match self.include {
            IncludeObject::None => json!({"cells": cells, "object": null}),
            IncludeObject::Metadata => json!({"cells": cells, "object": partial(&mut object, self.version)}),
            IncludeObject::Object => json!({"cells": cells, "object": object.into_value()}),
        }
    }
}

/// What the columns of a Table are.
pub(super) fn column_definitions(columns: &[Column]) -> Value {
    let definitions = columns.iter().map(|column| {
        json!({
            "name": column.name, "type": column.data_type, "format": column.format,
            "description": column.description, "priority": column.priority,
        })
    });
    definitions.collect()
}

/// The members of a list's metadata. A list of what is nowhere stored has no revision.
pub(super) fn list_metadata(revision: Revision, continue_token: &str, remaining: Option<u64>) -> Map<String, Value> {
    let mut metadata = BTreeMap::new();
    if revision != Revision::ZERO {
        metadata.insert("resourceVersion", Value::from(revision.to_string()));
    }
    if !continue_token.is_empty() {
        metadata.insert("continue", continue_token.into());
    }
    if let Some(remaining) = remaining {
        metadata.insert("remainingItemCount", remaining.into());
    }
    metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bytes_begin_with_what_names_the_object() {
        let value = json!({"data": {"a": "b"}, "kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "x", "resourceVersion": "5"}});
        let object = Object::from_value(value).expect("an object");
        let expected = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"b"}}"#;
        assert_eq!(String::from_utf8(encode(&object)).expect("utf-8"), expected);
    }
}
