//! `POST` of a Binding, as an object of its own or to the subresource of a pod: puts the pod on a node.
//!
//! Receives the name of a pod and of a node; hands on a `Status`. Invariant: a pod that is on a node stays there.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/binding-v1/>.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::create::in_namespace;
use super::decode::{self, Decoded};
use super::namespaces;
use super::update::{announce, pinned};
use super::write::{self, Live, Verdict};
use crate::admission;
use crate::object::{GroupResource, Object, Refusal, Time};
use crate::schema::Catalog;

pub(super) async fn create(mut call: Call) -> Result<(Answer, Vec<String>), Refusal> {
    let catalog = Catalog::builtin();
    let kind =
        |plural: &str| catalog.resource("", "v1", plural).cloned().ok_or_else(|| Refusal::internal(format!("{plural} are not served")));
    let (bindings, pods) = (kind("bindings")?, kind("pods")?);
    let posted_to = call.group_resource();
    call.resource = bindings;
    let Decoded { object: mut binding, warnings } = decode::object(&call)?;
    in_namespace(&call, &mut binding)?;
    namespaces::check_open_for(&call, &posted_to, binding.name()).await?;
    if call.route.name.as_deref().is_some_and(|name| name != binding.name()) {
        return Err(Refusal::bad_request("name in URL does not match name in Binding object"));
    }
    let hooks = std::mem::take(&mut call.hooks);
    let binding = hooks.admit(&call, binding).await?;
    admission::judge(&call.resource, &binding)?;
    call.resource = pods;
    call.route.name = Some(binding.name().to_owned());
    let now = call.api.ambient.now_seconds();
    let key = call.key_of(binding.name());
    let written = write::change(&call, &key, |live| {
        let live = live.ok_or_else(|| call.not_found())?;
        bind(&call, live, &binding, now).map(Verdict::Put)
    });
    announce(&call, &written.await?).await?;
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    Ok((Answer::document(StatusCode::CREATED, &status, call.form.encoding(), call.pretty()), warnings))
}

/// The pod on its node. Nobody owns what a binding sets.
fn bind(call: &Call, live: &Live, binding: &Object, now: Time) -> Result<Object, Refusal> {
    admission::same_object(&call.resource, &live.object, binding)?;
    pinned(call, binding, live)?;
    let mut pod = live.object.clone();
    let name = pod.name();
    let conflict = |why: String| Err(Refusal::conflict(&GroupResource::new("", "pods/binding"), name, &why));
    if pod.deletion_timestamp().is_some() {
        return conflict(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    if let Some(node) = pod.get_str(&["spec", "nodeName"]).filter(|node| !node.is_empty()) {
        return conflict(format!("pod {name} is already assigned to node {node:?}"));
    }
    if pod.get(&["spec", "schedulingGates"]).and_then(Value::as_array).is_some_and(|gates| !gates.is_empty()) {
        return conflict(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    let node = binding.get_str(&["target", "name"]).unwrap_or_default();
    if let Some(spec) = member(pod.root_mut(), "spec") {
        spec.insert("nodeName".to_owned(), node.into());
    }
    annotate(&mut pod, binding);
    scheduled(&mut pod, now);
    Ok(pod)
}

/// Annotations of the binding take the place of the pod's, labels do not.
fn annotate(pod: &mut Object, binding: &Object) {
    let metadata = pod.metadata_mut();
    let owned = |(key, value): (&str, &str)| (key.to_owned(), Value::from(value));
    let annotations: Vec<_> = binding.annotations().map(owned).collect();
    let labels: Vec<_> = binding.labels().map(owned).collect();
    // Nothing to add makes no member.
    if !annotations.is_empty()
        && let Some(own) = member(metadata, "annotations")
    {
        own.extend(annotations);
    }
    if !labels.is_empty()
        && let Some(own) = member(metadata, "labels")
    {
        for (key, value) in labels {
            own.entry(key).or_insert(value);
        }
    }
}

/// The condition that says so. One that said so before keeps its time.
fn scheduled(pod: &mut Object, now: Time) {
    let Some(status) = member(pod.root_mut(), "status") else { return };
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    let before = conditions.iter_mut().find(|condition| condition["type"] == "PodScheduled");
    let since = before.as_ref().filter(|before| before["status"] == "True").and_then(|before| before.get("lastTransitionTime").cloned());
    let since = since.unwrap_or_else(|| now.to_string().into());
    let condition = json!({"type": "PodScheduled", "status": "True", "lastTransitionTime": since});
    match before {
        Some(before) => *before = condition,
        None => conditions.push(condition),
    }
}

/// A member that is an object, made where it is missing.
fn member<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    members.entry(name).or_insert_with(|| json!({})).as_object_mut()
}
