//! Ingresses and network policies.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/>.

use super::addresses::{lies_within, network, port as port_number, read_address};
use super::containers::{port_name, port_reference};
use super::field::{Faults, Field};
use super::labels;
use super::network_classes::typed_reference;
use super::seen::Seen;
use super::written::Written;
use crate::object::names::{dns_label, dns_subdomain};

const CLASS: &str = "kubernetes.io/ingress.class";

pub(super) fn ingress(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let (fallback, rules) = (spec.at("defaultBackend"), spec.at("rules"));
    let had = written.had("spec");
    let (keeps_wildcards, keeps_secrets) = (had.as_ref().is_some_and(has_broken_wildcard), had.as_ref().is_some_and(has_broken_secret));
    if fallback.is_absent() && rules.is_empty() {
        faults.invalid(&Field::root_like(&spec, rules.value), "either `defaultBackend` or `rules` must be specified");
    }
    if !fallback.is_absent() {
        backend(&fallback, faults);
    }
    for rule in rules.items() {
        let host = rule.at("host");
        if read_address(host.text()).is_some() {
            faults.invalid(&host, "must be a DNS name, not an IP address");
        }
        if !host.is_empty() {
            host_name(&host, faults);
        }
        // Upstream tells of the paths of every rule by the place of the first.
        let first = rules.item(0);
        if !(host.text().contains('*') && keeps_wildcards) {
            rule_paths(&Field::root_like(&first, rule.value), faults);
        }
    }
    for tls in spec.at("tls").items() {
        tls.at("hosts").items().for_each(|name| host_name(&name, faults));
        if !keeps_secrets {
            faults.named(&tls.at("secretName"), dns_subdomain);
        }
    }
    super::names::optional_subdomain(&spec.at("ingressClassName"), faults);
    if written.before.is_none() {
        class_annotation(written, &spec.at("ingressClassName"), faults);
    }
}

fn rule_paths(rule: &Field<'_, '_>, faults: &mut Faults) {
    let http = rule.at("http");
    if http.is_absent() {
        return;
    }
    if http.at("paths").is_empty() {
        faults.required(&http.at("paths"), "");
    }
    http.at("paths").items().for_each(|path| ingress_path(&path, faults));
}

/// Whether an older ingress has paths below a wildcard that would be refused today.
fn has_broken_wildcard(spec: &Field<'_, '_>) -> bool {
    let mut faults = Faults::default();
    spec.at("rules").items().filter(|rule| rule.at("host").text().contains('*')).for_each(|rule| rule_paths(&rule, &mut faults));
    !faults.0.is_empty()
}

/// Whether an older ingress names a secret that none can be called.
fn has_broken_secret(spec: &Field<'_, '_>) -> bool {
    let mut faults = Faults::default();
    spec.at("tls").items().for_each(|tls| faults.named(&tls.at("secretName"), dns_subdomain));
    !faults.0.is_empty()
}

/// Of old the class stands in an annotation; where both are there they agree.
fn class_annotation(written: Written<'_>, class: &Field<'_, '_>, faults: &mut Faults) {
    let stated = written.object.annotation(CLASS);
    if let Some(stated) = stated.filter(|stated| !class.is_absent() && *stated != class.text()) {
        let annotations = Field::root("annotations", None);
        let shown = annotations.at(CLASS);
        faults.invalid_hidden(&shown, stated, "must match `ingressClassName` when both are specified");
    }
}

/// A DNS name, or one whose first label is a star.
fn host_name(host: &Field<'_, '_>, faults: &mut Faults) {
    let verdict = if host.text().contains('*') { wildcard(host.text()) } else { dns_subdomain(host.text()) };
    if let Err(why) = verdict {
        faults.invalid(host, &why);
    }
}

fn wildcard(name: &str) -> Result<(), String> {
    let rest = name.strip_prefix("*.").filter(|rest| dns_subdomain(rest).is_ok());
    rest.map(|_| ()).ok_or_else(|| {
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case \
         alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is \
         '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            .to_owned()
    })
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
    match (service.is_absent(), resource.is_absent()) {
        (false, false) => faults.invalid_hidden(backend, "", "cannot set both resource and service backends"),
        (true, false) => typed_reference(&resource, faults),
        (true, true) => faults.invalid_hidden(backend, "", "resource or service backend is required"),
        (false, true) => {
            faults.required_name(&service.at("name"), dns_label);
            service_port(backend, &service.at("port"), faults);
        }
    }
}

fn service_port(backend: &Field<'_, '_>, port: &Field<'_, '_>, faults: &mut Faults) {
    let number = port.at("number").number().unwrap_or_default();
    match (port.at("name").is_empty(), number) {
        (true, 0) => faults.required(backend, "port name or number is required"),
        (false, 0) => faults.named(&port.at("name"), port_name),
        (true, _) => port_number(&port.at("number"), faults),
        (false, _) => faults.invalid_hidden(backend, "", "cannot set both port name & port number"),
    }
}

pub(super) fn network_policy(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let had = written.had("spec");
    let kept = had.as_ref().map(KeptOfPolicy::of).unwrap_or_default();
    labels::selector_of(&spec.at("podSelector"), !kept.values, faults);
    for (list, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.at(list).items() {
            rule.at("ports").items().for_each(|port| policy_port(&port, faults));
            rule.at(peers).items().for_each(|peer| policy_peer(&peer, &kept, faults));
        }
    }
    let types = spec.at("policyTypes");
    if types.length() > 2 {
        return faults.invalid(&types, "may not specify more than two policyTypes");
    }
    for kind in types.items() {
        if !matches!(kind.text(), "Ingress" | "Egress") {
            faults.not_supported(&kind, &["Ingress", "Egress"]);
        }
    }
}

/// What an older policy may go on doing.
#[derive(Default)]
struct KeptOfPolicy<'v> {
    /// Selecting by values that no label can have.
    values: bool,
    /// Naming these networks as it does.
    networks: Seen<'v>,
}

impl<'v> KeptOfPolicy<'v> {
    fn of(spec: &Field<'_, 'v>) -> Self {
        let mut kept = Self { values: labels::has_broken_values(spec.at("podSelector").value), networks: Seen::default() };
        for (list, peers) in [("ingress", "from"), ("egress", "to")] {
            for rule in spec.at_list(list) {
                for peer in rule.get(peers).and_then(serde_json::Value::as_array).into_iter().flatten() {
                    kept.values |= ["podSelector", "namespaceSelector"]
                        .iter()
                        .any(|selector| peer.get(*selector).is_some_and(labels::has_broken_values));
                    let Some(block) = peer.get("ipBlock") else { continue };
                    let excepted = block.get("except").and_then(serde_json::Value::as_array).into_iter().flatten();
                    for text in block.get("cidr").into_iter().chain(excepted).filter_map(serde_json::Value::as_str) {
                        kept.networks.insert(text);
                    }
                }
            }
        }
        kept
    }
}

fn policy_port(port: &Field<'_, '_>, faults: &mut Faults) {
    faults.one_of(&port.at("protocol"), &["TCP", "UDP", "SCTP"]);
    let (first, last) = (port.at("port"), port.at("endPort"));
    if !first.is_absent() {
        port_reference(&first, faults);
    }
    let Some(end) = last.number() else { return };
    match first.number() {
        Some(start) => {
            if end < start {
                faults.invalid(&last, "must be greater than or equal to `port`");
            }
            port_number(&last, faults);
        }
        None if first.is_absent() => faults.invalid(&last, "may not be specified when `port` is not specified"),
        None => faults.invalid(&last, "may not be specified when `port` is non-numeric"),
    }
}

fn policy_peer(peer: &Field<'_, '_>, kept: &KeptOfPolicy<'_>, faults: &mut Faults) {
    let (pods, spaces, block) = (peer.at("podSelector"), peer.at("namespaceSelector"), peer.at("ipBlock"));
    labels::selector_of(&pods, !kept.values, faults);
    labels::selector_of(&spaces, !kept.values, faults);
    if peer.count(&["podSelector", "namespaceSelector", "ipBlock"]) == 0 {
        faults.required(peer, "must specify a peer");
    } else if peer.count(&["ipBlock"]) == 1 && peer.count(&["podSelector", "namespaceSelector"]) > 0 {
        faults.forbidden(peer, "may not specify both ipBlock and another peer");
    }
    if block.is_absent() || !faults.present(&block.at("cidr")) {
        return;
    }
    let Some(outer) = network(&block.at("cidr"), &kept.networks, faults) else { return };
    for except in block.at("except").items() {
        if let Some(inner) = network(&except, &kept.networks, faults)
            && !lies_within(inner, outer)
        {
            faults.invalid(&except, "must be a strict subset of `cidr`");
        }
    }
}

/// The status of an ingress: where it takes traffic.
pub(super) fn ingress_status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    let ingress = status.deep(&["loadBalancer", "ingress"]);
    let known = super::services::known_points(written);
    ingress.items().for_each(|point| super::services::balancer_point(&point, &known, faults));
}
