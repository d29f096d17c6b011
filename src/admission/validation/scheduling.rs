//! Where a pod may run: nodes and pods it wants near or far, taints it bears, and gates it waits at.
//!
//! See <https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/>.

use std::collections::HashMap;

use super::field::{Faults, Field};
use super::kept::{Kept, Rule, finds};
use super::labels;
use super::node_selector::{node_selector, node_term};
use super::seen::Seen;
use crate::object::names::{dns_label, label_value, qualified_name};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Nodes and pods that a pod wants to be near or far from.
pub(super) fn affinity(affinity: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    if affinity.is_empty() {
        return;
    }
    let nodes = affinity.at("nodeAffinity");
    let needed = nodes.at(REQUIRED);
    if !needed.is_absent() {
        node_selector(&needed, kept.asks(Rule::NodeValues), faults);
    }
    for preferred in nodes.at(PREFERRED).items() {
        weight(&preferred, faults);
        node_term(&preferred.at("preference"), false, faults);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.at(kind);
        pods.at(REQUIRED).items().for_each(|term| pod_term(&term, kept, faults));
        for preferred in pods.at(PREFERRED).items() {
            weight(&preferred, faults);
            pod_term(&preferred.at("podAffinityTerm"), kept, faults);
        }
    }
}

/// Whether selectors of pods to be near or far from are broken.
pub(super) fn has_broken_selectors(affinity: &Field<'_, '_>) -> bool {
    finds(|faults| {
        for kind in ["podAffinity", "podAntiAffinity"] {
            let pods = affinity.at(kind);
            pods.at(REQUIRED).items().for_each(|term| selectors(&term, true, faults));
            pods.at(PREFERRED).items().for_each(|preferred| selectors(&preferred.at("podAffinityTerm"), true, faults));
        }
    })
}

fn weight(preferred: &Field<'_, '_>, faults: &mut Faults) {
    let weight = preferred.at("weight").number().unwrap_or_default();
    if !(1..=100).contains(&weight) {
        faults.invalid_as(&preferred.at("weight"), weight, "must be in the range 1-100");
    }
}

fn selectors(term: &Field<'_, '_>, values_judged: bool, faults: &mut Faults) {
    labels::selector_of(&term.at("labelSelector"), values_judged, faults);
    labels::selector_of(&term.at("namespaceSelector"), values_judged, faults);
}

fn pod_term(term: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    selectors(term, kept.asks(Rule::SelectorValues), faults);
    let shown = term.at("namespace");
    for name in term.at("namespaces").items() {
        faults.checked(&Field::root_like(&shown, name.value), dns_label);
    }
    label_keys(term, faults);
    let key = term.at("topologyKey");
    if key.is_empty() {
        faults.required(&key, "can not be empty");
    }
    faults.checked(&key, qualified_name);
}

/// Keys of labels whose values come from the pod itself. None of them is selected by already, nor both wanted and not.
fn label_keys(place: &Field<'_, '_>, faults: &mut Faults) {
    let (wanted, unwanted, selector) = (place.at("matchLabelKeys"), place.at("mismatchLabelKeys"), place.at("labelSelector"));
    for keys in [&wanted, &unwanted] {
        if keys.is_empty() {
        } else if selector.is_absent() {
            faults.forbidden(keys, "must not be specified when labelSelector is not set");
        } else {
            keys.items().for_each(|key| faults.checked(&key, qualified_name));
        }
    }
    if wanted.is_empty() {
        return;
    }
    // Creating a pod adds one expression for each key, so only a second one is the client's.
    let places: HashMap<&str, usize> = wanted.items().enumerate().map(|(index, key)| (key.text(), index)).collect();
    let mut selected: Seen<'_> = selector.at("matchLabels").entries().map(|(key, _)| key).collect();
    for expression in selector.at("matchExpressions").items() {
        let key = expression.at("key").text();
        if let (false, Some(index)) = (selected.insert(key), places.get(key)) {
            faults.invalid_as(&place.item(*index), key, "exists in both matchLabelKeys and labelSelector");
        }
    }
    let unwanted: Seen<'_> = unwanted.items().map(|key| key.text()).collect();
    for key in wanted.items().filter(|key| unwanted.contains(key.text())) {
        faults.invalid(&key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
}

/// How evenly pods are spread over zones and their like.
pub(super) fn spread(constraints: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    let pair = |constraint: &Field<'_, '_>| {
        let text = |name: &str| constraint.value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        (text("topologyKey"), text("whenUnsatisfiable"))
    };
    let mut left: HashMap<(String, String), usize> = HashMap::new();
    if constraints.size() > 1 {
        constraints.items().for_each(|constraint| *left.entry(pair(&constraint)).or_default() += 1);
    }
    for constraint in constraints.items() {
        faults.positive(&constraint.at("maxSkew"));
        if constraint.at("topologyKey").is_empty() {
            faults.required(&constraint.at("topologyKey"), "can not be empty");
        }
        let when = constraint.at("whenUnsatisfiable");
        if !matches!(when.text(), "DoNotSchedule" | "ScheduleAnyway") {
            faults.not_supported(&when, &["DoNotSchedule", "ScheduleAnyway"]);
        }
        if let Some(count) = left.get_mut(&pair(&constraint)) {
            *count -= 1;
            if *count > 0 {
                let shown = format!("{{{}, {}}}", constraint.at("topologyKey").text(), when.text());
                faults.duplicate_as(&constraint.at("{topologyKey, whenUnsatisfiable}"), &shown);
            }
        }
        let domains = constraint.at("minDomains");
        if !domains.is_absent() {
            faults.positive(&domains);
            if when.text() != "DoNotSchedule" {
                let why = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}", when.text());
                faults.invalid(&domains, &why);
            }
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = constraint.at(policy);
            if !policy.is_absent() && !matches!(policy.text(), "Honor" | "Ignore") {
                faults.not_supported(&policy, &["Honor", "Ignore"]);
            }
        }
        if kept.asks(Rule::SpreadKeys) {
            label_keys(&constraint, faults);
        }
        if kept.asks(Rule::SpreadSelectors) {
            labels::selector(&constraint.at("labelSelector"), faults);
        }
    }
}

/// Whether selectors of pods to spread among are broken.
pub(super) fn has_broken_spread_selectors(constraints: &Field<'_, '_>) -> bool {
    finds(|faults| constraints.items().for_each(|constraint| labels::selector(&constraint.at("labelSelector"), faults)))
}

/// Whether keys that come from the pod itself are broken.
pub(super) fn has_broken_spread_keys(constraints: &Field<'_, '_>) -> bool {
    finds(|faults| constraints.items().for_each(|constraint| label_keys(&constraint, faults)))
}

/// Taints of nodes that do not keep the pod away.
pub(super) fn tolerations(list: &Field<'_, '_>, faults: &mut Faults) {
    for toleration in list.items() {
        let (key, operator, value) = (toleration.at("key"), toleration.at("operator"), toleration.at("value"));
        let effect = toleration.at("effect");
        faults.named(&key, qualified_name);
        if key.is_empty() && operator.text() != "Exists" {
            let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            faults.invalid_as(&operator, operator.text(), why);
        }
        if !toleration.at("tolerationSeconds").is_absent() && effect.text() != "NoExecute" {
            faults.invalid_as(&effect, effect.text(), "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator.text() {
            "Equal" | "" => faults.named(&Field::root_like(&operator, value.value), label_value),
            "Exists" if value.is_empty() => {}
            "Exists" => faults.invalid_as(&operator, value.text(), "value must be empty when `operator` is 'Exists'"),
            "Gt" | "Lt" if is_integer(value.text()) => {}
            "Gt" | "Lt" => faults.invalid_as(&value, value.text(), "must be a valid decimal integer in canonical form"),
            _ => faults.not_supported(&operator, &["Equal", "Exists"]),
        }
        faults.one_of(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
    }
}

fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number.to_string() == text)
}

/// What a pod waits for before it is ready.
pub(super) fn readiness_gates(gates: &Field<'_, '_>, faults: &mut Faults) {
    gates.items().for_each(|gate| faults.checked(&gate.at("conditionType"), qualified_name));
}

/// What a pod waits for before it is given a node.
pub(super) fn scheduling_gates(gates: &Field<'_, '_>, faults: &mut Faults) {
    let mut names = Seen::default();
    for gate in gates.items() {
        let name = gate.at("name").text();
        if let Err(why) = qualified_name(name) {
            faults.invalid_as(&gate, name, &why);
        }
        if !names.insert(name) {
            faults.duplicate_as(&gate, name);
        }
    }
}
