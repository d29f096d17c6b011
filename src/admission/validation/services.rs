//! Services.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/>.

use std::collections::HashSet;
use std::net::IpAddr;

use super::containers::port_reference;
use super::field::{Faults, Field};
use super::labels;
use crate::object::names::{dns_label, dns_subdomain};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

pub(super) fn service(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let kind = spec.at("type");
    faults.required_one_of(&kind, &TYPES);
    let headless = spec.at("clusterIP").text() == "None";
    let external = kind.text() == "ExternalName";
    if spec.at("ports").is_empty() && !headless && !external {
        faults.required(&spec.at("ports"), "");
    }
    if kind.text() == "LoadBalancer" && headless {
        faults.invalid(&spec.at("clusterIP"), "may not be set to 'None' for LoadBalancer services");
    }
    if kind.text() == "NodePort" && headless {
        faults.invalid(&spec.at("clusterIP"), "may not be set to 'None' for NodePort services");
    }
    if external {
        external_name(spec, faults);
    }
    ports(spec, faults);
    addresses(spec, before, faults);
    faults.required_one_of(&spec.at("sessionAffinity"), &["ClientIP", "None"]);
    let stays = spec.deep(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"]);
    faults.between(&stays, 1, 86_400);
    labels::labels(&spec.at("selector"), faults);
    faults.one_of(&spec.at("internalTrafficPolicy"), &["Cluster", "Local"]);
    faults.one_of(&spec.at("externalTrafficPolicy"), &["Cluster", "Local"]);
    faults.one_of(&spec.at("ipFamilyPolicy"), &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    spec.at("ipFamilies").items().for_each(|family| faults.one_of(&family, &["IPv4", "IPv6"]));
    let outside = matches!(kind.text(), "NodePort" | "LoadBalancer") || !spec.at("externalIPs").is_empty();
    if !outside && !spec.at("externalTrafficPolicy").is_absent() {
        faults.invalid(&spec.at("externalTrafficPolicy"), "may only be set for externally-accessible services");
    }
    if kind.text() != "LoadBalancer" && !spec.at("loadBalancerClass").is_absent() {
        faults.forbidden(&spec.at("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'");
    }
}

fn external_name(spec: &Field<'_, '_>, faults: &mut Faults) {
    for name in ["clusterIPs", "clusterIP", "ipFamilies", "ipFamilyPolicy"] {
        if !spec.at(name).is_empty() {
            faults.forbidden(&spec.at(name), "may not be set for ExternalName services");
        }
    }
    let name = spec.at("externalName");
    if faults.present(&name)
        && let Err(why) = dns_subdomain(name.text().trim_end_matches('.'))
    {
        faults.invalid(&name, &why);
    }
}

fn ports(spec: &Field<'_, '_>, faults: &mut Faults) {
    let list = spec.at("ports");
    let several = list.value.as_array().is_some_and(|ports| ports.len() > 1);
    let inside = spec.at("type").text() == "ClusterIP";
    let (mut names, mut numbers, mut nodes) = (HashSet::new(), HashSet::new(), HashSet::new());
    for port in list.items() {
        let (name, number, protocol, node) = (port.at("name"), port.at("port"), port.at("protocol"), port.at("nodePort"));
        if name.is_empty() && several {
            faults.required(&name, "");
        }
        faults.named(&name, dns_label);
        if !name.is_empty() && !names.insert(name.text()) {
            faults.duplicate(&name);
        }
        if !number.number().is_some_and(|number| (1..=65535).contains(&number)) {
            faults.invalid(&number, "must be between 1 and 65535, inclusive");
        }
        faults.required_one_of(&protocol, &["SCTP", "TCP", "UDP"]);
        if !port.at("targetPort").is_absent() {
            port_reference(&port.at("targetPort"), faults);
        }
        if !numbers.insert((number.number(), protocol.text())) {
            let key = serde_json::json!({"port": number.value, "protocol": protocol.value});
            faults.duplicate(&Field::root_like(&port, &key));
        }
        let Some(taken) = node.number().filter(|node| *node != 0) else { continue };
        if inside {
            faults.forbidden(&node, "may not be used when `type` is 'ClusterIP'");
        } else if !nodes.insert((taken, protocol.text())) {
            faults.duplicate(&node);
        }
    }
}

/// An address that a service once has stays its own while it is of a type that has one.
fn addresses(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let (own, list) = (spec.at("clusterIP"), spec.at("clusterIPs"));
    if let Some(first) = list.items().next()
        && first.value != own.value
    {
        faults.invalid(&list, "first value must match `clusterIP`");
    }
    if !matches!(own.text(), "" | "None") && own.text().parse::<IpAddr>().is_err() {
        faults.invalid(&own, ADDRESS);
    }
    for address in spec.at("externalIPs").items() {
        if address.text().parse::<IpAddr>().is_err() {
            faults.invalid(&address, ADDRESS);
        }
    }
    let Some(before) = before else { return };
    let had = before.at("clusterIP");
    let moves = [spec, before].iter().any(|spec| spec.at("type").text() == "ExternalName");
    if !moves && !had.is_empty() && had.value != own.value {
        faults.invalid(&list.items().next().unwrap_or(own), "may not change once set");
    }
}
