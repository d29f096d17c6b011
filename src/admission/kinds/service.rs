//! Services: they begin without a load balancer, and keep the addresses they were given.

use serde_json::{Map, Value, json};

use crate::object::Object;

/// What the server gives a service, and keeps where an update leaves it out.
const GIVEN: [&str; 5] = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"];

pub(super) fn on_create(object: &mut Object) {
    object.root_mut().insert("status".to_owned(), json!({"loadBalancer": {}}));
    if let Some(Value::Object(spec)) = object.root_mut().get_mut("spec") {
        first_address(spec);
    }
}

/// Clients that state only the list of addresses mean its first as the service's own.
fn first_address(spec: &mut Map<String, Value>) {
    let first = spec.get("clusterIPs").and_then(|list| list.get(0)).cloned();
    if let (None, Some(first)) = (spec.get("clusterIP"), first) {
        spec.insert("clusterIP".to_owned(), first);
    }
}

/// Clients that replace a service seldom know what the server gave it. A service that becomes a mere name loses it.
pub(super) fn on_update(before: &Object, after: &mut Object) {
    let Some(Value::Object(had)) = before.root().get("spec") else { return };
    let Some(Value::Object(spec)) = after.root_mut().get_mut("spec") else { return };
    let kind = |spec: &'_ Map<String, Value>| spec.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (now, then) = (kind(spec), kind(had));
    if then == "ExternalName" {
        return;
    }
    drop_unneeded(&now, had, spec);
    if now == "ExternalName" {
        // Only what was given goes: an address that the client states here anew is its fault to hear of.
        for name in &GIVEN[..4] {
            if spec.get(*name) == had.get(*name) {
                spec.remove(*name);
            }
        }
        return;
    }
    first_address(spec);
    for name in GIVEN {
        if let (None, Some(value)) = (spec.get(name), had.get(name)) {
            spec.insert(name.to_owned(), value.clone());
        }
    }
    if now != "ClusterIP" && then != "ClusterIP" {
        keep_node_ports(had, spec);
    }
}

/// What only the type before needed goes with it, unless the client says it anew.
fn drop_unneeded(now: &str, had: &Map<String, Value>, spec: &mut Map<String, Value>) {
    let on_nodes = matches!(now, "NodePort" | "LoadBalancer");
    let external = spec.get("externalIPs").and_then(Value::as_array).is_some_and(|addresses| !addresses.is_empty());
    for (member, needed) in [
        ("externalTrafficPolicy", on_nodes || external),
        ("allocateLoadBalancerNodePorts", now == "LoadBalancer"),
        ("loadBalancerClass", now == "LoadBalancer"),
    ] {
        if !needed && spec.get(member) == had.get(member) {
            spec.remove(member);
        }
    }
    if !on_nodes {
        drop_node_ports(had, spec);
    }
}

fn keep_node_ports(had: &Map<String, Value>, spec: &mut Map<String, Value>) {
    let old = had.get("ports").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let same = |one: &Value, other: &Map<String, Value>| ["port", "protocol"].iter().all(|name| one.get(*name) == other.get(*name));
    let taken: Vec<Value> = ports(spec).filter_map(|port| port.get("nodePort").cloned()).collect();
    for port in ports(spec).filter(|port| !port.contains_key("nodePort")) {
        let found = old.iter().find(|one| same(one, port)).and_then(|one| one.get("nodePort"));
        if let Some(node) = found.filter(|node| !taken.contains(node)) {
            port.insert("nodePort".to_owned(), node.clone());
        }
    }
}

fn drop_node_ports(had: &Map<String, Value>, spec: &mut Map<String, Value>) {
    let given: Vec<Value> =
        had.get("ports").and_then(Value::as_array).into_iter().flatten().filter_map(|port| port.get("nodePort").cloned()).collect();
    for port in ports(spec) {
        if port.get("nodePort").is_some_and(|node| given.contains(node)) {
            port.remove("nodePort");
        }
    }
}

fn ports(spec: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}
