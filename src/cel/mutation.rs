//! Expressions that say how to change an object: an apply configuration, or the operations of a JSON patch.
//!
//! Receives what an expression of admission came to; hands on the [`Change`] that it makes of what is admitted. Invariants: pure; what a
//! change holds is plain JSON, and no larger than the budget lets it grow.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/>.

use base64::Engine as _;
use serde_json::{Map, Number, Value, json};

use super::construct::{Built, OBJECT, PATCH};
use super::types::Type;
use super::value::{Key, Val};
use super::{Budget, Fault, library};

/// What an expression makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// An object whose fields are applied: `applyConfiguration`.
    Configuration,
    /// The operations of a JSON patch: `jsonPatch`.
    Patch,
}

/// What a mutation comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The fields to apply, without `apiVersion` and `kind` unless the expression states them.
    Configuration(Value),
    /// The operations of a JSON patch in their order.
    Patch(Vec<Value>),
}

impl Made {
    /// What an expression must come to in order to make it; `None` where one of this type does.
    pub(super) fn unmet(self, kind: &Type) -> Option<&'static str> {
        let is_built = |kind: &Type, wanted: &str| matches!(kind, Type::Built(name) if **name == *wanted);
        match (self, kind) {
            (Self::Configuration, object) => (!is_built(object, OBJECT)).then_some("Object"),
            (Self::Patch, Type::List(item)) if is_built(item, PATCH) => None,
            (Self::Patch, _) => Some("list(JSONPatch)"),
        }
    }

    /// What a value of the right type changes.
    ///
    /// # Errors
    /// Where objects are made under other names than their places, and where a value is none that JSON has.
    pub(super) fn change(self, value: &Val<'_>, budget: &mut Budget) -> Result<Change, Fault> {
        match (self, value) {
            (Self::Configuration, Val::Built(object)) => {
                check_names(value, &object.name)?;
                let reader = Reader { applied: true };
                Ok(Change::Configuration(reader.object(object, &mut String::new(), budget)?))
            }
            (Self::Configuration, other) => {
                Err(Fault::other(format!("unsupported return type from ApplyConfiguration expression: {}", other.type_name())))
            }
            (Self::Patch, list) if list.is_list() => {
                Ok(Change::Patch(list.items().map(|item| operation(&item, budget)).collect::<Result<_, _>>()?))
            }
            (Self::Patch, _) => Err(Fault::other("type mismatch: JSONPatchType.expression should evaluate to array")),
        }
    }
}

/// One operation as JSON patches have it.
fn operation(item: &Val<'_>, budget: &mut Budget) -> Result<Value, Fault> {
    let Val::Built(operation) = item else {
        let found = item.type_name();
        return Err(Fault::other(format!(
            "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch, got element of {found}"
        )));
    };
    budget.spend_text(operation.text("path").len() + operation.text("from").len())?;
    let mut written = json!({"op": operation.text("op"), "path": operation.text("path")});
    if !operation.text("from").is_empty() {
        written["from"] = operation.text("from").into();
    }
    if let Some(value) = operation.fields.get("value") {
        if let Val::Built(object) = value {
            check_names(value, &object.name)?;
        }
        written["value"] = Reader { applied: false }.value(value, &mut String::new(), budget).map_err(|fault| match fault {
            Fault::Other(why) => {
                Fault::Other(format!("JSONPath valueExpression evaluated to a type that could not marshal to JSON: {why}"))
            }
            other => other,
        })?;
    }
    Ok(written)
}

/// Checks that every object that was made bears the name of its place below `name`: what is at `spec` is an `Object.spec`.
fn check_names(value: &Val<'_>, name: &str) -> Result<(), Fault> {
    let mut faults = Vec::new();
    find_misnamed(value, name, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(Fault::other(format!("type mismatch: {}", faults.join("\n")))) }
}

fn find_misnamed(value: &Val<'_>, path: &str, faults: &mut Vec<String>) {
    match value {
        Val::Built(object) => {
            if *object.name != *path {
                let name = &object.name;
                faults
                    .push(format!("unexpected type name {name:?}, expected {path:?}, which matches field name path from root Object type"));
            }
            object.fields.iter().for_each(|(field, value)| find_misnamed(value, &format!("{path}.{field}"), faults));
        }
        Val::List(items) => items.iter().for_each(|item| find_misnamed(item, path, faults)),
        Val::Map(members) => members.values().for_each(|member| find_misnamed(member, path, faults)),
        Val::Optional(Some(value)) => find_misnamed(value, path, faults),
        _ => {}
    }
}

/// Reads values as JSON.
#[derive(Clone, Copy)]
struct Reader {
    /// Whether they are fields to apply, which are what a manifest would state: no `null`, and no time that is no text yet.
    applied: bool,
}

impl Reader {
    fn object(self, object: &Built<'_>, path: &mut String, budget: &mut Budget) -> Result<Value, Fault> {
        let mut members = Map::new();
        for (name, value) in &object.fields {
            members.insert(name.to_string(), self.member(name, value, path, budget)?);
        }
        Ok(Value::Object(members))
    }

    fn member(self, name: &str, value: &Val<'_>, path: &mut String, budget: &mut Budget) -> Result<Value, Fault> {
        budget.spend_text(name.len())?;
        let length = path.len();
        path.push('.');
        path.push_str(name);
        let member = self.value(value, path, budget)?;
        path.truncate(length);
        Ok(member)
    }

    fn value(self, value: &Val<'_>, path: &mut String, budget: &mut Budget) -> Result<Value, Fault> {
        budget.spend(1)?;
        budget.spend_text(value.text_size())?;
        Ok(match value {
            Val::Bool(truth) => (*truth).into(),
            Val::Int(number) => (*number).into(),
            Val::Uint(number) => (*number).into(),
            Val::Double(number) => of_float(*number).ok_or_else(|| refused(path, "a number that is not finite"))?,
            Val::Text(text) => (**text).into(),
            Val::List(items) => items.iter().map(|item| self.value(item, path, budget)).collect::<Result<_, _>>()?,
            Val::Map(members) => {
                let mut read = Map::new();
                for (key, value) in members.iter() {
                    let Key::Text(name) = key else {
                        return Err(refused(path, &format!("a map with a key of type {}, not string", key.value().type_name())));
                    };
                    read.insert(name.to_string(), self.member(name, value, path, budget)?);
                }
                Value::Object(read)
            }
            Val::Built(object) => self.object(object, path, budget)?,
            Val::Items(items, _) => {
                items.iter().try_for_each(|item| charge(item, budget))?;
                items.to_vec().into()
            }
            Val::Members(members, _) => {
                members.values().try_for_each(|member| charge(member, budget))?;
                Value::Object((*members).clone())
            }
            Val::Optional(Some(value)) => self.value(value, path, budget)?,
            Val::Null if !self.applied => Value::Null,
            Val::Time(time) if !self.applied => time.to_string().into(),
            Val::Duration(length) if !self.applied => library::duration::text(*length).into(),
            Val::Bytes(bytes) if !self.applied => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
            other => return Err(refused(path, &format!("a value of type {}", other.type_name()))),
        })
    }
}

/// What cannot be a part of a document, by its place in what is read.
fn refused(path: &str, what: &str) -> Fault {
    Fault::other(format!("{path}{}{what} cannot be a part of an object", if path.is_empty() { "" } else { ": " }))
}

/// Takes the price of copying a part of a document.
fn charge(value: &Value, budget: &mut Budget) -> Result<(), Fault> {
    budget.spend(1)?;
    match value {
        Value::String(text) => budget.spend_text(text.len()),
        Value::Array(items) => items.iter().try_for_each(|item| charge(item, budget)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            budget.spend_text(name.len())?;
            charge(member, budget)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// A number as JSON writes it: without a fraction where it has none.
fn of_float(number: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return Some((number as i64).into());
    }
    Number::from_f64(number).map(Value::Number)
}

#[cfg(test)]
mod tests;
