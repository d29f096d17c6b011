//! Services and their endpoints. Their addresses are given out by the API layer, which alone may ask what is taken.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/service-resources/>.

use serde_json::{Value, json};

use super::fill::Constant::{Flag, Text};
use super::fill::{Members, Row, fill, inner, inner_or_empty, is_absent, items, put, text};

const SERVICE: Row = &[("sessionAffinity", Text("None")), ("type", Text("ClusterIP"))];
const INSIDE: Row = &[("internalTrafficPolicy", Text("Cluster"))];
const OUTSIDE: Row = &[("externalTrafficPolicy", Text("Cluster"))];
const BALANCED: Row = &[("allocateLoadBalancerNodePorts", Flag(true))];
const PORT: Row = &[("protocol", Text("TCP"))];

/// How long a client stays with a pod, in seconds: three hours.
const AFFINITY_SECONDS: i64 = 10_800;

pub(super) fn service(root: &mut Members) {
    balancer_points(root);
    let Some(spec) = inner_or_empty(root, "spec") else { return };
    fill(spec, SERVICE);
    affinity(spec);
    let kind = text(spec, "type");
    let (inside, balanced) = (kind != "ExternalName", kind == "LoadBalancer");
    let outside = balanced || kind == "NodePort" || spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    if inside && outside {
        fill(spec, OUTSIDE);
    }
    if inside {
        fill(spec, INSIDE);
    }
    if balanced {
        fill(spec, BALANCED);
    }
    for port in items(spec, "ports") {
        fill(port, PORT);
        let unset = is_absent(port, "targetPort") || port.get("targetPort").and_then(Value::as_i64) == Some(0);
        if let (true, Some(number)) = (unset, port.get("port").cloned()) {
            port.insert("targetPort".to_owned(), number);
        }
    }
}

/// A balancer that gives an address takes traffic at that address.
fn balancer_points(root: &mut Members) {
    let balanced = root.get("spec").and_then(|spec| spec.get("type")).is_some_and(|kind| kind == "LoadBalancer");
    let Some(balancer) = inner(root, "status").filter(|_| balanced).and_then(|status| inner(status, "loadBalancer")) else { return };
    for point in items(balancer, "ingress").filter(|point| !is_absent(point, "ip")) {
        put(point, "ipMode", || "VIP".into());
    }
}

fn affinity(spec: &mut Members) {
    match text(spec, "sessionAffinity") {
        "None" => drop(spec.remove("sessionAffinityConfig")),
        "ClientIP" => {
            let timeout = spec.get("sessionAffinityConfig").and_then(|config| config.get("clientIP")?.get("timeoutSeconds"));
            if timeout.is_none_or(Value::is_null) {
                let config = json!({"clientIP": {"timeoutSeconds": AFFINITY_SECONDS}});
                spec.insert("sessionAffinityConfig".to_owned(), config);
            }
        }
        _ => {}
    }
}

pub(super) fn endpoints(root: &mut Members) {
    for subset in items(root, "subsets") {
        items(subset, "ports").for_each(|port| fill(port, PORT));
    }
}

pub(super) fn endpoint_slice(root: &mut Members) {
    for port in items(root, "ports") {
        port.entry("name").or_insert_with(|| "".into());
        put(port, "protocol", || "TCP".into());
    }
}
