//! What one object costs on its way through schema, rules and merge, in the process and without a store: a Deployment of 3 KB and a
//! custom resource of 30 KB, whose definition has a default, a list map and a rule in CEL on every item.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trueup::admission;
use trueup::ambient::Ambient;
use trueup::merge::{self, ApplyRequest, FieldSet};
use trueup::object::{Object, Time};
use trueup::protobuf;
use trueup::schema::{Catalog, Resource, check, from_crd};

use super::row;

/// How long each step is repeated.
const SPAN: Duration = Duration::from_secs(1);

/// Prints a line for each step of both objects.
pub(crate) fn steps() {
    let deployments = Catalog::builtin().resource("apps", "v1", "deployments").cloned().expect("it is built in");
    measure("Deployment of 3 KB", &deployments, &deployment());
    protobuf_steps("Deployment of 3 KB", &deployment());
    let mut custom = from_crd(&Object::from_value(definition()).expect("an object")).expect("a good definition");
    measure("custom resource of 30 KB", &Arc::new(custom.remove(0)), &custom_resource());
}

fn measure(what: &str, resource: &Resource, object: &Value) {
    let schema = resource.schema();
    let root = schema.root();
    let text = object.to_string();
    row(&format!("{what}: bytes of JSON"), &text.len().to_string());
    let line = |step: &str, took: Duration| row(&format!("{what}: {step}"), &format!("{:.1} µs", took.as_secs_f64() * 1e6));
    line("parse", each(|| (), |()| serde_json::from_str::<Value>(&text).expect("JSON")));
    line("check types and unknown fields", each(|| (), |()| (check::decode_error(root, object), check::unknown_fields(root, object))));
    line("prune", each(|| object.clone(), |mut value| (check::prune(root, &mut value), value)));
    line("default by schema", each(|| object.clone(), |mut value| (check::apply_defaults(root, &mut value), value)));
    line("validate by schema, CEL included", each(|| (), |()| check::validate(root, object)));
    let mut other = object.clone();
    other["metadata"]["labels"] = json!({"moved": "on"});
    line("validate an update that changed a label", each(|| (), |()| check::validate_update(root, &other, object)));
    let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
    let desired = Object::from_value(object.clone()).expect("an object");
    line(
        "admit a create: defaults and all rules of the kind",
        each(|| desired.clone(), |mut object| (admission::create(resource, &mut object, &ambient).expect("valid"), object)),
    );
    let nothing = FieldSet::new();
    let apply = |live: Option<&Object>, applied: Object| {
        merge::apply(ApplyRequest {
            schema: root,
            live,
            applied,
            manager: "bench",
            api_version: &resource.gvk.api_version(),
            versions: &merge::OneVersion,
            subresource: "",
            force: false,
            now: Time::new("2026-11-22T10:00:00Z".parse().expect("a time")),
            ignored: &nothing,
        })
        .expect("no conflict")
    };
    let live = apply(None, desired.clone());
    line("server-side apply, first", each(|| desired.clone(), |applied| apply(None, applied)));
    line("server-side apply, unchanged", each(|| desired.clone(), |applied| apply(Some(&live), applied)));
    let changed = Object::from_value(other).expect("an object");
    line("server-side apply, one label changed", each(|| changed.clone(), |applied| apply(Some(&live), applied)));
}

/// What the other form of the wire costs beside the parsing and copying of JSON.
fn protobuf_steps(what: &str, object: &Value) {
    let (text, message) = (object.to_string(), protobuf::message_of("apps/v1", "Deployment").expect("it is built in"));
    let encode = || {
        let mut out = Vec::new();
        protobuf::object(message, "apps/v1", "Deployment", text.as_bytes(), &mut out).expect("JSON");
        out
    };
    let bytes = encode();
    row(&format!("{what}: bytes of protobuf"), &bytes.len().to_string());
    let line = |step: &str, took: Duration| row(&format!("{what}: {step}"), &format!("{:.1} µs", took.as_secs_f64() * 1e6));
    line("decode protobuf", each(|| (), |()| protobuf::open(&bytes).and_then(|envelope| envelope.decode(message)).expect("a message")));
    line("encode stored JSON as protobuf", each(|| (), |()| encode()));
}

/// The mean of a step that is repeated for [`SPAN`]; what it needs is prepared outside of what is measured.
fn each<I, O>(prepare: impl Fn() -> I, step: impl Fn(I) -> O) -> Duration {
    let (mut took, mut rounds) = (Duration::ZERO, 0);
    let end = Instant::now() + SPAN;
    while Instant::now() < end {
        let input = prepare();
        let start = Instant::now();
        let output = black_box(step(black_box(input)));
        took += start.elapsed();
        drop(output);
        rounds += 1;
    }
    took / rounds
}

fn deployment() -> Value {
    let container = |name: &str| {
        let env: Vec<Value> = (0..12).map(|number| json!({"name": format!("SETTING_{number}"), "value": "what it is set to"})).collect();
        let probe = json!({"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 10});
        json!({
            "name": name, "image": format!("registry.example/{name}:1.2.3"), "args": ["--verbose", "--listen=:8080"], "env": env,
            "ports": [{"name": if name == "main" { "http" } else { "metrics" }, "containerPort": if name == "main" { 8080 } else { 9090 }}],
            "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "100m", "memory": "64Mi"}},
            "livenessProbe": probe, "readinessProbe": probe, "volumeMounts": [{"name": "settings", "mountPath": "/etc/settings"}],
            "securityContext": {"runAsNonRoot": true, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}},
        })
    };
    let labels = json!({"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default", "labels": labels},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app.kubernetes.io/name": "web"}}, "template": {"metadata": {"labels": labels}, "spec": {
            "containers": [container("main"), container("sidecar")],
            "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
        }}},
    })
}

fn definition() -> Value {
    let item = json!({
        "type": "object", "required": ["name", "weight"], "x-kubernetes-validations": [{"rule": "self.weight <= self.limit", "message": "too heavy"}],
        "properties": {
            "name": {"type": "string", "maxLength": 63, "pattern": "^[a-z0-9-]+$"}, "weight": {"type": "integer", "minimum": 0},
            "limit": {"type": "integer", "default": 1000}, "note": {"type": "string", "maxLength": 256},
            "labels": {"type": "object", "maxProperties": 8, "additionalProperties": {"type": "string", "maxLength": 63}},
        },
    });
    let spec = json!({"type": "object", "properties": {"items": {
        "type": "array", "maxItems": 500, "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
    }}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "loads.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "loads", "singular": "load", "kind": "Load", "listKind": "LoadList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}}]},
    })
}

fn custom_resource() -> Value {
    let item = |number: usize| {
        json!({
            "name": format!("item-{number}"), "weight": number, "limit": 500, "note": "what is to be known of it ".repeat(2),
            "labels": {"first": "one", "second": "two"},
        })
    };
    let items: Vec<Value> = (0..200).map(item).collect();
    json!({"apiVersion": "example.com/v1", "kind": "Load", "metadata": {"name": "load", "namespace": "default"}, "spec": {"items": items}})
}
