//! Labels of nodes that have another name today, or none.

use super::Warnings;
use crate::admission::validation::field::Field;
use crate::object::names::label_value;

const LABELS: [(&str, &str); 8] = [
    ("beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"),
    ("beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"),
    ("failure-domain.beta.kubernetes.io/region", "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"),
    ("failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"),
    ("beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"),
    ("app.kubernetes.io/created-by", "deprecated since v1.9"),
    ("scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead"),
    ("node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"),
];

/// What is to be said of a label.
pub(super) fn label(key: &str) -> Option<&'static str> {
    LABELS.iter().find(|(old, _)| *old == key).map(|(_, text)| *text)
}

/// A field that names a label.
pub(super) fn keyed(key: &Field<'_, '_>, said: &mut Warnings) {
    label(key.text()).into_iter().for_each(|text| said.say(key, &format!("{} is {text}", key.text())));
}

/// A term of a node selector. Preferences may name values that no label can have, which is only said.
pub(super) fn term(term: &Field<'_, '_>, values_told: bool, said: &mut Warnings) {
    for expression in term.at("matchExpressions").items() {
        keyed(&expression.at("key"), said);
        for value in expression.at("values").items().filter(|_| values_told) {
            if let Err(why) = label_value(value.text()) {
                said.say(&value, &format!("{} is invalid, {why}", value.text()));
            }
        }
    }
}
