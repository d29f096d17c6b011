use serde_json::{Value, json};

use super::*;
use crate::schema::check::{apply_defaults, decode_error, prune, unknown_fields, validate};
use crate::schema::{ListType, SchemaNode};

mod values;

const BASE: &str = "spec.versions[0].schema.openAPIV3Schema";

fn with_spec(spec: &Value) -> Value {
    json!({"type": "object", "properties": {"spec": spec}})
}

fn compiled(spec: &Value) -> Schema {
    compile(&with_spec(spec), BASE).unwrap()
}

/// The causes for a schema of `spec`, as `field: message` below the base.
fn refusals(spec: &Value) -> Vec<String> {
    let causes = compile(&with_spec(spec), "$").unwrap_err();
    causes.into_iter().map(|cause| format!("{}: {}", cause.field.replace("$.properties[spec]", "spec"), cause.message)).collect()
}

fn object(properties: &Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// The faults of a `spec`, as `field: message`.
fn faults(schema: &Schema, spec: &Value) -> Vec<String> {
    let causes = validate(schema.root(), &json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a"}, "spec": spec}));
    causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

fn spec_of(schema: &Schema) -> SchemaNode<'_> {
    schema.root().member("spec").unwrap()
}

fn pruned(schema: &Schema, mut value: Value) -> Value {
    prune(schema.root(), &mut value);
    let once = value.clone();
    prune(schema.root(), &mut value);
    assert_eq!(once, value, "pruning is idempotent");
    value
}

fn defaulted(schema: &Schema, mut value: Value) -> Value {
    apply_defaults(schema.root(), &mut value);
    let once = value.clone();
    apply_defaults(schema.root(), &mut value);
    assert_eq!(once, value, "defaulting is idempotent");
    value
}

#[test]
fn every_custom_resource_has_typed_metadata() {
    let schema = compile(&json!({"type": "object", "properties": {"metadata": {"type": "object"}}}), BASE).unwrap();
    let value = json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"labels": {"a": "b"}, "foo": 1, "creationTimestamp": null}});
    assert_eq!(unknown_fields(schema.root(), &value), ["metadata.foo"]);
    assert_eq!(pruned(&schema, value)["metadata"], json!({"labels": {"a": "b"}}));
    let wrong = json!({"metadata": {"labels": {"a": 1}}});
    assert_eq!(
        decode_error(schema.root(), &wrong).unwrap().to_string(),
        "json: cannot unmarshal number 1 into field metadata.labels.a of type string"
    );
    assert_eq!(*schema.root().member("metadata").unwrap().member("finalizers").unwrap().list_type(), ListType::Set);
}

#[test]
fn the_name_may_have_rules_of_its_own() {
    let name = json!({"type": "object", "properties": {"metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}}});
    let schema = compile(&name, BASE).unwrap();
    let causes = validate(schema.root(), &json!({"metadata": {"name": "long"}}));
    assert_eq!((causes[0].field.as_str(), causes[0].message.as_str()), ("metadata.name", "Too long: may not be more than 3 bytes"));
    let labels = json!({"type": "object", "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}});
    assert_eq!(compile(&labels, BASE).unwrap_err().len(), 1);
}

#[test]
fn schemas_that_are_not_structural_are_refused_by_path() {
    for (spec, refusal) in [
        (json!({}), "spec.type: Required value: must not be empty for specified object fields"),
        (json!({"type": "array", "items": {}}), "spec.items.type: Required value: must not be empty for specified array items"),
        (json!({"type": "array"}), "spec.items: Required value: must be specified"),
        (
            json!({"type": "object", "additionalProperties": {}}),
            "spec.additionalProperties.type: Required value: must not be empty for specified object fields",
        ),
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}, "properties": {"a": {"type": "string"}}}),
            "spec.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive",
        ),
        (json!({"type": "string", "$ref": "x"}), "spec.$ref: Forbidden: $ref is not supported"),
        (json!({"type": "string", "anyOf": [{"type": "string"}]}), "spec.anyOf[0].type: Forbidden: must be empty to be structural"),
        (
            json!({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}),
            "spec.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
        (
            json!({"type": "array", "items": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "nullable": true}}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}),
            "spec.items.properties[a].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
        ),
        (
            json!({"type": "array", "items": {"type": "object", "properties": {}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"]}),
            "spec.x-kubernetes-list-map-keys: Invalid value: [\"b\"]: entries must all be names of item properties",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"]}),
            "spec.items.type: Invalid value: \"string\": must be object if parent array's x-kubernetes-list-type is map",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-map-keys": ["b"]}),
            "spec.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty",
        ),
        (
            json!({"type": "array", "items": {"type": "object", "properties": {}}, "x-kubernetes-list-type": "set"}),
            "spec.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set",
        ),
        (
            json!({"type": "array", "items": {"type": "string", "nullable": true}, "x-kubernetes-list-type": "set"}),
            "spec.items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set",
        ),
        (json!({"type": "array", "items": [{"type": "string"}]}), "spec.items: Forbidden: items must be a schema object and not an array"),
        (
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": false}),
            "spec.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined",
        ),
        (
            json!({"x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true}),
            "spec.x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true",
        ),
        (
            json!({"x-kubernetes-map-type": "atomic", "x-kubernetes-preserve-unknown-fields": true}),
            "spec.type: Required value: must be object if x-kubernetes-map-type is specified",
        ),
        (
            json!({"type": "object", "x-kubernetes-embedded-resource": true}),
            "spec.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
        (
            json!({"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"kind": {"type": "integer"}}}),
            "spec.properties[kind].type: Invalid value: \"integer\": must be string",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "not": {"x-kubernetes-list-type": "set"}}),
            "spec.not.x-kubernetes-list-type: Forbidden: must be undefined to be structural",
        ),
        (
            json!({"type": "integer", "default": "a"}),
            "spec.default: Invalid value: \"string\": $.properties[spec].default in body must be of type integer: \"string\"",
        ),
        (json!({"type": "object", "default": {"a": 1}}), "spec.default: Invalid value: {\"a\":1}: must not have unknown fields: a"),
    ] {
        assert_eq!(refusals(&spec), [refusal], "{spec}");
    }
    let broken = json!({"type": "array", "items": {"type": "object", "properties": 1, "required": [1], "nullable": "yes", "x-kubernetes-list-type": "set"}});
    assert_eq!(
        refusals(&broken),
        [
            "spec.items.properties: Invalid value: 1: must be an object",
            "spec.items.required: Invalid value: [1]: must be a list of texts",
            "spec.items.nullable: Invalid value: \"yes\": must be a boolean",
            "spec.items.type: Invalid value: \"object\": must be array if x-kubernetes-list-type is specified",
        ]
    );
    assert_eq!(compile(&json!({"type": "string"}), BASE).unwrap_err()[0].message, "Invalid value: \"string\": must be object at the root");
    assert_eq!(compile(&json!(null), BASE).unwrap_err()[0].field, BASE);
}

#[test]
fn a_root_is_an_object_with_members_of_its_own() {
    for (root, refusal) in [
        (
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            "$.additionalProperties: Forbidden: must not be used at the root",
        ),
        (json!({"type": "object", "nullable": true}), "$.nullable: Forbidden: nullable cannot be true at the root"),
        (
            json!({"type": "object", "properties": {"kind": {"type": "integer"}}}),
            "$.properties[kind].type: Invalid value: \"integer\": must be string",
        ),
        (
            json!({"type": "object", "properties": {"metadata": {"type": "string"}}}),
            "$.properties[metadata].type: Invalid value: \"string\": must be object",
        ),
        (
            json!({"type": "object", "properties": {"metadata": {"type": "object", "default": {}}}}),
            "$.properties[metadata].default: Forbidden: must not be set in top-level metadata",
        ),
        (
            json!({"type": "object", "properties": {"metadata": {"type": "object"}}, "not": {"properties": {"metadata": {}}}}),
            "$.not.properties[metadata]: Forbidden: must not be specified in a nested context",
        ),
        (json!({}), "$.type: Required value: must not be empty at the root"),
    ] {
        let causes = compile(&root, "$").unwrap_err();
        let found: Vec<String> = causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        assert_eq!(found, [refusal], "{root}");
    }
}

#[test]
fn a_default_is_held_to_the_rules_that_objects_are_held_to() {
    let even = json!([{"rule": "self % 2 == 0", "message": "must be even"}]);
    let refused = refusals(&object(&json!({"size": {"type": "integer", "default": 3, "x-kubernetes-validations": even}})));
    assert_eq!(refused, ["spec.properties[size].default: Invalid value: 3: must be even"]);
    compiled(&object(&json!({"size": {"type": "integer", "default": 4, "x-kubernetes-validations": even}})));
    let inner = json!({"type": "integer", "x-kubernetes-validations": even});
    let refused = refusals(&json!({"type": "object", "default": {"size": 1}, "properties": {"size": inner}}));
    assert_eq!(refused, ["spec.default.size: Invalid value: 1: must be even"]);
    let grows = json!([{"rule": "!oldSelf.hasValue() || self > oldSelf.value()", "optionalOldSelf": true}]);
    let refused = refusals(&object(&json!({"size": {"type": "integer", "default": 3, "x-kubernetes-validations": grows}})));
    assert_eq!(refused.len(), 1, "a rule must allow what was there before, too: {refused:?}");
}

#[test]
fn what_cannot_be_enforced_is_refused_by_name() {
    for (spec, field) in [
        (json!({"type": "string", "x-kubernetes-validations": [{"rule": "self.shout()"}]}), "spec.x-kubernetes-validations[0].rule"),
        (json!({"type": "string", "allOf": [{"x-kubernetes-validations": [{"rule": "true"}]}]}), "spec.allOf[0].x-kubernetes-validations"),
        (json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}), "spec.uniqueItems"),
        (json!({"type": "string", "format": "isbn"}), "spec.format"),
        (json!({"type": "string", "pattern": "(?=a)"}), "spec.pattern"),
        (json!({"type": "null"}), "spec.type"),
    ] {
        let found = refusals(&spec);
        assert!(!found.is_empty() && found.iter().all(|refusal| refusal.starts_with(field)), "{found:?}");
    }
}

#[test]
fn broken_rules_are_told_as_kube_apiserver_tells_them() {
    let rules = object(&json!({
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "exclusiveMaximum": true, "multipleOf": 3},
        "name": {"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[a-z]*$"},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "when": {"type": "string", "format": "date-time"},
        "map": {"type": "object", "additionalProperties": {"type": "boolean"}, "minProperties": 1, "maxProperties": 1},
    }));
    let schema = compiled(&rules);
    for (spec, fault) in [
        (json!({"replicas": "x"}), "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\""),
        (json!({"replicas": null}), "spec.replicas: Invalid value: \"null\": spec.replicas in body must be of type integer: \"null\""),
        (json!({"replicas": 0}), "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1"),
        (json!({"replicas": 12}), "spec.replicas: Invalid value: 12: spec.replicas in body should be less than 10"),
        (json!({"replicas": 4}), "spec.replicas: Invalid value: 4: spec.replicas in body should be a multiple of 3"),
        (json!({"name": "a"}), "spec.name: Invalid value: \"a\": spec.name in body should be at least 2 chars long"),
        (json!({"name": "abcd"}), "spec.name: Too long: may not be more than 3 bytes"),
        (json!({"name": "A1"}), "spec.name: Invalid value: \"A1\": spec.name in body should match '^[a-z]*$'"),
        (json!({"mode": "c"}), "spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\""),
        (json!({"tags": []}), "spec.tags: Invalid value: 0: spec.tags in body should have at least 1 items"),
        (json!({"tags": ["a", "b", "c"]}), "spec.tags: Too many: 3: must have at most 2 items"),
        (json!({"tags": ["a", 1]}), "spec.tags[1]: Invalid value: \"integer\": spec.tags[1] in body must be of type string: \"integer\""),
        (json!({"when": "now"}), "spec.when: Invalid value: \"now\": spec.when in body must be of type date-time: \"now\""),
        (json!({"map": {}}), "spec.map: Invalid value: 0: spec.map in body should have at least 1 properties"),
        (json!({"map": {"a": 1}}), "spec.map.a: Invalid value: \"integer\": spec.map.a in body must be of type boolean: \"integer\""),
    ] {
        assert_eq!(faults(&schema, &spec), [fault]);
    }
    let sound = json!({"replicas": 3.0, "name": "abc", "mode": "a", "tags": ["x"], "when": "2026-11-22T10:00:00Z", "map": {"a": true}});
    assert_eq!(faults(&schema, &sound), [""; 0]);
}

#[test]
fn what_kube_apiserver_lets_schemas_say_is_accepted() {
    for spec in [
        json!({"type": "object", "oneOf": [{"properties": {"a": {}}}], "anyOf": [{"additionalProperties": false}]}),
        json!({"type": "string", "x-kubernetes-int-or-string": true}),
        json!({"x-kubernetes-int-or-string": true, "default": 1.5}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true}),
        json!({"type": "string", "minLength": -1}),
        json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set", "default": ["a", "a"]}),
    ] {
        compiled(&spec);
    }
}

#[test]
fn what_stands_at_the_root_is_held_to_more() {
    let base = json!({"type": "object", "properties": {"metadata": {"type": "object"}}});
    let broken = |change: fn(&mut Value)| {
        let mut schema = base.clone();
        change(&mut schema);
        compile(&schema, "$").unwrap_err().into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        broken(|schema| schema["oneOf"] = json!([{"properties": {"a": {}}}])),
        ["$.properties[a]: Required value: because it is defined in $.oneOf[0].properties[a]"]
    );
    assert_eq!(broken(|schema| schema["default"] = json!({})), ["$.default.apiVersion: Required value", "$.default.kind: Required value"]);
    assert_eq!(
        broken(|schema| schema["properties"]["metadata"]["properties"] = json!({"name": {"type": "string", "default": "x"}})),
        ["$.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata"]
    );
    assert_eq!(
        broken(|schema| schema["properties"]["metadata"]["properties"] = json!({"labels": {"type": "object"}})),
        [
            "$.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"
        ]
    );
    assert_eq!(
        broken(|schema| schema["$schema"] = "http://json-schema.org/schema#".into()),
        ["$: Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported"]
    );
}

#[test]
fn a_rule_needs_a_type_to_speak_of() {
    let spec = json!({"x-kubernetes-preserve-unknown-fields": true, "x-kubernetes-validations": [{"rule": "true"}]});
    let causes = compile(&with_spec(&spec), "$").unwrap_err();
    assert_eq!((causes[0].kind, causes[0].field.as_str()), (CauseKind::Internal, "$.properties[spec].x-kubernetes-validations"));
}

#[test]
fn a_default_is_judged_as_it_is_written() {
    let spec = |size: &Value| json!({"type": "object", "default": size, "required": ["size"], "properties": {"size": {"type": "integer", "default": 1}}});
    assert_eq!(refusals(&spec(&json!({}))), ["spec.default.size: Required value"]);
    assert_eq!(defaulted(&compiled(&spec(&json!({"size": 2}))), json!({}))["spec"], json!({"size": 2}));
}
