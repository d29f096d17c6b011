//! Why an object is stuck: its warnings, and what is wrong with its pods.

use futures::future::join;
use jiff::Timestamp;
use serde_json::Value;

use super::Awaited;
use crate::client::{ApiRequest, Client, Form, ListParameters, ServedResource};
use crate::object::Object;
use crate::readiness::{Readiness, readiness};

/// So many warnings and pods are told of each object.
const MOST: usize = 3;

/// What the API knows about the reasons, a line each. Best effort: whoever may not read events or pods gets none.
pub(in crate::cli) async fn explain(client: &Client, awaited: &Awaited, now: Timestamp) -> Vec<String> {
    let Some(object) = awaited.object() else { return Vec::new() };
    let namespace = awaited.place().namespace.as_deref();
    let (warnings, pods) = join(warnings(client, object, namespace), pods(client, object, namespace, now)).await;
    warnings.into_iter().chain(pods).collect()
}

/// The newest warnings about an object.
async fn warnings(client: &Client, object: &Object, namespace: Option<&str>) -> Vec<String> {
    let events = ServedResource::named("", "v1", "Event", "events", true);
    let field_selector = format!("involvedObject.uid={},type=Warning", object.uid());
    let parameters = ListParameters { field_selector, ..ListParameters::default() };
    // Events about objects outside of namespaces are in the default one.
    let mut found = list(client, &events, Some(namespace.unwrap_or("default")), &parameters).await;
    let time = |event: &Value| {
        let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        times.iter().find_map(|path| event.pointer(path)?.as_str()?.parse::<Timestamp>().ok())
    };
    found.sort_by_key(time);
    let text = |event: &Value, member: &str| event.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let skipped = found.len().saturating_sub(MOST);
    found.iter().skip(skipped).map(|event| format!("warning {}: {}", text(event, "reason"), text(event, "message").trim())).collect()
}

/// What is wrong with the pods that a workload selects.
async fn pods(client: &Client, object: &Object, namespace: Option<&str>, now: Timestamp) -> Vec<String> {
    let Some(label_selector) = pod_selector(object) else { return Vec::new() };
    let pods = ServedResource::named("", "v1", "Pod", "pods", true);
    let parameters = ListParameters { label_selector, ..ListParameters::default() };
    let found = list(client, &pods, namespace, &parameters).await;
    let line = |pod: Value| {
        let mut pod = Object::from_value(pod).ok()?;
        pod.set_gvk(&pods.gvk());
        let standing = readiness(&pod, now);
        (standing != Readiness::Ready).then(|| format!("pod/{}: {standing}", pod.name()))
    };
    found.into_iter().filter_map(line).take(MOST).collect()
}

/// The labels of the pods of a workload; other kinds have selectors of other things.
fn pod_selector(object: &Object) -> Option<String> {
    let workloads = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];
    let labels = object.get(&["spec", "selector", "matchLabels"])?.as_object().filter(|_| workloads.contains(&object.kind()))?;
    let terms: Vec<String> = labels.iter().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    (!terms.is_empty()).then(|| terms.join(","))
}

async fn list(client: &Client, resource: &ServedResource, namespace: Option<&str>, parameters: &ListParameters) -> Vec<Value> {
    let answer: Result<Value, _> = client.read(&ApiRequest::list(resource, namespace, parameters, "", Form::Objects)).await;
    match answer.ok().and_then(|mut list| list.get_mut("items").map(Value::take)) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
