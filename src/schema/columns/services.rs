//! Tables of services and endpoints of the core group.

use std::collections::BTreeSet;

use serde_json::Value;

use super::row::{NONE, Row, UNKNOWN, cells, first_few, items, or, text, text_at};
use super::{Column, Table};

/// `services`.
pub(in crate::schema) const SERVICES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Type", "How the service is reached."),
        Column::text("Cluster-IP", "The address inside the cluster."),
        Column::text("External-IP", "The addresses outside the cluster."),
        Column::text("Port(s)", "The ports, with the node's port after a colon."),
        Column::AGE,
        Column::wide("Selector", "The labels of the pods behind the service."),
    ],
    cells: |row| {
        let address = row.list("spec.clusterIPs").first().map_or_else(|| row.text("spec.clusterIP"), text);
        cells![
            row.name(),
            row.text("spec.type"),
            or(address, NONE),
            external_addresses(row),
            ports(row),
            row.age(),
            row.labels("spec.selector"),
        ]
    },
};

/// `endpoints`.
pub(in crate::schema) const ENDPOINTS: Table = Table {
    columns: &[Column::NAME, Column::text("Endpoints", "The first addresses and ports behind the service."), Column::AGE],
    cells: |row| cells![row.name(), endpoints(row), row.age()],
};

fn external_addresses(row: Row<'_>) -> String {
    let given = row.list("spec.externalIPs").iter().map(|address| text(address).to_owned());
    match row.text("spec.type") {
        "ClusterIP" | "NodePort" => or(&given.collect::<Vec<_>>().join(","), NONE).to_owned(),
        "LoadBalancer" => {
            let balanced = load_balancer(row).into_iter();
            or(&balanced.map(str::to_owned).chain(given).collect::<Vec<_>>().join(","), "<pending>").to_owned()
        }
        "ExternalName" => row.text("spec.externalName").to_owned(),
        _ => UNKNOWN.to_owned(),
    }
}

/// The addresses or host names of a load balancer, sorted and each once.
pub(super) fn load_balancer(row: Row<'_>) -> BTreeSet<&str> {
    let points = row.list("status.loadBalancer.ingress").iter();
    points.map(|point| or(text_at(point, "ip"), text_at(point, "hostname"))).filter(|address| !address.is_empty()).collect()
}

fn ports(row: Row<'_>) -> String {
    let shown = row.list("spec.ports").iter().map(|port| {
        let number = |member: &str| port.get(member).and_then(Value::as_i64).unwrap_or_default();
        let protocol = or(text_at(port, "protocol"), "TCP");
        match number("nodePort") {
            node_port @ 1.. => format!("{}:{node_port}/{protocol}", number("port")),
            _ => format!("{}/{protocol}", number("port")),
        }
    });
    or(&shown.collect::<Vec<_>>().join(","), NONE).to_owned()
}

fn endpoints(row: Row<'_>) -> String {
    let subsets = row.list("subsets");
    let mut shown = Vec::new();
    for subset in subsets {
        let addresses = || items(subset, "addresses").iter().map(|address| text_at(address, "ip"));
        let ports = items(subset, "ports");
        if ports.is_empty() {
            shown.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            let port = port.get("port").and_then(Value::as_i64).unwrap_or_default();
            shown.extend(addresses().map(|ip| if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }));
        }
    }
    if subsets.is_empty() { NONE.to_owned() } else { first_few(&shown, ",", 3) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Object;

    fn cells(table: &Table, value: Value) -> Vec<Value> {
        let object = Object::from_value(value).expect("an object");
        (table.cells)(Row { object: &object, now: "2026-11-22T10:00:00Z".parse().expect("a time") })
    }

    #[test]
    fn a_service_shows_where_it_is_reached() {
        let service = |spec: Value, status: Value| cells(&SERVICES, json!({"spec": spec, "status": status}))[1..5].to_vec();
        let plain = json!({"type": "ClusterIP", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80, "protocol": "TCP"}]});
        assert_eq!(service(plain, json!({})), cells!["ClusterIP", "10.0.0.1", "<none>", "80/TCP"]);
        let node = json!({"type": "NodePort", "externalIPs": ["1.2.3.4"], "ports": [{"port": 53, "protocol": "UDP", "nodePort": 30053}]});
        assert_eq!(service(node, json!({})), cells!["NodePort", "<none>", "1.2.3.4", "53:30053/UDP"]);
        let balanced = json!({"type": "LoadBalancer"});
        assert_eq!(service(balanced.clone(), json!({}))[2], "<pending>");
        let points = json!({"loadBalancer": {"ingress": [{"ip": "9.9.9.9"}, {"hostname": "a.example.com"}, {"ip": "9.9.9.9"}]}});
        assert_eq!(service(balanced, points)[2], "9.9.9.9,a.example.com");
        assert_eq!(service(json!({"type": "ExternalName", "externalName": "x.example.com"}), json!({}))[2], "x.example.com");
        assert_eq!(service(json!({}), json!({})), cells!["", "<none>", "<unknown>", "<none>"]);
    }

    #[test]
    fn endpoints_show_three_and_count_the_rest() {
        let shown = |subsets: Value| cells(&ENDPOINTS, json!({"subsets": subsets}))[1].clone();
        let addresses = json!([{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]);
        let ports = json!([{"port": 80}, {"port": 443}]);
        assert_eq!(shown(json!([{"addresses": addresses, "ports": ports}])), "10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 1 more...");
        assert_eq!(shown(json!([{"addresses": addresses}])), "10.0.0.1,fd00::1");
        assert_eq!(shown(json!([])), "<none>");
    }
}
