//! What servers and controllers fill in for single kinds: addresses, ports, nodes, volumes, generated selectors.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::clean::{Owners, drop_empty};
use crate::merge::{FieldPath, PathElement};
use crate::object::{Gvk, Object};

/// The volume that the admission of service accounts adds to pods.
const TOKEN_VOLUME: &str = "kube-api-access-";
/// Labels that the server gives to Jobs and their pods.
const JOB_LABELS: [&str; 4] = ["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"];

/// Takes out what was filled in. `live` is the object as it was read.
pub(super) fn clean(manifest: &mut Object, live: &Object, owners: &Owners) {
    let Some(Gvk { group, kind, .. }) = live.gvk() else { return };
    match (group.as_str(), kind.as_str()) {
        ("", "Namespace") => namespace(manifest, owners),
        ("", "Pod") => pod(manifest, owners),
        ("", "Service") => service(manifest, owners),
        ("", "ServiceAccount") => service_account(manifest, owners),
        ("", "Secret") => secret(manifest),
        ("", "PersistentVolumeClaim") => claim(manifest, live, owners),
        ("", "PersistentVolume") => volume(manifest, live, owners),
        ("apps", "StatefulSet") => stateful_set(manifest),
        ("batch", "Job") => job(manifest, owners),
        ("certificates.k8s.io", "CertificateSigningRequest") => {
            ["username", "uid", "groups", "extra"].iter().for_each(|name| drop(spec(manifest).and_then(|spec| spec.remove(*name))));
        }
        ("rbac.authorization.k8s.io", "ClusterRole") if live.root().contains_key("aggregationRule") && !owners.applied(&["rules"]) => {
            manifest.root_mut().remove("rules");
        }
        _ => {}
    }
}

fn spec(manifest: &mut Object) -> Option<&mut Map<String, Value>> {
    manifest.root_mut().get_mut("spec")?.as_object_mut()
}

/// Removes members of `spec` that nobody asked for.
fn drop_unasked(manifest: &mut Object, owners: &Owners, names: &[&str]) {
    if let Some(spec) = spec(manifest) {
        names.iter().filter(|name| !owners.asked(&["spec", name])).for_each(|name| drop(spec.remove(*name)));
    }
}

fn namespace(manifest: &mut Object, owners: &Owners) {
    if !owners.applied(&["spec"]) {
        manifest.root_mut().remove("spec");
    }
    let name = Value::from(manifest.name());
    if let Some(Value::Object(labels)) = manifest.metadata_mut().get_mut("labels")
        && labels.get("kubernetes.io/metadata.name") == Some(&name)
        && !owners.applied(&["metadata", "labels", "kubernetes.io/metadata.name"])
    {
        labels.remove("kubernetes.io/metadata.name");
    }
}

fn service(manifest: &mut Object, owners: &Owners) {
    let headless = manifest.get_str(&["spec", "clusterIP"]) == Some("None");
    let Some(spec) = spec(manifest) else { return };
    for name in ["clusterIP", "clusterIPs"] {
        // None is no address but a wish for none.
        let is_wish = headless && name == "clusterIP";
        if !is_wish && !owners.asked(&["spec", name]) {
            spec.remove(name);
        }
    }
    for name in ["healthCheckNodePort", "ipFamilies", "ipFamilyPolicy"] {
        if !owners.asked(&["spec", name]) {
            spec.remove(name);
        }
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let keys = ["port", "protocol"].iter().filter_map(|name| Some((Arc::from(*name), port.get(*name)?.clone()))).collect();
        let path = [PathElement::field("spec"), PathElement::field("ports"), PathElement::key(keys), PathElement::field("nodePort")];
        if !owners.asked_at(&FieldPath(path.into()))
            && let Some(port) = port.as_object_mut()
        {
            port.remove("nodePort");
        }
    }
}

fn pod(manifest: &mut Object, owners: &Owners) {
    drop_unasked(manifest, owners, &["nodeName", "priority", "serviceAccount"]);
    let Some(spec) = spec(manifest) else { return };
    for (name, filled_in) in [("preemptionPolicy", "PreemptLowerPriority"), ("serviceAccountName", "default")] {
        if spec.get(name) == Some(&filled_in.into()) && !owners.asked(&["spec", name]) {
            spec.remove(name);
        }
    }
    // Ephemeral containers are added to a pod that runs, never with it.
    spec.remove("ephemeralContainers");
    let is_token =
        |item: &Value| item["name"].as_str().is_some_and(|name| name.starts_with(TOKEN_VOLUME)) && item.get("projected").is_some();
    let tokens: Vec<Value> = items(spec, "volumes").iter().filter(|item| is_token(item)).map(|item| item["name"].clone()).collect();
    retain(spec, "volumes", |item| !is_token(item));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
            retain(container, "volumeMounts", |mount| !tokens.contains(&mount["name"]));
        }
    }
    if !owners.asked(&["spec", "tolerations"]) {
        // The admission of pods lets them stay for five minutes on a node that is away.
        const AWAY: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
        retain(spec, "tolerations", |item| !(AWAY.iter().any(|key| item["key"] == *key) && item["tolerationSeconds"] == 300));
    }
}

fn items<'a>(members: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    members.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Keeps some items of a list; a list that is left without any goes.
fn retain(members: &mut Map<String, Value>, name: &str, keeps: impl Fn(&Value) -> bool) {
    let Some(Value::Array(list)) = members.get_mut(name) else { return };
    let before = list.len();
    list.retain(keeps);
    if list.is_empty() && before > 0 {
        members.remove(name);
    }
}

fn service_account(manifest: &mut Object, owners: &Owners) {
    if !owners.applied(&["secrets"]) {
        let prefix = format!("{}-token-", manifest.name());
        retain(manifest.root_mut(), "secrets", |item| !item["name"].as_str().is_some_and(|name| name.starts_with(&prefix)));
    }
}

/// A controller fills in the tokens of service accounts.
fn secret(manifest: &mut Object) {
    if manifest.get_str(&["type"]) == Some("kubernetes.io/service-account-token") {
        manifest.root_mut().remove("data");
    }
}

/// A claim that a controller bound is bound anew where it is applied.
fn claim(manifest: &mut Object, live: &Object, owners: &Owners) {
    if live.annotation("pv.kubernetes.io/bound-by-controller").is_some()
        && !owners.applied(&["spec", "volumeName"])
        && let Some(spec) = spec(manifest)
    {
        spec.remove("volumeName");
    }
}

fn volume(manifest: &mut Object, live: &Object, owners: &Owners) {
    if owners.applied(&["spec", "claimRef"]) {
        return;
    }
    let by_controller = live.annotation("pv.kubernetes.io/bound-by-controller").is_some();
    let Some(spec) = spec(manifest) else { return };
    if by_controller {
        spec.remove("claimRef");
    } else if let Some(Value::Object(claim)) = spec.get_mut("claimRef") {
        claim.retain(|name, _| !["uid", "resourceVersion"].contains(&name.as_str()));
    }
}

fn stateful_set(manifest: &mut Object) {
    let Some(spec) = spec(manifest) else { return };
    for template in spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
        // Its phase is the server's, and filled in again.
        if template.get("status") == Some(&serde_json::json!({"phase": "Pending"}))
            && let Some(template) = template.as_object_mut()
        {
            template.remove("status");
        }
    }
}

fn job(manifest: &mut Object, owners: &Owners) {
    let is_manual = manifest.get(&["spec", "manualSelector"]) == Some(&Value::Bool(true));
    if is_manual {
        return;
    }
    // Whoever made the Job may be recorded as the owner of what the server put in.
    let generated = |path: &[&str], key: &str| !owners.applied(&[path, &["labels", key]].concat());
    if let Some(Value::Object(labels)) = manifest.metadata_mut().get_mut("labels") {
        labels.retain(|key, _| !(JOB_LABELS.contains(&key.as_str()) && generated(&["metadata"], key)));
    }
    let Some(spec) = spec(manifest) else { return };
    if !owners.applied(&["spec", "selector"]) {
        spec.remove("selector");
    }
    let Some(template) = spec.get_mut("template").and_then(Value::as_object_mut) else { return };
    let Some(Value::Object(metadata)) = template.get_mut("metadata") else { return };
    if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
        labels.retain(|key, _| !(JOB_LABELS.contains(&key.as_str()) && generated(&["spec", "template", "metadata"], key)));
    }
    drop_empty(metadata, "labels");
    drop_empty(template, "metadata");
}
