//! The spec of a pod, alone or in a template.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/>.

use std::collections::HashMap;

use serde_json::Value;

use super::field::{Faults, Field};
use super::kept::Kept;
use super::seen::Seen;
use super::{containers, labels, naming, pod_annotations, resources, scheduling, security, volumes};
use crate::object::names::{dns_label, dns_subdomain, qualified_name};

/// The lists of containers, in the order in which they are walked.
pub(super) const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// The most bytes that the annotations of a template take together.
const ANNOTATIONS_MOST: usize = 256 << 10;

/// What the rules of single parts need to know of the pod around them.
pub(super) struct Pod<'v> {
    /// How long the pod has for ending, in seconds.
    pub(super) grace: Option<i64>,
    pub(super) restart_policy: &'v str,
    /// The operating system, where the pod says one.
    pub(super) os: Option<&'v str>,
    /// Whether the pod has users of its own instead of the host's.
    pub(super) own_users: bool,
    /// The volumes without fault, by name.
    pub(super) volumes: HashMap<&'v str, &'v Value>,
    /// The names of the claims.
    pub(super) claims: Seen<'v>,
    /// What it did before against rules that came later.
    pub(super) kept: &'v Kept,
}

/// A pod of its own, as it is on create and after any update.
pub(super) fn pod(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    pod_annotations::judged(&metadata.at("annotations"), spec, kept, faults);
    spec_of(spec, Some(metadata), kept, faults);
    if spec.at("serviceAccountName").is_empty() {
        for volume in spec.at("volumes").items() {
            for source in volume.deep(&["projected", "sources"]).items() {
                let token = source.at("serviceAccountToken");
                if !token.is_absent() {
                    faults.forbidden(&token, "must not be specified when serviceAccountName is not set");
                }
            }
        }
    }
    for list in ["containers", "initContainers"] {
        spec.at(list).items().for_each(|container| containers::trimmed(&container, faults));
    }
}

/// What only a new pod has to fulfil.
pub(super) fn new_pod(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    pod(metadata, spec, &Kept::default(), faults);
    if !spec.at("ephemeralContainers").is_empty() {
        faults.forbidden(&spec.at("ephemeralContainers"), "cannot be set on create");
    }
    if !spec.at("nodeName").is_empty() && !spec.at("schedulingGates").is_empty() {
        faults.forbidden(&spec.at("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
    pod_annotations::match_fields(&metadata.at("annotations"), spec, faults);
}

/// A template of pods.
pub(super) fn template(template: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    template_metadata(template, kept, faults);
    let spec = template.at("spec");
    spec_of(&spec, None, kept, faults);
    pod_annotations::match_fields(&template.deep(&["metadata", "annotations"]), &spec, faults);
    if !spec.at("ephemeralContainers").is_empty() {
        faults.forbidden(&spec.at("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }
}

/// Labels and annotations of a template, told by places that lie beside `metadata` instead of in it, as upstream does.
pub(super) fn template_metadata(template: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    let (shown, metadata) = (template.at("labels"), template.at("metadata"));
    labels::labels(&Field::root_like(&shown, metadata.at("labels").value), faults);
    let shown = template.at("annotations");
    let annotations = Field::root_like(&shown, metadata.at("annotations").value);
    if annotations.is_empty() {
        return;
    }
    let mut size = 0;
    for (key, value) in annotations.entries() {
        size += key.len() + value.text().len();
        if let Err(why) = qualified_name(&key.to_lowercase()) {
            faults.invalid_as(&annotations, key, &why);
        }
    }
    if size > ANNOTATIONS_MOST {
        faults.too_long(&annotations, ANNOTATIONS_MOST);
    }
    pod_annotations::judged(&annotations, &template.at("spec"), kept, faults);
}

/// The spec of a pod; `metadata` is that of a pod of its own.
fn spec_of<'v>(spec: &Field<'_, 'v>, metadata: Option<&Field<'_, 'v>>, kept: &'v Kept, faults: &mut Faults) {
    let pod = surroundings(spec, metadata, kept, faults);
    containers::containers(&spec.at("containers"), &pod, faults);
    containers::init_containers(&spec.at("initContainers"), &spec.at("containers"), &pod, faults);
    containers::ephemeral_containers(spec, &pod, faults);
    resources::of_pod(spec, kept, faults);
    if spec.at("hostNetwork").flag() {
        ports_of_host(&spec.at("containers"), metadata.is_some(), faults);
    }
    faults.required_one_of(&spec.at("restartPolicy"), &["Always", "OnFailure", "Never"]);
    faults.required_one_of(&spec.at("dnsPolicy"), &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    labels::labels(&spec.at("nodeSelector"), faults);
    security::of_pod(spec, kept, faults);
    scheduling::affinity(&spec.at("affinity"), kept, faults);
    naming::resolver(spec, faults);
    scheduling::readiness_gates(&spec.at("readinessGates"), faults);
    scheduling::scheduling_gates(&spec.at("schedulingGates"), faults);
    scheduling::spread(&spec.at("topologySpreadConstraints"), kept, faults);
    security::host_processes(spec, faults);
    security::own_users(spec, kept, faults);
    naming::host_name(spec, faults);
    named(spec, faults);
    faults.between(&spec.at("activeDeadlineSeconds"), 1, i64::from(i32::MAX));
    scheduling::tolerations(&spec.at("tolerations"), faults);
    naming::host_aliases(&spec.at("hostAliases"), faults);
    resources::overhead(&spec.at("overhead"), kept, faults);
    security::system(spec, faults);
    files_of_volumes(spec, faults);
}

fn surroundings<'v>(spec: &Field<'_, 'v>, metadata: Option<&Field<'_, 'v>>, kept: &'v Kept, faults: &mut Faults) -> Pod<'v> {
    let name = metadata.map(|metadata| metadata.at("name").text()).unwrap_or_default();
    let volumes = volumes::volumes(&spec.at("volumes"), name, kept, faults);
    Pod {
        grace: spec.at("terminationGracePeriodSeconds").number(),
        restart_policy: spec.at("restartPolicy").text(),
        os: (!spec.at("os").is_absent()).then(|| spec.at("os").at("name").text()),
        own_users: spec.at("hostUsers").is_denied(),
        volumes,
        claims: claims(&spec.at("resourceClaims"), faults),
        kept,
    }
}

/// Devices that the pod claims; hands back the names of the claims.
fn claims<'v>(list: &Field<'_, 'v>, faults: &mut Faults) -> Seen<'v> {
    let mut names = Seen::default();
    for claim in list.items() {
        let name = claim.at("name");
        if name.is_empty() {
            faults.required(&name, "");
        } else if names.insert(name.text()) {
            faults.named(&name, dns_label);
        } else {
            faults.duplicate(&name);
        }
        match claim.count(&["resourceClaimName", "resourceClaimTemplateName"]) {
            0 => faults.invalid(&claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
            1 => {}
            _ => faults.invalid(&claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"),
        }
        for reference in ["resourceClaimName", "resourceClaimTemplateName"] {
            if !claim.at(reference).is_absent() {
                faults.checked(&claim.at(reference), dns_subdomain);
            }
        }
    }
    names
}

/// On the host's network the ports of containers are the host's. A template may leave them out, since its pods get them.
fn ports_of_host(list: &Field<'_, '_>, alone: bool, faults: &mut Faults) {
    for container in list.items() {
        for port in container.at("ports").items() {
            let host = port.at("hostPort");
            let (on_host, inside) = (host.number().unwrap_or_default(), port.at("containerPort").number().unwrap_or_default());
            if (alone || on_host != 0) && on_host != inside {
                faults.invalid_as(&host, on_host, "must match `containerPort` when `hostNetwork` is true");
            }
        }
    }
}

/// The names of other objects.
fn named(spec: &Field<'_, '_>, faults: &mut Faults) {
    for name in ["serviceAccountName", "nodeName", "priorityClassName"] {
        faults.named(&spec.at(name), dns_subdomain);
    }
    if !spec.at("runtimeClassName").is_absent() {
        faults.checked(&spec.at("runtimeClassName"), dns_subdomain);
    }
    let preemption = spec.at("preemptionPolicy");
    if !preemption.is_absent() {
        faults.required_one_of(&preemption, &["PreemptLowerPriority", "Never"]);
    }
    let group = spec.at("schedulingGroup");
    if !group.is_absent() {
        let name = group.at("podGroupName");
        match name.is_absent() {
            true => faults.invalid(&name, "must specify one of: `podGroupName`"),
            false => faults.checked(&name, dns_subdomain),
        }
    }
}

/// Variables are read from files only of volumes that the pod fills itself.
fn files_of_volumes(spec: &Field<'_, '_>, faults: &mut Faults) {
    let mut sources: Option<HashMap<&str, &Value>> = None;
    for list in CONTAINER_LISTS {
        for container in spec.at(list).items() {
            for variable in container.at("env").items() {
                let file = variable.deep(&["valueFrom", "fileKeyRef"]);
                if file.is_absent() {
                    continue;
                }
                let volume = file.at("volumeName");
                match sources.get_or_insert_with(|| by_name(spec.value)).get(volume.text()) {
                    None => faults.not_found(&volume),
                    Some(source) if source.get("emptyDir").is_none() => {
                        faults.invalid(&volume, "referenced volume must be of type emptyDir");
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

fn by_name(spec: &Value) -> HashMap<&str, &Value> {
    let volumes = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    volumes.filter_map(|volume| Some((volume.get("name")?.as_str()?, volume))).collect()
}
