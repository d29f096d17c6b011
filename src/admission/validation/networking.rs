//! Ingresses and network policies.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/>.

use std::net::IpAddr;

use super::containers::{port_name, port_reference};
use super::field::{Faults, Field};
use super::labels;
use crate::object::names::{dns_1035_label, dns_label, dns_subdomain};

pub(super) fn ingress(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (fallback, rules) = (spec.at("defaultBackend"), spec.at("rules"));
    if fallback.is_absent() && rules.is_empty() {
        faults.invalid(spec, "either `defaultBackend` or `rules` must be specified");
    }
    if !fallback.is_absent() {
        backend(&fallback, faults);
    }
    for rule in rules.items() {
        host(&rule.at("host"), faults);
        let http = rule.at("http");
        if http.is_absent() {
            continue;
        }
        if http.at("paths").is_empty() {
            faults.required(&http.at("paths"), "");
        }
        http.at("paths").items().for_each(|path| ingress_path(&path, faults));
    }
    for tls in spec.at("tls").items() {
        tls.at("hosts").items().for_each(|name| host(&name, faults));
    }
    faults.named(&spec.at("ingressClassName"), dns_subdomain);
}

fn host(host: &Field<'_, '_>, faults: &mut Faults) {
    if host.is_empty() {
        return;
    }
    if host.text().parse::<IpAddr>().is_ok() {
        faults.invalid(host, "must be a DNS name, not an IP address");
    } else if let Err(why) = dns_subdomain(host.text().strip_prefix("*.").unwrap_or(host.text())) {
        faults.invalid(host, &why);
    }
}

fn ingress_path(path: &Field<'_, '_>, faults: &mut Faults) {
    let (kind, text) = (path.at("pathType"), path.at("path"));
    match kind.text() {
        "" => faults.required(&kind, "pathType must be specified"),
        "Exact" | "Prefix" => {
            if !text.text().starts_with('/') {
                faults.invalid(&text, "must be an absolute path");
            }
            for sequence in ["//", "/./", "/../", "%2f", "%2F"] {
                if text.text().contains(sequence) {
                    faults.invalid(&text, &format!("must not contain '{sequence}'"));
                }
            }
            for suffix in ["/..", "/."] {
                if text.text().ends_with(suffix) {
                    faults.invalid(&text, &format!("cannot end with '{suffix}'"));
                }
            }
        }
        "ImplementationSpecific" if !text.is_empty() && !text.text().starts_with('/') => {
            faults.invalid(&text, "must be an absolute path");
        }
        "ImplementationSpecific" => {}
        _ => faults.not_supported(&kind, &["Exact", "ImplementationSpecific", "Prefix"]),
    }
    backend(&path.at("backend"), faults);
}

fn backend(backend: &Field<'_, '_>, faults: &mut Faults) {
    let (service, resource) = (backend.at("service"), backend.at("resource"));
    if !resource.is_absent() {
        if !service.is_absent() {
            faults.invalid(backend, "cannot set both resource and service backends");
        }
        faults.present(&resource.at("kind"));
        faults.present(&resource.at("name"));
        return;
    }
    faults.required_name(&service.at("name"), dns_1035_label);
    let port = service.at("port");
    match (port.at("name").is_empty(), port.at("number").number().unwrap_or_default()) {
        (true, 0) => faults.required(&port, "port name or number is required"),
        (false, 0) => {
            if let Err(why) = port_name(port.at("name").text()) {
                faults.invalid(&port.at("name"), &why);
            }
        }
        (true, _) => faults.between(&port.at("number"), 1, 65535),
        (false, _) => faults.invalid(&port, "cannot set both port name & port number"),
    }
}

pub(super) fn network_policy(spec: &Field<'_, '_>, faults: &mut Faults) {
    labels::selector(&spec.at("podSelector"), faults);
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.at(list).items() {
            rule.at("ports").items().for_each(|port| policy_port(&port, faults));
            rule.at(peers).items().for_each(|peer| policy_peer(&peer, faults));
        }
    }
    for kind in spec.at("policyTypes").items() {
        if !matches!(kind.text(), "Ingress" | "Egress") {
            faults.not_supported(&kind, &["Egress", "Ingress"]);
        }
    }
}

fn policy_port(port: &Field<'_, '_>, faults: &mut Faults) {
    faults.one_of(&port.at("protocol"), &["SCTP", "TCP", "UDP"]);
    let (first, last) = (port.at("port"), port.at("endPort"));
    if !first.is_absent() {
        port_reference(&first, faults);
    }
    let Some(end) = last.number() else { return };
    match first.number() {
        Some(start) if end < start => faults.invalid(&last, "must be greater than or equal to `port`"),
        Some(_) => {}
        None if first.is_absent() => faults.required(&first, "must be specified when `endPort` is specified"),
        None => faults.invalid(&last, "may not be specified when `port` is non-numeric"),
    }
}

fn policy_peer(peer: &Field<'_, '_>, faults: &mut Faults) {
    let (pods, spaces, block) = (peer.at("podSelector"), peer.at("namespaceSelector"), peer.at("ipBlock"));
    labels::selector(&pods, faults);
    labels::selector(&spaces, faults);
    if peer.count(&["podSelector", "namespaceSelector", "ipBlock"]) == 0 {
        faults.required(peer, "must specify a peer");
    } else if peer.count(&["ipBlock"]) == 1 && peer.count(&["podSelector", "namespaceSelector"]) > 0 {
        faults.forbidden(peer, "may not specify both ipBlock and another peer");
    }
    if !block.is_absent() && faults.present(&block.at("cidr")) && !is_cidr(block.at("cidr").text()) {
        faults.invalid(&block.at("cidr"), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let length = length.parse::<u8>().ok();
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => length.is_some_and(|length| length <= 32),
        Ok(IpAddr::V6(_)) => length.is_some_and(|length| length <= 128),
        Err(_) => false,
    }
}

pub(super) fn endpoint_slice(ports: &Field<'_, '_>, faults: &mut Faults) {
    for port in ports.items() {
        faults.named(&port.at("name"), dns_label);
        faults.one_of(&port.at("protocol"), &["SCTP", "TCP", "UDP"]);
    }
}
