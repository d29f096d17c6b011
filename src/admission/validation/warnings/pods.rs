//! What is to be said of pods and of the templates that make them.

use serde_json::Value;

use super::{Warnings, nodes, paths, storage};
use crate::admission::validation::field::Field;
use crate::admission::validation::pod_annotations::APP_ARMOR_OF;
use crate::admission::validation::pods::CONTAINER_LISTS;
use crate::admission::validation::seen::Seen;

/// Annotations that do nothing any more: the version since when, and the field to use.
const ANNOTATIONS: [(&str, &str, &str); 3] = [
    ("scheduler.alpha.kubernetes.io/critical-pod", "v1.16+", "priorityClassName"),
    ("security.alpha.kubernetes.io/sysctls", "v1.11+", "sysctls"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "v1.11+", "sysctls"),
];

const VOLUMES: [(&str, &str); 9] = [
    ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "deprecated in v1.11"),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

const NO_POD: &str = "a null labelSelector results in matching no pod";
const SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
const APP_ARMOR: &str = "deprecated since v1.30; use the \"appArmorProfile\" field instead";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn template(template: &Field<'_, '_>, said: &mut Warnings) {
    pod(&template.at("metadata"), &template.at("spec"), true, said);
}

pub(super) fn pod(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, templated: bool, said: &mut Warnings) {
    scheduling(spec, said);
    annotations(metadata, spec, templated, said);
    for volume in spec.at("volumes").items() {
        for (source, text) in VOLUMES {
            let source = volume.at(source);
            if !source.is_absent() {
                said.say(&source, text);
            }
        }
        let template = volume.deep(&["ephemeral", "volumeClaimTemplate"]);
        storage::claim_spec(&template.at("spec"), said);
    }
    paths::overlaps(&spec.at("volumes"), said);
    twice(spec, said);
    amounts(&spec.at("overhead"), said);
    let mut ports = Vec::new();
    for list in CONTAINER_LISTS {
        for container in spec.at(list).items() {
            let resources = container.at("resources");
            amounts(&resources.at("limits"), said);
            amounts(&resources.at("requests"), said);
            variables(&container, said);
            container.at("ports").items().for_each(|port| self::port(&port, &mut ports, said));
        }
    }
    let grace = spec.at("terminationGracePeriodSeconds");
    if grace.number().is_some_and(|seconds| seconds < 0) {
        said.say(&grace, "must be >= 0; negative values are invalid and will be treated as 1");
    }
}

fn scheduling(spec: &Field<'_, '_>, said: &mut Warnings) {
    for (key, entry) in spec.at("nodeSelector").entries() {
        nodes::label(key).into_iter().for_each(|text| said.say(&entry, text));
    }
    for constraint in spec.at("topologySpreadConstraints").items() {
        nodes::keyed(&constraint.at("topologyKey"), said);
        selects(&constraint, said);
    }
    let affinity = spec.at("affinity");
    if affinity.is_absent() {
        return;
    }
    for term in affinity.deep(&["nodeAffinity", REQUIRED, "nodeSelectorTerms"]).items() {
        nodes::term(&term, false, said);
    }
    for term in affinity.deep(&["nodeAffinity", PREFERRED]).items() {
        nodes::term(&term.at("preference"), true, said);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let kind = affinity.at(kind);
        kind.at(REQUIRED).items().for_each(|term| selects(&term, said));
        kind.at(PREFERRED).items().for_each(|term| selects(&term.at("podAffinityTerm"), said));
    }
}

fn selects(term: &Field<'_, '_>, said: &mut Warnings) {
    let selector = term.at("labelSelector");
    if selector.is_absent() {
        said.say(&selector, NO_POD);
    }
}

fn annotations(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, templated: bool, said: &mut Warnings) {
    let annotations = metadata.at("annotations");
    if annotations.is_empty() {
        return;
    }
    let has = |owner: &Field<'_, '_>, profile: &'static str| !owner.deep(&["securityContext", profile]).is_absent();
    let container = |name: &str| {
        let lists = CONTAINER_LISTS.iter().filter_map(|list| spec.value.get(*list)?.as_array()).flatten();
        lists.into_iter().find(|container| container.get("name").and_then(Value::as_str) == Some(name))
    };
    let holds = |name: &str, profile: &str| {
        container(name)
            .is_some_and(|container| !matches!(container.pointer(&format!("/securityContext/{profile}")), None | Some(Value::Null)))
    };
    for (key, entry) in annotations.entries() {
        if let Some((_, since, field)) = ANNOTATIONS.iter().find(|(old, ..)| *old == key) {
            said.say(&entry, &format!("non-functional in {since}; use the {field:?} field instead"));
        } else if key == "seccomp.security.alpha.kubernetes.io/pod" {
            if !has(spec, "seccompProfile") {
                said.say(&entry, SECCOMP);
            }
        } else if let Some(name) = key.strip_prefix("container.seccomp.security.alpha.kubernetes.io/") {
            if container(name).is_some() && !holds(name, "seccompProfile") {
                said.say(&entry, SECCOMP);
            }
        } else if let Some(name) = key.strip_prefix(APP_ARMOR_OF)
            && container(name).is_some()
            && !(templated && holds(name, "appArmorProfile"))
        {
            said.say(&entry, APP_ARMOR);
        }
    }
}

/// What stands in lists of a pod more than once.
fn twice(spec: &Field<'_, '_>, said: &mut Warnings) {
    let mut secrets = Seen::default();
    for secret in spec.at("imagePullSecrets").items() {
        let name = secret.at("name");
        if name.is_empty() {
            said.say(&name, "invalid empty name \"\"");
        } else if !secrets.insert(name.text()) {
            said.say(&name, &format!("duplicate name {:?}", name.text()));
        }
    }
    let mut addresses = Seen::default();
    for alias in spec.at("hostAliases").items() {
        let address = alias.at("ip");
        if !addresses.insert(address.text()) {
            said.say(&address, &format!("duplicate ip {:?}", address.text()));
        }
    }
}

/// Nobody can have a part of a byte.
fn amounts(list: &Field<'_, '_>, said: &mut Warnings) {
    for name in ["memory", "ephemeral-storage"] {
        whole_bytes(list, name, said);
    }
}

pub(super) fn whole_bytes(list: &Field<'_, '_>, name: &str, said: &mut Warnings) {
    let Some(amount) = list.value.get(name).and_then(Value::as_str) else { return };
    let field = list.key(name);
    if field.quantity().is_some_and(|billionths| billionths % 1_000_000_000 != 0) {
        said.say(&field, &format!("fractional byte value {amount:?} is invalid, must be an integer"));
    }
}

/// A variable may be stated anew to add to what it was.
fn variables(container: &Field<'_, '_>, said: &mut Warnings) {
    let list = container.at("env");
    let mut names = Seen::default();
    for variable in list.items() {
        let (name, value) = (variable.at("name").text(), variable.at("value").text());
        if names.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        if !variable.at("valueFrom").is_absent() || value == reference || !value.contains(&reference) {
            said.say(&variable, &format!("hides previous definition of {name:?}, which may be dropped when using apply"));
        }
    }
}

/// A port with its place.
struct Port<'v> {
    place: String,
    key: (i64, &'v str),
    host: (i64, &'v str),
}

fn port<'v>(field: &Field<'_, 'v>, known: &mut Vec<Port<'v>>, said: &mut Warnings) {
    let number = |name: &'static str| field.at(name).number().unwrap_or_default();
    let key = (number("containerPort"), field.at("protocol").text());
    let host = (number("hostPort"), field.at("hostIP").text());
    if !host.1.is_empty() && host.0 == 0 {
        let name = field.at("name").text();
        let shown = format!("{{Name:{name} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}", key.0, key.1, host.1);
        said.say(field, &format!("hostIP set without hostPort: {shown}"));
    }
    for other in known.iter().filter(|other| other.key == key) {
        let what = if host == other.host {
            "duplicate"
        } else if host.0 == 0 || other.host.0 == 0 {
            "overlapping"
        } else if host.0 == other.host.0 && host.1.is_empty() != other.host.1.is_empty() {
            "dangerously ambiguous"
        } else {
            continue;
        };
        said.say(field, &format!("{what} port definition with {}", other.place));
    }
    known.push(Port { place: field.place(), key, host });
}
