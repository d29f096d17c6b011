//! The families of a service's addresses: which it states, which follow, and which the server has networks of.
//!
//! Receives the networks and a service's spec, before and now; hands on the spec with policy and families settled, or the causes
//! against them. Invariant: pure, and a service whose families were settled before is left as it is.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/dual-stack/>.

use serde_json::{Map, Value, json};

use super::service_ranges::ServiceNetworks;
use crate::admission::service_family;
use crate::object::Cause;

type Members = Map<String, Value>;

const POLICY: &str = "spec.ipFamilyPolicy";

/// The addresses that a service states, its own first.
pub(super) fn addresses_of(spec: &Members) -> impl Iterator<Item = &str> {
    let list = spec.get("clusterIPs").and_then(Value::as_array).filter(|list| !list.is_empty());
    let single = spec.get("clusterIP").filter(|_| list.is_none());
    list.into_iter().flatten().chain(single).filter_map(Value::as_str).filter(|address| !address.is_empty())
}

/// The families that a service states.
pub(super) fn stated(spec: &Members) -> impl Iterator<Item = &str> {
    spec.get("ipFamilies").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Settles policy and families. The causes say what does not go together, or is not to be had here.
pub(super) fn settle(networks: &ServiceNetworks, had: Option<&Members>, spec: &mut Members) -> Result<(), Vec<Cause>> {
    if had.is_some_and(|had| stays_preferred(had, spec)) {
        return Ok(());
    }
    let headless = addresses_of(spec).next() == Some("None");
    let selects = spec.get("selector").and_then(Value::as_object).is_some_and(|selector| !selector.is_empty());
    let anywhere = headless && !selects;
    if policy(spec).is_empty() {
        let default = if anywhere { "RequireDualStack" } else { "SingleStack" };
        spec.insert("ipFamilyPolicy".to_owned(), default.into());
    }
    let mut causes = fits_policy(spec);
    let mut families: Vec<String> = stated(spec).map(str::to_owned).collect();
    for (index, address) in addresses_of(spec).enumerate().skip(families.len()) {
        let Ok(address) = address.parse() else { break };
        let family = service_family(address);
        if has(networks, family) {
            families.push(family.to_owned());
        } else {
            let list: Vec<&str> = addresses_of(spec).collect();
            let why = format!("{family} is not configured on this cluster");
            causes.push(Cause::invalid(format!("spec.clusterIPs[{index}]"), &json!(list), &why));
        }
    }
    if !anywhere && causes.is_empty() {
        causes = available(networks, spec, &families);
    }
    if !causes.is_empty() {
        return Err(causes);
    }
    if families.is_empty() {
        families.extend(networks.0.first().map(|network| network.family().to_owned()));
    }
    // A service that selects nothing names endpoints of any family, whatever the server has.
    if families.len() == 1 && policy(spec) != "SingleStack" && (anywhere || networks.0.len() == 2) {
        let other = if families[0] == "IPv4" { "IPv6" } else { "IPv4" };
        families.push(other.to_owned());
    }
    if headless && !spec.contains_key("clusterIPs") {
        spec.insert("clusterIPs".to_owned(), json!(["None"]));
    }
    spec.insert("ipFamilies".to_owned(), families.into());
    Ok(())
}

/// A service that takes two families where there are two does not change with the server.
fn stays_preferred(had: &Members, spec: &Members) -> bool {
    policy(had) == "PreferDualStack"
        && policy(spec) == "PreferDualStack"
        && ["clusterIPs", "ipFamilies"].iter().all(|member| had.get(*member) == spec.get(*member))
}

fn fits_policy(spec: &Members) -> Vec<Cause> {
    let lists = [("cluster IPs", addresses_of(spec).count()), ("IP families", stated(spec).count())];
    let too_many = lists.into_iter().filter(|(_, count)| *count == 2 && policy(spec) == "SingleStack");
    let cause = |(what, _)| {
        let why = format!("must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified");
        Cause::invalid(POLICY, &"SingleStack".into(), &why)
    };
    too_many.map(cause).collect()
}

fn available(networks: &ServiceNetworks, spec: &Members, families: &[String]) -> Vec<Cause> {
    let mut causes = Vec::new();
    if policy(spec) == "RequireDualStack" && networks.0.len() < 2 {
        let why = "this cluster is not configured for dual-stack services";
        causes.push(Cause::invalid(POLICY, &"RequireDualStack".into(), why));
    }
    for (index, family) in families.iter().enumerate().filter(|(_, family)| !has(networks, family)) {
        causes.push(Cause::invalid(format!("spec.ipFamilies[{index}]"), &family.as_str().into(), "not configured on this cluster"));
    }
    causes
}

fn policy(spec: &Members) -> &str {
    spec.get("ipFamilyPolicy").and_then(Value::as_str).unwrap_or_default()
}

fn has(networks: &ServiceNetworks, family: &str) -> bool {
    networks.0.iter().any(|network| network.family() == family)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(networks: &str, spec: &Value) -> Result<(Value, Value), Vec<String>> {
        let mut spec = spec.as_object().cloned().expect("a spec");
        match settle(&networks.parse().expect("networks"), None, &mut spec) {
            Ok(()) => Ok((spec["ipFamilyPolicy"].clone(), spec["ipFamilies"].clone())),
            Err(causes) => Err(causes.into_iter().map(|cause| cause.field).collect()),
        }
    }

    #[test]
    fn families_follow_from_policy_addresses_and_networks() {
        let (one, both) = ("10.0.0.0/16", "fd00::/108,10.0.0.0/16");
        for (networks, spec, policy, families) in [
            (one, json!({}), "SingleStack", json!(["IPv4"])),
            (both, json!({}), "SingleStack", json!(["IPv6"])),
            (one, json!({"ipFamilyPolicy": "PreferDualStack"}), "PreferDualStack", json!(["IPv4"])),
            (both, json!({"ipFamilyPolicy": "PreferDualStack"}), "PreferDualStack", json!(["IPv6", "IPv4"])),
            (both, json!({"clusterIPs": ["10.0.0.9"]}), "SingleStack", json!(["IPv4"])),
            (both, json!({"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4"]}), "RequireDualStack", json!(["IPv4", "IPv6"])),
            (one, json!({"clusterIP": "None"}), "RequireDualStack", json!(["IPv4", "IPv6"])),
            (one, json!({"clusterIP": "None", "selector": {"a": "b"}}), "SingleStack", json!(["IPv4"])),
        ] {
            assert_eq!(settled(networks, &spec), Ok((json!(policy), families)), "{spec}");
        }
    }

    #[test]
    fn what_is_not_to_be_had_is_named() {
        let (one, both) = ("10.0.0.0/16", "10.0.0.0/16,fd00::/108");
        for (networks, spec, fields) in [
            (one, json!({"ipFamilyPolicy": "RequireDualStack"}), vec![POLICY]),
            (one, json!({"ipFamilies": ["IPv6"]}), vec!["spec.ipFamilies[0]"]),
            (one, json!({"clusterIPs": ["fd00::1"]}), vec!["spec.clusterIPs[0]"]),
            (both, json!({"clusterIPs": ["10.0.0.1", "fd00::1"]}), vec![POLICY]),
            (both, json!({"ipFamilies": ["IPv4", "IPv6"]}), vec![POLICY]),
        ] {
            let fields = fields.into_iter().map(str::to_owned).collect();
            assert_eq!(settled(networks, &spec), Err(fields), "{spec}");
        }
    }
}
