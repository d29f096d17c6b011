//! What selects nodes: terms over their labels and their names.
//!
//! See <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>.

use super::field::{Faults, Field};
use crate::object::names::{dns_subdomain, label_value, qualified_name};

/// A `NodeSelector`. Values are not judged where an older one names some that no label can have.
pub(super) fn node_selector(selector: &Field<'_, '_>, values_judged: bool, faults: &mut Faults) {
    let terms = selector.at("nodeSelectorTerms");
    if terms.is_empty() {
        faults.required(&terms, "must have at least one node selector term");
    }
    terms.items().for_each(|term| node_term(&term, values_judged, faults));
}

/// Whether a `NodeSelector` names a value that no label can have.
pub(super) fn has_broken_values(selector: &Field<'_, '_>) -> bool {
    selector.at_list("nodeSelectorTerms").any(super::labels::has_broken_values)
}

/// What the labels and fields of a node are like. Preferences may name values that no label can have.
pub(super) fn node_term(term: &Field<'_, '_>, values_judged: bool, faults: &mut Faults) {
    term.at("matchExpressions").items().for_each(|expression| by_label(&expression, values_judged, faults));
    term.at("matchFields").items().for_each(|expression| by_name(&expression, faults));
}

fn by_label(expression: &Field<'_, '_>, values_judged: bool, faults: &mut Faults) {
    let (operator, values, key) = (expression.at("operator"), expression.at("values"), expression.at("key"));
    match operator.text() {
        "In" | "NotIn" if values.is_empty() => faults.required(&values, "must be specified when `operator` is 'In' or 'NotIn'"),
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            faults.forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "Gt" | "Lt" if values.length() != 1 => {
            faults.required(&values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        _ => faults.invalid(&operator, "not a valid selector operator"),
    }
    if let Err(why) = qualified_name(key.text()) {
        faults.invalid(&key, &why);
    }
    if values_judged {
        values.items().for_each(|value| faults.named(&value, label_value));
    }
}

fn by_name(expression: &Field<'_, '_>, faults: &mut Faults) {
    let (operator, values, key) = (expression.at("operator"), expression.at("values"), expression.at("key"));
    match operator.text() {
        "In" | "NotIn" if values.length() != 1 => {
            faults.required(&values, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
        }
        "In" | "NotIn" => {}
        _ => faults.invalid(&operator, "not a valid selector operator"),
    }
    if key.text() != "metadata.name" {
        return faults.invalid(&key, "not a valid field selector key");
    }
    values.items().for_each(|value| faults.named(&value, dns_subdomain));
}
