//! Labels and what selects by them, inside specs.

use serde_json::Value;

use super::field::{Faults, Field};
use crate::object::names::{label_value, qualified_name};

/// A map of labels.
pub(super) fn labels(field: &Field<'_, '_>, faults: &mut Faults) {
    for (key, value) in field.entries() {
        if let Err(why) = qualified_name(key) {
            faults.invalid(&Field::root_like(field, &Value::from(key)), &why);
        }
        if let Err(why) = label_value(value.text()) {
            faults.invalid(&Field::root_like(field, value.value), &why);
        }
    }
}

/// A `LabelSelector`.
pub(super) fn selector(field: &Field<'_, '_>, faults: &mut Faults) {
    selector_of(field, true, faults);
}

/// A `LabelSelector`. Where an older one names values in its expressions that no label can have, values are not judged.
pub(super) fn selector_of(field: &Field<'_, '_>, values_judged: bool, faults: &mut Faults) {
    labels(&field.at("matchLabels"), faults);
    for expression in field.at("matchExpressions").items() {
        let (operator, values) = (expression.at("operator"), expression.at("values"));
        match operator.text() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                faults.forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => faults.invalid(&operator, "not a valid selector operator"),
        }
        if let Err(why) = qualified_name(expression.at("key").text()) {
            faults.invalid(&expression.at("key"), &why);
        }
        if values_judged {
            values.items().for_each(|value| faults.named(&value, label_value));
        }
    }
}

/// Whether the expressions of a `LabelSelector` name a value that no label can have.
pub(super) fn has_broken_values(selector: &Value) -> bool {
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    let mut values = expressions.filter_map(|expression| expression.get("values")?.as_array()).flatten();
    values.any(|value| value.as_str().is_some_and(|value| label_value(value).is_err()))
}

/// Whether a `LabelSelector` selects labels. One that is broken selects nothing.
pub(crate) fn selects(selector: &Value, labels: &Value) -> bool {
    let label = |key: &str| labels.get(key).and_then(Value::as_str);
    let equal = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    equal.into_iter().all(|(key, value)| label(key) == value.as_str())
        && expressions.into_iter().all(|expression| {
            let text = |name: &str| expression.get(name).and_then(Value::as_str).unwrap_or_default();
            let found = label(text("key"));
            let values = expression.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let listed = found.is_some_and(|found| values.iter().any(|value| value == found));
            match text("operator") {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => found.is_some(),
                "DoesNotExist" => found.is_none(),
                _ => false,
            }
        })
}
