//! The table against the schemas, and both directions against each other.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::table::{Kind, Shape as FieldShape};
use bytes::Bytes;

use super::*;
use crate::object::Gvk;
use crate::schema::{Number, Scalar, SchemaNode, Shape, builtin, builtin_kinds};

/// Every struct type of every built-in kind, once.
fn each_type(mut visit: impl FnMut(SchemaNode<'_>)) {
    let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
    for gvk in builtin_kinds() {
        let schema = builtin(&gvk).unwrap();
        for index in 0..schema.nodes.len() {
            let place = schema.root().at(crate::schema::NodeId(index as u32));
            let name = &place.node().type_name;
            if matches!(place.shape(), Shape::Struct { preserve_unknown: false, .. }) && !name.is_empty() && seen.insert(Arc::clone(name)) {
                visit(place);
            }
        }
    }
}

fn field_names(place: SchemaNode<'_>) -> BTreeSet<&str> {
    match place.shape() {
        Shape::Struct { fields, .. } => fields.keys().map(|name| &**name).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn every_field_of_every_built_in_type_has_a_row_and_every_row_a_field() {
    let mut wrong = Vec::new();
    each_type(|place| {
        let name = &place.node().type_name;
        let Some(message) = message(name) else { return wrong.push(format!("no message {name}")) };
        let known = field_names(place);
        // Kind and version stand in the envelope, save where a type has them as data of its own.
        let has_kind = known.contains("kind") && known.contains("apiVersion") && known.contains("metadata");
        let in_envelope = |field: &str| (has_kind || options_and_status(name)) && matches!(field, "kind" | "apiVersion");
        let rows: BTreeSet<&str> = message.members().iter().map(|member| member.field.name).collect();
        let fields: BTreeSet<&str> = known.into_iter().filter(|field| !in_envelope(field)).collect();
        wrong.extend(fields.symmetric_difference(&rows).map(|field| format!("{name} {field}")));
    });
    assert_eq!(wrong, [""; 0]);
}

fn options_and_status(name: &str) -> bool {
    matches!(name.rsplit('.').next(), Some("DeleteOptions" | "Status"))
}

#[test]
fn the_types_of_the_rows_are_those_of_the_schemas() {
    let mut wrong = Vec::new();
    each_type(|place| {
        let Some(message) = message(&place.node().type_name) else { return };
        for member in message.members() {
            let Some((_, at)) = place.field(member.field.name) else { continue };
            let fits = match (member.field.shape, at.shape()) {
                (FieldShape::List, Shape::List { .. }) => fits(member.field.kind, at.item().unwrap()),
                (FieldShape::Map, Shape::Map { .. }) => fits(member.field.kind, at.member("").unwrap()),
                (FieldShape::One, _) => fits(member.field.kind, at),
                _ => false,
            };
            if !fits {
                wrong.push(format!("{} {} is {:?}, {:?}", message.name, member.field.name, member.field.kind, at.shape()));
            }
        }
    });
    assert_eq!(wrong, [""; 0]);
}

fn fits(kind: Kind, place: SchemaNode<'_>) -> bool {
    let name = &place.node().type_name;
    match (kind, place.shape()) {
        (Kind::MicroTime, Shape::Scalar(Scalar::Time)) => name.ends_with(".MicroTime"),
        (Kind::Time, Shape::Scalar(Scalar::Time)) => name.ends_with(".Time"),
        (Kind::Message(id), Shape::Struct { .. }) => id.message().name == &**name,
        (Kind::StringList, Shape::List { .. }) => matches!(place.item().unwrap().shape(), Shape::Scalar(Scalar::String)),
        (Kind::Raw, shape) => matches!(shape, Shape::Any | Shape::Struct { preserve_unknown: true, .. }),
        (Kind::SchemaOrArray | Kind::SchemaOrBool | Kind::SchemaOrStrings, shape) => matches!(shape, Shape::Any),
        (kind, Shape::Scalar(scalar)) => {
            let expected = match scalar {
                Scalar::String => Kind::String,
                Scalar::Bytes => Kind::Bytes,
                Scalar::Quantity => Kind::Quantity,
                Scalar::IntOrString => Kind::IntOrString,
                Scalar::Boolean => Kind::Bool,
                Scalar::Number(Number::Int32) => Kind::Int32,
                Scalar::Number(Number::Int64) => Kind::Int64,
                Scalar::Number(Number::Float) => Kind::Double,
                Scalar::Time => return false,
            };
            kind == expected
        }
        _ => false,
    }
}

#[test]
fn every_built_in_kind_is_found_by_its_version_and_kind() {
    for gvk in builtin_kinds() {
        let name = Arc::clone(&builtin(&gvk).unwrap().root().node().type_name);
        assert_eq!(message_of(&gvk.api_version(), &gvk.kind).map(|message| message.name), Some(&*name), "{gvk}");
    }
    for kind in ["PartialObjectMetadata", "PartialObjectMetadataList"] {
        assert!(message_of("meta.k8s.io/v1", kind).is_some() && message_of("meta.k8s.io/v1beta1", kind).is_some());
    }
}

/// A value that has every field of its type, down to types that stand in themselves.
fn full(place: SchemaNode<'_>, path: &mut Vec<Arc<str>>) -> Value {
    let name = Arc::clone(&place.node().type_name);
    match place.shape() {
        Shape::Any if name.contains("JSONSchemaPropsOr") => json!({"type": "string"}),
        Shape::Any | Shape::Struct { preserve_unknown: true, .. } => json!({"any": [1, "x", {"deeper": -0.5}]}),
        Shape::Scalar(Scalar::String) => "grün".into(),
        Shape::Scalar(Scalar::Bytes) => "AP8Q".into(),
        Shape::Scalar(Scalar::Time) if name.ends_with(".MicroTime") => "2026-11-22T10:00:00.000001Z".into(),
        Shape::Scalar(Scalar::Time) => "1969-12-31T23:59:59Z".into(),
        Shape::Scalar(Scalar::Quantity) => "1500m".into(),
        Shape::Scalar(Scalar::IntOrString) => {
            if path.len().is_multiple_of(2) {
                8080.into()
            } else {
                "25%".into()
            }
        }
        Shape::Scalar(Scalar::Boolean) => true.into(),
        Shape::Scalar(Scalar::Number(Number::Int32)) => i32::MIN.into(),
        Shape::Scalar(Scalar::Number(Number::Int64)) => i64::MIN.into(),
        Shape::Scalar(Scalar::Number(Number::Float)) => 0.25.into(),
        Shape::Struct { fields, .. } => {
            if !name.is_empty() && path.contains(&name) {
                return json!({});
            }
            path.push(name);
            let members: Map<String, Value> = fields.iter().map(|(name, id)| (name.to_string(), full(place.at(*id), path))).collect();
            path.pop();
            Value::Object(members)
        }
        Shape::Map { value, .. } => json!({"one": full(place.at(*value), path), "": full(place.at(*value), path)}),
        Shape::List { item, .. } => json!([full(place.at(*item), path), full(place.at(*item), path)]),
    }
}

fn full_object(gvk: &Gvk) -> Value {
    let schema = builtin(gvk).unwrap();
    let mut object = full(schema.root(), &mut Vec::new());
    object["apiVersion"] = gvk.api_version().into();
    object["kind"] = gvk.kind.as_str().into();
    drop_inner_kinds(&mut object, true);
    object
}

/// Objects inside objects (claim templates, for one) have no kind on the wire.
fn drop_inner_kinds(value: &mut Value, outermost: bool) {
    match value {
        Value::Object(members) => {
            let is_object = members.contains_key("metadata") || members.contains_key("gracePeriodSeconds");
            if is_object && !outermost {
                members.remove("apiVersion");
                members.remove("kind");
            }
            members.values_mut().for_each(|member| drop_inner_kinds(member, false));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| drop_inner_kinds(item, false)),
        _ => {}
    }
}

fn round(object: &Value) -> Value {
    let bytes = document(object).unwrap();
    let envelope = open(&bytes).unwrap();
    envelope.decode(message_of(envelope.api_version, envelope.kind).unwrap()).unwrap()
}

#[test]
fn every_built_in_kind_with_every_field_reads_back_as_it_was() {
    for gvk in builtin_kinds() {
        let object = full_object(&gvk);
        assert_eq!(round(&object), object, "{gvk}");
    }
}

/// Made by protoc 3 from the published `.proto` files and the text form of the message.
#[test]
fn bytes_are_those_of_another_implementation() {
    let raw = GOLDEN_POD.replace([' ', '\n'], "");
    let raw: Vec<u8> = (0..raw.len()).step_by(2).map(|at| u8::from_str_radix(&raw[at..at + 2], 16).unwrap()).collect();
    let pod = golden_pod();
    let message = message_of("v1", "Pod").unwrap();
    assert_eq!(Value::Object(decode(message, &raw).unwrap()), pod);
}

#[test]
fn an_envelope_is_what_upstream_writes() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}});
    let expected = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x0d\x0a\x03\x0a\x01a\x12\x06\x0a\x01k\x12\x01v\x1a\x00\x22\x00";
    let written = document(&object).unwrap();
    let fields = |bytes: &[u8]| decode(message_of("v1", "ConfigMap").unwrap(), open(bytes).unwrap().raw).unwrap();
    assert_eq!(fields(&written), fields(expected));
    assert_eq!(written.len(), expected.len());
}

#[test]
fn what_go_writes_for_values_that_were_not_set_means_absent() {
    // hostNetwork=false, nodeName="", priority (a pointer)=0, containers[0].name="" (always in JSON), creationTimestamp=the zero time.
    let spec = [0x58, 0x00, 0x52, 0x00, 0xc8, 0x01, 0x00, 0x12, 0x02, 0x0a, 0x00];
    let mut raw = vec![0x0a, 0x02, 0x42, 0x00, 0x12, spec.len() as u8];
    raw.extend_from_slice(&spec);
    let decoded = Value::Object(decode(message_of("v1", "Pod").unwrap(), &raw).unwrap());
    assert_eq!(decoded, json!({"metadata": {}, "spec": {"containers": [{"name": ""}], "priority": 0}}));
}

#[test]
fn pieces_of_one_message_add_up_and_unknown_fields_are_passed_over() {
    // Twice metadata (name, then namespace), a field 15 that ConfigMap does not have, and data.
    let raw = b"\x0a\x03\x0a\x01a\x7a\x02zz\x78\x05\x7d\0\0\0\0\x0a\x03\x1a\x01n\x12\x03\x0a\x01k";
    let decoded = Value::Object(decode(message_of("v1", "ConfigMap").unwrap(), raw).unwrap());
    assert_eq!(decoded, json!({"metadata": {"name": "a", "namespace": "n"}, "data": {"k": ""}}));
}

#[test]
fn numbers_may_be_packed() {
    let context = message("io.k8s.api.core.v1.PodSecurityContext").unwrap();
    let expected = json!({"supplementalGroups": [1, 300]});
    assert_eq!(Value::Object(decode(context, &[0x20, 1, 0x20, 0xac, 0x02]).unwrap()), expected);
    assert_eq!(Value::Object(decode(context, &[0x22, 3, 1, 0xac, 0x02]).unwrap()), expected);
}

#[test]
fn a_schema_may_stand_where_a_truth_value_or_a_list_may() {
    let schema = message("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps").unwrap();
    for value in [
        json!({"additionalProperties": true, "items": [{"type": "a"}, {}], "dependencies": {"a": ["x", ""], "b": {"type": "c"}}}),
        json!({"additionalProperties": false, "items": {"type": "a"}, "default": {"a": [1]}, "enum": [1, "a", {"b": 2.5}]}),
        json!({"additionalProperties": {"not": {"additionalItems": true}}, "maximum": 5, "$ref": "#", "x-kubernetes-int-or-string": true}),
    ] {
        let mut out = Vec::new();
        encode(schema, value.to_string().as_bytes(), &mut out).unwrap();
        assert_eq!(Value::Object(decode(schema, &out).unwrap()), value);
    }
}

#[test]
fn a_value_that_its_field_cannot_hold_is_left_out_and_the_rest_stands() {
    let odd = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 5, "labels": ["a"], "uid": "u", "nope": {"a": [1]}},
        "spec": {"nodeName": {"a": 1}, "hostNetwork": "yes", "containers": {"a": 1}, "priority": 1.0, "volumes": [null, {"name": "v"}]}});
    let expected =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"uid": "u"}, "spec": {"priority": 1, "volumes": [{"name": "v"}]}});
    assert_eq!(round(&odd), expected);
}

#[test]
fn a_list_is_its_items_in_an_envelope_whatever_the_pieces() {
    let item = message_of("v1", "ConfigMap").unwrap();
    let metadata = json!({"resourceVersion": "7", "remainingItemCount": 3});
    let list = |cut: bool| {
        let mut pieces = vec![Vec::new()];
        for name in ["a", "b"] {
            let json = json!({"metadata": {"name": name}, "data": {"k": "x".repeat(200)}}).to_string();
            list_item(item, json.as_bytes(), pieces.last_mut().unwrap()).unwrap();
            if cut {
                pieces.push(Vec::new());
            }
        }
        super::list("v1", "ConfigMapList", &metadata, pieces.into_iter().map(Bytes::from).collect()).concat()
    };
    assert_eq!(list(false), list(true));
    let bytes = list(true);
    let envelope = open(&bytes).unwrap();
    assert_eq!((envelope.api_version, envelope.kind), ("v1", "ConfigMapList"));
    let partial = message_of("meta.k8s.io/v1", "PartialObjectMetadataList").unwrap();
    let decoded = Value::Object(decode(partial, envelope.raw).unwrap());
    let items = [json!({"metadata": {"name": "a"}}), json!({"metadata": {"name": "b"}})];
    assert_eq!(decoded, json!({"metadata": metadata, "items": items}));
}

#[test]
fn a_watch_frame_is_a_length_and_an_event() {
    assert_eq!(frame("ADDED", b"xyz"), b"\0\0\0\x0e\x0a\x05ADDED\x12\x05\x0a\x03xyz");
}

#[test]
fn kinds_without_a_protobuf_form_are_none() {
    assert_eq!(document(&json!({"apiVersion": "meta.k8s.io/v1", "kind": "Table", "rows": []})), None);
    assert_eq!(document(&json!({"apiVersion": "example.com/v1", "kind": "Deployment"})), None);
    assert_eq!(document(&json!([])), None);
}

#[test]
fn what_is_no_envelope_is_refused_by_name() {
    assert_eq!(open(b"{}"), Err(DecodeError::NoEnvelope));
    assert_eq!(open(b""), Err(DecodeError::NoEnvelope));
    assert_eq!(open(b"k8s\0\x1a\x04gzip"), Err(DecodeError::ContentEncoding("gzip".to_owned())));
    assert_eq!(open(b"k8s\0\x12\x09a"), Err(DecodeError::Truncated));
}

#[test]
fn broken_fields_are_refused_by_name() {
    let pod = message_of("v1", "Pod").unwrap();
    assert_eq!(decode(pod, &[0x08, 0x01]), Err(DecodeError::WireType { wire: 0, field: "metadata" }));
    assert_eq!(decode(pod, &[0x0a, 0x03, 0x0a, 0x01, 0xff]), Err(DecodeError::NotText("name")));
    let far = [0x0a, 0x08, 0x42, 0x06, 0x08, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert_eq!(decode(pod, &far), Ok(serde_json::from_value(json!({"metadata": {"creationTimestamp": "3058-10-26T03:46:07Z"}})).unwrap()));
    let further = [0x0a, 0x0a, 0x42, 0x08, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert_eq!(decode(pod, &further), Err(DecodeError::OutOfRange("creationTimestamp")));
    let schema = message("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps").unwrap();
    assert!(matches!(decode(schema, &[0x42, 0x03, 0x0a, 0x01, b'{']), Err(DecodeError::NotJson { field: "default", .. })));
    let not_a_number = [0x49, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
    assert_eq!(decode(schema, &not_a_number), Err(DecodeError::OutOfRange("maximum")));
}

#[test]
fn nesting_has_a_bound_below_that_of_json() {
    let schema = message("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps").unwrap();
    let nested = |levels: usize| {
        let mut bytes = Vec::new();
        for _ in 0..levels {
            // `not` is field 28.
            let mut outer = Vec::new();
            wire::put_bytes(&mut outer, 28, &bytes);
            bytes = outer;
        }
        decode(schema, &bytes)
    };
    let deep = nested(118).unwrap();
    let text = Value::Object(deep).to_string();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    assert_eq!(nested(121), Err(DecodeError::TooDeep));
    assert_eq!(nested(10_000), Err(DecodeError::TooDeep));
}

#[test]
fn broken_bytes_are_an_answer_and_never_a_panic() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for gvk in [Gvk::new("", "v1", "Pod"), Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition")] {
        let bytes = document(&full_object(&gvk)).unwrap();
        let message = message_of(&gvk.api_version(), &gvk.kind).unwrap();
        let attempt = |bytes: &[u8]| open(bytes).and_then(|envelope| envelope.decode(message));
        let ends: Vec<usize> = (0..bytes.len()).step_by(bytes.len() / 300 + 1).collect();
        assert!(ends.iter().all(|end| attempt(&bytes[..*end]).is_err() || *end >= bytes.len() - 4));
        for _ in 0..300 {
            let mut broken = bytes.clone();
            for _ in 0..4 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = random as usize % broken.len();
                broken[at] = (random >> 32) as u8;
            }
            if let Ok(value) = attempt(&broken) {
                assert!(value.is_object());
            }
        }
    }
}

/// A Pod with what is peculiar about the wire: inlined messages, times, quantities, raw JSON, maps, numbers of either sign.
const GOLDEN_POD: &str = "
    0a590a037765623803420808a0fa8ad80610005a0a0a0361707012037765626a1d0a0a5265706c6963615365741a01722201
    752a07617070732f763130018a011a0a076b75626563746c3a0f0a0d7b22663a73706563223a7b7d7d1295010a100a017612
    0b9a01080a030a016318a403124f0a016312056e67696e7832071850220354435042100a0e0a0363707512070a0531353030
    6d521b0a1712150a012f120a080110001a0468747470220448545450200a5a0b0a091a070a05080010903f20005800720520
    0120d00fb201160a016b120645786973747328ffffffffffffffffff0192020b0a060a01658001011201631a180a0752756e
    6e696e673a0d08ffffffffffffffffff011000
";

fn golden_pod() -> Value {
    json!({
        "metadata": {
            "name": "web", "generation": 3, "creationTimestamp": "2026-11-22T10:00:00Z", "labels": {"app": "web"},
            "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}],
            "ownerReferences": [{"kind": "ReplicaSet", "name": "r", "uid": "u", "apiVersion": "apps/v1", "controller": true}],
        },
        "spec": {
            "volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 420}}],
            "containers": [{
                "name": "c", "image": "nginx", "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "1500m"}},
                "livenessProbe": {"httpGet": {"path": "/", "port": "http", "scheme": "HTTP"}, "periodSeconds": 10},
                "readinessProbe": {"tcpSocket": {"port": 8080}},
            }],
            "terminationGracePeriodSeconds": 0,
            "tolerations": [{"key": "k", "operator": "Exists", "tolerationSeconds": -1}],
            "securityContext": {"supplementalGroups": [1, 2000]},
            "ephemeralContainers": [{"name": "e", "stdin": true, "targetContainerName": "c"}],
        },
        "status": {"phase": "Running", "startTime": "1969-12-31T23:59:59Z"},
    })
}
