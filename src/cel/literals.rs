//! Literals: scalars, lists, maps, and the words that stand for types.
//!
//! Receives what the parser made of one; hands on what is evaluated, with what is known of it. Invariant: the items of a list, and the keys
//! and the values of a map, are of types that go together.

use cel::common::ast::{EntryExpr, ListExpr, LiteralValue, MapExpr};

use super::compile::{Compiler, Lowered, Outcome, Static};
use super::expression::Expression;
use super::types::Type;
use super::value::{Text, Val};

/// The words for types.
const KINDS: [(&str, &str); 14] = [
    ("bool", "bool"),
    ("bytes", "bytes"),
    ("double", "double"),
    ("dyn", "dyn"),
    ("int", "int"),
    ("list", "list"),
    ("map", "map"),
    ("null_type", "null_type"),
    ("optional_type", "optional_type"),
    ("string", "string"),
    ("type", "type"),
    ("uint", "uint"),
    ("google.protobuf.Duration", "google.protobuf.Duration"),
    ("google.protobuf.Timestamp", "google.protobuf.Timestamp"),
];

impl Compiler<'_> {
    pub(super) fn list(&mut self, list: &ListExpr) -> Outcome {
        let (mut items, mut kinds) = (Vec::new(), Vec::new());
        let (mut kind, mut cost) = (None::<Type>, 1_u64);
        for (index, item) in list.elements.iter().enumerate() {
            let may_miss = list.optional_indices.contains(&index);
            let item_of = self.lower(item)?;
            let found = self.optional_entry(item_of.of.kind.clone(), may_miss, item.id)?;
            if !is_open(may_miss, &found) {
                kind = Some(self.joined(kind, &found, item.id)?);
            }
            kinds.push(found);
            cost = cost.saturating_add(item_of.cost).saturating_add(1);
            items.push((item_of.expression, may_miss));
        }
        self.item_kinds = kinds;
        let of = Static::bounded(kind.unwrap_or(Type::Dyn).list(), items.len() as u64);
        Ok(Lowered { expression: Expression::List(items), of, cost })
    }

    pub(super) fn map(&mut self, map: &MapExpr, id: u64) -> Outcome {
        let mut members = Vec::new();
        let (mut keys, mut values, mut cost) = (None::<Type>, None::<Type>, 1_u64);
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else { return self.fail(id, "unsupported expression") };
            let (key, value) = (self.lower(&entry.key)?, self.lower(&entry.value)?);
            let found = self.optional_entry(value.of.kind.clone(), entry.optional, entry.value.id)?;
            keys = Some(self.joined(keys, &key.of.kind, entry.key.id)?);
            if !is_open(entry.optional, &found) {
                values = Some(self.joined(values, &found, entry.value.id)?);
            }
            cost = cost.saturating_add(key.cost).saturating_add(value.cost).saturating_add(1);
            members.push((key.expression, value.expression, entry.optional));
        }
        let kind = Type::Map(Box::new(keys.unwrap_or(Type::Dyn)), Box::new(values.unwrap_or(Type::Dyn)));
        let of = Static::bounded(kind, members.len() as u64);
        Ok(Lowered { expression: Expression::Map(members), of, cost })
    }

    /// The type of the items of a literal, of which one more was found.
    fn joined(&self, known: Option<Type>, found: &Type, id: u64) -> Outcome<Type> {
        match known {
            None => Ok(found.clone()),
            Some(known) if self.mixed > 0 || known.goes_with(found) => Ok(known.or(found)),
            Some(known) => self.fail(id, &format!("expected type '{known}' but found '{found}'")),
        }
    }

    fn optional_entry(&self, kind: Type, may_miss: bool, id: u64) -> Outcome<Type> {
        match kind {
            kind if !may_miss => Ok(kind),
            Type::Optional(inner) => Ok(*inner),
            Type::Dyn => Ok(Type::Dyn),
            other => self.fail(id, &format!("expected type 'optional_type' but found '{other}'")),
        }
    }
}

/// Whether an entry that may be missing is of any type, as one is that is never there.
fn is_open(may_miss: bool, kind: &Type) -> bool {
    may_miss && *kind == Type::Dyn
}

/// The type that a word stands for.
pub(super) fn kind_of(name: &str) -> Option<Lowered> {
    let (_, kind) = KINDS.iter().find(|(known, _)| *known == name)?;
    let value = Val::Kind(Text::Borrowed(kind));
    Some(Lowered { expression: Expression::Constant(value), of: Static::of_type(Type::Kind), cost: 1 })
}

pub(super) fn constant(literal: &LiteralValue) -> Lowered {
    let (value, kind) = match literal {
        LiteralValue::Null => (Val::Null, Type::Null),
        LiteralValue::Boolean(truth) => (Val::Bool(*truth.inner()), Type::Bool),
        LiteralValue::Int(number) => (Val::Int(*number.inner()), Type::Int),
        LiteralValue::UInt(number) => (Val::Uint(*number.inner()), Type::Uint),
        LiteralValue::Double(number) => (Val::Double(*number.inner()), Type::Double),
        LiteralValue::String(text) => (Val::from(text.inner()), Type::Text),
        LiteralValue::Bytes(bytes) => (Val::Bytes(bytes.inner().into()), Type::Bytes),
    };
    let most = value.text_size().max(1) as u64;
    Lowered { expression: Expression::Constant(value), of: Static::bounded(kind, most), cost: 1 }
}
