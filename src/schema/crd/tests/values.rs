//! Values under a compiled schema: what is refused, pruned and filled in.

use super::*;

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
        #[schemars(schema_with = "number_or_name")]
        port: k8s_openapi::apimachinery::pkg::util::intstr::IntOrString,
    }
    fn number_or_name(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "x-kubernetes-int-or-string": true })
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
fn a_wrong_json_type_in_a_custom_resource_is_a_fault_of_its_field_and_still_readable() {
    let schema = compiled(&object(&json!({"size": {"type": "integer"}, "list": {"type": "array", "items": {"type": "string"}}})));
    let spec = json!({"size": "x", "list": {}});
    assert_eq!(decode_error(schema.root(), &json!({ "spec": spec })), None);
    assert_eq!(faults(&schema, &spec).len(), 2);
}
