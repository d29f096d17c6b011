//! What only custom resources and their definitions are held to.
//!
//! Receives objects whose JSON types are those of their schema; hands on causes and warnings. Invariant: changes nothing.

use serde_json::Value;

use super::validate;
use crate::object::names::{Verdict, dns_1035_label, dns_label, path_segment};
use crate::object::{Cause, Object};
use crate::schema::check::Path;
use crate::schema::{Format, SchemaNode, Shape};

/// Finalizers that need no domain.
const KNOWN_FINALIZERS: [&str; 3] = ["orphan", "foregroundDeletion", "kubernetes"];

/// Formats of texts that kube-apiserver knows besides those that are enforced here.
const OTHER_TEXTS: [&str; 8] = ["bsonobjectid", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "rgbcolor", "password"];

/// What to say of finalizers that a write adds and that could collide with those of others.
pub(super) fn finalizer_warnings(object: &Object, before: Option<&Object>) -> Vec<String> {
    let known = before.map(Object::finalizers).unwrap_or_default();
    let added = object.finalizers().into_iter().filter(|name| !known.contains(name));
    let bare = added.filter(|name| !name.contains('/') && !KNOWN_FINALIZERS.contains(name));
    let warning = |name: &str| {
        let path = if name.contains('.') { " including a path (/)" } else { "" };
        format!(
            "metadata.finalizers: {name:?}: prefer a domain-qualified finalizer name{path} to avoid accidental conflicts with other \
             finalizer writers"
        )
    };
    bare.map(warning).collect()
}

/// What to say of a definition: formats that nobody enforces. What was there before is not told again.
pub(super) fn definition_warnings(definition: &Object, before: Option<&Object>) -> Vec<String> {
    let known = before.map(schema_warnings).unwrap_or_default();
    schema_warnings(definition).into_iter().filter(|warning| !known.contains(warning)).collect()
}

fn schema_warnings(definition: &Object) -> Vec<String> {
    let versions = definition.get(&["spec", "versions"]).and_then(Value::as_array);
    let mut formats = Vec::new();
    for schema in versions.into_iter().flatten().filter_map(|version| version.pointer("/schema/openAPIV3Schema")) {
        of_schema(schema, &mut formats);
    }
    formats
}

fn of_schema(schema: &Value, formats: &mut Vec<String>) {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str).unwrap_or_default();
    let format = text("format");
    if !format.is_empty() && !is_known(format, text("type")) {
        formats.push(format!("unrecognized format {format:?}"));
    }
    for keyword in ["items", "additionalProperties", "not"] {
        schema.get(keyword).into_iter().for_each(|inner| of_schema(inner, formats));
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        schema.get(keyword).and_then(Value::as_array).into_iter().flatten().for_each(|inner| of_schema(inner, formats));
    }
    schema.get("properties").and_then(Value::as_object).into_iter().flatten().for_each(|(_, inner)| of_schema(inner, formats));
}

fn is_known(format: &str, kind: &str) -> bool {
    match kind {
        "integer" => matches!(format, "int32" | "int64"),
        "number" => matches!(format, "float" | "double"),
        "" | "string" => {
            let plain = format.replace('-', "");
            OTHER_TEXTS.contains(&plain.as_str())
                || Format::parse(format).is_some_and(|known| !matches!(known, Format::Int32 | Format::Int64))
        }
        _ => false,
    }
}

/// Every cause against the API objects that are embedded in a value: they are named, labelled and owned like any other.
pub(super) fn embedded(place: SchemaNode<'_>, value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    match (place.shape(), value) {
        (Shape::Struct { fields, embedded_resource, .. }, Value::Object(members)) => {
            if *embedded_resource && let Ok(object) = Object::from_value(value.clone()) {
                let found = whole(&object);
                causes.extend(found.into_iter().map(|cause| Cause { field: format!("{path}.{}", cause.field), ..cause }));
            }
            for (name, value) in members {
                if let Some(id) = fields.get(name.as_str()).filter(|id| !place.at(**id).node().typed) {
                    embedded(place.at(*id), value, &Path::Member(path, name), causes);
                }
            }
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => {
            members.iter().for_each(|(name, value)| embedded(place.at(*id), value, &Path::Member(path, name), causes));
        }
        (Shape::List { item, .. }, Value::Array(items)) => {
            items.iter().enumerate().for_each(|(index, value)| embedded(place.at(*item), value, &Path::Item(path, index), causes));
        }
        _ => {}
    }
}

fn whole(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut hold = |path: &[&str], rule: fn(&str) -> Verdict, may_be_empty: bool| {
        let Some(text) = object.get_str(path) else { return };
        let verdict = match text {
            "" if may_be_empty => Ok(()),
            "" => Err("must not be empty".to_owned()),
            text => rule(text),
        };
        if let Err(why) = verdict {
            causes.push(Cause::invalid(path.join("."), &text.into(), &why));
        }
    };
    hold(&["apiVersion"], api_version, false);
    hold(&["kind"], kind, false);
    hold(&["metadata", "name"], path_segment, true);
    hold(&["metadata", "generateName"], path_segment, true);
    hold(&["metadata", "namespace"], dns_label, true);
    validate::metadata(object, None, &mut causes);
    causes
}

fn api_version(text: &str) -> Verdict {
    if text.matches('/').count() > 1 { Err(format!("unexpected GroupVersion string: {text}")) } else { Ok(()) }
}

fn kind(text: &str) -> Verdict {
    dns_1035_label(&text.to_lowercase()).map_err(|why| format!("may have mixed case, but should otherwise match: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::crd;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    #[test]
    fn finalizers_without_a_domain_are_warned_of_once() {
        let one = object(json!({"metadata": {"finalizers": ["foo", "a.b", "a.b/c", "orphan"]}}));
        let warnings = finalizer_warnings(&one, None);
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].starts_with("metadata.finalizers: \"foo\": prefer a domain-qualified finalizer name to avoid"));
        assert!(warnings[1].contains("including a path (/)"));
        assert_eq!(finalizer_warnings(&one, Some(&one)), [""; 0]);
    }

    #[test]
    fn unknown_formats_are_warned_of_once() {
        let schema = json!({"type": "object", "properties": {
            "a": {"type": "string", "format": "foo"}, "b": {"type": "integer", "format": "date"}, "c": {"type": "string", "format": "date-time"},
            "d": {"type": "number", "format": "double"},
        }});
        let definition = object(json!({"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}}));
        let warnings = definition_warnings(&definition, None);
        assert_eq!(warnings, ["unrecognized format \"foo\"", "unrecognized format \"date\""]);
        assert_eq!(definition_warnings(&definition, Some(&definition)), [""; 0]);
    }

    #[test]
    fn embedded_objects_are_held_to_the_rules_of_metadata() {
        let embedded_one = json!({"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true});
        let schema = json!({"type": "object", "properties": {"list": {"type": "array", "items": embedded_one}}});
        let schema = crd::compile(&schema, "$").expect("a schema");
        let fields = |one: Value| {
            let mut causes = Vec::new();
            embedded(schema.root(), &json!({ "list": [one] }), &Path::Root(""), &mut causes);
            causes.into_iter().map(|cause| cause.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "A B", "labels": {"a": "b"}}})), [""; 0]);
        assert_eq!(fields(json!({"apiVersion": "a/b/c", "kind": "A b"})), ["list[0].apiVersion", "list[0].kind"]);
        assert_eq!(
            fields(json!({"apiVersion": "", "kind": "Pod", "metadata": {"name": "x/y", "namespace": "A_", "labels": {"a b": "c"}}})),
            ["list[0].apiVersion", "list[0].metadata.name", "list[0].metadata.namespace", "list[0].metadata.labels"]
        );
    }
}
