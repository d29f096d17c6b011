//! What a container finds in its environment, and the fields of pod and container that values are taken from.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/downward-api/>.

use super::field::{Faults, Field};
use crate::object::names::{config_key, dns_label, dns_subdomain, qualified_name};

/// The fields of a pod that an environment variable can hold.
const OF_POD: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The fields of a pod that a file of a volume can hold.
pub(super) const OF_POD_IN_FILES: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

/// Every field of a pod that has a name here, whether it can be held or not.
const KNOWN: [&str; 15] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.host",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.phase",
    "status.podIP",
    "status.podIPs",
];

const RESOURCES: [&str; 6] =
    ["limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"];

const HUGE: [&str; 2] = ["limits.hugepages-", "requests.hugepages-"];

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// One variable.
pub(super) fn variable(variable: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_name(&variable.at("name"), variable_name);
    let from = variable.at("valueFrom");
    if from.is_absent() {
        return;
    }
    source(&from, faults);
    let why = match from.count(&SOURCES) {
        0 => "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
        _ if !variable.at("value").is_empty() => "may not be specified when `value` is not empty",
        1 => return,
        _ => "may not have more than one field specified at a time",
    };
    faults.invalid_as(&from, "", why);
}

fn source(from: &Field<'_, '_>, faults: &mut Faults) {
    pod_field(&from.at("fieldRef"), &OF_POD, faults);
    container_resource(&from.at("resourceFieldRef"), false, faults);
    for name in ["configMapKeyRef", "secretKeyRef"] {
        let reference = from.at(name);
        if !reference.is_absent() {
            faults.checked(&reference.at("name"), dns_subdomain);
            faults.required_name(&reference.at("key"), config_key);
        }
    }
    let file = from.at("fileKeyRef");
    if !file.is_absent() {
        faults.required_name(&file.at("key"), variable_name);
        faults.required_name(&file.at("volumeName"), dns_label);
        faults.required_name(&file.at("path"), no_way_up);
    }
}

/// All the variables of a map or secret.
pub(super) fn sources(list: &Field<'_, '_>, faults: &mut Faults) {
    for source in list.items() {
        faults.named(&source.at("prefix"), variable_name);
        for name in ["configMapRef", "secretRef"] {
            let reference = source.at(name);
            if !reference.is_absent() {
                faults.required_name(&reference.at("name"), dns_subdomain);
            }
        }
        match source.count(&["configMapRef", "secretRef"]) {
            0 => faults.invalid_as(list, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => faults.invalid_as(list, "", "may not have more than one field specified at a time"),
        }
    }
}

/// The name of a variable: printable ASCII without `=`.
fn variable_name(name: &str) -> Result<(), String> {
    let printable = name.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
    let why = "a valid environment variable name must consist only of printable ASCII characters other than '='";
    if printable { Ok(()) } else { Err(why.to_owned()) }
}

/// A path without `..`.
pub(super) fn no_way_up(path: &str) -> Result<(), String> {
    if path.split('/').any(|part| part == "..") { Err("must not contain '..'".to_owned()) } else { Ok(()) }
}

/// A field of the pod: one of those allowed, or one annotation or label.
pub(super) fn pod_field(reference: &Field<'_, '_>, allowed: &[&str], faults: &mut Faults) {
    if reference.is_absent() || !faults.present(&reference.at("apiVersion")) {
        return;
    }
    let (version, path) = (reference.at("apiVersion").text(), reference.at("fieldPath"));
    if !faults.present(&path) {
        return;
    }
    let subscript = path.text().strip_suffix("']").and_then(|path| path.split_once("['")).filter(|(path, _)| !path.is_empty());
    let unknown = match subscript {
        _ if version != "v1" => Some(format!("unsupported pod version: {version}")),
        Some((name, _)) if !matches!(name, "metadata.annotations" | "metadata.labels") => {
            Some(format!("field label does not support subscript: {}", path.text()))
        }
        None if !KNOWN.contains(&path.text()) => Some(format!("field label not supported: {}", path.text())),
        _ => None,
    };
    if let Some(unknown) = unknown {
        return faults.invalid(&path, &format!("error converting fieldPath: {unknown}"));
    }
    match subscript {
        Some((name, key)) => {
            // Annotations may have upper case letters where names may not.
            let lower = key.to_lowercase();
            let judged = if name == "metadata.annotations" { lower.as_str() } else { key };
            if let Err(why) = qualified_name(judged) {
                faults.invalid_as(reference, judged, &why);
            }
        }
        None if path.text() == "spec.host" && allowed.contains(&"spec.nodeName") => {}
        None if !allowed.contains(&path.text()) => faults.not_supported(&path, allowed),
        None => {}
    }
}

/// What a container asks for or may have, in units of the divisor.
pub(super) fn container_resource(reference: &Field<'_, '_>, names_container: bool, faults: &mut Faults) {
    if reference.is_absent() {
        return;
    }
    let resource = reference.at("resource");
    let huge = HUGE.iter().any(|prefix| resource.text().starts_with(prefix));
    if names_container && reference.at("containerName").is_empty() {
        faults.required(&reference.at("containerName"), "");
    } else if faults.present(&resource) && !huge && !RESOURCES.contains(&resource.text()) {
        faults.not_supported(&resource, &RESOURCES);
    }
    let divisor = reference.at("divisor");
    let Some(unit) = divisor.quantity().filter(|unit| *unit != 0) else { return };
    let (what, fits) = match resource.text() {
        "limits.cpu" | "requests.cpu" => {
            let why = "only divisor's values 1m and 1 are supported with the cpu resource";
            if !matches!(unit, 1_000_000 | 1_000_000_000) {
                faults.invalid_as(&divisor, resource.text(), why);
            }
            return;
        }
        "limits.memory" | "requests.memory" => ("memory", is_unit(unit)),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => ("local ephemeral storage", is_unit(unit)),
        _ if huge => ("hugepages", is_unit(unit)),
        _ => return,
    };
    if !fits {
        let units = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
        let why = format!("only divisor's values {units} are supported with the {what} resource");
        faults.invalid_as(&divisor, resource.text(), &why);
    }
}

/// Whether billionths are one of a power of 1000 or 1024.
fn is_unit(billionths: i128) -> bool {
    let powers = |base: i128| (0..=6).map(move |power| base.pow(power) * 1_000_000_000);
    powers(1000).chain(powers(1024)).any(|unit| unit == billionths)
}
