//! Services: their type, ports and what each type allows. Their addresses are judged in `service_addresses`.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/>.

use std::collections::HashSet;

use super::addresses::{network_in, port as port_number, reachable, texts};
use super::containers::port_reference;
use super::field::{Faults, Field, differs};
use super::seen::Seen;
use super::written::Written;
use super::{labels, service_addresses};
use crate::object::names::{dns_label, dns_subdomain, qualified_name};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const BALANCED_ONLY: &str = "may only be used when `type` is 'LoadBalancer'";
const DISTRIBUTIONS: [&str; 3] = ["PreferClose", "PreferSameNode", "PreferSameZone"];
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
pub(super) const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
pub(super) const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";

pub(super) fn service(written: Written<'_>, faults: &mut Faults) {
    let (spec, metadata) = (written.at("spec"), written.at("metadata"));
    if let Some(before) = written.had("spec") {
        service_addresses::changed(&spec, &before, faults);
        class_stays(&spec, &before, faults);
        check_port_stays(&spec, &before, faults);
    }
    topology(&metadata.at("annotations"), faults);
    if spec.at("ports").is_empty() && !service_addresses::is_headless(&spec) && spec.at("type").text() != "ExternalName" {
        faults.required(&spec.at("ports"), "");
    }
    by_type(&spec, faults);
    ports(&spec, faults);
    labels::labels(&spec.at("selector"), faults);
    affinity(&spec, faults);
    let nothing = Field::root("spec", None);
    let had = written.had("spec").unwrap_or(nothing);
    service_addresses::addresses(&spec, &texts(&had.at("clusterIPs")), faults);
    let known = texts(&had.at("externalIPs"));
    spec.at("externalIPs").items().for_each(|address| reachable(&address, &known, faults));
    faults.required_one_of(&spec.at("type"), &TYPES);
    node_ports(&spec, faults);
    duplicate_ports(&spec, faults);
    balancer(&spec, &metadata, &known_ranges(written), faults);
    traffic(&spec, faults);
}

fn topology(annotations: &Field<'_, '_>, faults: &mut Faults) {
    let (hints, mode) = (annotations.key(TOPOLOGY_HINTS), annotations.key(TOPOLOGY_MODE));
    if !hints.is_absent() && !mode.is_absent() && hints.value != mode.value {
        faults.invalid(&mode, &format!("must match annotations[{TOPOLOGY_HINTS}] when both are specified"));
    }
}

fn by_type(spec: &Field<'_, '_>, faults: &mut Faults) {
    match spec.at("type").text() {
        kind @ ("LoadBalancer" | "NodePort") if service_addresses::is_headless(spec) => {
            let list = spec.at("clusterIPs");
            let why = format!("may not be set to 'None' for {kind} services");
            list.items().take(1).for_each(|first| faults.invalid(&first, &why));
        }
        "ExternalName" => external_name(spec, faults),
        _ => {}
    }
}

fn external_name(spec: &Field<'_, '_>, faults: &mut Faults) {
    for name in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if !spec.at(name).is_empty() {
            faults.forbidden(&spec.at(name), "may not be set for ExternalName services");
        }
    }
    // A name may end in a dot, which says that it is complete.
    let name = spec.at("externalName");
    let stated = name.text().strip_suffix('.').unwrap_or(name.text());
    if stated.is_empty() {
        faults.required(&name, "");
    } else if let Err(why) = dns_subdomain(stated) {
        faults.invalid_hidden(&name, stated, &why);
    }
}

fn ports(spec: &Field<'_, '_>, faults: &mut Faults) {
    let list = spec.at("ports");
    let several = list.length() > 1;
    let mut names = HashSet::new();
    for port in list.items() {
        let (name, target) = (port.at("name"), port.at("targetPort"));
        if !name.is_empty() {
            faults.named(&name, dns_label);
            faults.once(&name, &mut names);
        } else if several {
            faults.required(&name, "");
        }
        port_number(&port.at("port"), faults);
        faults.required_one_of(&port.at("protocol"), &["SCTP", "TCP", "UDP"]);
        if !target.is_absent() {
            port_reference(&target, faults);
        }
        if let (false, Err(why)) = (port.at("appProtocol").is_absent(), qualified_name(port.at("appProtocol").text())) {
            faults.invalid(&port.at("appProtocol"), &why);
        }
    }
}

fn affinity(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (kind, config) = (spec.at("sessionAffinity"), spec.at("sessionAffinityConfig"));
    faults.required_one_of(&kind, &["ClientIP", "None"]);
    match kind.text() {
        "None" if !config.is_absent() => faults.forbidden(&config, "must not be set when session affinity is None"),
        "ClientIP" => {
            let timeout = config.deep(&["clientIP", "timeoutSeconds"]);
            match timeout.number() {
                None => faults.required(&config, "when session affinity type is ClientIP"),
                Some(1..=86_400) => {}
                Some(_) => faults.invalid(&timeout, "must be greater than 0 and less than 86400"),
            }
        }
        _ => {}
    }
}

fn node_ports(spec: &Field<'_, '_>, faults: &mut Faults) {
    let inside = spec.at("type").text() == "ClusterIP";
    let mut seen = HashSet::new();
    for port in spec.at("ports").items() {
        let node = port.at("nodePort");
        let Some(taken) = node.number().filter(|number| *number != 0) else { continue };
        if inside {
            faults.forbidden(&node, "may not be used when `type` is 'ClusterIP'");
        }
        if !seen.insert((taken, port.at("protocol").text())) {
            faults.duplicate(&node);
        }
    }
}

fn duplicate_ports(spec: &Field<'_, '_>, faults: &mut Faults) {
    let mut seen = HashSet::new();
    for port in spec.at("ports").items() {
        let (number, protocol) = (port.at("port"), port.at("protocol"));
        if !seen.insert((number.number(), protocol.text())) {
            let key = serde_json::json!({"port": number.value, "protocol": protocol.value});
            faults.duplicate(&Field::root_like(&port, &key));
        }
    }
}

fn balancer(spec: &Field<'_, '_>, metadata: &Field<'_, '_>, known: &Seen<'_>, faults: &mut Faults) {
    let balanced = spec.at("type").text() == "LoadBalancer";
    source_ranges(spec, metadata, known, balanced, faults);
    if !balanced && !spec.at("allocateLoadBalancerNodePorts").is_absent() {
        faults.forbidden(&spec.at("allocateLoadBalancerNodePorts"), BALANCED_ONLY);
    }
    let class = spec.at("loadBalancerClass");
    if class.is_absent() {
        return;
    }
    if !balanced {
        faults.forbidden(&class, BALANCED_ONLY);
    } else if let Err(why) = qualified_name(class.text()) {
        faults.invalid(&class, &why);
    }
}

/// The path of the ranges has a capital letter upstream, which clients see. Of old they stand in an annotation.
fn source_ranges(spec: &Field<'_, '_>, metadata: &Field<'_, '_>, known: &Seen<'_>, balanced: bool, faults: &mut Faults) {
    let shown = spec.at("LoadBalancerSourceRanges");
    let ranges = Field::root_like(&shown, spec.at("loadBalancerSourceRanges").value);
    let annotations = metadata.at("annotations");
    let annotation = annotations.key(SOURCE_RANGES);
    if !ranges.is_empty() {
        if !balanced {
            faults.forbidden(&ranges, BALANCED_ONLY);
        }
        for range in ranges.items() {
            network_in(&range, range.text().trim(), known, faults);
        }
    } else if !annotation.is_absent() {
        if !balanced {
            faults.forbidden(&annotation, BALANCED_ONLY);
        }
        let text = annotation.text().trim();
        for range in text.split(',').filter(|_| !text.is_empty()) {
            network_in(&annotation, range.trim(), known, faults);
        }
    }
}

/// The ranges that stood there before, in the field or in the annotation.
fn known_ranges(written: Written<'_>) -> Seen<'_> {
    let Some(before) = written.before else { return Seen::default() };
    let ranges = before.get(&["spec", "loadBalancerSourceRanges"]).and_then(serde_json::Value::as_array);
    let ranges = ranges.into_iter().flatten().filter_map(serde_json::Value::as_str);
    let annotated = before.annotation(SOURCE_RANGES).unwrap_or_default().split(',');
    ranges.chain(annotated).map(str::trim).collect()
}

fn traffic(spec: &Field<'_, '_>, faults: &mut Faults) {
    let outside = spec.at("externalTrafficPolicy");
    if !is_reached_from_outside(spec) {
        if !outside.is_empty() {
            faults.invalid(&outside, "may only be set for externally-accessible services");
        }
    } else {
        faults.required_one_of(&outside, &["Cluster", "Local"]);
    }
    let check = spec.at("healthCheckNodePort");
    match check.number().filter(|number| *number != 0) {
        Some(_) if !needs_health_check(spec) => {
            faults.invalid(&check, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'");
        }
        Some(_) => port_number(&check, faults),
        None => {}
    }
    faults.one_of(&spec.at("internalTrafficPolicy"), &["Cluster", "Local"]);
    let distribution = spec.at("trafficDistribution");
    if !distribution.is_absent() && !DISTRIBUTIONS.contains(&distribution.text()) {
        faults.not_supported(&distribution, &DISTRIBUTIONS);
    }
}

fn is_reached_from_outside(spec: &Field<'_, '_>) -> bool {
    match spec.at("type").text() {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => !spec.at("externalIPs").is_empty(),
        _ => false,
    }
}

fn needs_health_check(spec: &Field<'_, '_>) -> bool {
    spec.at("type").text() == "LoadBalancer" && spec.at("externalTrafficPolicy").text() == "Local"
}

fn class_stays(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let both = [spec, before].iter().all(|spec| spec.at("type").text() == "LoadBalancer");
    let class = spec.at("loadBalancerClass");
    if both && differs(&class, &before.at("loadBalancerClass")) {
        faults.invalid(&class, "may not change once set");
    }
}

fn check_port_stays(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let both = needs_health_check(spec) && needs_health_check(before);
    let port = spec.at("healthCheckNodePort");
    if both && port.value != before.at("healthCheckNodePort").value {
        faults.forbidden(&port, "field is immutable");
    }
}

/// The status of a service: what its load balancer says of itself.
pub(super) fn status(written: Written<'_>, faults: &mut Faults) {
    let (spec, status) = (written.at("spec"), written.at("status"));
    let balancer = status.at("loadBalancer");
    let ingress = balancer.at("ingress");
    if spec.at("type").text() != "LoadBalancer" && !ingress.is_empty() {
        return faults.forbidden(&ingress, "may only be used when `spec.type` is 'LoadBalancer'");
    }
    let known = known_points(written);
    for point in ingress.items() {
        let (address, mode) = (point.at("ip"), point.at("ipMode"));
        balancer_point(&point, &known, faults);
        if mode.is_absent() {
            if !address.is_empty() {
                faults.required(&mode, "must be specified when `ip` is set");
            }
        } else if address.is_empty() {
            faults.forbidden(&mode, "may not be specified when `ip` is not set");
        } else if !["Proxy", "VIP"].contains(&mode.text()) {
            faults.not_supported(&mode, &["Proxy", "VIP"]);
        }
    }
}

/// The addresses at which a load balancer took traffic before.
pub(super) fn known_points(written: Written<'_>) -> Seen<'_> {
    let had = written.had("status");
    let list = had.as_ref().and_then(|status| status.value.get("loadBalancer")?.get("ingress")?.as_array());
    list.into_iter().flatten().filter_map(|point| point.get("ip")?.as_str()).collect()
}

/// A point at which a load balancer takes traffic, by address or by name.
pub(super) fn balancer_point(point: &Field<'_, '_>, known: &Seen<'_>, faults: &mut Faults) {
    let (address, host) = (point.at("ip"), point.at("hostname"));
    if !address.is_empty() {
        super::addresses::address(&address, known, faults);
    }
    faults.named(&host, dns_subdomain);
    if host.text().parse::<std::net::IpAddr>().is_ok() {
        faults.invalid(&host, "must be a DNS name, not an IP address");
    }
}
