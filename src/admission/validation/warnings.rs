//! What the server lets a client know of an object that it accepts all the same: fields that do nothing any more, and what is easily
//! misread.
//!
//! Receives objects that follow the rules; hands on texts for `Warning` headers. Invariant: nothing is refused here.
//!
//! See <https://kubernetes.io/blog/2020/09/03/warnings/>.

mod keys;
mod networks;
mod nodes;
mod paths;
mod pods;
mod storage;

use super::field::Field;
use super::member;
use crate::object::Object;
use crate::object::names::dns_label;
use crate::schema::Resource;

const SURPRISING: &str = "which can result in surprising behavior; a DNS label is recommended";

/// Says that a service account's pods may use its own secrets alone.
const MOUNTABLE: &str = "kubernetes.io/enforce-mountable-secrets";

/// The longest a list of finished indexes of a job may grow before it weighs on the server, in indexes and in pods at a time.
const INDEXES_MANY: i64 = 100_000;
const PARALLEL_MANY: i64 = 10_000;

/// How names end of policies and webhooks that a kube-apiserver may read from files.
const STATIC: &str = ".static.k8s.io";

/// What was found so far.
#[derive(Debug, Default)]
struct Warnings(Vec<String>);

impl Warnings {
    fn say(&mut self, field: &Field<'_, '_>, text: &str) {
        self.0.push(format!("{}: {text}", field.place()));
    }
}

/// The warnings of a write; `before` is what the object takes the place of.
pub(in crate::admission) fn warnings(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<String> {
    let mut said = Warnings::default();
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod" | "PodTemplate" | "ReplicationController") | ("apps" | "batch", _) => workload(resource, object, before, &mut said),
        (group, kind) => others(group, kind, object, before, &mut said),
    }
    said.0
}

/// The warnings of a write of a status.
pub(in crate::admission) fn status_warnings(resource: &Resource, object: &Object) -> Vec<String> {
    let mut said = Warnings::default();
    let status = member(object, "status");
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") => networks::pod_status(&status, &mut said),
        ("", "Service") | ("networking.k8s.io", "Ingress") => networks::balancer(&status, &mut said),
        _ => {}
    }
    said.0
}

fn others(group: &str, kind: &str, object: &Object, before: Option<&Object>, said: &mut Warnings) {
    let (metadata, spec) = (member(object, "metadata"), member(object, "spec"));
    match (group, kind) {
        ("", "Service") => networks::service(object, &spec, said),
        ("", "Endpoints") => networks::endpoints(object, &member(object, "subsets"), said),
        ("discovery.k8s.io", "EndpointSlice") => networks::slice(object, &member(object, "endpoints"), before.is_none(), said),
        ("networking.k8s.io", "NetworkPolicy") => networks::policy(&spec, said),
        ("networking.k8s.io", "Ingress") if before.is_none() => networks::ingress(object, said),
        ("", "Node") => node(&spec, said),
        ("", "PersistentVolume") => storage::volume(&metadata, &spec, said),
        ("", "PersistentVolumeClaim") => storage::claim(&metadata, &spec, said),
        ("storage.k8s.io", "StorageClass") => storage::class(&member(object, "allowedTopologies"), said),
        ("storage.k8s.io", "CSIStorageCapacity") => storage::capacity(&member(object, "nodeTopology"), said),
        ("node.k8s.io", "RuntimeClass") => runtime_class(&member(object, "scheduling"), said),
        ("", "Secret") => said.0.extend(keys::mismatch(object)),
        ("", "ServiceAccount") => account(object, before, said),
        ("admissionregistration.k8s.io", _) if object.name().ends_with(STATIC) => said.0.push(format!(
            "metadata.name: names ending with {STATIC:?} are reserved for static manifest-based configurations and cannot be managed via the API"
        )),
        _ => {}
    }
}

fn node(spec: &Field<'_, '_>, said: &mut Warnings) {
    let (config, id) = (spec.at("configSource"), spec.at("externalID"));
    if !config.is_absent() {
        said.say(&config, "the feature is removed");
    }
    if !id.is_empty() {
        said.say(&id, "this field is deprecated, and is unused by Kubernetes");
    }
    networks::networks(&spec.at("podCIDRs"), said);
}

fn runtime_class(scheduling: &Field<'_, '_>, said: &mut Warnings) {
    let selector = scheduling.at("nodeSelector");
    for (key, _) in selector.entries() {
        nodes::label(key).into_iter().for_each(|text| said.say(&selector, text));
    }
}

/// An annotation of a service account is warned of as it comes.
fn account(object: &Object, before: Option<&Object>, said: &mut Warnings) {
    if object.annotation(MOUNTABLE).is_some() && before.is_none_or(|before| before.annotation(MOUNTABLE).is_none()) {
        let text = "deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets";
        said.0.push(format!("metadata.annotations[{MOUNTABLE}]: {text}"));
    }
}

fn workload(resource: &Resource, object: &Object, before: Option<&Object>, said: &mut Warnings) {
    let spec = member(object, "spec");
    // What was declared before was warned of then.
    let grown = before.is_none_or(|before| before.generation() != object.generation());
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") if before.is_none() => {
            surprising(object, "this is used in the Pod's hostname", said);
            pods::pod(&member(object, "metadata"), &spec, false, said);
        }
        ("", "PodTemplate") if grown => pods::template(&member(object, "template"), said),
        ("apps", "Deployment" | "ReplicaSet") | ("", "ReplicationController") => {
            if before.is_none() {
                surprising(object, "this is used in Pod names and hostnames", said);
            }
            if grown {
                pods::template(&spec.at("template"), said);
            }
        }
        ("apps", "DaemonSet" | "StatefulSet") => {
            if grown {
                pods::template(&spec.at("template"), said);
            }
            let history = spec.at("revisionHistoryLimit");
            if resource.gvk.kind == "StatefulSet" && history.number().is_some_and(|limit| limit < 0) {
                said.say(&history, "a negative value retains all historical revisions; a value >= 0 is recommended");
            }
        }
        ("batch", "Job") => {
            if before.is_none() {
                surprising(object, "this is used in Pod names and hostnames", said);
            }
            job(&spec, grown, said);
        }
        ("batch", "CronJob") => {
            if before.is_none() {
                surprising(object, "this is used in Pod names and hostnames", said);
            }
            let schedule = spec.at("schedule");
            if schedule.text().contains("TZ") {
                let text = "cannot use TZ or CRON_TZ in schedule, use timeZone instead. This will fail validation in a future release";
                said.say(&schedule, text);
            }
            job(&spec.deep(&["jobTemplate", "spec"]), grown, said);
        }
        _ => {}
    }
}

fn surprising(object: &Object, what: &str, said: &mut Warnings) {
    if let Err(why) = dns_label(object.name()) {
        said.0.push(format!("metadata.name: {what}, {SURPRISING}: [{why}]"));
    }
}

fn job(spec: &Field<'_, '_>, grown: bool, said: &mut Warnings) {
    let many = |name: &'static str, most: i64| spec.at(name).number().is_some_and(|number| number > most);
    if spec.at("completionMode").text() == "Indexed" && many("completions", INDEXES_MANY) && many("parallelism", PARALLEL_MANY) {
        let text = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
        said.0.push(text.to_owned());
    }
    if grown {
        pods::template(&spec.at("template"), said);
    }
}
