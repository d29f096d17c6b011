//! Expressions of admission: over an object before and after, the request, parameters, and variables that are expressions themselves.
//!
//! Receives the texts of webhooks and policies; hands on [`AdmissionExpression`]s, and what they come to for one request. Invariants: a
//! variable is evaluated when it is first asked for, and once in an [`Evaluation`]; what all expressions of an evaluation take together,
//! with their variables, is bounded.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::expression::Expression;
use super::library::{Opaque, ResourceCheck};
use super::types::Type;
use super::value::Val;
use super::{Budget, CALL_BUDGET, Change, CompileError, Fault, Made, compile, evaluate, on_fitting_stack};
use crate::object::Gvk;
use crate::schema::{self, Schema, SchemaNode};

/// What an expression can speak of besides `object`, `oldObject`, `request` and `namespaceObject`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'s> {
    /// Whether there is `params`.
    pub params: bool,
    /// Whether there is `authorizer`.
    pub authorizer: bool,
    /// What `object` and `oldObject` are, where their types are to be checked; else they are of any type.
    pub object: Option<SchemaNode<'s>>,
}

/// What an expression may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// A truth value: a condition, a validation.
    Truth,
    /// A text: a message.
    Text,
    /// A text, or `null` for none: an annotation.
    TextOrNull,
    /// What changes an object: a mutation.
    Change(Made),
    /// Whatever it is: a variable.
    Anything,
}

/// A compiled part: what is evaluated, and how deep that nests.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub(super) body: Arc<Expression>,
    pub(super) depth: usize,
}

/// A variable that is an expression itself.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) name: Arc<str>,
    pub(super) kind: Type,
    pub(super) compiled: Result<Compiled, CompileError>,
}

/// The variables of a policy, of which expressions speak as `variables.NAME`. Each can speak of those before it.
#[derive(Debug, Clone, Default)]
pub struct Variables(pub(super) Vec<Variable>);

impl Variables {
    /// Adds a variable. One that does not compile is there, and fails when it is asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, name: &str, text: &str, scope: Scope<'_>) -> Result<(), CompileError> {
        let compiled = compile::admission(text, scope, Some(self), Returns::Anything);
        let error = compiled.as_ref().err().cloned();
        let (kind, compiled) = match compiled {
            Ok((compiled, kind)) => (kind.of_variable(), Ok(compiled)),
            Err(error) => (Type::Dyn, Err(error)),
        };
        self.0.push(Variable { name: name.into(), kind, compiled });
        error.map_or(Ok(()), Err)
    }
}

/// An expression of a webhook or a policy, compiled or with what is wrong with it: then it fails whenever it is evaluated.
#[derive(Debug, Clone)]
pub struct AdmissionExpression {
    text: Arc<str>,
    compiled: Result<Compiled, CompileError>,
}

/// Why an expression came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unevaluated {
    /// It failed, in kube-apiserver's words.
    #[error("{0}")]
    Failed(String),
    /// All expressions together took more than they may: nothing more is evaluated.
    #[error("validation failed due to running out of cost budget, no further validation rules will be run")]
    OverBudget,
}

/// Checks an expression without keeping it. `variables` are those that it can speak of; without any there is no `variables`.
///
/// # Errors
/// What is wrong with it.
pub fn check_admission(text: &str, scope: Scope<'_>, variables: Option<&Variables>, returns: Returns) -> Result<(), CompileError> {
    compile::admission(text, scope, variables, returns).map(drop)
}

impl AdmissionExpression {
    /// Compiles an expression.
    #[must_use]
    pub fn new(text: &str, scope: Scope<'_>, variables: &Variables, returns: Returns) -> Self {
        let compiled = compile::admission(text, scope, Some(variables), returns);
        Self { text: text.into(), compiled: compiled.map(|(compiled, _)| compiled) }
    }

    /// The text that was compiled.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }

    /// Whether a condition or validation holds.
    ///
    /// # Errors
    /// Why it neither holds nor fails to.
    pub fn truth<'a>(&'a self, over: &mut Evaluation<'a>) -> Result<bool, Unevaluated> {
        self.read(over, |value, _| match value {
            Val::Bool(truth) => Ok(*truth),
            other => Err(Fault::NoOverload(format!("a truth value came to {}", other.type_name()))),
        })
    }

    /// The text that it comes to; `None` for `null`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn text<'a>(&'a self, over: &mut Evaluation<'a>) -> Result<Option<String>, Unevaluated> {
        self.read(over, |value, _| match value {
            Val::Text(text) => Ok(Some(text.to_string())),
            Val::Null => Ok(None),
            other => Err(Fault::NoOverload(format!("a text came to {}", other.type_name()))),
        })
    }

    /// What a mutation changes; `made` is what the expression was compiled to make.
    ///
    /// # Errors
    /// Why there is nothing that could be done.
    pub fn change<'a>(&'a self, made: Made, over: &mut Evaluation<'a>) -> Result<Change, Unevaluated> {
        let change = self.read(over, |value, budget| match made.change(value, budget) {
            Err(Fault::OverBudget) => Err(Fault::OverBudget),
            change => Ok(change),
        })?;
        // What cannot be read is no fault of the evaluation, which would name the expression.
        change.map_err(|fault| Unevaluated::Failed(fault.to_string()))
    }

    /// What is read out of the value, within what the expression may take.
    pub(super) fn read<'a, T: Send>(
        &'a self,
        over: &mut Evaluation<'a>,
        read: impl FnOnce(&Val<'a>, &mut Budget) -> Result<T, Fault> + Send,
    ) -> Result<T, Unevaluated> {
        let compiled = self.compiled.as_ref().map_err(|error| Unevaluated::Failed(format!("compilation error: {error}")))?;
        let (mut own, is_short) = over.share();
        let answer = on_fitting_stack(compiled.depth, || {
            let value = evaluate::admission(&compiled.body, over, &mut own)?;
            read(&value, &mut own)
        });
        over.left.give_back(&own);
        match answer {
            Ok(read) => Ok(read),
            Err(Fault::OverBudget) if is_short || over.is_over => Err(Unevaluated::OverBudget),
            Err(fault) => Err(Unevaluated::Failed(format!("expression '{}' resulted in error: {fault}", self.text))),
        }
    }
}

/// What expressions speak of in one request.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `object`; `null` in a deletion.
    pub object: &'a Value,
    /// `oldObject`; `null` where the object is new.
    pub old: &'a Value,
    /// `request`: the AdmissionRequest without its objects.
    pub request: &'a Value,
    /// `namespaceObject`; `null` where there is none.
    pub namespace: &'a Value,
    /// `params`; `null` where there are none.
    pub params: &'a Value,
    /// Who answers for `authorizer`; without anybody what asks it fails.
    pub authorizer: Option<&'a Arc<dyn Authorizer>>,
}

/// The state of evaluating expressions over one request: the variables that have a value already, and what is left to spend.
pub struct Evaluation<'a> {
    pub(super) base: Vec<Val<'a>>,
    pub(super) variables: &'a [Variable],
    pub(super) values: Vec<Option<Result<Val<'a>, Fault>>>,
    pub(super) left: Budget,
    /// Whether a variable took what was left.
    pub(super) is_over: bool,
}

impl fmt::Debug for Evaluation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Evaluation").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<'a> Evaluation<'a> {
    /// An evaluation in which nothing has a value yet.
    #[must_use]
    pub fn new(asked: Asked<'a>, variables: &'a Variables, budget: Budget) -> Self {
        let open = |value: &'a Value| Val::of(value, SchemaNode::any());
        let checks =
            asked.authorizer.map(|authorizer| [Opaque::authorizer(authorizer), Opaque::check(authorizer, request_resource(asked.request))]);
        let [authorizer, check] = checks.map_or([Val::Null, Val::Null], |checks| checks.map(|check| Val::Opaque(check.into())));
        // In the order of `records::VARIABLES`.
        let base = vec![
            open(asked.object),
            open(asked.old),
            open(asked.request),
            Val::of(asked.namespace, namespace_place()),
            authorizer,
            check,
            open(asked.params),
        ];
        Self { base, variables: &variables.0, values: vec![None; variables.0.len()], left: budget, is_over: false }
    }

    /// What is left to spend.
    #[must_use]
    pub fn left(&self) -> Budget {
        self.left.clone()
    }

    /// What one expression may take, and whether that is less than one may by itself.
    pub(super) fn share(&mut self) -> (Budget, bool) {
        let own = self.left.split(CALL_BUDGET);
        let is_short = own != Budget::new(CALL_BUDGET);
        (own, is_short)
    }
}

/// What `authorizer.requestResource` asks about: the resource as the request names it.
fn request_resource(request: &Value) -> ResourceCheck {
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    ResourceCheck {
        group: text("/requestResource/group"),
        resource: text("/requestResource/resource"),
        subresource: text("/requestSubResource"),
        namespace: text("/namespace"),
        name: text("/name"),
    }
}

/// What the members of a Namespace are, so that its times are times.
fn namespace_place() -> SchemaNode<'static> {
    static SCHEMA: LazyLock<Option<Arc<Schema>>> = LazyLock::new(|| schema::builtin(&Gvk::new("", "v1", "Namespace")));
    SCHEMA.as_ref().map_or_else(SchemaNode::any, |schema| schema.root())
}

/// Who answers what expressions ask of `authorizer`.
pub trait Authorizer: fmt::Debug + Send + Sync {
    /// Whether something is allowed: to the service account of this namespace and name, or else to whoever sent the request.
    fn decide(&self, account: Option<(&str, &str)>, question: &Question<'_>) -> Decision;
}

/// What an authorizer is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// A path that is no resource.
    Path {
        /// The method of the request in lower case.
        verb: &'a str,
        /// The path.
        path: &'a str,
    },
    /// A resource.
    Resource {
        /// The verb, such as `list`.
        verb: &'a str,
        /// The API group.
        group: &'a str,
        /// The plural name.
        resource: &'a str,
        /// The subresource; empty for the object itself.
        subresource: &'a str,
        /// The namespace; empty for the whole cluster.
        namespace: &'a str,
        /// The object's name; empty for all.
        name: &'a str,
    },
}

/// What an authorizer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// Why; may be empty.
    pub reason: String,
}
