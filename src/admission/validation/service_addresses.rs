//! The addresses of services and their families, as far as the object itself can tell. What of them is free, the API layer knows.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/dual-stack/>.

use std::collections::HashSet;
use std::net::IpAddr;

use super::addresses::address;
use super::field::{Faults, Field};
use super::seen::Seen;

const ONCE: &str = "may not change once set";
const POLICIES: [&str; 3] = ["PreferDualStack", "RequireDualStack", "SingleStack"];

/// Whether a service names its endpoints without an address of its own.
pub(super) fn is_headless(spec: &Field<'_, '_>) -> bool {
    let list = spec.at("clusterIPs");
    list.length() == 1 && list.items().all(|one| one.text() == "None")
}

pub(super) fn addresses(spec: &Field<'_, '_>, before: &Seen<'_>, faults: &mut Faults) {
    if spec.at("type").text() == "ExternalName" {
        return;
    }
    let (list, families) = (spec.at("clusterIPs"), spec.at("ipFamilies"));
    first_is_the_single_one(&spec.at("clusterIP"), &list, faults);
    let mut seen = HashSet::new();
    for family in families.items() {
        if !["IPv4", "IPv6"].contains(&family.text()) {
            faults.not_supported(&family, &["IPv4", "IPv6"]);
        }
        faults.once(&family, &mut seen);
    }
    let policy = spec.at("ipFamilyPolicy");
    if !policy.is_absent() && !POLICIES.contains(&policy.text()) {
        faults.not_supported(&policy, &POLICIES);
    }
    let found = faults.0.len();
    let parsed: Vec<Option<IpAddr>> = list.items().enumerate().map(|(index, one)| listed(&list, index, &one, before, faults)).collect();
    let broken = faults.0.len() > found;
    if list.length() > 2 {
        faults.invalid(&list, "may only hold up to 2 values");
    }
    if broken {
        return;
    }
    if list.length() > 1 && !matches!(parsed[..], [Some(one), Some(other)] if one.is_ipv4() != other.is_ipv4()) {
        faults.invalid(&list, "may specify no more than one IP for each IP family");
    }
    if !is_headless(spec) {
        fit_families(&list, &parsed, &families, faults);
    }
}

fn first_is_the_single_one(single: &Field<'_, '_>, list: &Field<'_, '_>, faults: &mut Faults) {
    match (single.is_empty(), list.items().next()) {
        (false, None) => faults.required(list, ""),
        (false, Some(first)) if first.text() != single.text() => faults.invalid(list, "first value must match `clusterIP`"),
        (true, Some(_)) => faults.invalid(list, "must be empty when `clusterIP` is not specified"),
        _ => {}
    }
}

fn listed(list: &Field<'_, '_>, index: usize, one: &Field<'_, '_>, before: &Seen<'_>, faults: &mut Faults) -> Option<IpAddr> {
    if index == 0 && one.text() == "None" {
        if list.length() > 1 {
            faults.invalid(list, "'None' must be the first and only value");
        }
        return None;
    }
    address(one, before, faults)
}

fn fit_families(list: &Field<'_, '_>, parsed: &[Option<IpAddr>], families: &Field<'_, '_>, faults: &mut Faults) {
    for (index, ((one, address), family)) in list.items().zip(parsed).zip(families.items()).enumerate() {
        let Some(address) = address else { continue };
        match family.text() {
            wanted @ ("IPv4" | "IPv6") if (wanted == "IPv4") != address.is_ipv4() => {
                faults.invalid(&one, &format!("expected an {wanted} value as indicated by `ipFamilies[{index}]`"));
            }
            _ => {}
        }
    }
}

/// What an update may do to addresses and families: a second one may come and, with the policy that says so, go.
pub(super) fn changed(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    if [spec, before].iter().any(|spec| spec.at("type").text() == "ExternalName") {
        return;
    }
    let (headless, was_headless) = (is_headless(spec), is_headless(before));
    if !(headless && was_headless) {
        list_changed(spec, before, "clusterIPs", "primary clusterIP can not be unset", "cluster IP", faults);
    }
    if !headless && !was_headless {
        list_changed(spec, before, "ipFamilies", "primary ipFamily can not be unset", "IP family", faults);
    }
}

fn list_changed(spec: &Field<'_, '_>, before: &Field<'_, '_>, member: &'static str, unset: &str, second: &str, faults: &mut Faults) {
    let (new, old) = (spec.at(member), before.at(member));
    // What the server gives a service that it lacked stands there only after it was given out.
    if new.is_empty() && (old.is_empty() || member == "ipFamilies") {
        return;
    }
    if new.is_empty() {
        let first = old.items().next().unwrap_or(old);
        return faults.invalid(&Field::root_like(&first, new.value), unset);
    }
    for ((item, was), index) in new.items().zip(old.items()).zip(0..) {
        // Of lists of different lengths only the first is held to stay; the rest is judged by the policy.
        if (index == 0 || new.length() == old.length()) && item.value != was.value {
            faults.invalid(&Field::root_like(&item, new.value), ONCE);
        }
    }
    let policy = spec.at("ipFamilyPolicy");
    if old.length() > new.length() && new.length() == 1 && policy.text() != "SingleStack" {
        faults.invalid(&policy, &format!("must be 'SingleStack' to release the secondary {second}"));
    }
}
