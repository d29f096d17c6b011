//! The evaluation of expressions, step by counted step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::construct::{Built, FieldOf};
use super::expression::{Access, Expression, Fold, Visit};
use super::value::{Key, Val};
use super::{Budget, Evaluation, Fault, Input};

type Answer<'a> = Result<Val<'a>, Fault>;

/// The value of a whole program.
pub(super) fn program<'a>(body: &'a Expression, input: Input<'a>, budget: &mut Budget) -> Answer<'a> {
    let old = input.old.map(|old| Val::of(old, input.place));
    let old = match (old, input.optional_old) {
        (Some(old), true) => old.some(),
        (Some(old), false) => old,
        (None, true) => Val::Optional(None),
        (None, false) => Val::Null,
    };
    let mut machine = Machine { variables: vec![Val::of(input.new, input.place), old], budget, over: None };
    machine.value(body)
}

/// The value of an expression of admission, which may take so much itself.
pub(super) fn admission<'a>(body: &'a Expression, over: &mut Evaluation<'a>, budget: &mut Budget) -> Answer<'a> {
    Machine { variables: over.base.clone(), budget, over: Some(over) }.value(body)
}

struct Machine<'a, 'b> {
    variables: Vec<Val<'a>>,
    budget: &'b mut Budget,
    /// The evaluation that has the variables which are expressions themselves.
    over: Option<&'b mut Evaluation<'a>>,
}

impl<'a> Machine<'a, '_> {
    fn value(&mut self, expression: &'a Expression) -> Answer<'a> {
        self.budget.spend(1)?;
        match expression {
            Expression::Constant(value) => Ok(value.clone()),
            Expression::Variable(number) => Ok(self.variables[*number].clone()),
            Expression::Composed(number) => self.composed(*number),
            Expression::Member { of, written, name, access } => {
                let of = self.value(of)?;
                let found = member(&of, written, name, *access)?;
                self.read(found)
            }
            Expression::Index { of, key, optional } => {
                let (of, key) = (self.value(of)?, self.value(key)?);
                self.budget.spend_text(key.text_size())?;
                let found = index(&of, &key, *optional)?;
                self.read(found)
            }
            Expression::List(items) => self.list(items),
            Expression::Map(members) => self.map(members),
            Expression::Build { name, fields } => self.build(name, fields),
            Expression::Junction(and, sides) => self.junction(*and, &sides.0, &sides.1),
            Expression::Conditional(parts) => {
                let chosen = if self.truth(&parts.0)? { &parts.1 } else { &parts.2 };
                self.value(chosen)
            }
            Expression::Call { function, arguments, pattern } => {
                let arguments = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                function.charge(&arguments, self.budget)?;
                function.call(&arguments, pattern.as_ref(), self.budget)
            }
            Expression::Fold(fold) => self.fold(fold),
            Expression::OptionalMap { parts, flat } => match self.value(&parts.0)? {
                Val::Optional(None) => Ok(Val::Optional(None)),
                Val::Optional(Some(value)) => {
                    let mapped = self.within([(*value).clone()], &parts.1)?;
                    Ok(if *flat { mapped } else { mapped.some() })
                }
                other => Err(no_overload("optMap", &[other])),
            },
        }
    }

    /// The value of a variable that is an expression itself, which is found out once. It takes of what is left to all, not of what is left
    /// to the expression that asks.
    fn composed(&mut self, number: usize) -> Answer<'a> {
        let Some(over) = self.over.as_deref_mut() else { return Err(Fault::other("there are no variables")) };
        if let Some(known) = &over.values[number] {
            return known.clone();
        }
        let variables = over.variables;
        let variable = &variables[number];
        let answer = match &variable.compiled {
            Err(error) => Err(Fault::other(format!("composited variable {:?} fails to compile: {error}", variable.name))),
            Ok(compiled) => {
                let (mut own, is_short) = over.share();
                let base = over.base.clone();
                let answer = Machine { variables: base, budget: &mut own, over: Some(&mut *over) }.value(&compiled.body);
                over.left.give_back(&own);
                over.is_over |= is_short && matches!(answer, Err(Fault::OverBudget));
                match answer {
                    Err(Fault::OverBudget) if over.is_over => return Err(Fault::OverBudget),
                    Err(fault) => Err(Fault::other(format!("composited variable {:?} fails to evaluate: {fault}", variable.name))),
                    Ok(value) => Ok(value),
                }
            }
        };
        over.values[number] = Some(answer.clone());
        answer
    }

    /// Takes the price of a value that was decoded in order to be read.
    fn read(&mut self, value: Val<'a>) -> Answer<'a> {
        if let Val::Bytes(bytes) = &value {
            self.budget.spend_text(bytes.len())?;
        }
        Ok(value)
    }

    /// The value of a body that knows these variables.
    fn within<const N: usize>(&mut self, variables: [Val<'a>; N], body: &'a Expression) -> Answer<'a> {
        let depth = self.variables.len();
        self.variables.extend(variables);
        let answer = self.value(body);
        self.variables.truncate(depth);
        answer
    }

    fn truth(&mut self, expression: &'a Expression) -> Result<bool, Fault> {
        truth(self.value(expression)?)
    }

    /// One side is enough where it decides, even if the other one fails.
    fn junction(&mut self, and: bool, left: &'a Expression, right: &'a Expression) -> Answer<'a> {
        let first = self.truth(left);
        match &first {
            Ok(truth) if *truth != and => return Ok(Val::Bool(!and)),
            Err(Fault::OverBudget) => return Err(Fault::OverBudget),
            _ => {}
        }
        match (first, self.truth(right)) {
            (_, Err(Fault::OverBudget)) => Err(Fault::OverBudget),
            (_, Ok(truth)) if truth != and => Ok(Val::Bool(!and)),
            (Err(fault), _) | (_, Err(fault)) => Err(fault),
            _ => Ok(Val::Bool(and)),
        }
    }

    fn list(&mut self, items: &'a [(Expression, bool)]) -> Answer<'a> {
        let mut list = Vec::with_capacity(items.len());
        for (item, may_miss) in items {
            let item = self.value(item)?;
            list.extend(if *may_miss { unwrap(item)? } else { Some(item) });
        }
        Ok(list.into())
    }

    fn map(&mut self, members: &'a [(Expression, Expression, bool)]) -> Answer<'a> {
        let mut map = BTreeMap::new();
        for (key, value, may_miss) in members {
            let key = self.value(key)?;
            self.budget.spend_text(key.text_size())?;
            let value = self.value(value)?;
            if let Some(value) = if *may_miss { unwrap(value)? } else { Some(value) } {
                insert(&mut map, &key, value)?;
            }
        }
        Ok(Val::Map(map.into()))
    }

    /// Of a field that stands there twice the last one counts.
    fn build(&mut self, name: &Arc<str>, fields: &'a [FieldOf]) -> Answer<'a> {
        let mut built = BTreeMap::new();
        for (field, value, may_miss) in fields {
            let value = self.value(value)?;
            match if *may_miss { unwrap(value)? } else { Some(value) } {
                Some(value) => drop(built.insert(Arc::clone(field), value)),
                None => drop(built.remove(field)),
            }
        }
        Built::of(name, built)
    }

    /// The variables of the body for the item of this number.
    fn enter(&mut self, range: &Val<'a>, keys: &[Val<'a>], index: usize, pairs: bool) -> Result<(), Fault> {
        self.budget.spend(1)?;
        let (first, second) = if range.is_list() {
            let item = self.read(range.item(index).unwrap_or(Val::Null))?;
            if pairs { (Val::Int(i64::try_from(index).unwrap_or(i64::MAX)), Some(item)) } else { (item, None) }
        } else {
            let key = keys[index].clone();
            let value = if pairs { range.under(&key) } else { None };
            (key, value)
        };
        self.variables.push(first);
        if pairs {
            self.variables.push(second.unwrap_or(Val::Null));
        }
        Ok(())
    }

    fn fold(&mut self, fold: &'a Fold) -> Answer<'a> {
        let range = self.value(&fold.range)?;
        let Some(count) = range.count() else { return Err(no_overload("comprehension", &[range])) };
        let keys = range.keys();
        self.budget.spend_items(keys.len())?;
        let depth = self.variables.len();
        let mut found = Found { items: Vec::new(), members: BTreeMap::new(), holds: 0, fault: None };
        for index in 0..count {
            self.enter(&range, &keys, index, fold.pairs)?;
            let go_on = self.visit(fold, depth, &mut found);
            self.variables.truncate(depth);
            if !go_on? {
                break;
            }
        }
        found.answer(fold.visit)
    }

    /// Evaluates the body for the item whose variables begin at `depth`; answers whether more items matter.
    fn visit(&mut self, fold: &'a Fold, depth: usize, found: &mut Found<'a>) -> Result<bool, Fault> {
        if let Some(filter) = &fold.filter
            && !self.truth(filter)?
        {
            return Ok(true);
        }
        match fold.visit {
            Visit::All | Visit::Exists => {
                let decides = fold.visit == Visit::Exists;
                match self.truth(&fold.body) {
                    Ok(truth) if truth == decides => {
                        found.holds = 1;
                        return Ok(false);
                    }
                    Ok(_) => {}
                    Err(Fault::OverBudget) => return Err(Fault::OverBudget),
                    // A later item may still decide.
                    Err(fault) => found.fault = found.fault.take().or(Some(fault)),
                }
            }
            Visit::ExistsOne => found.holds += usize::from(self.truth(&fold.body)?),
            Visit::Map => found.items.push(self.value(&fold.body)?),
            Visit::Filter => {
                if self.truth(&fold.body)? {
                    found.items.push(self.variables[depth].clone());
                }
            }
            Visit::TransformMap => {
                let value = self.value(&fold.body)?;
                self.budget.spend_text(self.variables[depth].text_size())?;
                insert(&mut found.members, &self.variables[depth], value)?;
            }
            Visit::TransformMapEntry => {
                let entry = self.value(&fold.body)?;
                self.budget.spend_items(entry.count().unwrap_or_default())?;
                for key in entry.keys() {
                    self.budget.spend_text(key.text_size())?;
                    insert(&mut found.members, &key, entry.under(&key).unwrap_or(Val::Null))?;
                }
            }
        }
        Ok(true)
    }
}

/// What a visit to items has come to so far.
struct Found<'a> {
    items: Vec<Val<'a>>,
    members: BTreeMap<Key, Val<'a>>,
    /// How many items the body holds for; for `all` and `exists`, whether one decided.
    holds: usize,
    /// The first fault that no item has made up for.
    fault: Option<Fault>,
}

impl<'a> Found<'a> {
    fn answer(self, visit: Visit) -> Answer<'a> {
        match visit {
            Visit::All | Visit::Exists => match self.fault {
                _ if self.holds > 0 => Ok(Val::Bool(visit == Visit::Exists)),
                Some(fault) => Err(fault),
                None => Ok(Val::Bool(visit == Visit::All)),
            },
            Visit::ExistsOne => Ok(Val::Bool(self.holds == 1)),
            Visit::Map | Visit::Filter => Ok(self.items.into()),
            Visit::TransformMap | Visit::TransformMapEntry => Ok(Val::Map(self.members.into())),
        }
    }
}

fn truth(value: Val<'_>) -> Result<bool, Fault> {
    match value {
        Val::Bool(truth) => Ok(truth),
        other => Err(no_overload("a condition", &[other])),
    }
}

fn unwrap(value: Val<'_>) -> Result<Option<Val<'_>>, Fault> {
    match value {
        Val::Optional(value) => Ok(value.map(|value| (*value).clone())),
        other => Err(no_overload("an optional entry", &[other])),
    }
}

fn insert<'a>(map: &mut BTreeMap<Key, Val<'a>>, key: &Val<'a>, value: Val<'a>) -> Result<(), Fault> {
    let key = key.key().ok_or_else(|| Fault::other(format!("unsupported key type: {}", key.type_name())))?;
    if map.contains_key(&key) {
        return Err(Fault::other(format!("insert failed: key {key:?} already exists")));
    }
    map.insert(key, value);
    Ok(())
}

fn member<'a>(of: &Val<'a>, written: &str, name: &str, access: Access) -> Answer<'a> {
    let found = match of {
        Val::Optional(None) => None,
        Val::Optional(Some(value)) => return member(value, written, name, if access == Access::Value { Access::Optional } else { access }),
        // The members of objects with a schema are escaped, the keys of maps are not.
        Val::Members(_, place) if matches!(place.shape(), crate::schema::Shape::Struct { .. }) => of.member(name),
        Val::Members(..) | Val::Map(_) | Val::Built(_) => of.member(written),
        _ => return Err(no_overload("a member", std::slice::from_ref(of))),
    };
    match (access, found) {
        (Access::Test, found) => Ok(Val::Bool(found.is_some())),
        (Access::Optional, found) => Ok(found.map_or(Val::Optional(None), Val::some)),
        (Access::Value, Some(found)) => Ok(found),
        (Access::Value, None) if matches!(of, Val::Optional(_)) => Ok(Val::Optional(None)),
        (Access::Value, None) => Err(Fault::other(format!("no such key: {written}"))),
    }
}

fn index<'a>(of: &Val<'a>, key: &Val<'a>, optional: bool) -> Answer<'a> {
    let found = match (of, key) {
        (Val::Optional(None), _) => return Ok(Val::Optional(None)),
        (Val::Optional(Some(value)), _) => return index(value, key, true),
        (Val::Items(..) | Val::List(_), _) => match key.key() {
            Some(Key::Number(number)) => usize::try_from(number).ok().and_then(|number| of.item(number)),
            _ => return Err(no_overload("_[_]", &[of.clone(), key.clone()])),
        },
        (Val::Members(..) | Val::Map(_), _) => of.under(key),
        _ => return Err(no_overload("_[_]", &[of.clone(), key.clone()])),
    };
    match (found, optional) {
        (found, true) => Ok(found.map_or(Val::Optional(None), Val::some)),
        (Some(found), false) => Ok(found),
        (None, false) if of.is_list() => Err(Fault::other(format!("index out of bounds: {}", shown(key)))),
        (None, false) => Err(Fault::other(format!("no such key: {}", shown(key)))),
    }
}

fn shown(key: &Val<'_>) -> String {
    match key.key() {
        Some(Key::Text(text)) => text.to_string(),
        Some(Key::Number(number)) => number.to_string(),
        Some(Key::Bool(truth)) => truth.to_string(),
        None => key.type_name().to_owned(),
    }
}

/// What a function says of values that it is not for.
pub(super) fn no_overload(name: &str, arguments: &[Val<'_>]) -> Fault {
    let types: Vec<&str> = arguments.iter().map(Val::type_name).collect();
    Fault::NoOverload(format!("{name} applied to ({})", types.join(", ")))
}
