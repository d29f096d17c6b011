//! The objects behind the name `kubernetes`, as they should be. Pure.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde_json::{Value, json};

/// The name of all of them, or what it begins with.
pub(super) const SERVICE_NAME: &str = "kubernetes";

/// The name of the port.
const PORT: &str = "https";

/// An EndpointSlice as it should be.
pub(super) struct Slice {
    name: String,
    pub(super) document: Value,
}

impl Slice {
    /// Whether an object can become this one. The family of a slice stays what it is.
    pub(super) fn is_like(&self, found: &Value) -> bool {
        found["metadata"]["name"] == *self.name && found["addressType"] == self.document["addressType"]
    }
}

pub(super) fn service(address: IpAddr, port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": SERVICE_NAME, "namespace": "default", "labels": {"component": "apiserver", "provider": "kubernetes"}},
        "spec": {
            "type": "ClusterIP", "clusterIP": address.to_string(), "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
            "ports": [{"name": PORT, "protocol": "TCP", "port": 443, "targetPort": port}],
        },
    })
}

/// The servers of one family by their ports.
fn by_port(alive: &[SocketAddr], v4: bool) -> BTreeMap<u16, Vec<IpAddr>> {
    let mut ports: BTreeMap<u16, Vec<IpAddr>> = BTreeMap::new();
    for server in alive.iter().filter(|server| server.is_ipv4() == v4) {
        ports.entry(server.port()).or_default().push(server.ip());
    }
    ports.values_mut().for_each(|addresses| addresses.sort_unstable());
    ports
}

/// The Endpoints, which are of the Service's own family alone.
pub(super) fn endpoints(alive: &[SocketAddr], primary_is_v4: bool) -> Value {
    let subset = |(port, addresses): (u16, Vec<IpAddr>)| {
        let addresses: Vec<Value> = addresses.iter().map(|address| json!({"ip": address.to_string()})).collect();
        json!({"addresses": addresses, "ports": [{"name": PORT, "port": port, "protocol": "TCP"}]})
    };
    let subsets: Vec<Value> = by_port(alive, primary_is_v4).into_iter().map(subset).collect();
    let metadata = json!({"name": SERVICE_NAME, "namespace": "default", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}});
    let mut endpoints = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata});
    if !subsets.is_empty() {
        endpoints["subsets"] = subsets.into();
    }
    endpoints
}

/// The slices: one for each family of services, and one more for each port that not all servers have.
pub(super) fn slices(alive: &[SocketAddr], primary_is_v4: bool, both: bool, own: u16) -> Vec<Slice> {
    let mut slices = of_family(SERVICE_NAME, alive, primary_is_v4, own);
    if both {
        let name = format!("{SERVICE_NAME}-{}", if primary_is_v4 { "v6" } else { "v4" });
        slices.extend(of_family(&name, alive, !primary_is_v4, own));
    }
    slices
}

fn of_family(name: &str, alive: &[SocketAddr], v4: bool, own: u16) -> Vec<Slice> {
    let mut ports = by_port(alive, v4);
    if ports.is_empty() {
        ports.insert(own, Vec::new());
    }
    let family = if v4 { "IPv4" } else { "IPv6" };
    let slice = |(index, (port, addresses)): (usize, (u16, Vec<IpAddr>))| {
        let name = if index == 0 { name.to_owned() } else { format!("{name}-{port}") };
        let endpoints: Vec<Value> =
            addresses.iter().map(|address| json!({"addresses": [address.to_string()], "conditions": {"ready": true}})).collect();
        let document = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": name, "namespace": "default", "labels": {"kubernetes.io/service-name": SERVICE_NAME}},
            "addressType": family, "endpoints": endpoints, "ports": [{"name": PORT, "port": port, "protocol": "TCP"}],
        });
        Slice { name, document }
    };
    ports.into_iter().enumerate().map(slice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn servers_of_one_port_are_one_subset_and_one_slice() {
        let alive = servers(&["10.0.0.2:6443", "10.0.0.1:6443", "[fd00::1]:6443"]);
        let endpoints = endpoints(&alive, true);
        let expected =
            json!([{"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}]);
        assert_eq!(endpoints["subsets"], expected);
        let slices = slices(&alive, true, false, 6443);
        assert_eq!((slices.len(), slices[0].name.as_str()), (1, "kubernetes"));
        assert_eq!(slices[0].document["endpoints"][1], json!({"addresses": ["10.0.0.2"], "conditions": {"ready": true}}));
    }

    #[test]
    fn other_ports_and_the_other_family_have_slices_of_their_own() {
        let alive = servers(&["10.0.0.1:6444", "10.0.0.1:6443", "[fd00::1]:6443"]);
        let named: Vec<_> = slices(&alive, true, true, 6443).into_iter().map(|slice| slice.name).collect();
        assert_eq!(named, ["kubernetes", "kubernetes-6444", "kubernetes-v6"]);
        assert_eq!(endpoints(&alive, true)["subsets"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn without_servers_that_can_be_reached_there_is_an_empty_slice() {
        let slices = slices(&[], true, false, 6443);
        assert_eq!((&slices[0].document["endpoints"], slices.len()), (&json!([]), 1));
        assert_eq!(endpoints(&[], true).get("subsets"), None);
    }
}
