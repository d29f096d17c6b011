//! Pods, and the templates of pods that other kinds hold.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.

use serde_json::Value;

use super::fill::Constant::{Empty, Flag, Number, Text};
use super::fill::{Members, Row, complete, fill, inner, inner_or_empty, is_absent, items, put, text};
use super::storage;
use crate::admission::validation::aggregate_text;

const POD_SPEC: Row = &[
    ("dnsPolicy", Text("ClusterFirst")),
    ("restartPolicy", Text("Always")),
    ("schedulerName", Text("default-scheduler")),
    ("securityContext", Empty),
    ("terminationGracePeriodSeconds", Number(30)),
];

/// What only pods have: a template leaves it to the pods that are made of it.
const POD_ONLY: Row = &[("enableServiceLinks", Flag(true))];

const CONTAINER: Row =
    &[("resources", Empty), ("terminationMessagePath", Text("/dev/termination-log")), ("terminationMessagePolicy", Text("File"))];

const PROBE: Row =
    &[("failureThreshold", Number(3)), ("periodSeconds", Number(10)), ("successThreshold", Number(1)), ("timeoutSeconds", Number(1))];

const HTTP_GET: Row = &[("path", Text("/")), ("scheme", Text("HTTP"))];

const FIELD_REFERENCE: Row = &[("apiVersion", Text("v1"))];

/// 0644, as volumes of files show them.
const MODE: Row = &[("defaultMode", Number(0o644))];

const TOKEN: Row = &[("expirationSeconds", Number(3600))];

/// How the names of huge pages begin.
const HUGE: &str = "hugepages-";

/// The lists of containers in the spec of a pod.
const CONTAINER_LISTS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// The defaults of a whole pod.
pub(super) fn pod(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill_spec(spec);
    fill(spec, POD_ONLY);
    for list in ["containers", "initContainers"] {
        for container in items(spec, list) {
            if let Some(resources) = inner(container, "resources") {
                complete(resources, "requests", "limits");
            }
        }
    }
    if spec.get("hostNetwork") == Some(&Value::Bool(true)) {
        for list in ["containers", "initContainers"] {
            items(spec, list).for_each(host_ports);
        }
    }
    whole_pod(spec);
}

/// What a pod as a whole needs, where it says so in part: the rest comes from its containers, or from its limits.
fn whole_pod(spec: &mut Members) {
    let Some(Value::Object(mut resources)) = spec.remove("resources") else { return };
    let containers = Value::Object(std::mem::take(spec));
    let has = |resources: &Members, list: &str, name: &str| resources.get(list).is_some_and(|list| list.get(name).is_some());
    if ["limits", "requests"].iter().any(|list| resources.get(*list).and_then(Value::as_object).is_some_and(|list| !list.is_empty())) {
        for (list, name) in named(&containers).into_iter().filter(|(_, name)| name.starts_with(HUGE)) {
            let limit = aggregate_text(&containers, list, &name).filter(|_| list == "limits" && !has(&resources, "requests", &name));
            if let (Some(limit), Some(limits)) = (limit, inner_or_empty(&mut resources, "limits")) {
                put(limits, &name, || limit.into());
            }
        }
        for name in ["cpu", "memory"].into_iter().filter(|name| has(&resources, "limits", name)).collect::<Vec<_>>() {
            let request = aggregate_text(&containers, "requests", name);
            if let (Some(request), Some(requests)) = (request, inner_or_empty(&mut resources, "requests")) {
                put(requests, name, || request.into());
            }
        }
        complete(&mut resources, "requests", "limits");
    }
    if let Value::Object(members) = containers {
        *spec = members;
    }
    spec.insert("resources".to_owned(), Value::Object(resources));
}

/// What the containers of a pod name in the lists of their resources.
fn named(spec: &Value) -> Vec<(&'static str, String)> {
    let containers = ["containers", "initContainers"].into_iter().filter_map(|list| spec.get(list)?.as_array()).flatten();
    let resources = containers.filter_map(|container| container.get("resources"));
    let entries = resources.flat_map(|resources| ["limits", "requests"].map(|list| (list, resources.get(list).and_then(Value::as_object))));
    entries.flat_map(|(list, names)| names.into_iter().flat_map(Members::keys).map(move |name| (list, name.clone()))).collect()
}

/// The defaults of the pod template below a member.
pub(super) fn template(owner: &mut Members, member: &str) {
    if let Some(spec) = inner(owner, member).and_then(|template| inner(template, "spec")) {
        fill_spec(spec);
    }
}

fn fill_spec(spec: &mut Members) {
    fill(spec, POD_SPEC);
    for list in CONTAINER_LISTS {
        items(spec, list).for_each(container);
    }
    items(spec, "volumes").for_each(volume);
    service_account(spec);
}

/// The account has two names for one thing; the older one follows.
fn service_account(spec: &mut Members) {
    match (is_absent(spec, "serviceAccountName"), is_absent(spec, "serviceAccount")) {
        (true, true) => {}
        (true, false) => {
            let name = spec.get("serviceAccount").cloned().unwrap_or_default();
            spec.insert("serviceAccountName".to_owned(), name);
        }
        (false, _) => {
            let name = spec.get("serviceAccountName").cloned().unwrap_or_default();
            spec.insert("serviceAccount".to_owned(), name);
        }
    }
}

fn container(container: &mut Members) {
    let image = text(container, "image");
    let policy = pull_policy(image);
    put(container, "imagePullPolicy", || policy.into());
    fill(container, CONTAINER);
    for port in items(container, "ports") {
        put(port, "protocol", || "TCP".into());
    }
    for variable in items(container, "env") {
        let reference = inner(variable, "valueFrom").and_then(|source| inner(source, "fieldRef"));
        if let Some(reference) = reference {
            fill(reference, FIELD_REFERENCE);
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        inner(container, name).map(probe);
    }
    if let Some(lifecycle) = inner(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(get) = inner(lifecycle, hook).and_then(|hook| inner(hook, "httpGet")) {
                fill(get, HTTP_GET);
            }
        }
    }
}

/// Images without a fixed tag may change, so they are pulled anew each time.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit_once('/').map_or(image, |(_, name)| name);
    if image.contains('@') {
        return "IfNotPresent";
    }
    match name.rsplit_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

fn probe(probe: &mut Members) {
    // A probe's numbers are 0 where they are absent, and a 0 means the default.
    for (name, _) in PROBE {
        if probe.get(*name).and_then(Value::as_i64) == Some(0) {
            probe.remove(*name);
        }
    }
    fill(probe, PROBE);
    if let Some(get) = inner(probe, "httpGet") {
        fill(get, HTTP_GET);
    }
    inner(probe, "grpc").map(|grpc| grpc.entry("service").or_insert_with(|| "".into()));
}

/// A container on the host's network has its ports there.
fn host_ports(container: &mut Members) {
    for port in items(container, "ports") {
        if let Some(number) = port.get("containerPort").cloned()
            && port.get("hostPort").and_then(Value::as_i64).unwrap_or_default() == 0
        {
            port.insert("hostPort".to_owned(), number);
        }
    }
}

fn volume(volume: &mut Members) {
    if volume.iter().all(|(name, source)| name == "name" || source.is_null()) {
        fill(volume, &[("emptyDir", Empty)]);
    }
    for source in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(source) = inner(volume, source) {
            fill(source, MODE);
        }
    }
    inner(volume, "hostPath").map(storage::host_path);
    inner(volume, "downwardAPI").map(downward);
    if let Some(projected) = inner(volume, "projected") {
        for source in items(projected, "sources") {
            if let Some(token) = inner(source, "serviceAccountToken") {
                fill(token, TOKEN);
            }
            inner(source, "downwardAPI").map(downward);
        }
    }
    if let Some(image) = inner(volume, "image")
        && is_absent(image, "pullPolicy")
    {
        let policy = pull_policy(text(image, "reference"));
        image.insert("pullPolicy".to_owned(), policy.into());
    }
    if let Some(claim) = inner(volume, "ephemeral").and_then(|source| inner(source, "volumeClaimTemplate")) {
        inner(claim, "spec").map(storage::claim_spec);
    }
}

fn downward(source: &mut Members) {
    for item in items(source, "items") {
        if let Some(reference) = inner(item, "fieldRef") {
            fill(reference, FIELD_REFERENCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_pulled_anew_where_its_tag_may_move() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("host:5000/nginx", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("host:5000/nginx:1", "IfNotPresent"),
            ("nginx@sha256:00", "IfNotPresent"),
        ] {
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
