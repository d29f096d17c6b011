//! How things are reached: `networking.k8s.io`, `discovery.k8s.io`.

use super::Part::Status;
use super::{Group, Kind};
use crate::schema::columns::network as tables;
use crate::schema::resource::NameRule;

/// `networking.k8s.io/v1`.
pub(super) const NETWORKING: Group = Group {
    name: "networking.k8s.io",
    version: "v1",
    kinds: &[
        Kind::cluster("ingressclasses", "IngressClass").generation().table(&tables::INGRESS_CLASSES),
        Kind::namespaced("ingresses", "Ingress").short(&["ing"]).generation().parts(&[Status]).table(&tables::INGRESSES),
        Kind::cluster("ipaddresses", "IPAddress").short(&["ip"]).named(NameRule::IpAddress).table(&tables::IP_ADDRESSES),
        Kind::namespaced("networkpolicies", "NetworkPolicy").short(&["netpol"]).generation().table(&tables::NETWORK_POLICIES),
        Kind::cluster("servicecidrs", "ServiceCIDR").parts(&[Status]).table(&tables::SERVICE_CIDRS),
    ],
};

/// `discovery.k8s.io/v1`.
pub(super) const DISCOVERY: Group = Group {
    name: "discovery.k8s.io",
    version: "v1",
    kinds: &[Kind::namespaced("endpointslices", "EndpointSlice").generation().table(&tables::ENDPOINT_SLICES)],
};
