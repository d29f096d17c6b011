//! From the text of an expression to what is evaluated: names are resolved, types checked, steps estimated.

use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr, SelectExpr, SourceInfo};

use super::admission::{Compiled, Variable};
use super::expression::{Access, Expression};
use super::functions::{self, Function, Style};
use super::literals::{constant, kind_of};
use super::types::{self, Type};
use super::value::Val;
use super::{CompileError, Program, Returns, Scope, Variables, Wanted, construct, cost, names, nesting, records, stack};
use crate::schema::{NodeId, SchemaNode, Shape};

/// What has the variables of a policy as its fields.
const VARIABLES: &str = "variables";

/// The longest expression, in bytes; the parser's memory grows with it.
const LONGEST: usize = 32 << 10;

/// How deep operators, calls and literals may lie in each other, since every evaluation goes as deep.
const DEEPEST: usize = 200;

/// The same with the variables that an expression speaks of, and those that they speak of: what the large stack holds.
const DEEPEST_WITH_VARIABLES: usize = 1000;

/// See [`Program::compile`].
pub(super) fn program(text: &str, place: SchemaNode<'_>, optional_old: bool, wanted: Wanted) -> Result<Program, CompileError> {
    let own = Static::of(place);
    let old = if optional_old { Static::of_type(own.kind.clone().optional()) } else { own.clone() };
    let scope = vec![("self".to_owned(), own), ("oldSelf".to_owned(), old)];
    let Parsed { lowered, uses_old_self, .. } = parsed_and_lowered(text, place, scope, Over::default())?;
    let (fits, fault) = match wanted {
        Wanted::Truth => (matches!(lowered.of.kind, Type::Bool | Type::Dyn), CompileError::NoTruth),
        Wanted::Text => (matches!(lowered.of.kind, Type::Text | Type::Dyn), CompileError::NoText),
    };
    if !fits {
        return Err(fault);
    }
    let depth = nesting::depth(text);
    Ok(Program { body: Arc::new(lowered.expression), depth, uses_old_self, cost: lowered.cost })
}

/// See [`super::AdmissionExpression::new`]. Without `variables` no expression can speak of them.
pub(super) fn admission(
    text: &str,
    scope: Scope<'_>,
    variables: Option<&Variables>,
    returns: Returns,
) -> Result<(Compiled, Type), CompileError> {
    let place = scope.object.unwrap_or_else(SchemaNode::any);
    let declared = |name: &str| match name {
        records::PARAMS => scope.params,
        "authorizer" | "authorizer.requestResource" => scope.authorizer,
        _ => true,
    };
    let of = |name: &str, kind: &str| match name {
        "object" | "oldObject" => Static::of(place),
        _ => Static::of_type(Type::parse(kind)),
    };
    // What is not declared keeps its place, by a name that nobody can write.
    let known =
        records::VARIABLES.iter().map(|(name, kind)| (if declared(name) { (*name).to_owned() } else { String::new() }, of(name, kind)));
    let composed = variables.map(|variables| variables.0.as_slice());
    let compiled = parsed_and_lowered(
        text,
        place,
        known.collect(),
        Over { composed, whole_metadata: true, builds: matches!(returns, Returns::Change(_)) },
    )?;
    let kind = compiled.lowered.of.kind;
    let wanted = match (returns, &kind) {
        (Returns::Truth, Type::Bool) | (Returns::Text, Type::Text) | (Returns::TextOrNull, Type::Text | Type::Null) => None,
        (Returns::Change(made), _) => made.unmet(&kind),
        (Returns::Anything, _) => None,
        // What is known only when it is there is no truth value either.
        (Returns::Truth, _) => Some("bool"),
        (Returns::Text, _) => Some("string"),
        (Returns::TextOrNull, _) => Some("one of [string null_type]"),
    };
    if let Some(wanted) = wanted {
        return Err(CompileError::Mismatch { wanted, found: kind.to_string() });
    }
    let depth = nesting::depth(text) + compiled.reaches;
    if depth > DEEPEST_WITH_VARIABLES {
        return Err(CompileError::Failed(format!("expression is nested more than {DEEPEST_WITH_VARIABLES} deep in its variables")));
    }
    Ok((Compiled { body: Arc::new(compiled.lowered.expression), depth }, kind))
}

/// What a compiler knows besides the variables in scope.
#[derive(Clone, Copy, Default)]
pub(super) struct Over<'a> {
    /// The variables that are expressions themselves, where there can be any.
    composed: Option<&'a [Variable]>,
    /// Whether all of metadata can be seen.
    whole_metadata: bool,
    /// Whether the expression may make objects, as mutations do.
    pub(super) builds: bool,
}

/// What an expression comes to.
struct Parsed {
    lowered: Lowered,
    /// Whether it speaks of the second variable.
    uses_old_self: bool,
    /// How deep the variables go that it speaks of and that are expressions.
    reaches: usize,
}

/// What an expression comes to over these variables.
fn parsed_and_lowered(text: &str, root: SchemaNode<'_>, scope: Vec<(String, Static)>, over: Over<'_>) -> Result<Parsed, CompileError> {
    if text.len() > LONGEST {
        return Err(CompileError::Failed(format!("expression is longer than {LONGEST} bytes")));
    }
    if nesting::depth(text) > DEEPEST {
        return Err(CompileError::Failed(format!("expression is nested more than {DEEPEST} deep")));
    }
    let compile = || {
        let parser = cel::Env::default().parser();
        let (parsed, source) = parser.parse_with_source_info(text).map_err(|errors| CompileError::Failed(errors.to_string()))?;
        let mut compiler =
            Compiler { root, scope, source: &source, over, uses_old_self: false, reaches: 0, depth: 0, mixed: 0, item_kinds: Vec::new() };
        let lowered = compiler.lower(&parsed)?;
        Ok(Parsed { lowered, uses_old_self: compiler.uses_old_self, reaches: compiler.reaches })
    };
    stack::large(compile).map_err(|error| CompileError::Failed(format!("no thread to parse on: {error}")))?
}

/// What is known of an expression's values.
#[derive(Debug, Clone)]
pub(super) struct Static {
    /// Their type.
    pub(super) kind: Type,
    /// The most items, members or characters that they have.
    pub(super) most: u64,
    /// Where in the schema they stem from, which bounds what lies in them.
    pub(super) place: Option<NodeId>,
}

impl Static {
    fn of(place: SchemaNode<'_>) -> Self {
        Self { kind: types::of(place), most: cost::most(place), place: Some(place.id()) }
    }

    /// A value of a type that nothing else bounds.
    pub(super) fn of_type(kind: Type) -> Self {
        Self { most: cost::most_of(&kind), kind, place: None }
    }

    /// A value of a type with a bound.
    pub(super) fn bounded(kind: Type, most: u64) -> Self {
        Self { kind, most, place: None }
    }
}

/// A compiled part.
pub(super) struct Lowered {
    /// What is evaluated.
    pub(super) expression: Expression,
    /// What is known of its value.
    pub(super) of: Static,
    /// The most that one evaluation takes.
    pub(super) cost: u64,
}

/// The compiler of one expression.
pub(super) struct Compiler<'a> {
    root: SchemaNode<'a>,
    pub(super) scope: Vec<(String, Static)>,
    source: &'a SourceInfo,
    pub(super) over: Over<'a>,
    uses_old_self: bool,
    reaches: usize,
    depth: usize,
    /// In how many calls we are that take literals of mixed types.
    pub(super) mixed: usize,
    /// The types of the items of the list literal that was compiled last.
    pub(super) item_kinds: Vec<Type>,
}

pub(super) type Outcome<T = Lowered> = Result<T, CompileError>;

impl Compiler<'_> {
    /// Compiles a part.
    pub(super) fn lower(&mut self, part: &IdedExpr) -> Outcome {
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail(part.id, &format!("expression is nested more than {DEEPEST} deep"));
        }
        let lowered = match &part.expr {
            Expr::Literal(literal) => Ok(constant(literal)),
            Expr::Ident(name) => self.identifier(name, part.id),
            Expr::Select(select) => self.select(select, part.id),
            Expr::List(list) => self.list(list),
            Expr::Map(map) => self.map(map, part.id),
            Expr::Call(call) => self.call(call, part.id),
            Expr::Struct(literal) => self.construct(literal, part.id),
            Expr::Comprehension(_) | Expr::Unspecified => self.fail(part.id, "unsupported expression"),
        };
        self.depth -= 1;
        lowered
    }

    /// Refuses the expression because of the part with this number.
    pub(super) fn fail<T>(&self, id: u64, why: &str) -> Outcome<T> {
        let start = self.source.offset_for(id).map_or(0, |(start, _)| start as usize);
        let before: String = self.source.source.chars().take(start).collect();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Err(CompileError::Failed(format!("ERROR: <input>:{line}:{column}: {why}")))
    }

    /// What is known of the items of a list, or the values of a map.
    pub(super) fn inside(&self, of: &Static) -> Static {
        let place = of.place.map(|id| self.root.at(id));
        match (&of.kind, place.map(|place| (place, place.shape()))) {
            (Type::List(_), Some((place, Shape::List { item, .. }))) => Static::of(place.at(*item)),
            (Type::Map(..), Some((place, Shape::Map { value, .. }))) => Static::of(place.at(*value)),
            (Type::List(item) | Type::Map(_, item) | Type::Optional(item), _) => self.of_inner(item),
            _ => Static::of_type(Type::Dyn),
        }
    }

    /// An object is bounded by its place wherever it comes from.
    pub(super) fn of_inner(&self, kind: &Type) -> Static {
        match kind {
            Type::Object(id) => Static::of(self.root.at(*id)),
            other => Static::of_type(other.clone()),
        }
    }

    fn identifier(&mut self, name: &str, id: u64) -> Outcome {
        if let Some(number) = self.scope.iter().rposition(|(known, _)| known == name) {
            self.uses_old_self |= number == 1;
            return Ok(Lowered { expression: Expression::Variable(number), of: self.scope[number].1.clone(), cost: 1 });
        }
        match self.kind_of(name) {
            Some(kind) => Ok(kind),
            None => self.fail(id, &format!("undeclared reference to '{name}' (in container '')")),
        }
    }

    fn select(&mut self, select: &SelectExpr, id: u64) -> Outcome {
        if let Some(path) = qualified(&select.operand.expr).filter(|path| !self.knows(path.split('.').next().unwrap_or_default()))
            && let Some(kind) = self.kind_of(&format!("{path}.{}", select.field))
        {
            return Ok(kind);
        }
        // A variable may have a dot in its name, and then goes before a member of the one before the dot.
        if let Some(path) = qualified(&select.operand.expr).filter(|_| !select.test)
            && let whole = format!("{path}.{}", select.field)
            && self.knows(&whole)
        {
            return self.identifier(&whole, id);
        }
        self.member(&select.operand, &select.field, if select.test { Access::Test } else { Access::Value }, id)
    }

    fn kind_of(&self, name: &str) -> Option<Lowered> {
        kind_of(name).or_else(|| construct::kind_of(name).filter(|_| self.over.builds))
    }

    pub(super) fn callable(&self, name: &str, style: Style) -> Option<&'static Function> {
        functions::find(name, style).filter(|function| self.over.builds || function.name != construct::ESCAPE_KEY)
    }

    /// `variables.NAME`, `variables.?NAME` or `has(variables.NAME)`; the last of a name counts.
    fn composed(&mut self, variables: &[Variable], field: &str, access: Access, id: u64) -> Outcome {
        let Some(number) = variables.iter().rposition(|variable| *variable.name == *field) else {
            return self.fail(id, &format!("undefined field '{field}'"));
        };
        if access == Access::Test {
            return Ok(Lowered { expression: Expression::Constant(Val::Bool(true)), of: Static::of_type(Type::Bool), cost: 1 });
        }
        let variable = &variables[number];
        self.reaches = self.reaches.max(variable.compiled.as_ref().map_or(0, |compiled| compiled.depth));
        let lowered = Lowered { expression: Expression::Composed(number), of: Static::of_type(variable.kind.clone()), cost: 1 };
        match functions::find("optional.of", Style::Global).filter(|_| access == Access::Optional) {
            Some(some) => self.apply(some, vec![lowered], None, id),
            None => Ok(lowered),
        }
    }

    pub(super) fn knows(&self, name: &str) -> bool {
        self.scope.iter().any(|(known, _)| known == name) || (name == VARIABLES && self.over.composed.is_some())
    }

    /// `has(operand.field)`, `operand.field` or `operand.?field`.
    pub(super) fn member(&mut self, operand: &IdedExpr, field: &str, access: Access, id: u64) -> Outcome {
        if let (Expr::Ident(owner), Some(variables)) = (&operand.expr, self.over.composed)
            && owner == VARIABLES
            && !self.scope.iter().any(|(known, _)| known == VARIABLES)
        {
            return self.composed(variables, field, access, id);
        }
        let operand = self.lower(operand)?;
        let name = names::unescape(field);
        let inner = match &operand.of.kind {
            Type::Optional(inner) => self.of_inner(&inner.clone()),
            _ => operand.of.clone(),
        };
        let found = match &inner.kind {
            Type::Object(object) => match self.field(self.root.at(*object), &name) {
                Some(found) => found,
                None => return self.fail(id, &format!("undefined field '{field}'")),
            },
            Type::Record(record) => match record.field(field) {
                Some(kind) => Static::of_type(kind),
                None => return self.fail(id, &format!("undefined field '{field}'")),
            },
            Type::Built(name) => match construct::field(name, field) {
                Some(kind) => Static::of_type(kind),
                None => return self.fail(id, &format!("undefined field '{field}'")),
            },
            Type::Map(..) => self.inside(&inner),
            Type::Dyn => Static::of_type(Type::Dyn),
            other => return self.fail(id, &format!("type '{other}' does not support field selection")),
        };
        let of = match access {
            Access::Test => Static::of_type(Type::Bool),
            Access::Value if !matches!(operand.of.kind, Type::Optional(_)) => found,
            _ => Static::of_type(found.kind.optional()),
        };
        let expression = Expression::Member { of: Box::new(operand.expression), written: field.into(), name: name.into(), access };
        Ok(Lowered { expression, of, cost: operand.cost.saturating_add(1) })
    }

    /// A declared field. Of metadata only the names can be seen, and nothing of what the schema leaves open.
    fn field(&self, object: SchemaNode<'_>, name: &str) -> Option<Static> {
        let (_, place) = object.field(name)?;
        let hidden = !self.over.whole_metadata && object.node().typed && !matches!(name, "name" | "generateName");
        (!hidden && !matches!(place.shape(), Shape::Any)).then(|| Static::of(place))
    }
}

/// The dotted name that an expression spells.
pub(super) fn qualified(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", qualified(&select.operand.expr)?, select.field)),
        _ => None,
    }
}
