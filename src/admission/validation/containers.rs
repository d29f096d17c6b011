//! Containers: names, images, ports, environment, mounts, resources, probes.

use std::collections::HashSet;

use super::field::{Faults, Field};
use crate::object::names::{dns_label, qualified_name};

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const HANDLERS: [&str; 4] = ["exec", "httpGet", "tcpSocket", "grpc"];

/// A container that runs beside others.
pub(super) fn container(container: &Field<'_, '_>, volumes: &HashSet<&str>, faults: &mut Faults) {
    common(container, volumes, faults);
    let lifecycle = container.at("lifecycle");
    for hook in ["postStart", "preStop"] {
        let hook = lifecycle.at(hook);
        if !hook.is_absent() {
            handler(&hook, &["exec", "httpGet", "tcpSocket", "sleep"], faults);
        }
    }
    for name in PROBES {
        probe(&container.at(name), name, faults);
    }
    if !container.at("restartPolicy").is_absent() && container.at("restartPolicyRules").is_absent() {
        faults.one_of(&container.at("restartPolicy"), &["Always", "OnFailure", "Never"]);
    }
}

/// A container that runs before the others, or, restarted always, beside them from the start.
pub(super) fn init_container(container: &Field<'_, '_>, volumes: &HashSet<&str>, faults: &mut Faults) {
    common(container, volumes, faults);
    let stays = container.at("restartPolicy").text() == "Always";
    for name in PROBES.into_iter().chain(["lifecycle"]) {
        match (container.at(name).is_absent(), stays) {
            (true, _) => {}
            (false, false) => faults.forbidden(&container.at(name), "must not be set for init containers without restartPolicy=Always"),
            (false, true) if name != "lifecycle" => probe(&container.at(name), name, faults),
            (false, true) => {}
        }
    }
}

fn common(container: &Field<'_, '_>, volumes: &HashSet<&str>, faults: &mut Faults) {
    faults.required_name(&container.at("name"), dns_label);
    let image = container.at("image");
    if faults.present(&image) && image.text().trim() != image.text() {
        faults.invalid(&image, "must not have leading or trailing whitespace");
    }
    faults.one_of(&container.at("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    faults.one_of(&container.at("terminationMessagePolicy"), &["FallbackToLogsOnError", "File"]);
    ports(&container.at("ports"), faults);
    container.at("env").items().for_each(|variable| environment(&variable, faults));
    container.at("envFrom").items().for_each(|source| environment_source(&source, faults));
    mounts(container, volumes, faults);
    resources(&container.at("resources"), faults);
}

fn ports(ports: &Field<'_, '_>, faults: &mut Faults) {
    let mut names = HashSet::new();
    for port in ports.items() {
        let name = port.at("name");
        if !name.is_empty() {
            faults.named(&name, port_name);
            if !names.insert(name.text()) {
                faults.duplicate(&name);
            }
        }
        match port.at("containerPort").number() {
            None | Some(0) => faults.required(&port.at("containerPort"), ""),
            Some(_) => faults.between(&port.at("containerPort"), 1, 65535),
        }
        faults.between(&port.at("hostPort"), 0, 65535);
        faults.required_one_of(&port.at("protocol"), &PROTOCOLS);
    }
}

/// The name of a port: at most 15 lower-case letters, digits and single dashes inside, with a letter among them.
pub(super) fn port_name(name: &str) -> Result<(), String> {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let why = if name.len() > 15 {
        "must be no more than 15 characters"
    } else if !name.bytes().all(inner) {
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    } else if !name.bytes().any(|b| b.is_ascii_lowercase()) {
        "must contain at least one letter (a-z)"
    } else if name.contains("--") {
        "must not contain consecutive hyphens"
    } else if name.starts_with('-') || name.ends_with('-') {
        "must not begin or end with a hyphen"
    } else {
        return Ok(());
    };
    Err(why.to_owned())
}

/// A port as a number or as the name of one.
pub(super) fn port_reference(port: &Field<'_, '_>, faults: &mut Faults) {
    match port.value {
        serde_json::Value::String(_) => {
            if let Err(why) = port_name(port.text()) {
                faults.invalid(port, &why);
            }
        }
        _ if !port.number().is_some_and(|number| (1..=65535).contains(&number)) => {
            faults.invalid(port, "must be between 1 and 65535, inclusive");
        }
        _ => {}
    }
}

fn environment(variable: &Field<'_, '_>, faults: &mut Faults) {
    let name = variable.at("name");
    if faults.present(&name) && !name.text().bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=') {
        faults.invalid(&name, "a valid environment variable name must consist only of printable ASCII characters other than '='");
    }
    let from = variable.at("valueFrom");
    if from.is_absent() {
        return;
    }
    match from.count(&["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"]) {
        0 => {
            let what = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
            faults.invalid(&from, what);
        }
        1 if !variable.at("value").is_empty() => faults.invalid(&from, "may not be specified when `value` is not empty"),
        1 => {}
        _ => faults.invalid(&from, "may not have more than one field specified at a time"),
    }
    for source in ["configMapKeyRef", "secretKeyRef"] {
        let reference = from.at(source);
        if !reference.is_absent() {
            faults.present(&reference.at("name"));
            faults.present(&reference.at("key"));
        }
    }
    if !from.at("fieldRef").is_absent() {
        faults.present(&from.deep(&["fieldRef", "fieldPath"]));
    }
    if !from.at("resourceFieldRef").is_absent() {
        faults.present(&from.deep(&["resourceFieldRef", "resource"]));
    }
}

fn environment_source(source: &Field<'_, '_>, faults: &mut Faults) {
    match source.count(&["configMapRef", "secretRef"]) {
        0 => faults.invalid(source, "must specify one of: `configMapRef` or `secretRef`"),
        1 => {}
        _ => faults.invalid(source, "may not have more than one field specified at a time"),
    }
    for name in ["configMapRef", "secretRef"] {
        if !source.at(name).is_absent() {
            faults.present(&source.at(name).at("name"));
        }
    }
}

fn mounts(container: &Field<'_, '_>, volumes: &HashSet<&str>, faults: &mut Faults) {
    let mut places = HashSet::new();
    for mount in container.at("volumeMounts").items() {
        of_volume(&mount.at("name"), volumes, faults);
        let place = mount.at("mountPath");
        if faults.present(&place) && !places.insert(place.text()) {
            faults.invalid(&place, "must be unique");
        }
        let sub = mount.at("subPath");
        if sub.text().starts_with('/') {
            faults.invalid(&sub, "must be a relative path");
        } else if sub.text().split('/').any(|part| part == "..") {
            faults.invalid(&sub, "must not contain '..'");
        }
        if !sub.is_empty() && !mount.at("subPathExpr").is_empty() {
            faults.invalid(&mount.at("subPathExpr"), "subPathExpr and subPath are mutually exclusive");
        }
        faults.one_of(&mount.at("mountPropagation"), &["Bidirectional", "HostToContainer", "None"]);
    }
    for device in container.at("volumeDevices").items() {
        of_volume(&device.at("name"), volumes, faults);
        faults.present(&device.at("devicePath"));
    }
}

fn of_volume(name: &Field<'_, '_>, volumes: &HashSet<&str>, faults: &mut Faults) {
    if faults.present(name) && !volumes.contains(name.text()) {
        faults.not_found(name);
    }
}

/// What a container asks for and what it may have at most.
pub(super) fn resources(resources: &Field<'_, '_>, faults: &mut Faults) {
    if resources.is_empty() {
        return;
    }
    let limits = resources.at("limits");
    for list in ["limits", "requests"] {
        for (name, amount) in resources.at(list).entries() {
            resource_amount(name, &amount, faults);
        }
    }
    for (name, amount) in resources.at("requests").entries() {
        let limit = limits.key(name);
        if let (Some(request), Some(most)) = (amount.quantity(), limit.quantity())
            && request > most
        {
            let requests = resources.at("requests");
            let why = format!("must be less than or equal to {name} limit of {}", limit.text());
            faults.invalid(&Field::root_like(&requests, amount.value), &why);
        }
    }
}

/// An amount of a resource: its name is qualified, and it is not negative.
pub(super) fn resource_amount(name: &str, amount: &Field<'_, '_>, faults: &mut Faults) {
    if let Err(why) = qualified_name(name) {
        faults.invalid(&Field::root_like(amount, &name.into()), &why);
    } else if !name.contains('/') && !is_standard(name) {
        let why = "must be a standard resource type or fully qualified";
        faults.invalid(&Field::root_like(amount, &name.into()), why);
    }
    if amount.quantity().is_some_and(|quantity| quantity < 0) {
        faults.invalid(amount, "must be greater than or equal to 0");
    }
}

fn is_standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage" | "storage") || name.starts_with("hugepages-")
}

fn probe(probe: &Field<'_, '_>, name: &str, faults: &mut Faults) {
    if probe.is_absent() {
        return;
    }
    handler(probe, &HANDLERS, faults);
    for number in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        faults.at_least(&probe.at(number), 0);
    }
    if name != "readinessProbe" && probe.at("successThreshold").number().is_some_and(|number| number != 1) {
        faults.invalid(&probe.at("successThreshold"), "must be 1");
    }
}

fn handler(handler: &Field<'_, '_>, kinds: &[&'static str], faults: &mut Faults) {
    match handler.count(kinds) {
        0 => faults.required(handler, "must specify a handler type"),
        1 => {}
        _ => faults.forbidden(handler, "may not specify more than 1 handler type"),
    }
    if !handler.at("exec").is_absent() {
        faults.present(&handler.deep(&["exec", "command"]));
    }
    let get = handler.at("httpGet");
    if !get.is_absent() {
        faults.present(&get.at("path"));
        port_reference(&get.at("port"), faults);
        faults.one_of(&get.at("scheme"), &["HTTP", "HTTPS"]);
    }
    for kind in ["tcpSocket", "grpc"] {
        if !handler.at(kind).is_absent() {
            port_reference(&handler.at(kind).at("port"), faults);
        }
    }
}
