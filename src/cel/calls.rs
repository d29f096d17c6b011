//! Calls: operators, macros and functions, with the types that they take and the steps that they cost.
//!
//! Receives a call of the parsed expression, hands on what is evaluated. Invariant: what no overload takes is refused here, with the types
//! that were found, and not where it is evaluated.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::compile::{Compiler, Lowered, Outcome, Static, qualified};
use super::expression::{Access, Expression};
use super::functions::{self, Function, Style};
use super::library;
use super::types::Type;

impl Compiler<'_> {
    /// An operator, a macro or a function.
    pub(super) fn call(&mut self, call: &CallExpr, id: u64) -> Outcome {
        match (call.func_name.as_str(), call.target.as_deref(), &call.args[..]) {
            (operators::LOGICAL_AND | operators::LOGICAL_OR, None, [left, right]) => self.junction(&call.func_name, left, right, id),
            (operators::CONDITIONAL, None, [condition, then, other]) => self.conditional([condition, then, other], id),
            (operators::INDEX | operators::OPT_INDEX, None, [of, key]) => self.index(of, key, call.func_name == operators::OPT_INDEX, id),
            (operators::OPT_SELECT, None, [of, IdedExpr { expr: Expr::Literal(LiteralValue::String(field)), .. }]) => {
                self.member(of, field.inner(), Access::Optional, id)
            }
            ("has", None, [IdedExpr { expr: Expr::Select(select), .. }]) => self.member(&select.operand, &select.field, Access::Test, id),
            ("has", None, _) => self.fail(id, "invalid argument to has() macro"),
            _ => match self.expand(call, id) {
                Some(expanded) => expanded,
                None => self.function(call, id),
            },
        }
    }

    fn junction(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr, id: u64) -> Outcome {
        let (left, right) = (self.lower(left)?, self.lower(right)?);
        for side in [&left, &right] {
            if !matches!(side.of.kind, Type::Bool | Type::Dyn) {
                let why = format!("found no matching overload for '{name}' applied to '({}, {})'", left.of.kind, right.of.kind);
                return self.fail(id, &why);
            }
        }
        let cost = left.cost.saturating_add(right.cost).saturating_add(1);
        let expression = Expression::Junction(name == operators::LOGICAL_AND, Box::new((left.expression, right.expression)));
        Ok(Lowered { expression, of: Static::of_type(Type::Bool), cost })
    }

    fn conditional(&mut self, [condition, then, other]: [&IdedExpr; 3], id: u64) -> Outcome {
        let (condition, then, other) = (self.lower(condition)?, self.lower(then)?, self.lower(other)?);
        let differ = !then.of.kind.accepts(&other.of.kind, &mut Vec::new());
        if differ || !matches!(condition.of.kind, Type::Bool | Type::Dyn) {
            let kinds = format!("({}, {}, {})", condition.of.kind, then.of.kind, other.of.kind);
            return self.fail(id, &format!("found no matching overload for '_?_:_' applied to '{kinds}'"));
        }
        let place = if then.of.place == other.of.place { then.of.place } else { None };
        let of = Static { kind: then.of.kind.or(&other.of.kind), most: then.of.most.max(other.of.most), place };
        let cost = condition.cost.saturating_add(then.cost.max(other.cost)).saturating_add(1);
        Ok(Lowered { expression: Expression::Conditional(Box::new((condition.expression, then.expression, other.expression))), of, cost })
    }

    fn index(&mut self, of: &IdedExpr, key: &IdedExpr, optional: bool, id: u64) -> Outcome {
        let (of, key) = (self.lower(of)?, self.lower(key)?);
        let (list, optional_list) = match &of.of.kind {
            Type::Optional(inner) => (self.of_inner(&inner.clone()), true),
            _ => (of.of.clone(), false),
        };
        let fits = match &list.kind {
            Type::List(_) => matches!(key.of.kind, Type::Int | Type::Uint | Type::Double | Type::Dyn),
            Type::Map(wanted, _) => wanted.accepts(&key.of.kind, &mut Vec::new()),
            other => *other == Type::Dyn,
        };
        if !fits {
            return self.fail(id, &format!("found no matching overload for '_[_]' applied to '({}, {})'", of.of.kind, key.of.kind));
        }
        let mut found = self.inside(&list);
        if optional || optional_list {
            found = Static::of_type(found.kind.optional());
        }
        let cost = of.cost.saturating_add(key.cost).saturating_add(1);
        let optional = optional || optional_list;
        Ok(Lowered {
            expression: Expression::Index { of: Box::new(of.expression), key: Box::new(key.expression), optional },
            of: found,
            cost,
        })
    }

    /// A function of the table: `f(x)`, `x.f(y)` or, with a prefix that is no variable, `prefix.f(x)`.
    fn function(&mut self, call: &CallExpr, id: u64) -> Outcome {
        let prefix = call
            .target
            .as_deref()
            .and_then(|target| qualified(&target.expr))
            .filter(|prefix| !self.knows(prefix.split('.').next().unwrap_or_default()));
        let qualified = prefix.map(|prefix| format!("{prefix}.{}", call.func_name));
        let (name, style, target) = match &qualified {
            Some(name) if self.callable(name, Style::Global).is_some() => (name.as_str(), Style::Global, None),
            _ => match call.target.as_deref() {
                Some(target) => (call.func_name.as_str(), Style::Member, Some(target)),
                None => (call.func_name.as_str(), Style::Global, None),
            },
        };
        let Some(function) = self.callable(name, style) else {
            // What is wrong with the receiver comes first.
            if let (None, Some(target)) = (&qualified, target) {
                self.lower(target)?;
            }
            let name = qualified.as_deref().unwrap_or(name);
            return self.fail(id, &format!("undeclared reference to '{name}' (in container '')"));
        };
        // What is shown as text may be of any types.
        self.mixed += usize::from(function.name == "format");
        let arguments = target.into_iter().chain(&call.args).map(|part| self.lower(part)).collect::<Outcome<Vec<_>>>()?;
        self.mixed -= usize::from(function.name == "format");
        let pattern = match (function.takes_pattern(), call.args.get(usize::from(target.is_none())).map(|part| &part.expr)) {
            (true, Some(Expr::Literal(LiteralValue::String(pattern)))) => match functions::pattern(pattern.inner()) {
                Ok(pattern) => Some(pattern),
                Err(error) => return self.fail(id, &format!("invalid matches argument: {error}")),
            },
            _ => None,
        };
        self.check_literals(function.name, call)?;
        let mut lowered = self.apply(function, arguments, pattern, id)?;
        if function.name == "lists.range" {
            lowered.of.most = match call.args.first().map(|part| &part.expr) {
                Some(Expr::Literal(LiteralValue::Int(count))) => u64::try_from(*count.inner()).unwrap_or_default(),
                _ => u64::MAX,
            };
            lowered.cost = lowered.cost.saturating_add(lowered.of.most);
        }
        Ok(lowered)
    }

    /// Refuses literals that would fail in every evaluation.
    fn check_literals(&self, name: &str, call: &CallExpr) -> Outcome<()> {
        let first = call.target.as_deref().or(call.args.first());
        let Some(IdedExpr { id, expr: Expr::Literal(LiteralValue::String(text)) }) = first else { return Ok(()) };
        if matches!(name, "duration" | "timestamp") && !library::is_literal(name, text.inner()) {
            return self.fail(*id, &format!("invalid {name} argument"));
        }
        match call.args.first() {
            Some(IdedExpr { id, expr: Expr::List(_) }) if name == "format" => {
                match library::clauses_fault(text.inner(), &self.item_kinds) {
                    Some(why) => self.fail(*id, &why),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A function with its arguments.
    pub(super) fn apply(&self, function: &'static Function, arguments: Vec<Lowered>, pattern: Option<regex::Regex>, id: u64) -> Outcome {
        let kinds: Vec<&Static> = arguments.iter().map(|argument| &argument.of).collect();
        let Some(kind) = function.result(&kinds) else {
            let types: Vec<String> = kinds.iter().map(|of| of.kind.to_string()).collect();
            let shown = match (function.style, types.split_first()) {
                (Style::Member, Some((target, rest))) => format!("{target}.({})", rest.join(", ")),
                _ => format!("({})", types.join(", ")),
            };
            return self.fail(id, &format!("found no matching overload for '{}' applied to '{shown}'", function.name));
        };
        let own = function.estimate(&kinds);
        let most = function.most(&kinds, &kind);
        let cost = arguments.iter().fold(own, |sum, argument| sum.saturating_add(argument.cost));
        let expression =
            Expression::Call { function, arguments: arguments.into_iter().map(|argument| argument.expression).collect(), pattern };
        let of = if matches!(kind, Type::Object(_)) { self.of_inner(&kind) } else { Static::bounded(kind, most) };
        Ok(Lowered { expression, of, cost })
    }
}
