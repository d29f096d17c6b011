//! What is to be said of services, of what is behind them and of who may reach whom: members that count for nothing, and addresses that
//! are not written the usual way.

use std::net::IpAddr;

use super::Warnings;
use crate::admission::validation::addresses::{as_written, masked, read_address, read_network, width};
use crate::admission::validation::field::Field;
use crate::admission::validation::services::{TOPOLOGY_HINTS, TOPOLOGY_MODE};
use crate::object::Object;

/// Who says by a label that it wrote an object, and never writes an address another way than the usual.
const OF_ENDPOINTS: (&str, &[&str]) = ("endpoints.kubernetes.io/managed-by", &["endpoint-controller"]);
const OF_SLICES: (&str, &[&str]) =
    ("endpointslice.kubernetes.io/managed-by", &["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"]);

const INGRESS_CLASS: &str = "kubernetes.io/ingress.class";

pub(super) fn service(object: &Object, spec: &Field<'_, '_>, said: &mut Warnings) {
    if object.annotation(TOPOLOGY_HINTS).is_some() {
        said.0.push(format!("annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead"));
    }
    let (kind, single) = (spec.at("type").text(), spec.at("clusterIP").text());
    if !matches!(single, "" | "None") {
        spec.at("clusterIPs").items().for_each(|one| address(&one, one.text(), said));
    }
    let (outside, balanced) = (spec.at("externalIPs"), spec.at("loadBalancerIP"));
    let headless = kind == "ClusterIP" && single == "None";
    if headless {
        let ignored = [
            (!balanced.is_empty(), "loadBalancerIP"),
            (!outside.is_empty(), "externalIPs"),
            (spec.at("sessionAffinity").text() != "None", "SessionAffinity"),
        ];
        let ignored = ignored.into_iter().filter(|(stated, _)| *stated);
        said.0.extend(ignored.map(|(_, name)| format!("spec.{name} is ignored for headless services")));
    }
    outside.items().for_each(|one| address(&one, one.text(), said));
    let external = kind == "ExternalName";
    if !outside.is_empty() && !headless && !external {
        said.0.push("spec.externalIPs is deprecated and may no longer be implemented in some clusters".to_owned());
    }
    if !balanced.is_empty() {
        address(&balanced, balanced.text(), said);
    }
    spec.at("loadBalancerSourceRanges").items().for_each(|range| network(&range, said));
    if external && !outside.is_empty() {
        said.0.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !external && !spec.at("externalName").is_empty() {
        said.0.push("spec.externalName is ignored when spec.type is not \"ExternalName\"".to_owned());
    }
    let distribution = spec.at("trafficDistribution");
    if distribution.text() == "PreferClose" {
        said.say(&distribution, "\"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
}

/// Where a load balancer takes traffic.
pub(super) fn balancer(status: &Field<'_, '_>, said: &mut Warnings) {
    for point in status.deep(&["loadBalancer", "ingress"]).items().filter(|point| !point.at("ip").is_empty()) {
        address(&point, point.at("ip").text(), said);
    }
}

/// The addresses of a pod and of its node.
pub(super) fn pod_status(status: &Field<'_, '_>, said: &mut Warnings) {
    for list in ["podIPs", "hostIPs"] {
        status.at(list).items().for_each(|one| address(&one.at("ip"), one.at("ip").text(), said));
    }
}

pub(super) fn endpoints(object: &Object, subsets: &Field<'_, '_>, said: &mut Warnings) {
    if is_by(object, OF_ENDPOINTS) {
        return;
    }
    for subset in subsets.items() {
        for list in ["addresses", "notReadyAddresses"] {
            subset.at(list).items().for_each(|one| address(&one.at("ip"), one.at("ip").text(), said));
        }
    }
}

pub(super) fn slice(object: &Object, endpoints: &Field<'_, '_>, is_new: bool, said: &mut Warnings) {
    let names = object.root().get("addressType").is_some_and(|family| family == "FQDN");
    if names && is_new {
        // The place is upstream's, where no `spec` is either.
        said.0.push("spec.addressType: FQDN endpoints are deprecated".to_owned());
    }
    if names || is_by(object, OF_SLICES) {
        return;
    }
    for endpoint in endpoints.items() {
        endpoint.at("addresses").items().for_each(|one| address(&one, one.text(), said));
    }
}

fn is_by(object: &Object, (label, names): (&str, &[&str])) -> bool {
    object.labels().any(|(key, value)| key == label && names.contains(&value))
}

pub(super) fn policy(spec: &Field<'_, '_>, said: &mut Warnings) {
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.at(list).items() {
            for peer in rule.at(peers).items() {
                let block = peer.at("ipBlock");
                if !block.is_absent() {
                    network(&block.at("cidr"), said);
                    block.at("except").items().for_each(|except| network(&except, said));
                }
            }
        }
    }
}

pub(super) fn ingress(object: &Object, said: &mut Warnings) {
    if object.annotation(INGRESS_CLASS).is_some() {
        said.0.push(format!("annotation {INGRESS_CLASS:?} is deprecated, please use 'spec.ingressClassName' instead"));
    }
}

/// The networks of a node.
pub(super) fn networks(list: &Field<'_, '_>, said: &mut Warnings) {
    list.items().for_each(|one| network(&one, said));
}

/// An address that is read, and is not written the usual way.
fn address(place: &Field<'_, '_>, text: &str, said: &mut Warnings) {
    let Some(read) = read_address(text) else { return };
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(written)) if written.to_ipv4_mapped().is_none() => {
            if written.to_string() != text {
                let why = format!("IPv6 address {text:?} should be in RFC 5952 canonical format (\"{written}\")");
                said.say(place, &why);
            }
        }
        Ok(IpAddr::V4(_)) => {}
        _ => said.say(place, &format!("non-standard IP address {text:?} is invalid: use \"{read}\"")),
    }
}

/// A network that is read, and is not written the usual way.
fn network(place: &Field<'_, '_>, said: &mut Warnings) {
    let text = place.text();
    let Some((read, bits)) = read_network(text) else { return };
    let usual = format!("{}/{bits}", masked(read, bits));
    let known = said.0.len();
    if masked(read, bits) != read {
        let single = format!("{read}/{}", width(read));
        said.say(place, &format!("CIDR value {text:?} is ambiguous in this context (should be {usual:?} or {single:?}?)"));
    }
    match as_written(text) {
        Some((IpAddr::V6(written), length)) if written.to_ipv4_mapped().is_none() => {
            let canonical = format!("{written}/{length}");
            if said.0.len() == known && canonical != text {
                said.say(place, &format!("IPv6 CIDR value {text:?} should be in RFC 5952 canonical format ({canonical:?})"));
            }
        }
        Some((IpAddr::V4(_), _)) => {}
        _ => said.say(place, &format!("non-standard CIDR value {text:?} is invalid: use {usual:?}")),
    }
}
