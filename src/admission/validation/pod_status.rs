//! What a status of a pod may say, and what may follow what.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/>.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use serde_json::Value;

use super::addresses::address;
use super::field::{Faults, Field};
use super::kept::Kept;
use super::pod_annotations;
use super::seen::Seen;
use crate::object::names::{dns_label, dns_subdomain, qualified_name};

const HEALTH: [&str; 3] = ["Healthy", "Unhealthy", "Unknown"];

/// The conditions that the system itself sets. Others have qualified names.
const SYSTEM: [&str; 3] = ["PodScheduled", "Ready", "Initialized"];

/// A pod with a new status and the same with the old one: metadata, spec, and both statuses.
pub(super) fn pod_status(
    metadata: [&Field<'_, '_>; 2],
    spec: &Field<'_, '_>,
    status: &Field<'_, '_>,
    before: &Field<'_, '_>,
    faults: &mut Faults,
) {
    pod_annotations::stay(&metadata[0].at("annotations"), &metadata[1].at("annotations"), faults);
    pod_annotations::judged(&metadata[0].at("annotations"), spec, &Kept::of_pod(metadata[1], spec), faults);
    for condition in status.at("conditions").items() {
        observed(&condition.at("observedGeneration"), faults);
        let kind = condition.at("type");
        if !SYSTEM.contains(&kind.text()) {
            faults.checked(&condition.at_as("type", "Type"), qualified_name);
        }
    }
    nominated(spec, &status.at("nominatedNodeName"), &before.at("nominatedNodeName"), faults);
    observed(&status.at("observedGeneration"), faults);
    faults.unchanged(&status.at("qosClass"), &before.at("qosClass"));
    transitions(spec, status, before, faults);
    claims(&status.at("resourceClaimStatuses"), spec, faults);
    extended_claim(&status.at("extendedResourceClaimStatus"), spec, faults);
    addresses(&status.at("podIPs"), &before.at("podIPs"), faults);
    let hosts = status.at("hostIPs");
    if !hosts.is_empty() {
        let first = hosts.item(0);
        if first.at("ip").text() != status.at("hostIP").text() {
            faults.invalid(&first.at("ip"), "must be equal to `hostIP`");
        }
        addresses(&hosts, &before.at("hostIPs"), faults);
    }
    users(spec, status, faults);
    devices(status, spec, faults);
}

fn observed(generation: &Field<'_, '_>, faults: &mut Faults) {
    if generation.number().is_some_and(|number| number < 0) {
        faults.invalid(generation, "must be a non-negative integer");
    }
}

fn nominated(spec: &Field<'_, '_>, name: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    if name.is_empty() || name.value == before.value {
        return;
    }
    faults.named(name, dns_subdomain);
    if !spec.at("nodeName").is_empty() {
        faults.forbidden(name, "may not be set on pods that are already bound to a node");
    }
}

/// A container that has ended starts again only where the pod or its own rules say so.
fn transitions(spec: &Field<'_, '_>, status: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let all_restart = ["containers", "initContainers"].iter().any(|list| {
        let rules = spec.at_list(list).flat_map(|container| container.get("restartPolicyRules")?.as_array()).flatten();
        rules.into_iter().any(|rule| rule.get("action").is_some_and(|action| action == "RestartAllContainers"))
    });
    for (list, of) in
        [("containerStatuses", Some("containers")), ("initContainerStatuses", Some("initContainers")), ("ephemeralContainerStatuses", None)]
    {
        if all_restart && of.is_some() {
            continue;
        }
        let now: HashMap<&str, &Value> = status.at_list(list).filter_map(|status| Some((status.get("name")?.as_str()?, status))).collect();
        let place = status.at(list);
        for (index, old) in before.at_list(list).enumerate() {
            let (Some(name), Some(end)) = (old.get("name").and_then(Value::as_str), ended(old)) else { continue };
            if now.get(name).is_none_or(|new| ended(new).is_some()) {
                continue;
            }
            let code = end.get("exitCode").and_then(Value::as_i64).unwrap_or_default();
            let own = of.and_then(|of| spec.at_list(of).find(|container| container.get("name").is_some_and(|own| own == name)));
            if !own.is_some_and(|container| restarts(container, spec.at("restartPolicy").text(), code)) {
                let item = place.item(index);
                faults.forbidden(&item.at("state"), "may not be transitioned to non-terminated state");
            }
        }
    }
}

fn ended(status: &Value) -> Option<&Value> {
    status.get("state")?.get("terminated").filter(|end| !end.is_null())
}

/// Whether a container that ended with this code is started again.
fn restarts(container: &Value, policy_of_pod: &str, code: i64) -> bool {
    let by = |policy: &str| match policy {
        "Never" => false,
        "OnFailure" => code != 0,
        _ => true,
    };
    let Some(policy) = container.get("restartPolicy").and_then(Value::as_str) else { return by(policy_of_pod) };
    let rules = container.get("restartPolicyRules").and_then(Value::as_array).into_iter().flatten();
    let matching = rules.filter_map(|rule| rule.get("exitCodes")).any(|codes| {
        let listed = codes.get("values").and_then(Value::as_array).is_some_and(|values| values.contains(&code.into()));
        match codes.get("operator").and_then(Value::as_str) {
            Some("In") => listed,
            Some("NotIn") => !listed,
            _ => false,
        }
    });
    matching || by(policy)
}

fn claims(statuses: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    let known: Seen<'_> = spec.at_list("resourceClaims").filter_map(|claim| claim.get("name")?.as_str()).collect();
    let mut names = Seen::default();
    for status in statuses.items() {
        let (name, claim) = (status.at("name"), status.at("resourceClaimName"));
        if !known.contains(name.text()) {
            faults.invalid(&name, "must match the name of an entry in `spec.resourceClaims`");
        }
        if !names.insert(name.text()) {
            faults.duplicate(&name);
        }
        if !claim.is_absent() {
            // Upstream tells of the claim's name by the place of the entry's.
            faults.checked(&Field::root_like(&name, claim.value), dns_subdomain);
        }
    }
}

/// The claim that was made for devices which containers ask for by amount, and which request of it is for whom.
fn extended_claim(claim: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    if claim.is_absent() {
        return;
    }
    let (mappings, name) = (claim.at("requestMappings"), claim.at("resourceClaimName"));
    if mappings.is_empty() {
        faults.required(&mappings, "at least one request mapping is required");
    }
    let mut seen = HashSet::new();
    for mapping in mappings.items() {
        let (container, resource, request) = (mapping.at("containerName"), mapping.at("resourceName"), mapping.at("requestName"));
        let all = ["containers", "initContainers"].into_iter().flat_map(|list| spec.at_list(list));
        match all.into_iter().find(|one| one.get("name").is_some_and(|name| name == container.value)) {
            None => {
                let why = "must match the name of an entry in spec.initContainers.name or spec.containers.name";
                faults.invalid_as(&container, container.text(), why);
            }
            Some(one) if !requests(one, resource.text()) => {
                let why = "must match the extended resource name of an entry in spec.initContainers.resources.requests or \
                           spec.containers.resources.requests";
                faults.invalid_as(&resource, resource.text(), why);
            }
            Some(_) => {}
        }
        // Upstream tells of the request's name by the place of the whole status.
        let shown = claim.at("requestName");
        faults.checked(&Field::root_like(&shown, request.value), dns_label);
        if !seen.insert((container.text(), resource.text(), request.text())) {
            [&container, &resource, &request].into_iter().for_each(|member| faults.duplicate(member));
        }
    }
    faults.required_name(&name, dns_subdomain);
}

fn requests(container: &Value, resource: &str) -> bool {
    container.get("resources").and_then(|resources| resources.get("requests")?.get(resource)).is_some()
}

/// How the devices of containers are: each is one that the container asks for, and is told of once.
fn devices(status: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    for (list, of) in [("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")] {
        for status in status.at(list).items() {
            let own = spec.at_list(of).find(|one| one.get("name").is_some_and(|name| name == status.at("name").value));
            for allocated in status.at("allocatedResourcesStatus").items() {
                let name = allocated.at("name");
                if let Some(why) = own.and_then(|container| why_not_allocated(container, name.text())) {
                    faults.invalid_as(&name, name.text(), why);
                }
                let mut known = Seen::default();
                for device in allocated.at("resources").items() {
                    let (health, id) = (device.at("health"), device.at("resourceID"));
                    if !HEALTH.contains(&health.text()) {
                        faults.not_supported(&Field::root_like(&health, &health.text().into()), &HEALTH);
                    }
                    if !known.insert(id.text()) {
                        faults.duplicate(&id);
                    }
                }
            }
        }
    }
}

/// Why a container cannot have been given devices under this name: that of a resource it asks for, or of a claim, as `claim:NAME/REQUEST`.
fn why_not_allocated(container: &Value, name: &str) -> Option<&'static str> {
    if !name.starts_with("claim:") {
        return (!requests(container, name)).then_some("must match one of the container's resource requests");
    }
    let claims = container.get("resources").and_then(|resources| resources.get("claims")?.as_array()).into_iter().flatten();
    let text = |claim: &'_ Value, member: &str| claim.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = claims.into_iter().any(|claim| match text(claim, "request").as_str() {
        "" => name == format!("claim:{}", text(claim, "name")),
        request => name == format!("claim:{}/{request}", text(claim, "name")),
    });
    let why = "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if \
               request is empty";
    (!named).then_some(why)
}

/// At most one address of each family. One that was there before is not judged again.
fn addresses(list: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let known: Seen<'_> = before.items().map(|address| address.at("ip").text()).collect();
    let mut families = [0_usize; 2];
    for place in list.items() {
        let text = place.at("ip");
        match address(&Field::root_like(&place, text.value), &known, faults) {
            Some(IpAddr::V4(_)) => families[0] += 1,
            Some(IpAddr::V6(_)) => families[1] += 1,
            None => {}
        }
    }
    if list.size() > 1 && (list.size() > 2 || families != [1, 1]) {
        faults.invalid(list, "may specify no more than one IP for each IP family");
    }
}

/// As whom the processes of a container run.
fn users(spec: &Field<'_, '_>, status: &Field<'_, '_>, faults: &mut Faults) {
    let windows = spec.deep(&["os", "name"]).text() == "windows";
    for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
        for status in status.at(list).items() {
            let user = status.at("user");
            let user = user.at("linux");
            if user.is_absent() {
                continue;
            }
            if windows {
                faults.forbidden(&user, "cannot be set for a windows pod");
                continue;
            }
            for id in ["uid", "gid"] {
                faults.between(&user.at(id), 0, i64::from(i32::MAX));
            }
            user.at("supplementalGroups").items().for_each(|group| faults.between(&group, 0, i64::from(i32::MAX)));
        }
    }
    for status in status.at("ephemeralContainerStatuses").items() {
        if !status.at("allocatedResourcesStatus").is_empty() {
            faults.forbidden(&status.at("allocatedResourcesStatus"), "must not be specified in container status");
        }
    }
}
