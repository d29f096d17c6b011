//! `x-kubernetes-validations`: from declared rules to compiled ones.
//!
//! Runs when the shapes of all values are known and sound, since rules are checked against them.

use std::sync::Arc;

use serde_json::Value;

use super::{Compiler, Path};
use crate::cel::{self, CompileError, Program, Wanted};
use crate::object::{Cause, CauseKind};
use crate::schema::{Asked, Expression, ListType, NodeId, Schema, SchemaNode, Shape};

/// The most that the evaluations of one rule may take by the bounds of the schema.
const RULE_MOST: u64 = 10_000_000;

/// The most that all rules of a schema may take together.
const SCHEMA_MOST: u64 = 100_000_000;

/// The reasons that a rule may give, in the order in which they are listed.
const REASONS: [(&str, CauseKind); 4] = [
    ("FieldValueDuplicate", CauseKind::Duplicate),
    ("FieldValueForbidden", CauseKind::Forbidden),
    ("FieldValueInvalid", CauseKind::Invalid),
    ("FieldValueRequired", CauseKind::Required),
];

/// The rules that a schema declares for the values of a node.
pub(super) struct Declared {
    /// The node.
    pub(super) node: NodeId,
    /// Where the list of rules stands.
    pub(super) path: String,
    /// The list.
    pub(super) rules: Vec<Value>,
}

/// Where a node stands among lists and maps.
#[derive(Debug, Clone)]
struct Standing {
    /// The most values that a document has there; `None` where only the size of a request bounds them.
    count: Option<u64>,
    /// The place from which on there is no telling which old value a new one follows.
    uncorrelated: Option<String>,
}

impl Compiler {
    /// Compiles what was declared and puts it into the nodes.
    pub(super) fn expressions(&mut self, declared: &[Declared], root: &str) {
        let schema = Schema { nodes: std::mem::take(&mut self.nodes) };
        let mut standings = vec![None; schema.nodes.len()];
        let start = Standing { count: Some(1), uncorrelated: None };
        stand(schema.root(), start, &Path::Root(root), &mut standings);
        let mut compiled = Vec::new();
        let mut total = 0_u64;
        for Declared { node, path, rules } in declared {
            let Some(standing) = &standings[node.0 as usize] else {
                let why = "Forbidden: rules for metadata are not supported; write them for the object that it belongs to";
                self.causes.push(Cause::new(CauseKind::Forbidden, path.as_str(), why));
                continue;
            };
            if matches!(schema.nodes[node.0 as usize].shape, Shape::Any) {
                let why = "Internal error: internal error: failed to construct type information for x-kubernetes-validations rules: \
                           unable to convert structural schema to CEL declarations";
                self.causes.push(Cause::new(CauseKind::Internal, path.as_str(), why));
                continue;
            }
            let mut reader = Reader { place: schema.root().at(*node), standing, causes: &mut self.causes, total: &mut total };
            let rules = rules.iter().enumerate();
            let rules: Vec<Expression> =
                rules.filter_map(|(index, rule)| reader.rule(rule, &Path::Item(&Path::Root(path), index))).collect();
            compiled.push((*node, rules));
        }
        if total > SCHEMA_MOST {
            let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
            self.causes.push(Cause::new(CauseKind::Forbidden, root, too_expensive(what, total, SCHEMA_MOST)));
        }
        self.nodes = schema.nodes;
        for (node, rules) in compiled {
            self.nodes[node.0 as usize].rules.get_or_insert_default().expressions = rules;
        }
        self.mark_asked(NodeId(0));
    }

    /// Notes which rules stand at a node and below it.
    fn mark_asked(&mut self, id: NodeId) -> Asked {
        let node = &self.nodes[id.0 as usize];
        if node.typed {
            return Asked::Nothing;
        }
        let rules = node.rules.iter().flat_map(|rules| &rules.expressions);
        let own = rules.map(|rule| if rule.program.uses_old_self { Asked::Change } else { Asked::Value }).max();
        let below: Vec<NodeId> = match &node.shape {
            Shape::Struct { fields, .. } => fields.values().copied().collect(),
            Shape::Map { value: id, .. } | Shape::List { item: id, .. } => vec![*id],
            Shape::Any | Shape::Scalar(_) => Vec::new(),
        };
        let asked = below.into_iter().map(|id| self.mark_asked(id)).max().max(own).unwrap_or_default();
        self.nodes[id.0 as usize].asked = asked;
        asked
    }
}

/// Finds out where every node stands. What the API itself defines has no rules.
fn stand(place: SchemaNode<'_>, standing: Standing, path: &Path<'_>, standings: &mut [Option<Standing>]) {
    if place.node().typed {
        return;
    }
    let rules = place.node().rules.as_deref();
    let times = |most: Option<u64>| standing.count.zip(most).map(|(count, most)| count.saturating_mul(most.max(1)));
    match place.shape() {
        Shape::Struct { fields, .. } => {
            let path = Path::Member(path, "properties");
            for (name, id) in fields {
                stand(place.at(*id), standing.clone(), &Path::Key(&path, name), standings);
            }
        }
        Shape::Map { value, .. } => {
            let inner = Standing { count: times(rules.and_then(|rules| rules.max_properties)), ..standing.clone() };
            stand(place.at(*value), inner, &Path::Member(path, "additionalProperties"), standings);
        }
        Shape::List { item, list_type } => {
            let lost = !matches!(list_type, ListType::Map(_));
            let uncorrelated = standing.uncorrelated.clone().or_else(|| lost.then(|| path.to_string()));
            let inner = Standing { count: times(rules.and_then(|rules| rules.max_items)), uncorrelated };
            stand(place.at(*item), inner, &Path::Member(path, "items"), standings);
        }
        Shape::Any | Shape::Scalar(_) => {}
    }
    standings[place.id().0 as usize] = Some(standing);
}

/// Reads the rules of one node.
struct Reader<'a> {
    place: SchemaNode<'a>,
    standing: &'a Standing,
    causes: &'a mut Vec<Cause>,
    total: &'a mut u64,
}

impl Reader<'_> {
    fn rule(&mut self, declared: &Value, path: &Path<'_>) -> Option<Expression> {
        let before = self.causes.len();
        let rule = self.text(declared, "rule", path);
        if rule.trim().is_empty() {
            self.causes.push(Cause::required(Path::Member(path, "rule").to_string(), "rule is not specified"));
            return None;
        }
        let message = self.message(declared, rule, path);
        let reason = self.reason(declared, path);
        let field_path = self.field_path(declared, path);
        let optional_old = declared.get("optionalOldSelf").and_then(Value::as_bool);
        let program = self.compile(declared, "rule", rule, optional_old.unwrap_or(false), Wanted::Truth, path)?;
        let at = Path::Member(path, "rule");
        match &self.standing.uncorrelated {
            Some(list) if program.uses_old_self => {
                let why = format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {list}");
                self.causes.push(Cause::invalid(at.to_string(), &Value::from(rule), &why));
            }
            _ if optional_old.is_some() && !program.uses_old_self => {
                let at = Path::Member(path, "optionalOldSelf").to_string();
                self.causes.push(Cause::invalid(at, &Value::from(optional_old), "may not be set if oldSelf is not used in rule"));
            }
            _ => {}
        }
        let text = self.text(declared, "messageExpression", path);
        if !text.is_empty() && text.trim().is_empty() {
            let at = Path::Member(path, "messageExpression").to_string();
            self.causes.push(Cause::required(at, "messageExpression must be non-empty if specified"));
        }
        let message_program = match text.trim() {
            "" => None,
            text => self.compile(declared, "messageExpression", text, false, Wanted::Text, path),
        };
        let optional_old = optional_old.unwrap_or(false);
        let rule: Arc<str> = Arc::from(rule.trim());
        (self.causes.len() == before).then_some(Expression { rule, program, message, message_program, reason, field_path, optional_old })
    }

    /// A member that is a text; empty where it is missing.
    fn text<'v>(&mut self, declared: &'v Value, member: &str, path: &Path<'_>) -> &'v str {
        match declared.get(member) {
            Some(Value::String(text)) => text,
            None | Some(Value::Null) => "",
            Some(other) => {
                self.causes.push(Cause::invalid(Path::Member(path, member).to_string(), other, "must be a text"));
                ""
            }
        }
    }

    fn message(&mut self, declared: &Value, rule: &str, path: &Path<'_>) -> Option<Arc<str>> {
        let message = self.text(declared, "message", path);
        let at = Path::Member(path, "message").to_string();
        if !message.is_empty() && message.trim().is_empty() {
            self.causes.push(Cause::invalid(at, &Value::from(message), "must be non-empty if specified"));
        } else if message.trim().contains(['\n', '\r']) {
            self.causes.push(Cause::invalid(at, &Value::from(message), "must not contain line breaks"));
        } else if rule.trim().contains(['\n', '\r']) && message.is_empty() {
            self.causes.push(Cause::required(at, "message must be specified if rule contains line breaks"));
        }
        (!message.is_empty()).then(|| Arc::from(message.trim()))
    }

    fn reason(&mut self, declared: &Value, path: &Path<'_>) -> CauseKind {
        let reason = match declared.get("reason") {
            None | Some(Value::Null) => return CauseKind::Invalid,
            Some(reason) => reason,
        };
        if let Some((_, kind)) = REASONS.iter().find(|(name, _)| reason == name) {
            return *kind;
        }
        let known: Vec<String> = REASONS.iter().map(|(name, _)| format!("{name:?}")).collect();
        let message = format!("Unsupported value: {reason}: supported values: {}", known.join(", "));
        self.causes.push(Cause::new(CauseKind::NotSupported, Path::Member(path, "reason").to_string(), message));
        CauseKind::Invalid
    }

    fn field_path(&mut self, declared: &Value, path: &Path<'_>) -> String {
        let text = self.text(declared, "fieldPath", path);
        if text.is_empty() {
            return String::new();
        }
        field_path(text, self.place).unwrap_or_else(|| {
            let at = Path::Member(path, "fieldPath").to_string();
            self.causes.push(Cause::invalid(at, &Value::from(text), "must be a valid path"));
            String::new()
        })
    }

    /// Compiles an expression and holds it to its bounds.
    fn compile(
        &mut self,
        declared: &Value,
        member: &str,
        text: &str,
        optional_old: bool,
        wanted: Wanted,
        path: &Path<'_>,
    ) -> Option<Program> {
        let at = Path::Member(path, member);
        let program = match Program::compile(text, self.place, optional_old, wanted) {
            Ok(program) => program,
            Err(error) => {
                let prefix = if member == "rule" || !matches!(error, CompileError::Failed(_)) { "" } else { "messageExpression " };
                self.causes.push(Cause::invalid(at.to_string(), declared, &format!("{prefix}{error}")));
                return None;
            }
        };
        // A message is made once, for the first value that breaks the rule.
        let count = if member == "rule" { self.standing.count.unwrap_or_else(|| cel::most_in_request(self.place)) } else { 1 };
        let cost = program.cost.saturating_mul(count);
        *self.total = self.total.saturating_add(cost);
        if cost > RULE_MOST {
            let message = too_expensive(&format!("estimated {member} cost"), cost, RULE_MOST);
            self.causes.push(Cause::new(CauseKind::Forbidden, at.to_string(), message));
        }
        Some(program)
    }
}

fn too_expensive(what: &str, cost: u64, most: u64) -> String {
    let factor = cost as f64 / most as f64;
    let factor = match factor {
        factor if factor > 100.0 => "more than 100x".to_owned(),
        factor if factor < 1.5 => format!("{factor:.6}x"),
        factor => format!("{factor:.1}x"),
    };
    let advice = "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared";
    format!("Forbidden: {what} exceeds budget by factor of {factor} ({advice})")
}

/// A path below the value, such as `.a['b']`, as causes write it; `None` where the schema has no such place.
fn field_path(text: &str, place: SchemaNode<'_>) -> Option<String> {
    let (mut rest, mut place, mut path) = (text, place, String::new());
    while !rest.is_empty() {
        let (name, after) = if let Some(quoted) = rest.strip_prefix("['") {
            let (name, after) = quoted.split_once("']")?;
            (name, after)
        } else {
            let plain = rest.strip_prefix('.')?;
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            (&plain[..end], &plain[end..])
        };
        let is_map = matches!(place.shape(), Shape::Map { .. });
        place = match place.shape() {
            Shape::Struct { .. } => place.field(name)?.1,
            Shape::Map { .. } => place.member(name)?,
            _ => return None,
        };
        path += &if is_map { format!("[{name}]") } else { format!(".{name}") };
        rest = after;
    }
    Some(path)
}
