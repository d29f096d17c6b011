//! Services: they begin without a load balancer, keep what they were given, and lose what only their type before needed.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/service/>.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::object::Object;

type Members = Map<String, Value>;

pub(super) fn on_create(object: &mut Object) {
    object.root_mut().insert("status".to_owned(), json!({"loadBalancer": {}}));
    if let Some(Value::Object(spec)) = object.root_mut().get_mut("spec")
        && !text(spec, "clusterIP").is_empty()
        && list(spec, "clusterIPs").is_empty()
    {
        only_address(spec);
    }
}

/// Clients that replace a service seldom know what the server gave it.
pub(super) fn on_update(before: &Object, after: &mut Object) {
    let Some(Value::Object(had)) = before.root().get("spec") else { return };
    let Some(Value::Object(spec)) = after.root_mut().get_mut("spec") else { return };
    keep_given(had, spec);
    align_addresses(had, spec);
    settle_families(had, spec);
    drop_unneeded(had, spec);
}

fn keep_given(had: &Members, spec: &mut Members) {
    if has_address(had) && has_address(spec) {
        for member in ["clusterIP", "clusterIPs"] {
            let absent = spec.get(member).is_none_or(|value| value.is_null() || *value == json!("") || *value == json!([]));
            if let (true, Some(value)) = (absent, had.get(member)) {
                spec.insert(member.to_owned(), value.clone());
            }
        }
    }
    if has_node_ports(had) && has_node_ports(spec) {
        keep_node_ports(had, spec);
    }
    if checks_health(had) && checks_health(spec) && number(spec, "healthCheckNodePort") == 0 {
        copy(had, spec, "healthCheckNodePort");
    }
}

/// A port keeps its node port by its name, unless another port of the service has that now.
fn keep_node_ports(had: &Members, spec: &mut Members) {
    let new = node_ports(spec);
    let used: BTreeSet<i64> = node_ports(had).intersection(&new).copied().collect();
    let name = |port: &Value| port.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let known: Vec<(String, i64)> =
        list(had, "ports").iter().map(|port| (name(port), port.get("nodePort").and_then(Value::as_i64).unwrap_or_default())).collect();
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let own = name(port);
        let Some(members) = port.as_object_mut().filter(|members| number(members, "nodePort") == 0) else { continue };
        let old = known.iter().rev().find(|(name, _)| *name == own).map_or(0, |(_, number)| *number);
        if old != 0 && !used.contains(&old) {
            members.insert("nodePort".to_owned(), old.into());
        }
    }
}

/// Older clients know the first address only; what they do to it is done to the list.
fn align_addresses(had: &Members, spec: &mut Members) {
    let (new, old) = (text(spec, "clusterIP").to_owned(), text(had, "clusterIP"));
    if new == old && list(spec, "clusterIPs").is_empty() && !list(had, "clusterIPs").is_empty() {
        copy(had, spec, "clusterIPs");
    }
    if new == old || list(spec, "clusterIPs") != list(had, "clusterIPs") {
        return;
    }
    if new.is_empty() {
        spec.remove("clusterIPs");
    } else {
        only_address(spec);
    }
}

fn only_address(spec: &mut Members) {
    let own = spec.get("clusterIP").cloned().unwrap_or_default();
    spec.insert("clusterIPs".to_owned(), json!([own]));
}

/// A policy stays unless it is stated; one of a single family releases the second, and families follow from addresses.
fn settle_families(had: &Members, spec: &mut Members) {
    if !has_address(spec) {
        return;
    }
    if text(spec, "ipFamilyPolicy").is_empty() {
        copy(had, spec, "ipFamilyPolicy");
    }
    if text(spec, "ipFamilyPolicy") == "SingleStack" {
        for member in ["clusterIPs", "ipFamilies"] {
            let same = list(spec, member) == list(had, member);
            if let Some(Value::Array(items)) = spec.get_mut(member).filter(|_| same) {
                items.truncate(1);
            }
        }
    }
    // Fewer families than before are for the rules to judge.
    let stated = list(spec, "ipFamilies").len();
    if (1..list(had, "ipFamilies").len()).contains(&stated) {
        return;
    }
    let more: Vec<Value> =
        list(spec, "clusterIPs").iter().skip(stated).filter_map(|address| Some(family(address.as_str()?.parse().ok()?).into())).collect();
    if !more.is_empty()
        && let Some(families) = spec.entry("ipFamilies").or_insert_with(|| json!([])).as_array_mut()
    {
        families.extend(more);
    }
}

/// The family of an address, as services spell it.
pub(crate) fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}

/// What only the type before needed goes with it, unless the client says it anew.
fn drop_unneeded(had: &Members, spec: &mut Members) {
    let same = |spec: &Members, member: &str| spec.get(member) == had.get(member);
    if has_address(had) && !has_address(spec) {
        if list(spec, "clusterIPs") == list(had, "clusterIPs") {
            spec.remove("clusterIP");
            spec.remove("clusterIPs");
        }
        for member in ["ipFamilies", "ipFamilyPolicy"] {
            if same(spec, member) {
                spec.remove(member);
            }
        }
        // The first address alone, as older clients send it.
        if same(spec, "clusterIP") && list(spec, "clusterIPs").is_empty() {
            spec.remove("clusterIP");
        }
    }
    if has_node_ports(had) && !has_node_ports(spec) && node_ports(spec).is_subset(&node_ports(had)) {
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
            port.remove("nodePort");
        }
    }
    for (member, needs) in [
        ("healthCheckNodePort", checks_health as fn(&Members) -> bool),
        ("allocateLoadBalancerNodePorts", is_balanced),
        ("loadBalancerClass", is_balanced),
        ("externalTrafficPolicy", is_reached_from_outside),
    ] {
        if needs(had) && !needs(spec) && same(spec, member) {
            spec.remove(member);
        }
    }
}

/// Whether services of this type have an address, or say that they have none.
pub(crate) fn has_address(spec: &Members) -> bool {
    text(spec, "type") != "ExternalName"
}

/// Whether each port is to have one on every node.
pub(crate) fn has_node_ports(spec: &Members) -> bool {
    text(spec, "type") == "NodePort" || is_balanced(spec) && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false))
}

/// Whether balancers ask nodes if they have endpoints, through a port of its own.
pub(crate) fn checks_health(spec: &Members) -> bool {
    is_balanced(spec) && text(spec, "externalTrafficPolicy") == "Local"
}

fn is_balanced(spec: &Members) -> bool {
    text(spec, "type") == "LoadBalancer"
}

fn is_reached_from_outside(spec: &Members) -> bool {
    matches!(text(spec, "type"), "LoadBalancer" | "NodePort") || text(spec, "type") == "ClusterIP" && !list(spec, "externalIPs").is_empty()
}

/// The ports on nodes that a service states.
fn node_ports(spec: &Members) -> BTreeSet<i64> {
    let ports = list(spec, "ports").iter().filter_map(|port| port.get("nodePort")?.as_i64());
    ports.filter(|number| *number != 0).collect()
}

fn copy(from: &Members, to: &mut Members, member: &str) {
    if let Some(value) = from.get(member) {
        to.insert(member.to_owned(), value.clone());
    }
}

fn text<'a>(spec: &'a Members, member: &str) -> &'a str {
    spec.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(spec: &'a Members, member: &str) -> &'a [Value] {
    spec.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn number(members: &Members, member: &str) -> i64 {
    members.get(member).and_then(Value::as_i64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an update makes of a spec.
    fn updated(had: &Value, spec: &Value) -> Value {
        let before = Object::from_value(json!({"spec": had})).expect("an object");
        let mut after = Object::from_value(json!({"spec": spec})).expect("an object");
        on_update(&before, &mut after);
        after.get(&["spec"]).cloned().expect("a spec")
    }

    fn inside() -> Value {
        json!({"type": "ClusterIP", "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    }

    #[test]
    fn what_was_given_stays_where_it_is_left_out() {
        assert_eq!(updated(&inside(), &json!({"type": "ClusterIP"})), inside());
        let on_nodes =
            json!({"type": "NodePort", "clusterIP": "None", "ports": [{"name": "a", "nodePort": 30001}, {"name": "b", "nodePort": 30002}]});
        let without = json!({"type": "NodePort", "ports": [{"name": "b"}, {"name": "a", "nodePort": 30002}]});
        let ports = json!([{"name": "b"}, {"name": "a", "nodePort": 30002}]);
        assert_eq!(updated(&on_nodes, &without)["ports"], ports, "a port that another has now is not kept");
        let checked = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 31000});
        let again = json!({"type": "LoadBalancer", "externalTrafficPolicy": "Local"});
        assert_eq!(updated(&checked, &again), checked);
    }

    #[test]
    fn the_first_address_and_the_list_follow_each_other() {
        let moved = updated(&inside(), &json!({"type": "ClusterIP", "clusterIP": "10.96.0.8", "clusterIPs": ["10.96.0.9"]}));
        assert_eq!(moved["clusterIPs"], json!(["10.96.0.8"]));
        let mut both = inside();
        both["clusterIPs"] = json!(["10.96.0.9", "fd00::9"]);
        both["ipFamilies"] = json!(["IPv4", "IPv6"]);
        both["ipFamilyPolicy"] = json!("RequireDualStack");
        let mut one = both.clone();
        one["ipFamilyPolicy"] = json!("SingleStack");
        assert_eq!(updated(&both, &one), inside(), "the second goes with the policy");
        assert_eq!(updated(&both, &json!({"type": "ClusterIP"})), both);
    }

    #[test]
    fn what_only_the_type_before_needed_goes_with_it() {
        let mut name = inside();
        name["type"] = json!("ExternalName");
        assert_eq!(updated(&inside(), &name), json!({"type": "ExternalName"}));
        let balanced = json!({
            "type": "LoadBalancer", "allocateLoadBalancerNodePorts": true, "loadBalancerClass": "a/b", "externalTrafficPolicy": "Local",
            "healthCheckNodePort": 31000, "ports": [{"port": 80, "nodePort": 30080}],
        });
        let mut now = balanced.clone();
        now["type"] = json!("ClusterIP");
        assert_eq!(updated(&balanced, &now), json!({"type": "ClusterIP", "ports": [{"port": 80}]}));
        now["ports"][0]["nodePort"] = json!(30081);
        assert_eq!(updated(&balanced, &now)["ports"][0]["nodePort"], 30081, "what is said anew is heard");
    }
}
