//! Objects that an expression makes: `Object{…}` with its parts `Object.spec{…}`, and `JSONPatch{…}`.
//!
//! Receives what the parser made of a constructor; hands on what is evaluated, and later the value. Invariant: an object without a schema
//! takes any field, an operation of a patch its four alone. Only mutations know these names; to all other expressions they are undeclared.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, StructExpr};

use super::Fault;
use super::compile::{Compiler, Lowered, Outcome, Static};
use super::expression::Expression;
use super::types::Type;
use super::value::{Text, Val};

/// The type of the object that is admitted; the types of its parts are named by their paths below it.
pub(super) const OBJECT: &str = "Object";

/// The type of an operation of a JSON patch.
pub(super) const PATCH: &str = "JSONPatch";

/// The function that belongs to these types.
pub(super) const ESCAPE_KEY: &str = "jsonpatch.escapeKey";

/// The fields of an operation.
const OPERATION: [(&str, Type); 4] = [("op", Type::Text), ("path", Type::Text), ("from", Type::Text), ("value", Type::Dyn)];

/// An object that an expression made.
#[derive(Debug)]
pub(super) struct Built<'a> {
    /// The name of its type.
    pub(super) name: Arc<str>,
    /// Its fields, under their names as they are written.
    pub(super) fields: BTreeMap<Arc<str>, Val<'a>>,
}

/// One field of a constructor: its name, its value, and whether the value is an optional that may be missing.
pub(super) type FieldOf = (Arc<str>, Expression, bool);

/// Whether mutations know a type of this name.
fn is_known(name: &str) -> bool {
    name == OBJECT || name == PATCH || name.strip_prefix(OBJECT).is_some_and(|rest| rest.starts_with('.'))
}

/// The type of a field; `None` where objects of the type have none of that name.
pub(super) fn field(name: &str, field: &str) -> Option<Type> {
    match name {
        PATCH => OPERATION.iter().find(|(known, _)| *known == field).map(|(_, kind)| kind.clone()),
        _ => Some(Type::Dyn),
    }
}

/// The name of a type as the value that it is where nothing is made of it.
pub(super) fn kind_of(name: &str) -> Option<Lowered> {
    let constant = || Expression::Constant(Val::Kind(Text::Shared(name.into())));
    is_known(name).then(|| Lowered { expression: constant(), of: Static::of_type(Type::Kind), cost: 1 })
}

impl Compiler<'_> {
    /// Compiles a constructor.
    pub(super) fn construct(&mut self, literal: &StructExpr, id: u64) -> Outcome {
        let name = literal.type_name.strip_prefix('.').unwrap_or(&literal.type_name);
        if !self.over.builds || !is_known(name) {
            return self.fail(id, &format!("undeclared reference to '{}' (in container '')", literal.type_name));
        }
        let (mut fields, mut cost) = (Vec::with_capacity(literal.entries.len()), 1_u64);
        for entry in &literal.entries {
            let EntryExpr::StructField(part) = &entry.expr else { return self.fail(entry.id, "unsupported expression") };
            let value = self.lower(&part.value)?;
            let found = match value.of.kind {
                Type::Optional(inner) if part.optional => *inner,
                other if part.optional && other != Type::Dyn => {
                    return self.fail(part.value.id, &format!("expected type 'optional_type({other})' but found '{other}'"));
                }
                other => other,
            };
            let Some(wanted) = field(name, &part.field) else {
                return self.fail(entry.id, &format!("undefined field '{}'", part.field));
            };
            if !wanted.accepts(&found, &mut Vec::new()) {
                let why = format!("expected type of field '{}' is '{wanted}' but provided type is '{found}'", part.field);
                return self.fail(entry.id, &why);
            }
            cost = cost.saturating_add(value.cost).saturating_add(1);
            fields.push((part.field.as_str().into(), value.expression, part.optional));
        }
        let name: Arc<str> = name.into();
        let of = Static::of_type(Type::Built(Arc::clone(&name)));
        Ok(Lowered { expression: Expression::Build { name, fields }, of, cost })
    }
}

impl<'a> Built<'a> {
    /// An object of these fields.
    ///
    /// # Errors
    /// Where a field of an operation turns out to be of another type; only values of unknown type get this far.
    pub(super) fn of(name: &Arc<str>, fields: BTreeMap<Arc<str>, Val<'a>>) -> Result<Val<'a>, Fault> {
        let texts = fields.iter().filter(|(field, _)| **name == *PATCH && field.as_ref() != "value");
        for (field, value) in texts {
            if !matches!(value, Val::Text(_)) {
                return Err(Fault::other(format!("unexpected type {} for JSONPatchType '{field}' field", value.type_name())));
            }
        }
        Ok(Val::Built(Arc::new(Self { name: Arc::clone(name), fields })))
    }

    /// The text of a field of an operation; empty where it has none.
    pub(super) fn text(&self, field: &str) -> &str {
        match self.fields.get(field) {
            Some(Val::Text(text)) => text,
            _ => "",
        }
    }
}
