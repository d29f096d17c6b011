//! Kubernetes CEL: the expressions in which a schema's author says what no keyword says.
//!
//! Receives the text of an expression and the place in a schema that `self` lies at; hands on a [`Program`], and later the value that it
//! has for a document. Invariants: pure; whatever an expression names is known and fits its type, or it is refused when it is compiled;
//! no evaluation outlives its [`Budget`], whatever the expression and the document are.
//!
//! The grammar is the cel crate's. What it parses is evaluated here, over documents as they are: without a copy, with a count of every
//! step, and with the functions that Kubernetes adds.
//!
//! See <https://kubernetes.io/docs/reference/using-api/cel/>.

mod admission;
mod compile;
mod construct;
mod cost;
mod evaluate;
mod expression;
mod functions;
mod library;
mod literals;
mod macros;
mod mutation;
mod names;
mod nesting;
mod records;
mod stack;
mod types;
mod value;

use serde_json::Value;

use crate::schema::SchemaNode;
pub use admission::{
    AdmissionExpression, Asked, Authorizer, Decision, Evaluation, Question, Returns, Scope, Unevaluated, Variables, check_admission,
};
use expression::Expression;
pub use mutation::{Change, Made};
use value::Val;

/// The most values at a place that fit into one request.
#[must_use]
pub fn most_in_request(place: SchemaNode<'_>) -> u64 {
    cost::most_in_request(place)
}

/// The most that one evaluation may take.
pub const CALL_BUDGET: u64 = 1_000_000;

/// The most that all evaluations for one document may take together.
pub const DOCUMENT_BUDGET: u64 = 10_000_000;

/// How deep an expression may nest to be evaluated on any thread.
const ORDINARILY_DEEP: usize = 40;

/// What an expression must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A truth value: a rule.
    Truth,
    /// A text: a message.
    Text,
}

/// A compiled expression over `self` and, where it is asked for, `oldSelf`.
#[derive(Debug, Clone)]
pub struct Program {
    body: std::sync::Arc<Expression>,
    /// How deep the expression nests at most.
    depth: usize,
    /// Whether the expression speaks of `oldSelf`.
    pub uses_old_self: bool,
    /// The most that one evaluation can take by the bounds of the schema.
    pub cost: u64,
}

/// What a program speaks of.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The value and where in the schema it lies.
    pub place: SchemaNode<'a>,
    /// `self`.
    pub new: &'a Value,
    /// `oldSelf`; where it is missing and not optional, selecting from it fails.
    pub old: Option<&'a Value>,
    /// Whether `oldSelf` is an optional.
    pub optional_old: bool,
}

/// What is left to spend, in steps: about one for each node evaluated, each item visited and each ten characters read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    left: u64,
}

/// Why an evaluation came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It took more than it may. Nothing absorbs this.
    #[error("operation cancelled: actual cost limit exceeded")]
    OverBudget,
    /// A function was given what it is not for; only values of unknown type get this far.
    #[error("no such overload: {0}")]
    NoOverload(String),
    /// Anything else: no such key, index out of bounds, overflow, division by zero.
    #[error("{0}")]
    Other(String),
}

impl Budget {
    /// A budget of this many steps.
    #[must_use]
    pub fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    /// Takes a part of at most so many steps out, to be given back with [`Self::give_back`].
    #[must_use]
    pub fn split(&mut self, most: u64) -> Self {
        let left = self.left.min(most);
        self.left -= left;
        Self { left }
    }

    /// Puts back what is left of a part.
    pub fn give_back(&mut self, part: &Self) {
        self.left += part.left;
    }

    fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Fault::OverBudget)
            }
        }
    }

    fn spend_items(&mut self, items: usize) -> Result<(), Fault> {
        self.spend(items as u64)
    }

    fn spend_text(&mut self, bytes: usize) -> Result<(), Fault> {
        self.spend(cost::text(bytes as u64))
    }
}

impl Fault {
    fn other(message: impl Into<String>) -> Self {
        Self::Other(message.into())
    }
}

impl Program {
    /// Compiles an expression whose `self` lies at `place`.
    ///
    /// # Errors
    /// What is wrong with it, in the words that follow `compilation failed: `; or that it does not come to what is wanted.
    pub fn compile(text: &str, place: SchemaNode<'_>, optional_old: bool, wanted: Wanted) -> Result<Self, CompileError> {
        compile::program(text, place, optional_old, wanted)
    }

    /// Whether a rule holds.
    ///
    /// # Errors
    /// Why it neither holds nor fails to.
    pub fn holds(&self, input: Input<'_>, budget: &mut Budget) -> Result<bool, Fault> {
        self.on_fitting_stack(|| match evaluate::program(&self.body, input, budget)? {
            Val::Bool(truth) => Ok(truth),
            other => Err(Fault::NoOverload(format!("a rule came to {}", other.type_name()))),
        })
    }

    /// The text of a message.
    ///
    /// # Errors
    /// Why there is none.
    pub fn text(&self, input: Input<'_>, budget: &mut Budget) -> Result<String, Fault> {
        self.on_fitting_stack(|| match evaluate::program(&self.body, input, budget)? {
            Val::Text(text) => Ok(text.to_string()),
            other => Err(Fault::NoOverload(format!("a message came to {}", other.type_name()))),
        })
    }

    fn on_fitting_stack<T: Send>(&self, evaluate: impl FnOnce() -> Result<T, Fault> + Send) -> Result<T, Fault> {
        on_fitting_stack(self.depth, evaluate)
    }
}

/// Evaluates on the stack at hand, or on a larger one where the expression is deeper than people write.
fn on_fitting_stack<T: Send>(depth: usize, evaluate: impl FnOnce() -> Result<T, Fault> + Send) -> Result<T, Fault> {
    if depth <= ORDINARILY_DEEP {
        return evaluate();
    }
    stack::large(evaluate).map_err(|error| Fault::other(format!("no thread to evaluate on: {error}")))?
}

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// It is no expression, or names what is not there.
    #[error("compilation failed: {0}")]
    Failed(String),
    /// A rule that is not a truth value.
    #[error("cel expression must evaluate to a bool")]
    NoTruth,
    /// An expression of admission that comes to something else than it must.
    #[error("must evaluate to {wanted} but got {found}")]
    Mismatch {
        /// What it must come to.
        wanted: &'static str,
        /// What it comes to.
        found: String,
    },
    /// A message that is not a text.
    #[error("messageExpression must evaluate to a string")]
    NoText,
}

#[cfg(test)]
mod tests;
