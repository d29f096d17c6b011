//! Ingress classes, and the networks and addresses that services are given.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-class-v1/>.

use super::addresses::canonical_network;
use super::field::{Faults, Field};
use super::names::{domain_prefixed_path, optional_subdomain};
use super::written::Written;
use crate::object::names::{dns_label, path_segment};

/// The longest name of a controller.
const LONGEST_CONTROLLER: usize = 250;

const SCOPES: [&str; 2] = ["Cluster", "Namespace"];

pub(super) fn ingress_class(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    if let Some(before) = written.had("spec") {
        faults.unchanged(&spec.at("controller"), &before.at("controller"));
    }
    let controller = spec.at("controller");
    if faults.present(&controller) {
        if controller.text().len() > LONGEST_CONTROLLER {
            faults.too_long(&controller, LONGEST_CONTROLLER);
        }
        domain_prefixed_path(&controller, faults);
    }
    let parameters = spec.at("parameters");
    if !parameters.is_absent() {
        class_parameters(&parameters, faults);
    }
}

fn class_parameters(parameters: &Field<'_, '_>, faults: &mut Faults) {
    typed_reference(parameters, faults);
    let (scope, namespace) = (parameters.at("scope"), parameters.at("namespace"));
    match scope.text() {
        "Namespace" if namespace.is_absent() => faults.required(&namespace, "`parameters.scope` is set to 'Namespace'"),
        "Namespace" => {
            if let Err(why) = dns_label(namespace.text()) {
                faults.invalid(&namespace, &why);
            }
        }
        "Cluster" if !namespace.is_absent() => faults.forbidden(&namespace, "`parameters.scope` is set to 'Cluster'"),
        "Cluster" => {}
        _ => faults.not_supported(&scope, &SCOPES),
    }
}

/// Group, kind and name of an object in the same place.
pub(super) fn typed_reference(reference: &Field<'_, '_>, faults: &mut Faults) {
    optional_subdomain(&reference.at("apiGroup"), faults);
    faults.required_name(&reference.at("kind"), path_segment);
    faults.required_name(&reference.at("name"), path_segment);
}

pub(super) fn address(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let parent = spec.at("parentRef");
    if parent.is_absent() {
        faults.required(&parent, "");
    } else {
        faults.named(&parent.at("group"), crate::object::names::dns_subdomain);
        faults.required_name(&parent.at("resource"), path_segment);
        faults.required_name(&parent.at("name"), path_segment);
        faults.named(&parent.at("namespace"), path_segment);
    }
    if let Some(before) = written.had("spec") {
        faults.unchanged(&parent, &before.at("parentRef"));
    }
}

pub(super) fn service_network(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let list = spec.at("cidrs");
    let Some(before) = written.had("spec") else { return networks(&list, faults) };
    let before = before.at("cidrs");
    match (before.length(), list.length()) {
        (one, other) if one == other => {
            for (new, old) in list.items().zip(before.items()) {
                faults.unchanged(&new, &old);
            }
        }
        (1, 2) => {
            for (new, old) in list.items().zip(before.items()) {
                faults.unchanged(&new, &old);
            }
            networks(&list, faults);
        }
        _ => faults.invalid(&list, "field is immutable"),
    }
}

fn networks(list: &Field<'_, '_>, faults: &mut Faults) {
    match list.length() {
        0 => return faults.required(list, "at least one CIDR required"),
        1 | 2 => {}
        _ => return faults.invalid(list, "may only hold up to 2 values"),
    }
    let parsed: Vec<_> = list.items().filter_map(|one| canonical_network(&one, faults)).collect();
    if let [(one, _), (other, _)] = parsed[..]
        && one.is_ipv4() == other.is_ipv4()
    {
        faults.invalid(list, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
    }
}
