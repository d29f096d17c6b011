//! The rules of `x-kubernetes-validations` over a document.

use serde_json::Value;

use super::Path;
use super::follow::{alike, old_item, old_items};
use super::validate::type_name;
use crate::cel::{Budget, CALL_BUDGET, DOCUMENT_BUDGET, Fault, Input};
use crate::object::{Cause, CauseKind};
use crate::schema::{Asked, Expression, SchemaNode, Shape};

/// The longest message that an expression may make; a longer one is not used.
const MESSAGE_MOST: usize = 5 << 10;

/// Appends the causes of all rules that do not hold.
///
/// `old` is what the value takes the place of: rules over it need it, and a rule about a value that did not change cannot fail anew.
pub(super) fn check(place: SchemaNode<'_>, value: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let mut walk = Walk { budget: Budget::new(DOCUMENT_BUDGET), causes, over: false, settles: true };
    walk.value(place, value, old, false, &Path::Root(""));
}

/// The causes of all rules that a value which lies at `path` breaks, as a new value and as one that was there before.
pub(in crate::schema) fn hold_at(place: SchemaNode<'_>, value: &Value, path: &Path<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut walk = Walk { budget: Budget::new(DOCUMENT_BUDGET), causes: &mut causes, over: false, settles: false };
    walk.value(place, value, Some(value), false, path);
    if walk.causes.is_empty() {
        walk.value(place, value, None, false, path);
    }
    causes
}

struct Walk<'c> {
    budget: Budget,
    causes: &'c mut Vec<Cause>,
    /// Whether the budget ran out, after which nothing is evaluated.
    over: bool,
    /// Whether a rule is left out where the value did not change.
    settles: bool,
}

impl Walk<'_> {
    fn value(&mut self, place: SchemaNode<'_>, value: &Value, old: Option<&Value>, unchanged: bool, path: &Path<'_>) {
        let asked = place.node().asked;
        if asked == Asked::Nothing || value.is_null() || self.over {
            return;
        }
        let unchanged = unchanged || old.is_some_and(|old| alike(place, value, old));
        if self.settles && unchanged && asked < Asked::Change {
            return;
        }
        let rules = place.node().rules.iter().flat_map(|rules| &rules.expressions);
        for rule in rules {
            // A rule that does not speak of the old value comes to what it came to before.
            let is_settled = self.settles && unchanged && !rule.program.uses_old_self;
            let lacks_old = rule.program.uses_old_self && old.is_none() && !rule.optional_old;
            if !is_settled && !lacks_old && !self.over {
                self.rule(rule, place, value, old, path);
            }
        }
        match (place.shape(), value) {
            (Shape::Struct { fields, .. }, Value::Object(members)) => {
                for (name, value) in members {
                    if let Some(id) = fields.get(name.as_str()) {
                        let old = old.and_then(|old| old.get(name));
                        self.value(place.at(*id), value, old, unchanged, &Path::Member(path, name));
                    }
                }
            }
            (Shape::Map { value: id, .. }, Value::Object(members)) => {
                for (name, value) in members {
                    let old = old.and_then(|old| old.get(name));
                    self.value(place.at(*id), value, old, unchanged, &Path::Key(path, name));
                }
            }
            (Shape::List { item: id, list_type }, Value::Array(items)) => {
                let old = old_items(list_type, old);
                for (index, item) in items.iter().enumerate() {
                    self.value(place.at(*id), item, old_item(list_type, &old, item), unchanged, &Path::Item(path, index));
                }
            }
            _ => {}
        }
    }

    fn rule(&mut self, rule: &Expression, place: SchemaNode<'_>, value: &Value, old: Option<&Value>, path: &Path<'_>) {
        let input = Input { place, new: value, old, optional_old: rule.optional_old };
        let mut budget = self.budget.split(CALL_BUDGET);
        let verdict = rule.program.holds(input, &mut budget);
        self.budget.give_back(&budget);
        let shown = rule.message.as_deref().unwrap_or(&rule.rule);
        match verdict {
            Ok(true) => {}
            Ok(false) => {
                let message = self.message(rule, Input { optional_old: false, ..input });
                self.causes.push(broken(rule, value, &message, path));
            }
            Err(Fault::OverBudget) => {
                self.over = true;
                let why = format!(
                    "'{}': no further validation rules will be run due to call cost exceeds limit for rule: {shown}",
                    Fault::OverBudget
                );
                self.causes.push(failed(place, path, &why));
            }
            Err(fault @ Fault::NoOverload(_)) => {
                let why =
                    format!("'{fault}': call arguments did not match a supported operator, function or macro signature for rule: {shown}");
                self.causes.push(failed(place, path, &why));
            }
            Err(fault) => self.causes.push(failed(place, path, &format!("{fault} evaluating rule: {shown}"))),
        }
    }

    /// What is said of a broken rule: what its expression makes, else its message, else the rule itself.
    fn message(&mut self, rule: &Expression, input: Input<'_>) -> String {
        let made = rule.message_program.as_ref().and_then(|program| {
            let mut budget = self.budget.split(CALL_BUDGET);
            let made = program.text(input, &mut budget);
            self.budget.give_back(&budget);
            made.ok()
        });
        let fits = |text: &String| !text.trim().is_empty() && text.len() <= MESSAGE_MOST && !text.trim().contains(['\n', '\r']);
        match (made.filter(fits), &rule.message) {
            (Some(text), _) => text.trim().to_owned(),
            (None, Some(message)) => message.to_string(),
            (None, None) => format!("failed rule: {}", rule.rule),
        }
    }
}

/// A rule that could not be evaluated.
fn failed(place: SchemaNode<'_>, path: &Path<'_>, why: &str) -> Cause {
    Cause::invalid(path.to_string(), &Value::from(type_name(place.shape())), why)
}

/// A rule that does not hold. Objects and lists are not shown.
fn broken(rule: &Expression, value: &Value, message: &str, path: &Path<'_>) -> Cause {
    let field = format!("{path}{}", rule.field_path);
    let field = field.strip_prefix('.').unwrap_or(&field).to_owned();
    let whole = value.is_object() || value.is_array();
    let text = match rule.reason {
        CauseKind::Forbidden => format!("Forbidden: {message}"),
        CauseKind::Required => format!("Required value: {message}"),
        CauseKind::Duplicate if whole => "Duplicate value".to_owned(),
        CauseKind::Duplicate => format!("Duplicate value: {value}"),
        _ if whole => format!("Invalid value: {message}"),
        _ => format!("Invalid value: {value}: {message}"),
    };
    Cause::new(rule.reason, field, text)
}
