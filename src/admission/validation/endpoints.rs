//! Endpoints and endpoint slices: where the traffic of a service goes.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/>.

use std::collections::HashSet;
use std::net::IpAddr;

use super::addresses::{address, not_special, port as port_number};
use super::field::{Faults, Field, differs};
use super::labels;
use super::seen::Seen;
use super::written::Written;
use crate::object::names::{dns_label, dns_subdomain, label_value, qualified_name};

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const FAMILIES: [&str; 3] = ["FQDN", "IPv4", "IPv6"];

const MOST_ENDPOINTS: usize = 1000;
const MOST_ADDRESSES: usize = 100;
const MOST_PORTS: usize = 20_000;
const MOST_TOPOLOGY: usize = 16;
const MOST_HINTS: usize = 8;

pub(super) fn endpoints(written: Written<'_>, faults: &mut Faults) {
    let known = known_addresses(written);
    for subset in written.at("subsets").items() {
        let (ready, waiting, ports) = (subset.at("addresses"), subset.at("notReadyAddresses"), subset.at("ports"));
        if ready.is_empty() && waiting.is_empty() {
            faults.required(&subset, "must specify `addresses` or `notReadyAddresses`");
        }
        ready.items().for_each(|one| endpoint_address(&one, &known, faults));
        waiting.items().for_each(|one| endpoint_address(&one, &known, faults));
        for port in ports.items() {
            let name = port.at("name");
            if name.is_empty() && ports.length() > 1 {
                faults.required(&name, "");
            }
            faults.named(&name, dns_label);
            port_number(&port.at("port"), faults);
            protocol(&port, faults);
        }
    }
}

/// The addresses that stood there before, ready or not.
fn known_addresses(written: Written<'_>) -> Seen<'_> {
    let had = written.had("subsets");
    let subsets = had.as_ref().and_then(|subsets| subsets.value.as_array()).into_iter().flatten();
    let lists = subsets.flat_map(|subset| ["addresses", "notReadyAddresses"].map(|list| subset.get(list)));
    lists.flatten().filter_map(|list| list.as_array()).flatten().filter_map(|one| one.get("ip")?.as_str()).collect()
}

fn endpoint_address(one: &Field<'_, '_>, known: &Seen<'_>, faults: &mut Faults) {
    let ip = one.at("ip");
    let parsed = address(&ip, known, faults);
    faults.named(&one.at("hostname"), dns_label);
    let node = one.at("nodeName");
    if let (false, Err(why)) = (node.is_absent(), dns_subdomain(node.text())) {
        faults.invalid(&node, &why);
    }
    if let Some(parsed) = parsed {
        not_special(&ip, parsed, faults);
    }
}

fn protocol(port: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_one_of(&port.at("protocol"), &PROTOCOLS);
    let above = port.at("appProtocol");
    if let (false, Err(why)) = (above.is_absent(), qualified_name(above.text())) {
        faults.invalid(&above, &why);
    }
}

pub(super) fn slice(written: Written<'_>, faults: &mut Faults) {
    let (family, ports, endpoints) = (written.at("addressType"), written.at("ports"), written.at("endpoints"));
    faults.required_one_of(&family, &FAMILIES);
    slice_ports(&ports, faults);
    // What is as it was may have been accepted under older rules.
    if written.had("endpoints").is_none_or(|before| differs(&endpoints, &before)) {
        slice_endpoints(&endpoints, family.text(), faults);
    }
    if let Some(before) = written.had("addressType") {
        faults.unchanged(&family, &before);
    }
}

fn slice_ports(ports: &Field<'_, '_>, faults: &mut Faults) {
    if ports.length() > MOST_PORTS {
        return faults.too_many(ports, MOST_PORTS);
    }
    let mut names = HashSet::new();
    for port in ports.items() {
        faults.named(&port.at("name"), dns_label);
        faults.once(&port.at("name"), &mut names);
        protocol(&port, faults);
    }
}

fn slice_endpoints(endpoints: &Field<'_, '_>, family: &str, faults: &mut Faults) {
    if endpoints.length() > MOST_ENDPOINTS {
        return faults.too_many(endpoints, MOST_ENDPOINTS);
    }
    for endpoint in endpoints.items() {
        let (addresses, topology) = (endpoint.at("addresses"), endpoint.at("deprecatedTopology"));
        if addresses.is_empty() {
            faults.required(&addresses, "must contain at least 1 address");
        } else if addresses.length() > MOST_ADDRESSES {
            faults.too_many(&addresses, MOST_ADDRESSES);
        }
        addresses.items().for_each(|one| slice_address(&one, family, faults));
        let (node, host) = (endpoint.at("nodeName"), endpoint.at("hostname"));
        if let (false, Err(why)) = (node.is_absent(), dns_subdomain(node.text())) {
            faults.invalid(&node, &why);
        }
        if topology.length() > MOST_TOPOLOGY {
            faults.too_many(&topology, MOST_TOPOLOGY);
        }
        labels::labels(&topology, faults);
        if let (false, Err(why)) = (host.is_absent(), dns_label(host.text())) {
            faults.invalid(&host, &why);
        }
        for list in ["forNodes", "forZones"] {
            hints(&endpoint.at("hints").at(list), faults);
        }
    }
}

fn slice_address(one: &Field<'_, '_>, family: &str, faults: &mut Faults) {
    let wanted: fn(&IpAddr) -> bool = match family {
        "IPv4" => IpAddr::is_ipv4,
        "IPv6" => IpAddr::is_ipv6,
        "FQDN" => return full_name(one, faults),
        _ => return,
    };
    let known = faults.0.len();
    let Some(parsed) = address(one, &Seen::default(), faults).filter(|_| faults.0.len() == known) else { return };
    if !wanted(&parsed) {
        faults.invalid(one, &format!("must be an {family} address"));
    }
    not_special(one, parsed, faults);
}

/// A domain of at least two segments; it may end in a dot.
fn full_name(one: &Field<'_, '_>, faults: &mut Faults) {
    let name = one.text().strip_suffix('.').unwrap_or(one.text());
    if name.is_empty() {
        faults.required(one, "");
    } else if let Err(why) = dns_subdomain(name) {
        faults.invalid(one, &why);
    } else if !name.contains('.') {
        faults.invalid(one, "should be a domain with at least two segments separated by dots");
    }
}

fn hints(list: &Field<'_, '_>, faults: &mut Faults) {
    if list.length() > MOST_HINTS {
        return faults.too_many(list, MOST_HINTS);
    }
    let mut seen = HashSet::new();
    for hint in list.items() {
        faults.once(&hint.at("name"), &mut seen);
        faults.named(&hint.at("name"), label_value);
    }
}
