//! Services, Endpoints and EndpointSlices.

use serde_json::json;

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, TooMany, creates, row, updates, well, written_to};

const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NETWORK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const BALANCED: &str = "may only be used when `type` is 'LoadBalancer'";

#[test]
fn a_service() {
    let base = json!({"spec": {"ports": [{"port": 80}]}});
    creates(
        "v1",
        "Service",
        &base,
        vec![
            row("/metadata/name", json!("A"), "metadata.name", Invalid, "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"),
            row("/spec/ports", json!([]), "spec.ports", Required, ""),
            (vec![("/spec/ports", json!([])), ("/spec/clusterIP", json!("None"))], vec![]),
            row("/spec/type", json!("Magic"), "spec.type", NotSupported, r#""ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#),
            (
                vec![("/spec/ports/0/port", json!(0))],
                vec![
                    ("spec.ports[0].port", Invalid, "must be between 1 and 65535, inclusive"),
                    ("spec.ports[0].targetPort", Invalid, "must be between 1 and 65535, inclusive"),
                ],
            ),
            row("/spec/ports/0/protocol", json!("X"), "spec.ports[0].protocol", NotSupported, r#""SCTP", "TCP", "UDP""#),
            row("/spec/ports/0/targetPort", json!("A"), "spec.ports[0].targetPort", Invalid, "(a-z, 0-9), and hyphens (-)"),
            row("/spec/ports/0/name", json!("A"), "spec.ports[0].name", Invalid, "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"),
            row("/spec/ports/0/appProtocol", json!("a b"), "spec.ports[0].appProtocol", Invalid, "')"),
            row("/spec/ports", json!([{"port": 1}, {"port": 2, "name": "b"}]), "spec.ports[0].name", Required, ""),
            row("/spec/ports", json!([{"port": 1, "name": "b"}, {"port": 2, "name": "b"}]), "spec.ports[1].name", Duplicate, r#""b""#),
            row(
                "/spec/ports",
                json!([{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]),
                "spec.ports[1]",
                Duplicate,
                r#"{"port":1,"protocol":"TCP"}"#,
            ),
            well("/spec/ports", json!([{"port": 1, "name": "a"}, {"port": 1, "name": "b", "protocol": "UDP"}])),
            row("/spec/ports/0/nodePort", json!(30000), "spec.ports[0].nodePort", Forbidden, "may not be used when `type` is 'ClusterIP'"),
            row("/spec/selector", json!({"a b": "c"}), "spec.selector", Invalid, "')"),
            row("/spec/sessionAffinity", json!("Yes"), "spec.sessionAffinity", NotSupported, r#""ClientIP", "None""#),
            (
                vec![
                    ("/spec/sessionAffinity", json!("ClientIP")),
                    ("/spec/sessionAffinityConfig", json!({"clientIP": {"timeoutSeconds": 86_401}})),
                ],
                vec![("spec.sessionAffinityConfig.clientIP.timeoutSeconds", Invalid, "must be greater than 0 and less than 86400")],
            ),
            row("/spec/externalIPs", json!(["x"]), "spec.externalIPs[0]", Invalid, ADDRESS),
            row(
                "/spec/externalIPs",
                json!(["127.0.0.1"]),
                "spec.externalIPs[0]",
                Invalid,
                "may not be in the loopback range (127.0.0.0/8, ::1/128)",
            ),
            row("/spec/externalIPs", json!(["0.0.0.0"]), "spec.externalIPs[0]", Invalid, "may not be unspecified (0.0.0.0)"),
            row("/spec/externalIPs", json!(["fe80::1"]), "spec.externalIPs[0]", Invalid, "link-local range (169.254.0.0/16, fe80::/10)"),
            row("/spec/externalIPs", json!(["224.0.0.9"]), "spec.externalIPs[0]", Invalid, "(224.0.0.0/24, ff02::/10)"),
            row("/spec/internalTrafficPolicy", json!("X"), "spec.internalTrafficPolicy", NotSupported, r#""Cluster", "Local""#),
            row(
                "/spec/externalTrafficPolicy",
                json!("Local"),
                "spec.externalTrafficPolicy",
                Invalid,
                "may only be set for externally-accessible services",
            ),
            row(
                "/spec/trafficDistribution",
                json!("Far"),
                "spec.trafficDistribution",
                NotSupported,
                r#""PreferClose", "PreferSameNode", "PreferSameZone""#,
            ),
            well("/spec/trafficDistribution", json!("PreferSameZone")),
            row("/spec/loadBalancerClass", json!("a/b"), "spec.loadBalancerClass", Forbidden, BALANCED),
            row("/spec/loadBalancerSourceRanges", json!(["10.0.0.0/8"]), "spec.LoadBalancerSourceRanges", Forbidden, BALANCED),
            row("/spec/allocateLoadBalancerNodePorts", json!(true), "spec.allocateLoadBalancerNodePorts", Forbidden, BALANCED),
            row("/spec/healthCheckNodePort", json!(30001), "spec.healthCheckNodePort", Invalid, "and `externalTrafficPolicy` is 'Local'"),
            (
                vec![(
                    "/metadata/annotations",
                    json!({"service.kubernetes.io/topology-mode": "a", "service.kubernetes.io/topology-aware-hints": "b"}),
                )],
                vec![("metadata.annotations[service.kubernetes.io/topology-mode]", Invalid, "when both are specified")],
            ),
        ],
    );
}

#[test]
fn the_types_of_services() {
    let balanced = json!({"spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}});
    creates(
        "v1",
        "Service",
        &balanced,
        vec![
            row("/spec/clusterIP", json!("None"), "spec.clusterIPs[0]", Invalid, "may not be set to 'None' for LoadBalancer services"),
            row("/spec/loadBalancerClass", json!("a b"), "spec.loadBalancerClass", Invalid, "')"),
            row("/spec/loadBalancerSourceRanges", json!(["10.0.0.0"]), "spec.LoadBalancerSourceRanges[0]", Invalid, NETWORK),
            well("/spec/loadBalancerSourceRanges", json!([" 10.0.0.0/8 "])),
            row("/spec/externalTrafficPolicy", json!("X"), "spec.externalTrafficPolicy", NotSupported, r#""Cluster", "Local""#),
            well("/spec/externalTrafficPolicy", json!("Local")),
        ],
    );
    updates(
        "v1",
        "Service",
        &balanced,
        vec![row("/spec/loadBalancerClass", json!("a/b"), "spec.loadBalancerClass", Invalid, "may not change once set")],
    );
    written_to(
        "v1",
        "Service",
        &balanced,
        "status",
        vec![
            well("/status/loadBalancer", json!({"ingress": [{"ip": "1.2.3.4"}, {"hostname": "a.example"}]})),
            row("/status/loadBalancer", json!({"ingress": [{"ip": "x"}]}), "status.loadBalancer.ingress[0].ip", Invalid, ADDRESS),
            row(
                "/status/loadBalancer",
                json!({"ingress": [{"hostname": "1.2.3.4"}]}),
                "status.loadBalancer.ingress[0].hostname",
                Invalid,
                "not an IP address",
            ),
            row(
                "/status/loadBalancer",
                json!({"ingress": [{"ip": "1.2.3.4", "ipMode": "X"}]}),
                "status.loadBalancer.ingress[0].ipMode",
                NotSupported,
                r#""Proxy", "VIP""#,
            ),
        ],
    );
    let checked =
        json!({"spec": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": 30001, "ports": [{"port": 80}]}});
    updates(
        "v1",
        "Service",
        &checked,
        vec![row("/spec/healthCheckNodePort", json!(30002), "spec.healthCheckNodePort", Forbidden, "field is immutable")],
    );
    let on_nodes = json!({"spec": {"type": "NodePort", "ports": [{"port": 80}]}});
    creates(
        "v1",
        "Service",
        &on_nodes,
        vec![
            row("/spec/clusterIP", json!("None"), "spec.clusterIPs[0]", Invalid, "may not be set to 'None' for NodePort services"),
            row(
                "/spec/ports",
                json!([{"port": 1, "name": "a", "nodePort": 30000}, {"port": 2, "name": "b", "nodePort": 30000}]),
                "spec.ports[1].nodePort",
                Duplicate,
                "30000",
            ),
        ],
    );
    written_to(
        "v1",
        "Service",
        &on_nodes,
        "status",
        vec![row(
            "/status/loadBalancer",
            json!({"ingress": [{"ip": "1.2.3.4"}]}),
            "status.loadBalancer.ingress",
            Forbidden,
            "when `spec.type` is 'LoadBalancer'",
        )],
    );
    let name = json!({"spec": {"type": "ExternalName", "externalName": "a.example."}});
    creates(
        "v1",
        "Service",
        &name,
        vec![
            row("/spec/externalName", json!(null), "spec.externalName", Required, ""),
            row("/spec/externalName", json!("A.example"), "spec.externalName", Invalid, "')"),
            row("/spec/clusterIP", json!("10.96.0.9"), "spec.clusterIPs", Forbidden, "may not be set for ExternalName services"),
            row("/spec/ipFamilies", json!(["IPv4"]), "spec.ipFamilies", Forbidden, "may not be set for ExternalName services"),
            row("/spec/ipFamilyPolicy", json!("SingleStack"), "spec.ipFamilyPolicy", Forbidden, "may not be set for ExternalName services"),
        ],
    );
}

#[test]
fn the_addresses_of_services() {
    let base = json!({"spec": {"ports": [{"port": 80}], "clusterIP": "10.96.0.9"}});
    creates(
        "v1",
        "Service",
        &base,
        vec![
            row("/spec/clusterIP", json!("x"), "spec.clusterIPs[0]", Invalid, ADDRESS),
            row("/spec/clusterIPs", json!(["10.96.0.8"]), "spec.clusterIPs", Invalid, "first value must match `clusterIP`"),
            (
                vec![("/spec/clusterIP", json!(null)), ("/spec/clusterIPs", json!(["10.96.0.8"]))],
                vec![("spec.clusterIPs", Invalid, "must be empty when `clusterIP` is not specified")],
            ),
            row(
                "/spec/clusterIPs",
                json!(["10.96.0.9", "10.96.0.8"]),
                "spec.clusterIPs",
                Invalid,
                "may specify no more than one IP for each IP family",
            ),
            (
                vec![("/spec/clusterIP", json!("None")), ("/spec/clusterIPs", json!(["None", "10.96.0.8"]))],
                vec![("spec.clusterIPs", Invalid, "'None' must be the first and only value")],
            ),
            row("/spec/ipFamilies", json!(["IPv5"]), "spec.ipFamilies[0]", NotSupported, r#""IPv4", "IPv6""#),
            row("/spec/ipFamilies", json!(["IPv4", "IPv4"]), "spec.ipFamilies[1]", Duplicate, r#""IPv4""#),
            row(
                "/spec/ipFamilies",
                json!(["IPv6"]),
                "spec.clusterIPs[0]",
                Invalid,
                "expected an IPv6 value as indicated by `ipFamilies[0]`",
            ),
            row(
                "/spec/ipFamilyPolicy",
                json!("X"),
                "spec.ipFamilyPolicy",
                NotSupported,
                r#""PreferDualStack", "RequireDualStack", "SingleStack""#,
            ),
        ],
    );
    updates(
        "v1",
        "Service",
        &base,
        vec![
            well("/spec/clusterIP", json!(null)),
            row("/spec/clusterIP", json!("10.96.0.8"), "spec.clusterIPs[0]", Invalid, "may not change once set"),
            row("/spec/clusterIP", json!("None"), "spec.clusterIPs[0]", Invalid, "may not change once set"),
            (vec![("/spec/type", json!("ExternalName")), ("/spec/externalName", json!("a"))], vec![]),
        ],
    );
    let both = json!({"spec": {
        "ports": [{"port": 80}], "clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "fd00::9"], "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "RequireDualStack",
    }});
    updates(
        "v1",
        "Service",
        &both,
        vec![
            well("/spec/ipFamilyPolicy", json!("SingleStack")),
            row(
                "/spec/clusterIPs",
                json!(["10.96.0.9"]),
                "spec.ipFamilyPolicy",
                Invalid,
                "must be 'SingleStack' to release the secondary cluster IP",
            ),
            row(
                "/spec/ipFamilies",
                json!(["IPv4"]),
                "spec.ipFamilyPolicy",
                Invalid,
                "must be 'SingleStack' to release the secondary IP family",
            ),
        ],
    );
}

#[test]
fn endpoints() {
    let base = json!({"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]});
    creates(
        "v1",
        "Endpoints",
        &base,
        vec![
            row("/subsets/0/addresses", json!([]), "subsets[0]", Required, "must specify `addresses` or `notReadyAddresses`"),
            row("/subsets/0/addresses/0/ip", json!("127.0.0.1"), "subsets[0].addresses[0].ip", Invalid, "(127.0.0.0/8, ::1/128)"),
            row("/subsets/0/addresses/0/ip", json!("x"), "subsets[0].addresses[0].ip", Invalid, ADDRESS),
            row("/subsets/0/addresses/0/hostname", json!("A"), "subsets[0].addresses[0].hostname", Invalid, "')"),
            row("/subsets/0/addresses/0/nodeName", json!("A"), "subsets[0].addresses[0].nodeName", Invalid, "')"),
            row("/subsets/0/ports", json!([{"port": 1}, {"port": 2, "name": "b"}]), "subsets[0].ports[0].name", Required, ""),
            row("/subsets/0/ports/0/port", json!(70000), "subsets[0].ports[0].port", Invalid, "must be between 1 and 65535, inclusive"),
            row("/subsets/0/ports/0/protocol", json!("X"), "subsets[0].ports[0].protocol", NotSupported, r#""SCTP", "TCP", "UDP""#),
        ],
    );
}

#[test]
fn an_endpoint_slice() {
    let api = "discovery.k8s.io/v1";
    let base = json!({"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]});
    let many: Vec<String> = (0..101).map(|number| format!("10.0.0.{number}")).collect();
    creates(
        api,
        "EndpointSlice",
        &base,
        vec![
            row("/addressType", json!("IP"), "addressType", NotSupported, r#""FQDN", "IPv4", "IPv6""#),
            row("/endpoints/0/addresses", json!([]), "endpoints[0].addresses", Required, "must contain at least 1 address"),
            row("/endpoints/0/addresses", json!(many), "endpoints[0].addresses", TooMany, "must have at most 100 items"),
            row("/endpoints/0/addresses/0", json!("fd00::1"), "endpoints[0].addresses[0]", Invalid, "must be an IPv4 address"),
            row("/endpoints/0/addresses/0", json!("127.0.0.1"), "endpoints[0].addresses[0]", Invalid, "(127.0.0.0/8, ::1/128)"),
            row("/endpoints/0/nodeName", json!("A"), "endpoints[0].nodeName", Invalid, "')"),
            row("/endpoints/0/hostname", json!("A"), "endpoints[0].hostname", Invalid, "')"),
            row(
                "/endpoints/0/hints",
                json!({"forZones": [{"name": "a"}, {"name": "a"}]}),
                "endpoints[0].hints.forZones[1].name",
                Duplicate,
                r#""a""#,
            ),
            row("/ports", json!([{"name": "a"}, {"name": "a"}]), "ports[1].name", Duplicate, r#""a""#),
            row("/ports/0/protocol", json!("X"), "ports[0].protocol", NotSupported, r#""SCTP", "TCP", "UDP""#),
            (
                vec![("/addressType", json!("FQDN")), ("/endpoints/0/addresses/0", json!("a"))],
                vec![("endpoints[0].addresses[0]", Invalid, "should be a domain with at least two segments separated by dots")],
            ),
        ],
    );
    updates(
        api,
        "EndpointSlice",
        &base,
        vec![(
            vec![("/addressType", json!("IPv6")), ("/endpoints/0/addresses/0", json!("fd00::1"))],
            vec![("addressType", Invalid, "field is immutable")],
        )],
    );
}
