use serde_json::{Value, json};

use super::*;
use crate::schema::check::{apply_defaults, decode_error, prune, unknown_fields, validate};
use crate::schema::{ListType, SchemaNode};

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
fn required_members_are_asked_for_where_their_object_is() {
    let schema = compiled(&json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}));
    assert_eq!(faults(&schema, &json!({})), ["spec.a: Required value"]);
    assert_eq!(validate(schema.root(), &json!({})), []);
}

#[test]
fn items_that_stand_twice_in_set_and_map_lists_are_refused() {
    let item = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "protocol": {"type": "string", "default": "TCP"}}});
    let schema = compiled(&object(&json!({
        "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "map": {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "protocol"]},
    })));
    assert_eq!(faults(&schema, &json!({"set": ["a", "b", "a"]})), ["spec.set[2]: Duplicate value: \"a\""]);
    let map = json!({"map": [{"name": "a", "protocol": "TCP"}, {"name": "a", "protocol": "UDP"}, {"name": "a"}]});
    assert_eq!(faults(&schema, &map), ["spec.map[2]: Duplicate value: {\"name\":\"a\",\"protocol\":\"TCP\"}"]);
    let ListType::Map(keys) = spec_of(&schema).member("map").unwrap().list_type() else { panic!("not a map list") };
    assert_eq!(keys[1].default, Some(json!("TCP")));
}

#[test]
fn junctors_hold_values_to_all_any_one_or_none() {
    let schema = compiled(&json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer", "allOf": [{"minimum": 2}, {"maximum": 4}], "not": {"enum": [3]}}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        "anyOf": [{"properties": {"a": {"pattern": "^x"}}}, {"required": ["n"]}],
    }));
    assert_eq!(faults(&schema, &json!({"a": "x"})), [""; 0]);
    assert_eq!(
        faults(&schema, &json!({"a": "x", "b": "x"})),
        [r#"<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives"#]
    );
    assert_eq!(
        faults(&schema, &json!({"a": "y"})),
        [
            r#"<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)"#,
            r#"spec.a: Invalid value: "y": spec.a in body should match '^x'"#,
        ]
    );
    assert_eq!(faults(&schema, &json!({"b": "y", "n": 3})), [r#"<nil>: Invalid value: "": "spec.n" must not validate the schema (not)"#]);
    assert_eq!(faults(&schema, &json!({"b": "y", "n": 5})).len(), 2);
}

#[test]
fn int_or_string_takes_both_and_nothing_else() {
    let standard = json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^[0-9]+%?$"});
    let nested =
        json!({"x-kubernetes-int-or-string": true, "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"maximum": 5}]});
    let schema = compiled(&object(&json!({"a": standard, "b": nested})));
    assert_eq!(faults(&schema, &json!({"a": "10%", "b": "x"})), [""; 0]);
    assert_eq!(faults(&schema, &json!({"a": 1, "b": 5})), [""; 0]);
    assert_eq!(faults(&schema, &json!({"a": true})).len(), 1);
    assert_eq!(faults(&schema, &json!({"a": "x"})).len(), 1);
    assert_eq!(faults(&schema, &json!({"b": 6})).len(), 2);
}

#[test]
fn pruning_keeps_what_the_schema_preserves() {
    let schema = compiled(&object(&json!({
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"shut": {"type": "object", "properties": {}}}},
        "any": {"x-kubernetes-preserve-unknown-fields": true},
        "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    })));
    let value = json!({"spec": {"open": {"x": {"y": null}, "shut": {"z": 1}}, "any": [1, {"b": null}], "map": {"k": {"a": 1, "b": 2}}, "gone": 1}, "gone": 1});
    assert_eq!(unknown_fields(schema.root(), &value), ["gone", "spec.gone", "spec.map.k.b", "spec.open.shut.z"]);
    assert_eq!(
        pruned(&schema, value),
        json!({"spec": {"open": {"x": {"y": null}, "shut": {}}, "any": [1, {"b": null}], "map": {"k": {"a": 1}}}})
    );
}

#[test]
fn embedded_resources_are_whole_objects() {
    let schema = compiled(&object(&json!({
        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true},
    })));
    let template = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "foo": 1}, "spec": {"x": 1}});
    assert_eq!(unknown_fields(schema.root(), &json!({"spec": {"template": template}})), ["spec.template.metadata.foo"]);
    assert_eq!(faults(&schema, &json!({"template": {"kind": "A"}})), ["spec.template.apiVersion: Required value"]);
    assert_eq!(refusals(&json!({"type": "object", "x-kubernetes-embedded-resource": true})).len(), 1);
}

#[test]
fn defaults_fill_absent_members_at_every_depth() {
    let schema = compiled(&json!({
        "type": "object",
        "properties": {
            "a": {"type": "object", "default": {}, "properties": {"b": {"type": "integer", "default": 1}}},
            "n": {"type": "string", "nullable": true, "default": "x"},
            "m": {"type": "string", "default": "y"},
            "list": {"type": "array", "items": {"type": "object", "properties": {"p": {"type": "string", "default": "TCP"}}}},
            "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"q": {"type": "integer", "default": 0}}}},
        }
    }));
    let value = json!({"spec": {"n": null, "m": null, "list": [{}, {"p": "UDP"}], "map": {"k": {}}}});
    assert_eq!(
        defaulted(&schema, value)["spec"],
        json!({"a": {"b": 1}, "n": null, "m": "y", "list": [{"p": "TCP"}, {"p": "UDP"}], "map": {"k": {"q": 0}}})
    );
    assert_eq!(defaulted(&schema, json!({})), json!({}));
}

#[test]
fn a_schema_that_preserves_all_takes_all() {
    let schema = compile(&json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}), BASE).unwrap();
    let value = json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a"}, "data": {"x": [1, null]}});
    assert_eq!(unknown_fields(schema.root(), &value), [""; 0]);
    assert_eq!(pruned(&schema, value.clone()), value);
    assert_eq!(validate(schema.root(), &value), []);
}

#[test]
fn a_valid_resource_stays_valid_when_it_is_pruned_and_defaulted() {
    let schema = compiled(&object(&json!({
        "size": {"type": "integer", "minimum": 1, "default": 3},
        "parts": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "mode": {"type": "string", "enum": ["a", "b"], "default": "a"}}}},
    })));
    let value =
        json!({"apiVersion": "a/v1", "kind": "A", "metadata": {"name": "a"}, "spec": {"parts": [{"name": "x", "gone": 1}, {"name": "y"}]}});
    assert_eq!(validate(schema.root(), &value), []);
    let value = defaulted(&schema, pruned(&schema, value));
    assert_eq!(value["spec"], json!({"size": 3, "parts": [{"name": "x", "mode": "a"}, {"name": "y", "mode": "a"}]}));
    assert_eq!(validate(schema.root(), &value), []);
    assert_eq!(pruned(&schema, value.clone()), value);
}

#[test]
fn deep_schemas_and_deep_documents_are_walked_to_their_end() {
    let mut spec = json!({"type": "string", "maxLength": 1});
    let mut value = json!("ab");
    for _ in 0..60 {
        spec = object(&json!({ "a": spec }));
        value = json!({ "a": value });
    }
    assert_eq!(faults(&compiled(&spec), &value).len(), 1);
}

#[test]
fn a_schema_that_kube_derives_compiles_and_holds_its_own_resource() {
    use kube::{CustomResource, CustomResourceExt};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
    #[kube(group = "example.com", version = "v1", kind = "Cache", namespaced, status = "CacheStatus")]
    struct CacheSpec {
        size: u32,
        mode: Mode,
        note: Option<String>,
        backend: Backend,
        labels: std::collections::BTreeMap<String, String>,
        port: k8s_openapi::apimachinery::pkg::util::intstr::IntOrString,
    }
    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    enum Mode {
        Fast,
        Safe,
    }
    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    enum Backend {
        Memory { limit: String },
        File { path: String },
    }
    #[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
    struct CacheStatus {
        ready: bool,
    }

    let crd = serde_json::to_value(Cache::crd()).unwrap();
    let schema = compile(&crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], BASE).unwrap();
    let spec = json!({"size": 1, "mode": "Fast", "note": null, "backend": {"file": {"path": "/x"}}, "labels": {"a": "b"}, "port": 80});
    assert_eq!(faults(&schema, &spec), [""; 0]);
    let wrong =
        json!({"size": -1, "mode": "Slow", "backend": {"file": {"path": "/x"}, "memory": {"limit": "1"}}, "labels": {}, "port": "http"});
    let fields: Vec<String> = faults(&schema, &wrong).into_iter().map(|fault| fault.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(fields, ["<nil>", "spec.mode", "spec.size"]);
}

#[test]
fn null_stays_where_the_schema_allows_it_and_where_it_says_nothing() {
    let schema = compiled(&object(&json!({
        "plain": {"type": "string"}, "nullable": {"type": "string", "nullable": true, "default": "x"}, "default": {"type": "string", "default": "x"},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}}, "any": {"type": "object", "additionalProperties": true},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}, "list": {"type": "array", "items": {"type": "string"}},
        "either": {"x-kubernetes-int-or-string": true}, "whole": {"x-kubernetes-preserve-unknown-fields": true},
    })));
    let spec = json!({
        "plain": null, "nullable": null, "default": null, "map": {"a": null, "b": 1}, "any": {"a": null}, "open": {"a": null},
        "list": [null], "either": null, "whole": null,
    });
    let value = pruned(&schema, json!({ "spec": spec }));
    let left = json!({"nullable": null, "map": {"b": 1}, "any": {"a": null}, "open": {"a": null}, "list": [null]});
    assert_eq!(value, json!({ "spec": left }));
    assert_eq!(validate(schema.root(), &value).iter().map(|cause| cause.field.as_str()).collect::<Vec<_>>(), ["spec.list[0]"]);
}

#[test]
fn null_is_one_of_the_listed_values_only_where_it_is_listed() {
    let schema = compiled(&object(&json!({
        "strict": {"type": "string", "nullable": true, "enum": ["a"]}, "loose": {"type": "string", "nullable": true, "enum": ["a", null]},
    })));
    assert_eq!(
        faults(&schema, &json!({"loose": null, "strict": null})),
        [r#"spec.strict: Unsupported value: null: supported values: "a""#]
    );
}

#[test]
fn a_number_that_no_whole_number_holds_is_of_another_type() {
    let schema = compiled(&object(&json!({"whole": {"type": "integer"}, "narrow": {"type": "integer", "format": "int32"}})));
    assert_eq!(faults(&schema, &json!({"whole": 1.0})), [""; 0]);
    assert_eq!(
        faults(&schema, &json!({"whole": 12_345_678_901_234_567_890_u64})),
        [
            r#"spec.whole: Invalid value: "number": spec.whole in body must be of type integer: "number""#,
            r#"<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.whole"#,
        ]
    );
    assert_eq!(
        faults(&schema, &json!({"narrow": 2_147_483_648_i64})),
        [r#"<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.narrow"#]
    );
}

#[test]
fn an_object_without_additional_properties_has_no_member() {
    let schema = compiled(&json!({"type": "object", "additionalProperties": false}));
    assert_eq!(faults(&schema, &json!({})), [""; 0]);
    assert_eq!(faults(&schema, &json!({"x": 1})), [r#"spec: Invalid value: "x": spec.x in body is a forbidden property"#]);
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

#[test]
fn a_wrong_json_type_in_a_custom_resource_is_a_fault_of_its_field_and_still_readable() {
    let schema = compiled(&object(&json!({"size": {"type": "integer"}, "list": {"type": "array", "items": {"type": "string"}}})));
    let spec = json!({"size": "x", "list": {}});
    assert_eq!(decode_error(schema.root(), &json!({ "spec": spec })), None);
    assert_eq!(faults(&schema, &spec).len(), 2);
}
