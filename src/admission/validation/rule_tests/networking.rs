//! Ingresses and their classes, network policies, addresses of services.

use serde_json::json;

use super::{Forbidden, Invalid, NotSupported, Required, TooLong, creates, row, updates, well, written_to};

const API: &str = "networking.k8s.io/v1";
const NETWORK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

#[test]
fn an_ingress() {
    let path = json!({"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}});
    let base = json!({"spec": {"rules": [{"host": "a.example", "http": {"paths": [path]}}]}});
    creates(
        API,
        "Ingress",
        &base,
        vec![
            row("/spec/rules", json!([]), "spec", Invalid, "either `defaultBackend` or `rules` must be specified"),
            well("/spec/rules/0/host", json!("*.example")),
            row("/spec/rules/0/host", json!("a.*.example"), "spec.rules[0].host", Invalid, r"(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"),
            row("/spec/rules/0/host", json!("A"), "spec.rules[0].host", Invalid, "')"),
            row("/spec/rules/0/host", json!("1.2.3.4"), "spec.rules[0].host", Invalid, "must be a DNS name, not an IP address"),
            row("/spec/rules/0/http/paths", json!([]), "spec.rules[0].http.paths", Required, ""),
            // Of whichever rule the paths are.
            row("/spec/rules", json!([{"host": "b"}, {"host": "a", "http": {"paths": []}}]), "spec.rules[0].http.paths", Required, ""),
            row(
                "/spec/rules/0/http/paths/0/pathType",
                json!(null),
                "spec.rules[0].http.paths[0].pathType",
                Required,
                "pathType must be specified",
            ),
            row(
                "/spec/rules/0/http/paths/0/pathType",
                json!("Some"),
                "spec.rules[0].http.paths[0].pathType",
                NotSupported,
                r#""Exact", "ImplementationSpecific", "Prefix""#,
            ),
            row("/spec/rules/0/http/paths/0/path", json!("a"), "spec.rules[0].http.paths[0].path", Invalid, "must be an absolute path"),
            row("/spec/rules/0/http/paths/0/path", json!("/a//b"), "spec.rules[0].http.paths[0].path", Invalid, "must not contain '//'"),
            row("/spec/rules/0/http/paths/0/path", json!("/a/.."), "spec.rules[0].http.paths[0].path", Invalid, "cannot end with '/..'"),
            row(
                "/spec/rules/0/http/paths/0/backend",
                json!({}),
                "spec.rules[0].http.paths[0].backend",
                Invalid,
                "resource or service backend is required",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/resource",
                json!({"kind": "A", "name": "b"}),
                "spec.rules[0].http.paths[0].backend",
                Invalid,
                "cannot set both resource and service backends",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/name",
                json!("A"),
                "spec.rules[0].http.paths[0].backend.service.name",
                Invalid,
                "')",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/port",
                json!({}),
                "spec.rules[0].http.paths[0].backend",
                Required,
                "port name or number is required",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/port",
                json!({"name": "a", "number": 1}),
                "spec.rules[0].http.paths[0].backend",
                Invalid,
                "cannot set both port name & port number",
            ),
            row(
                "/spec/rules/0/http/paths/0/backend/service/port",
                json!({"number": 70_000}),
                "spec.rules[0].http.paths[0].backend.service.port.number",
                Invalid,
                "must be between 1 and 65535, inclusive",
            ),
            row("/spec/defaultBackend", json!({"resource": {"kind": "", "name": "b"}}), "spec.defaultBackend.resource.kind", Required, ""),
            row("/spec/tls", json!([{"hosts": ["*a"]}]), "spec.tls[0].hosts[0]", Invalid, "')"),
            row("/spec/tls", json!([{"secretName": "A"}]), "spec.tls[0].secretName", Invalid, "')"),
            row("/spec/ingressClassName", json!("A"), "spec.ingressClassName", Invalid, "')"),
            (
                vec![("/metadata/annotations", json!({"kubernetes.io/ingress.class": "a"})), ("/spec/ingressClassName", json!("b"))],
                vec![("annotations.kubernetes.io/ingress.class", Invalid, "must match `ingressClassName` when both are specified")],
            ),
        ],
    );
    written_to(
        API,
        "Ingress",
        &base,
        "status",
        vec![
            well("/status/loadBalancer", json!({"ingress": [{"ip": "1.2.3.4"}]})),
            row("/status/loadBalancer", json!({"ingress": [{"hostname": "A"}]}), "status.loadBalancer.ingress[0].hostname", Invalid, "')"),
        ],
    );
}

#[test]
fn an_ingress_class() {
    let base = json!({"spec": {"controller": "example.com/c", "parameters": {"kind": "P", "name": "p"}}});
    creates(
        API,
        "IngressClass",
        &base,
        vec![
            row("/spec/controller", json!(""), "spec.controller", Required, ""),
            row("/spec/controller", json!("c"), "spec.controller", Invalid, r#"must be a domain-prefixed path (such as "acme.io/foo")"#),
            row(
                "/spec/controller",
                json!(format!("example.com/{}", "a".repeat(250))),
                "spec.controller",
                TooLong,
                "may not be more than 250 bytes",
            ),
            row("/spec/parameters/kind", json!("a/b"), "spec.parameters.kind", Invalid, "may not contain '/'"),
            row("/spec/parameters/scope", json!("X"), "spec.parameters.scope", NotSupported, r#""Cluster", "Namespace""#),
            row(
                "/spec/parameters/scope",
                json!("Namespace"),
                "spec.parameters.namespace",
                Required,
                "`parameters.scope` is set to 'Namespace'",
            ),
            row("/spec/parameters/namespace", json!("n"), "spec.parameters.namespace", Forbidden, "`parameters.scope` is set to 'Cluster'"),
        ],
    );
    updates(
        API,
        "IngressClass",
        &base,
        vec![row("/spec/controller", json!("example.com/d"), "spec.controller", Invalid, "field is immutable")],
    );
}

#[test]
fn a_network_policy() {
    let base = json!({"spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}], "ports": [{"port": 80}]}]}});
    creates(
        API,
        "NetworkPolicy",
        &base,
        vec![
            row("/spec/ingress/0/from", json!([{}]), "spec.ingress[0].from[0]", Required, "must specify a peer"),
            row(
                "/spec/ingress/0/from",
                json!([{"ipBlock": {"cidr": "10.0.0.1"}}]),
                "spec.ingress[0].from[0].ipBlock.cidr",
                Invalid,
                NETWORK,
            ),
            row(
                "/spec/ingress/0/from",
                json!([{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]),
                "spec.ingress[0].from[0]",
                Forbidden,
                "may not specify both ipBlock and another peer",
            ),
            row(
                "/spec/ingress/0/from",
                json!([{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]),
                "spec.ingress[0].from[0].ipBlock.except[0]",
                Invalid,
                "must be a strict subset of `cidr`",
            ),
            well("/spec/ingress/0/from", json!([{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}])),
            row(
                "/spec/ingress/0/ports",
                json!([{"port": 80, "endPort": 70}]),
                "spec.ingress[0].ports[0].endPort",
                Invalid,
                "must be greater than or equal to `port`",
            ),
            row(
                "/spec/ingress/0/ports",
                json!([{"port": "a", "endPort": 70}]),
                "spec.ingress[0].ports[0].endPort",
                Invalid,
                "when `port` is non-numeric",
            ),
            row(
                "/spec/ingress/0/ports",
                json!([{"endPort": 70}]),
                "spec.ingress[0].ports[0].endPort",
                Invalid,
                "when `port` is not specified",
            ),
            row(
                "/spec/ingress/0/ports",
                json!([{"protocol": "X"}]),
                "spec.ingress[0].ports[0].protocol",
                NotSupported,
                r#""TCP", "UDP", "SCTP""#,
            ),
            row("/spec/policyTypes", json!(["X"]), "spec.policyTypes[0]", NotSupported, r#""Ingress", "Egress""#),
            row(
                "/spec/podSelector",
                json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
                "spec.podSelector.matchExpressions[0].values",
                Required,
                "'In' or 'NotIn'",
            ),
        ],
    );
}

#[test]
fn networks_of_services() {
    let base = json!({"spec": {"cidrs": ["10.0.0.0/16"]}});
    creates(
        API,
        "ServiceCIDR",
        &base,
        vec![
            row("/spec/cidrs", json!([]), "spec.cidrs", Required, "at least one CIDR required"),
            row("/spec/cidrs", json!(["x"]), "spec.cidrs[0]", Invalid, NETWORK),
            row("/spec/cidrs", json!(["10.0.0.0/16", "10.1.0.0/16"]), "spec.cidrs", Invalid, "i.e 192.168.0.0/24 and 2001:db8::/64"),
            row("/spec/cidrs", json!(["a", "b", "c"]), "spec.cidrs", Invalid, "may only hold up to 2 values"),
        ],
    );
    updates(
        API,
        "ServiceCIDR",
        &base,
        vec![
            well("/spec/cidrs", json!(["10.0.0.0/16", "fd00::/64"])),
            row("/spec/cidrs", json!(["10.1.0.0/16"]), "spec.cidrs[0]", Invalid, "field is immutable"),
            row("/spec/cidrs", json!([]), "spec.cidrs", Invalid, "field is immutable"),
        ],
    );
    let address = json!({"metadata": {"name": "10.0.0.1"}, "spec": {"parentRef": {"resource": "services", "name": "s"}}});
    creates(
        API,
        "IPAddress",
        &address,
        vec![
            row("/spec/parentRef", json!(null), "spec.parentRef", Required, ""),
            row("/spec/parentRef/name", json!(""), "spec.parentRef.name", Required, ""),
            row("/spec/parentRef/group", json!("A"), "spec.parentRef.group", Invalid, "')"),
        ],
    );
    updates(API, "IPAddress", &address, vec![row("/spec/parentRef/name", json!("t"), "spec.parentRef", Invalid, "field is immutable")]);
}
