//! Network policies and ingress classes; an Ingress has no defaults.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/>.

use serde_json::Value;

use super::fill::Constant::Text;
use super::fill::{Members, Row, fill, inner, items};

const PORT: Row = &[("protocol", Text("TCP"))];
const PARAMETERS: Row = &[("scope", Text("Cluster"))];

/// A policy is about incoming traffic, and about outgoing where it has rules for that.
pub(super) fn policy(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    for rules in ["ingress", "egress"] {
        for rule in items(spec, rules) {
            items(rule, "ports").for_each(|port| fill(port, PORT));
        }
    }
    if spec.get("policyTypes").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let outgoing = spec.get("egress").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
        let types = if outgoing { vec!["Ingress", "Egress"] } else { vec!["Ingress"] };
        spec.insert("policyTypes".to_owned(), types.into());
    }
}

pub(super) fn ingress_class(root: &mut Members) {
    if let Some(parameters) = inner(root, "spec").and_then(|spec| inner(spec, "parameters")) {
        fill(parameters, PARAMETERS);
    }
}
