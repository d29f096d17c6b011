//! Tables of `networking.k8s.io` and `discovery.k8s.io`.

use serde_json::Value;

use super::row::{NONE, Row, UNSET, cells, first_few, items, or, text, text_at};
use super::services::load_balancer;
use super::{Column, Table};

/// `ingressclasses`.
pub(in crate::schema) const INGRESS_CLASSES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Controller", "Who handles ingresses of the class."),
        Column::text("Parameters", "An object with further settings."),
        Column::AGE,
    ],
    cells: |row| cells![row.name(), row.text("spec.controller"), parameters(row), row.age()],
};

/// `ingresses`.
pub(in crate::schema) const INGRESSES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Class", "The class, which says who handles the ingress."),
        Column::text("Hosts", "The first hosts that requests are told apart by."),
        Column::text("Address", "Where requests come in."),
        Column::text("Ports", "The ports that are open."),
        Column::AGE,
    ],
    cells: |row| {
        let address = load_balancer(row).into_iter().collect::<Vec<_>>().join(",");
        let ports = if row.size("spec.tls") > 0 { "80, 443" } else { "80" };
        cells![row.name(), row.text_or("spec.ingressClassName", NONE), hosts(row), address, ports, row.age()]
    },
};

/// `ipaddresses`.
pub(in crate::schema) const IP_ADDRESSES: Table = Table {
    columns: &[Column::NAME, Column::text("ParentRef", "The object that the address is given to."), Column::AGE],
    cells: |row| cells![row.name(), parent(row), row.age()],
};

/// `networkpolicies`.
pub(in crate::schema) const NETWORK_POLICIES: Table = Table {
    columns: &[Column::NAME, Column::text("Pod-Selector", "The pods that the policy is for."), Column::AGE],
    cells: |row| cells![row.name(), row.shown_selector("spec.podSelector"), row.age()],
};

/// `servicecidrs`.
pub(in crate::schema) const SERVICE_CIDRS: Table = Table {
    columns: &[Column::NAME, Column::text("CIDRs", "The ranges that service addresses are taken from."), Column::AGE],
    cells: |row| {
        let ranges = row.list("spec.cidrs").iter().map(text).collect::<Vec<_>>().join(",");
        cells![row.name(), ranges, row.age()]
    },
};

/// `endpointslices`.
pub(in crate::schema) const ENDPOINT_SLICES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("AddressType", "The type of the addresses."),
        Column::text("Ports", "The first ports of the endpoints."),
        Column::text("Endpoints", "The first addresses."),
        Column::AGE,
    ],
    cells: |row| {
        let addresses = row.list("endpoints").iter().flat_map(|endpoint| items(endpoint, "addresses"));
        let addresses: Vec<_> = addresses.map(|address| text(address).to_owned()).collect();
        let ports: Vec<_> = row.list("ports").iter().map(slice_port).collect();
        let few = |list: &[String]| or(&first_few(list, ",", 3), UNSET).to_owned();
        cells![row.name(), row.text("addressType"), few(&ports), few(&addresses), row.age()]
    },
};

fn slice_port(port: &Value) -> String {
    let number = port.get("port").and_then(Value::as_i64).map(|number| number.to_string());
    number.or_else(|| Some(port.get("name")?.as_str()?.to_owned())).unwrap_or_else(|| "*".to_owned())
}

fn parameters(row: Row<'_>) -> String {
    let Some(parameters) = row.at("spec.parameters") else { return NONE.to_owned() };
    let group = parameters.get("apiGroup").map(|group| format!(".{}", text(group))).unwrap_or_default();
    format!("{}{group}/{}", text_at(parameters, "kind"), text_at(parameters, "name"))
}

fn hosts(row: Row<'_>) -> String {
    let rules = row.list("spec.rules");
    let hosts: Vec<_> = rules.iter().map(|rule| text_at(rule, "host")).filter(|host| !host.is_empty()).collect();
    match hosts.len() {
        0 => "*".to_owned(),
        1..=3 => hosts.join(","),
        _ => format!("{} + {} more...", hosts[..3].join(","), rules.len() - 3),
    }
}

fn parent(row: Row<'_>) -> String {
    let Some(parent) = row.at("spec.parentRef") else { return NONE.to_owned() };
    let group = text_at(parent, "group");
    let resource = text_at(parent, "resource");
    let mut shown = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }.to_lowercase();
    for part in [text_at(parent, "namespace"), text_at(parent, "name")] {
        if !part.is_empty() {
            shown = format!("{shown}/{part}");
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::columns::testing::shown;

    #[test]
    fn an_ingress_shows_three_hosts_and_where_requests_come_in() {
        let rules = |hosts: &[&str]| hosts.iter().map(|host| json!({"host": host})).collect::<Value>();
        let ingress = |hosts: &[&str]| {
            let status = json!({"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}, {"ip": "10.0.0.1"}]}});
            shown(&INGRESSES, json!({"spec": {"rules": rules(hosts), "tls": [{}]}, "status": status}))[1..5].to_vec()
        };
        assert_eq!(ingress(&["a", "b"]), cells!["<none>", "a,b", "10.0.0.1,lb.example.com", "80, 443"]);
        assert_eq!(ingress(&["a", "b", "c", "d", "e"])[1], "a,b,c + 2 more...");
        assert_eq!(ingress(&[])[1], "*");
    }

    #[test]
    fn a_slice_shows_ports_by_number_or_name() {
        let slice = json!({
            "addressType": "IPv4", "ports": [{"port": 80, "name": "http"}, {"name": "x"}, {}],
            "endpoints": [{"addresses": ["10.0.0.1", "10.0.0.2"]}, {"addresses": ["10.0.0.3", "10.0.0.4"]}],
        });
        let expected = cells!["IPv4", "80,x,*", "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more..."];
        assert_eq!(shown(&ENDPOINT_SLICES, slice)[1..4], expected);
        assert_eq!(shown(&ENDPOINT_SLICES, json!({}))[2..4], cells!["<unset>", "<unset>"]);
    }

    #[test]
    fn references_are_shown_with_their_group() {
        let parent = json!({"group": "", "resource": "services", "namespace": "n", "name": "s"});
        assert_eq!(shown(&IP_ADDRESSES, json!({"spec": {"parentRef": parent}}))[1], "services/n/s");
        let parameters = json!({"apiGroup": "example.com", "kind": "Settings", "name": "p"});
        let class = json!({"spec": {"controller": "example.com/c", "parameters": parameters}});
        assert_eq!(shown(&INGRESS_CLASSES, class)[1..3], cells!["example.com/c", "Settings.example.com/p"]);
    }
}
