//! Macros: calls whose arguments are variables and bodies, not values.

use cel::common::ast::{CallExpr, Expr, IdedExpr};

use super::compile::{Compiler, Lowered, Outcome, Static};
use super::expression::{Expression, Fold, Visit};
use super::functions::{self, Style};
use super::types::Type;

impl Compiler<'_> {
    /// What a call comes to where it is one of a macro.
    pub(super) fn expand(&mut self, call: &CallExpr, id: u64) -> Option<Outcome> {
        use Visit::{All, Exists, ExistsOne, Filter, Map, TransformMap, TransformMapEntry};
        let target = call.target.as_deref()?;
        let ([range], arguments) = ([target], &call.args[..]);
        Some(match (call.func_name.as_str(), arguments) {
            ("sortBy", [item, key]) => self.sort_by(target, item, key, id),
            ("optMap", [name, body]) => self.optional_map(range, name, body, false, id),
            ("optFlatMap", [name, body]) => self.optional_map(range, name, body, true, id),
            ("all", [item, body]) => self.fold(All, range, &[item], None, body),
            ("all", [key, item, body]) => self.fold(All, range, &[key, item], None, body),
            ("exists", [item, body]) => self.fold(Exists, range, &[item], None, body),
            ("exists", [key, item, body]) => self.fold(Exists, range, &[key, item], None, body),
            ("exists_one", [item, body]) => self.fold(ExistsOne, range, &[item], None, body),
            ("exists_one" | "existsOne", [key, item, body]) => self.fold(ExistsOne, range, &[key, item], None, body),
            ("map", [item, body]) => self.fold(Map, range, &[item], None, body),
            ("map", [item, filter, body]) => self.fold(Map, range, &[item], Some(filter), body),
            ("filter", [item, body]) => self.fold(Filter, range, &[item], None, body),
            ("transformList", [key, item, body]) => self.fold(Map, range, &[key, item], None, body),
            ("transformList", [key, item, filter, body]) => self.fold(Map, range, &[key, item], Some(filter), body),
            ("transformMap", [key, item, body]) => self.fold(TransformMap, range, &[key, item], None, body),
            ("transformMap", [key, item, filter, body]) => self.fold(TransformMap, range, &[key, item], Some(filter), body),
            ("transformMapEntry", [key, item, body]) => self.fold(TransformMapEntry, range, &[key, item], None, body),
            ("transformMapEntry", [key, item, filter, body]) => self.fold(TransformMapEntry, range, &[key, item], Some(filter), body),
            _ => return None,
        })
    }

    /// Compiles a part that knows more variables.
    fn within(&mut self, variables: Vec<(String, Static)>, part: &IdedExpr) -> Outcome {
        let depth = self.scope.len();
        self.scope.extend(variables);
        let lowered = self.lower(part);
        self.scope.truncate(depth);
        lowered
    }

    fn name(&self, part: &IdedExpr) -> Outcome<String> {
        match &part.expr {
            Expr::Ident(name) => Ok(name.clone()),
            _ => self.fail(part.id, "argument must be a simple name"),
        }
    }

    /// `list.sortBy(item, key)`: the keys of all items, and the items in the order of their keys.
    fn sort_by(&mut self, range: &IdedExpr, item: &IdedExpr, key: &IdedExpr, id: u64) -> Outcome {
        const SORT: &str = "@sortByAssociatedKeys";
        let keys = self.fold(Visit::Map, range, &[item], None, key)?;
        let items = self.lower(range)?;
        match functions::find(SORT, Style::Member) {
            Some(function) => self.apply(function, vec![items, keys], None, id),
            None => self.fail(id, &format!("undeclared reference to '{SORT}' (in container '')")),
        }
    }

    fn optional_map(&mut self, target: &IdedExpr, name: &IdedExpr, body: &IdedExpr, flat: bool, id: u64) -> Outcome {
        let name = self.name(name)?;
        let target = self.lower(target)?;
        let inner = match &target.of.kind {
            Type::Optional(inner) => self.of_inner(inner),
            Type::Dyn => Static::of_type(Type::Dyn),
            other => return self.fail(id, &format!("found no matching overload for 'optMap' applied to '{other}.()'")),
        };
        let body = self.within(vec![(name, inner)], body)?;
        let kind = if flat { body.of.kind } else { body.of.kind.optional() };
        if !matches!(kind, Type::Optional(_) | Type::Dyn) {
            return self.fail(id, &format!("expected type 'optional_type' but found '{kind}'"));
        }
        let cost = target.cost.saturating_add(body.cost).saturating_add(1);
        let expression = Expression::OptionalMap { parts: Box::new((target.expression, body.expression)), flat };
        Ok(Lowered { expression, of: Static::of_type(kind), cost })
    }

    /// The variables of a body that visits the items of a list or the members of a map.
    fn variables(&self, range: &Static, names: &[&IdedExpr], id: u64) -> Outcome<Vec<(String, Static)>> {
        let item = self.inside(range);
        let key = match &range.kind {
            Type::List(_) => Type::Int,
            Type::Map(key, _) => (**key).clone(),
            Type::Dyn => Type::Dyn,
            other => {
                return self
                    .fail(id, &format!("expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"));
            }
        };
        let kinds = match (names.len(), &range.kind) {
            (1, Type::List(_)) => vec![item],
            (1, _) => vec![Static::of_type(key)],
            _ => vec![Static::of_type(key), item],
        };
        names.iter().zip(kinds).map(|(name, of)| Ok((self.name(name)?, of))).collect()
    }

    fn fold(&mut self, visit: Visit, range: &IdedExpr, names: &[&IdedExpr], filter: Option<&IdedExpr>, body: &IdedExpr) -> Outcome {
        let id = range.id;
        let range = self.lower(range)?;
        let variables = self.variables(&range.of, names, id)?;
        let item = variables[0].1.clone();
        let filter = filter.map(|filter| self.condition(variables.clone(), filter)).transpose()?;
        let body = match visit {
            Visit::Map | Visit::TransformMap | Visit::TransformMapEntry => self.within(variables, body)?,
            _ => self.condition(variables, body)?,
        };
        let kind = match visit {
            Visit::All | Visit::Exists | Visit::ExistsOne => Type::Bool,
            Visit::Map => body.of.kind.list(),
            Visit::Filter => item.kind.list(),
            Visit::TransformMap => Type::Map(Box::new(item.kind), Box::new(body.of.kind)),
            Visit::TransformMapEntry => body.of.kind,
        };
        let each = filter.as_ref().map_or(0, |filter| filter.cost).saturating_add(body.cost).saturating_add(1);
        let cost = range.of.most.saturating_mul(each).saturating_add(range.cost).saturating_add(1);
        let of = Static::bounded(kind, range.of.most);
        let filter = filter.map(|filter| filter.expression);
        let fold = Fold { visit, range: range.expression, pairs: names.len() == 2, filter, body: body.expression };
        Ok(Lowered { expression: Expression::Fold(Box::new(fold)), of, cost })
    }

    fn condition(&mut self, variables: Vec<(String, Static)>, part: &IdedExpr) -> Outcome {
        let lowered = self.within(variables, part)?;
        match &lowered.of.kind {
            Type::Bool | Type::Dyn => Ok(lowered),
            other => self.fail(part.id, &format!("expected type 'bool' but found '{other}'")),
        }
    }
}
