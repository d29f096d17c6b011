//! Containers: those that run beside each other, those that run before, and those that join later.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/>.

use super::field::{Faults, Field};
use super::handlers::{self, PROBES};
use super::pods::Pod;
use super::seen::Seen;
use super::{environment, mounts, resources, security};
use crate::object::names::dns_label;

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];

/// The most rules of a restart policy, and the most exit codes of one.
const RESTART_RULES: usize = 20;
const EXIT_CODES: usize = 255;

/// What a container that joins a running pod cannot have.
const NOT_LATER: [&str; 9] = [
    "ports",
    "resources",
    "resizePolicy",
    "restartPolicy",
    "restartPolicyRules",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
];

/// The containers that run beside each other.
pub(super) fn containers<'v>(list: &Field<'_, 'v>, pod: &Pod<'v>, faults: &mut Faults) {
    if list.is_empty() {
        return faults.required(list, "");
    }
    let mut names = Seen::default();
    for container in list.items() {
        common(&container, pod, faults);
        once(&container.at("name"), &mut names, faults);
        handlers_of(&container, pod, faults);
        restart_rules(&container, faults);
    }
    host_ports(list.items(), faults);
}

/// The containers that run before the others, or, restarted always, beside them from the start.
pub(super) fn init_containers<'v>(list: &Field<'_, 'v>, others: &Field<'_, 'v>, pod: &Pod<'v>, faults: &mut Faults) {
    let mut names = names_of(others);
    for container in list.items() {
        common(&container, pod, faults);
        let policy = container.at("restartPolicy");
        let stays = policy.text() == "Always";
        restart_rules(&container, faults);
        once(&container.at("name"), &mut names, faults);
        host_ports(std::iter::once(container), faults);
        if stays {
            handlers_of(&container, pod, faults);
            continue;
        }
        for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if !container.at(name).is_absent() {
                faults.forbidden(&container.at(name), "may not be set for init containers without restartPolicy=Always");
            }
        }
        for policy in container.at("resizePolicy").items() {
            let restart = policy.at("restartPolicy");
            if restart.text() == "RestartContainer" {
                faults.invalid(&restart, "must not be set to 'RestartContainer' for non-sidecar initContainers");
            }
        }
    }
}

/// The containers that join a running pod: what a pod rests on is none of theirs.
pub(super) fn ephemeral_containers<'v>(spec: &Field<'_, 'v>, pod: &Pod<'v>, faults: &mut Faults) {
    let list = spec.at("ephemeralContainers");
    if list.is_empty() {
        return;
    }
    let others: Seen<'v> = [spec.at("containers"), spec.at("initContainers")].iter().flat_map(names_in).collect();
    let mut names: Seen<'v> = [spec.at("containers"), spec.at("initContainers")].iter().flat_map(names_in).collect();
    for container in list.items() {
        common(&container, pod, faults);
        trimmed(&container, faults);
        once(&container.at("name"), &mut names, faults);
        let target = container.at("targetContainerName");
        if !target.is_empty() && !others.contains(target.text()) {
            faults.not_found(&target);
        }
        for name in NOT_LATER {
            if !container.at(name).is_empty() {
                faults.forbidden(&container.at(name), "cannot be set for an Ephemeral Container");
            }
        }
        for mount in container.at("volumeMounts").items() {
            for part in ["subPath", "subPathExpr"] {
                if !mount.at(part).is_empty() {
                    faults.forbidden(&mount.at(part), "cannot be set for an Ephemeral Container");
                }
            }
        }
    }
}

fn names_in<'v>(list: &Field<'_, 'v>) -> impl Iterator<Item = &'v str> {
    list.value.as_array().into_iter().flatten().filter_map(|container| container.get("name")?.as_str())
}

/// The names of the containers in a list.
pub(super) fn names_of<'v>(list: &Field<'_, 'v>) -> Seen<'v> {
    names_in(list).collect()
}

fn once<'v>(name: &Field<'_, 'v>, seen: &mut Seen<'v>, faults: &mut Faults) {
    if !name.is_empty() && !seen.insert(name.text()) {
        faults.duplicate(name);
    }
}

fn common(container: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    faults.required_name(&container.at("name"), dns_label);
    faults.present(&container.at("image"));
    faults.required_one_of(&container.at("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"]);
    ports(&container.at("ports"), faults);
    container.at("env").items().for_each(|variable| environment::variable(&variable, faults));
    environment::sources(&container.at("envFrom"), faults);
    mounts::mounts(container, pod, faults);
    pull_policy(&container.at("imagePullPolicy"), faults);
    resources::of_container(&container.at("resources"), pod, faults);
    resources::resize_policies(&container.at("resizePolicy"), pod.restart_policy, faults);
    security::of_container(&container.at("securityContext"), pod, faults);
}

/// When an image is fetched anew.
pub(super) fn pull_policy(policy: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_one_of(policy, &PULL_POLICIES);
}

/// The image of a container of a pod. In templates, spaces around it are left to whoever reads them.
pub(super) fn trimmed(container: &Field<'_, '_>, faults: &mut Faults) {
    let image = container.at("image");
    if image.text().trim() != image.text() {
        faults.invalid(&image, "must not have leading or trailing whitespace");
    }
}

fn handlers_of(container: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    handlers::lifecycle(&container.at("lifecycle"), pod, faults);
    for name in PROBES {
        handlers::probe(&container.at(name), name, pod, faults);
    }
}

/// Whether a container is started again, apart from what its pod says, and after which exits.
fn restart_rules(container: &Field<'_, '_>, faults: &mut Faults) {
    let (policy, rules) = (container.at("restartPolicy"), container.at("restartPolicyRules"));
    if policy.is_absent() {
        if rules.is_empty() {
            return;
        }
        faults.required(&policy, "must specify restartPolicy when restart rules are used");
    } else if !matches!(policy.text(), "Always" | "Never" | "OnFailure") {
        faults.not_supported(&policy, &["Always", "Never", "OnFailure"]);
    }
    faults.too_many_items(&rules, RESTART_RULES);
    for rule in rules.items() {
        let (action, codes) = (rule.at("action"), rule.at("exitCodes"));
        if !matches!(action.text(), "Restart" | "RestartAllContainers") {
            faults.not_supported(&action, &["Restart", "RestartAllContainers"]);
        }
        if codes.is_absent() {
            faults.required(&codes, "must be specified");
            continue;
        }
        let operator = codes.at("operator");
        if !matches!(operator.text(), "In" | "NotIn") {
            faults.not_supported(&operator, &["In", "NotIn"]);
        }
        faults.too_many_items(&codes.at("values"), EXIT_CODES);
    }
}

fn ports(ports: &Field<'_, '_>, faults: &mut Faults) {
    let mut names = Seen::default();
    for port in ports.items() {
        let name = port.at("name");
        if !name.is_empty() {
            match port_name(name.text()) {
                Err(why) => faults.invalid(&name, &why),
                Ok(()) if !names.insert(name.text()) => faults.duplicate(&name),
                Ok(()) => {}
            }
        }
        match port.at("containerPort").number() {
            None | Some(0) => faults.required(&port.at("containerPort"), ""),
            Some(_) => faults.between(&port.at("containerPort"), 1, 65535),
        }
        if port.at("hostPort").number() != Some(0) {
            faults.between(&port.at("hostPort"), 1, 65535);
        }
        faults.required_one_of(&port.at("protocol"), &PROTOCOLS);
    }
}

/// Two containers cannot have one port of the host.
fn host_ports<'p, 'v: 'p>(containers: impl Iterator<Item = Field<'p, 'v>>, faults: &mut Faults) {
    let mut taken = std::collections::HashSet::new();
    for container in containers {
        for port in container.at("ports").items() {
            let host = port.at("hostPort");
            let Some(number) = host.number().filter(|number| *number != 0) else { continue };
            let (protocol, address) = (port.at("protocol").text(), port.at("hostIP").text());
            if !taken.insert((number, protocol, address)) {
                faults.duplicate_as(&host, &format!("{protocol}/{address}/{number}"));
            }
        }
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
