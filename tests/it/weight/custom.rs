//! Custom resources by the thousand, and a definition as large as they come.

use serde_json::{Value, json};

/// How many definitions there are beside the large one.
pub(super) const DEFINITIONS: usize = 50;
/// How many custom resources there are, in all definitions together.
pub(super) const RESOURCES: usize = 5_000;
/// The size of the large definition at least, in bytes of JSON.
pub(super) const LARGE: usize = 300_000;

/// How deep the schema of the large definition goes below `spec`.
const DEPTH: usize = 8;

/// A definition of one version with this schema for `spec`.
fn definition(plural: &str, kind: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("{plural}.weight.example.com")},
        "spec": {
            "group": "weight.example.com", "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}},
            }],
        },
    })
}

fn resource(kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "weight.example.com/v1", "kind": kind, "metadata": {"name": name, "namespace": "default"}, "spec": spec})
}

/// The definition of `kind`s number `index`: defaults, a list that merges by key, a set, a map, and a rule in CEL.
fn small_definition(index: usize) -> Value {
    let spec = json!({
        "type": "object", "required": ["number"],
        "x-kubernetes-validations": [{"rule": "self.number >= 0", "message": "must not be negative"}],
        "properties": {
            "number": {"type": "integer"}, "text": {"type": "string", "maxLength": 64, "default": format!("text-{index}")},
            "share": {"x-kubernetes-int-or-string": true},
            "tags": {"type": "array", "maxItems": 8, "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "options": {"type": "object", "additionalProperties": {"type": "string"}},
            "ports": {
                "type": "array", "maxItems": 8, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
                "items": {"type": "object", "required": ["port"], "properties": {
                    "port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "name": {"type": "string"},
                }},
            },
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        },
    });
    definition(&format!("weights{index}"), &format!("Weight{index}"), &spec)
}

/// All definitions but the large one.
pub(super) fn definitions() -> Vec<Value> {
    (0..DEFINITIONS).map(small_definition).collect()
}

/// Resource number `index`; no two have the same content.
fn small_resource(index: usize) -> Value {
    let spec = json!({
        "number": index, "share": if index.is_multiple_of(2) { json!("50%") } else { json!(index) },
        "tags": [format!("tag-{}", index % 7), "common"], "options": {"a": "b", "index": index.to_string()},
        "ports": [{"port": 80}, {"port": 80, "protocol": "UDP", "name": "dns"}],
        "free": {"deep": {"list": [1, "two", {"three": 3.5}], "nothing": null}},
    });
    resource(&format!("Weight{}", index % DEFINITIONS), &format!("weight-{index}"), &spec)
}

/// All resources but the large one.
pub(super) fn resources() -> Vec<Value> {
    (0..RESOURCES).map(small_resource).collect()
}

/// A schema that goes `depth` levels down, with scalars on each level and two ways further down.
fn deep_schema(depth: usize) -> Value {
    let text = format!("What stands at depth {depth}, in a sentence that is as long as those that authors of definitions write.");
    let mut properties = json!({
        "text": {"type": "string", "description": text, "maxLength": 200, "default": format!("depth {depth}")},
        "count": {"type": "integer", "format": "int64", "description": text, "minimum": 0, "maximum": 1000},
        "labels": {"type": "object", "description": text, "additionalProperties": {"type": "string"}},
    });
    if depth > 0 {
        properties["inner"] = deep_schema(depth - 1);
        properties["items"] = json!({
            "type": "array", "description": text, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["text"], "items": deep_schema(depth - 1),
        });
    }
    json!({"type": "object", "description": text, "properties": properties})
}

/// A definition of [`LARGE`] bytes or more.
pub(super) fn large_definition() -> Value {
    definition("deeps", "Deep", &deep_schema(DEPTH))
}

/// What fills every field of the large definition, two items in each list near the top.
fn deep_value(depth: usize, text: &str) -> Value {
    let mut value = json!({"text": text, "count": depth, "labels": {"a": "b"}});
    if depth > 0 {
        value["inner"] = deep_value(depth - 1, "inner");
        let items: &[&str] = if depth > DEPTH - 2 { &["one", "two"] } else { &["one"] };
        value["items"] = items.iter().map(|text| deep_value(depth - 1, text)).collect();
    }
    value
}

/// A resource that fills the large definition.
pub(super) fn large_resource() -> Value {
    resource("Deep", "deep", &deep_value(DEPTH, "top"))
}
