use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::object::Gvk;
use crate::schema::{Number, Scalar, Schema, SchemaNode, Shape, builtin, builtin_kinds};

fn kind(group: &str, kind: &str) -> Arc<Schema> {
    builtin(&Gvk::new(group, "v1", kind)).unwrap()
}

fn pod(spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec})
}

fn pruned(schema: &Schema, mut value: Value) -> Value {
    prune(schema.root(), &mut value);
    let once = value.clone();
    prune(schema.root(), &mut value);
    assert_eq!(once, value, "pruning is idempotent");
    value
}

#[test]
fn unknown_fields_are_named_by_path() {
    let value = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"any": "x"}, "lables": {}},
        "datta": 1,
        "spec": {"template": {"spec": {"containers": [{"name": "a"}, {"foo": 1, "name": "b", "resources": {"limits": {"cpu": "1"}, "x": 1}}]}}}
    });
    assert_eq!(
        unknown_fields(kind("apps", "Deployment").root(), &value),
        ["datta", "metadata.lables", "spec.template.spec.containers[1].foo", "spec.template.spec.containers[1].resources.x"]
    );
}

#[test]
fn wrong_json_types_are_told_by_path_and_type() {
    for (spec, error) in [
        (json!({"containers": {}}), "json: cannot unmarshal object into field spec.containers of type list"),
        (json!({"containers": ["a"]}), "json: cannot unmarshal string into field spec.containers[0] of type Container"),
        (json!({"nodeSelector": {"a": true}}), "json: cannot unmarshal bool into field spec.nodeSelector.a of type string"),
        (json!({"priority": "1"}), "json: cannot unmarshal string into field spec.priority of type int32"),
        (json!({"priority": 3_000_000_000_u32}), "json: cannot unmarshal number 3000000000 into field spec.priority of type int32"),
        (json!({"priority": 1.5}), "json: cannot unmarshal number 1.5 into field spec.priority of type int32"),
        (json!({"hostNetwork": "true"}), "json: cannot unmarshal string into field spec.hostNetwork of type bool"),
        (json!([]), "json: cannot unmarshal array into field spec of type PodSpec"),
        (
            json!({"overhead": {"cpu": "1x"}}),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': field spec.overhead.cpu is \"1x\"",
        ),
    ] {
        let found = decode_error(kind("", "Pod").root(), &pod(&spec)).map(|error| error.to_string());
        assert_eq!(found.as_deref(), Some(error));
    }
    let secret = json!({"metadata": {"creationTimestamp": "yesterday"}, "data": {"a": "*"}});
    assert_eq!(decode_error(kind("", "Secret").root(), &secret).unwrap().to_string(), "illegal base64 data in field data.a");
}

#[test]
fn a_sound_document_decodes_and_is_valid() {
    let value = pod(&json!({
        "containers": [{"name": "a", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
            "livenessProbe": {"httpGet": {"port": "http"}}, "readinessProbe": {"httpGet": {"port": 80}}}],
        "hostname": null, "terminationGracePeriodSeconds": 0,
    }));
    assert_eq!(decode_error(kind("", "Pod").root(), &value), None);
    assert_eq!(validate(kind("", "Pod").root(), &value), []);
}

#[test]
fn pruning_drops_what_typed_documents_cannot_hold() {
    let value = pod(&json!({
        "foo": 1, "hostNetwork": false, "hostname": "", "nodeName": null, "volumes": [], "nodeSelector": {}, "automountServiceAccountToken": false,
        "terminationGracePeriodSeconds": 0, "securityContext": {},
        "containers": [{"name": "", "bar": 1, "resources": {"limits": {"cpu": 2}}, "args": [null, ""], "command": []}],
    }));
    assert_eq!(
        pruned(&kind("", "Pod"), value)["spec"],
        json!({
            "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0, "securityContext": {},
            "containers": [{"name": "", "resources": {"limits": {"cpu": "2"}}, "args": ["", ""]}],
        })
    );
}

#[test]
fn times_and_quantities_are_written_in_one_way() {
    let lease = json!({"metadata": {"creationTimestamp": "2026-11-22T10:00:00.5+02:00"}, "spec": {"renewTime": "2026-11-22T10:00:00Z"}});
    let expected = json!({"metadata": {"creationTimestamp": "2026-11-22T08:00:00Z"}, "spec": {"renewTime": "2026-11-22T10:00:00.000000Z"}});
    assert_eq!(pruned(&kind("coordination.k8s.io", "Lease"), lease), expected);
    let quota = json!({"spec": {"hard": {"cpu": 1.5, "memory": "1024Mi", "pods": "10", "x": "not one"}}});
    let expected = json!({"spec": {"hard": {"cpu": "1500m", "memory": "1Gi", "pods": "10", "x": "not one"}}});
    assert_eq!(pruned(&kind("", "ResourceQuota"), quota), expected);
}

#[test]
fn null_in_a_map_is_the_empty_value_of_its_type() {
    let value =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"creationTimestamp": null}, "data": {"a": null}, "immutable": false});
    let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}, "data": {"a": ""}, "immutable": false});
    assert_eq!(pruned(&kind("", "ConfigMap"), value), expected);
}

#[test]
fn zeroes_that_mean_something_stay() {
    for (group, name, value) in [
        ("apps", "Deployment", json!({"spec": {"replicas": 0, "revisionHistoryLimit": 0}})),
        ("", "DeleteOptions", json!({"gracePeriodSeconds": 0, "orphanDependents": false})),
        ("rbac.authorization.k8s.io", "Role", json!({"rules": []})),
        ("", "Service", json!({"spec": {"allocateLoadBalancerNodePorts": false}, "status": {"loadBalancer": {}}})),
    ] {
        assert_eq!(pruned(&kind(group, name), value.clone()), value, "{name}");
    }
}

#[test]
fn free_form_values_are_left_alone() {
    let value = json!({"data": {"spec": {"a": null, "b": ""}}, "revision": 0});
    assert_eq!(pruned(&kind("apps", "ControllerRevision"), value.clone()), value);
    let fields = json!({"metadata": {"managedFields": [{"fieldsV1": {"f:a": {}}}]}});
    assert_eq!(pruned(&kind("", "ConfigMap"), fields.clone()), fields);
    assert!(unknown_fields(kind("", "ConfigMap").root(), &fields).is_empty());
}

#[test]
fn built_in_defaults_fill_keys_and_nothing_that_upstream_leaves_out() {
    let mut value = pod(&json!({"containers": [{"name": "a", "ports": [{"containerPort": 80}, {"protocol": "UDP"}]}],
        "volumes": [{"name": "d", "azureDisk": {"diskName": "x"}}]}));
    apply_defaults(kind("", "Pod").root(), &mut value);
    assert_eq!(
        value["spec"],
        json!({"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "TCP"}, {"protocol": "UDP"}]}],
            "volumes": [{"name": "d", "azureDisk": {"diskName": "x", "cachingMode": "ReadWrite", "fsType": "ext4", "kind": "Shared", "readOnly": false}}]})
    );
    let once = value.clone();
    apply_defaults(kind("", "Pod").root(), &mut value);
    assert_eq!(once, value);
}

#[test]
fn no_document_makes_the_checks_panic() {
    for value in [json!(null), json!(1), json!([[]]), json!({"spec": 1, "metadata": []}), json!({"spec": {"containers": [null, [null]]}})] {
        let schema = kind("", "Pod");
        let mut changed = value.clone();
        prune(schema.root(), &mut changed);
        apply_defaults(schema.root(), &mut changed);
        let _faults = (decode_error(schema.root(), &value), unknown_fields(schema.root(), &value), validate(schema.root(), &value));
    }
}

/// A document in which every known member has a value; a type inside itself ends the descent.
fn filled(place: SchemaNode<'_>, above: &mut Vec<Arc<str>>) -> Value {
    let name = &place.node().type_name;
    match place.shape() {
        Shape::Any => json!({"any": [null, 1, {"b": ""}]}),
        Shape::Scalar(Scalar::String) => json!("a"),
        Shape::Scalar(Scalar::Bytes) => json!("YQ=="),
        Shape::Scalar(Scalar::Time) if name.ends_with("MicroTime") => json!("2026-11-22T10:00:00.123456Z"),
        Shape::Scalar(Scalar::Time) => json!("2026-11-22T10:00:00Z"),
        Shape::Scalar(Scalar::Quantity) => json!("500m"),
        Shape::Scalar(Scalar::IntOrString | Scalar::Number(Number::Int32 | Number::Int64)) => json!(7),
        Shape::Scalar(Scalar::Number(Number::Float)) => json!(7.5),
        Shape::Scalar(Scalar::Boolean) => json!(true),
        Shape::List { item, .. } => json!([filled(place.at(*item), above)]),
        Shape::Map { value, .. } => json!({"key": filled(place.at(*value), above)}),
        Shape::Struct { fields, .. } => {
            if !name.is_empty() && above.contains(name) {
                return json!({});
            }
            above.push(Arc::clone(name));
            let members = fields.iter().map(|(name, id)| (name.to_string(), filled(place.at(*id), above))).collect();
            above.pop();
            Value::Object(members)
        }
    }
}

#[test]
fn a_built_in_object_filled_to_the_last_field_passes_every_check_unchanged() {
    for gvk in builtin_kinds() {
        let schema = builtin(&gvk).unwrap();
        let full = filled(schema.root(), &mut Vec::new());
        assert_eq!(decode_error(schema.root(), &full), None, "{gvk}");
        assert_eq!(unknown_fields(schema.root(), &full), [""; 0], "{gvk}");
        let mut defaulted = pruned(&schema, full.clone());
        apply_defaults(schema.root(), &mut defaulted);
        assert_eq!(defaulted, full, "{gvk}");
    }
}

#[test]
fn a_full_object_is_one_that_the_typed_api_reads_and_writes_alike() {
    fn round_trip<T: k8s_openapi::Resource + serde::de::DeserializeOwned + serde::Serialize>() {
        let schema = builtin(&Gvk::new(T::GROUP, T::VERSION, T::KIND)).unwrap();
        let mut full = filled(schema.root(), &mut Vec::new());
        full["apiVersion"] = json!(T::API_VERSION);
        full["kind"] = json!(T::KIND);
        let typed: T = serde_json::from_value(full.clone()).unwrap();
        assert_eq!(serde_json::to_value(typed).unwrap(), full);
    }
    round_trip::<k8s_openapi::api::apps::v1::Deployment>();
    round_trip::<k8s_openapi::api::batch::v1::CronJob>();
    round_trip::<k8s_openapi::api::coordination::v1::Lease>();
    round_trip::<k8s_openapi::api::core::v1::Node>();
    round_trip::<k8s_openapi::api::core::v1::PersistentVolume>();
    round_trip::<k8s_openapi::api::core::v1::Secret>();
    round_trip::<k8s_openapi::api::core::v1::Service>();
    round_trip::<k8s_openapi::api::networking::v1::NetworkPolicy>();
    round_trip::<k8s_openapi::api::resource::v1::ResourceClaim>();
}
