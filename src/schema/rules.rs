//! What a value must fulfil beyond its shape.
//!
//! Receives nothing and hands on types: the CRD compiler fills them, `check::validate` enforces them.

use std::sync::Arc;

use regex::Regex;
use serde_json::{Number, Value};

use super::formats::Format;
use crate::cel::Program;
use crate::object::CauseKind;

/// The value validations of JSON Schema that CustomResourceDefinitions allow.
///
/// Below `all_of` and its kin a rule may reach into members and items, whose shape is known elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The least number allowed.
    pub minimum: Option<Bound>,
    /// The greatest number allowed.
    pub maximum: Option<Bound>,
    /// What a number must be a multiple of.
    pub multiple_of: Option<Number>,
    /// The least number of characters of a text.
    pub min_length: Option<u64>,
    /// The greatest number of characters of a text.
    pub max_length: Option<u64>,
    /// What a text must match: the pattern as it was written, and compiled.
    pub pattern: Option<(Arc<str>, Regex)>,
    /// The format a text or number must have.
    pub format: Option<Format>,
    /// The least number of items of a list.
    pub min_items: Option<u64>,
    /// The greatest number of items of a list.
    pub max_items: Option<u64>,
    /// The least number of members of an object.
    pub min_properties: Option<u64>,
    /// The greatest number of members of an object.
    pub max_properties: Option<u64>,
    /// The values allowed (`enum`); empty allows all.
    pub allowed: Vec<Value>,
    /// Whether an object may have no member at all.
    pub closed: bool,
    /// Members that must be present, where the shape does not say so itself.
    pub required: Vec<Arc<str>>,
    /// Rules for members.
    pub members: Vec<(Arc<str>, Rules)>,
    /// Rules for every item.
    pub items: Option<Box<Rules>>,
    /// All of these must hold.
    pub all_of: Vec<Rules>,
    /// At least one of these must hold; none given asks nothing.
    pub any_of: Vec<Rules>,
    /// Exactly one of these must hold; none given asks nothing.
    pub one_of: Vec<Rules>,
    /// This must not hold.
    pub not: Option<Box<Rules>>,
    /// Rules in CEL (`x-kubernetes-validations`).
    pub expressions: Vec<Expression>,
}

/// A rule in CEL.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The rule as it is written.
    pub rule: Arc<str>,
    /// What it comes to.
    pub program: Program,
    /// What is said where it does not hold.
    pub message: Option<Arc<str>>,
    /// What makes a better message.
    pub message_program: Option<Program>,
    /// What a breach is.
    pub reason: CauseKind,
    /// The place below the value that a breach is told of, such as `.a[b]`; empty for the value itself.
    pub field_path: String,
    /// Whether `oldSelf` is an optional, so that the rule also speaks of what is new.
    pub optional_old: bool,
}

/// The end of a range of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The number at the end.
    pub value: Number,
    /// Whether the number itself lies outside.
    pub exclusive: bool,
}

impl Rules {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let numbers = self.minimum.is_none() && self.maximum.is_none() && self.multiple_of.is_none();
        let texts = self.min_length.is_none() && self.max_length.is_none() && self.pattern.is_none() && self.format.is_none();
        let sizes = self.min_items.is_none() && self.max_items.is_none() && self.min_properties.is_none() && self.max_properties.is_none();
        let parts = !self.closed && self.required.is_empty() && self.members.is_empty() && self.items.is_none();
        let junctors = self.all_of.is_empty() && self.any_of.is_empty() && self.one_of.is_empty() && self.not.is_none();
        numbers && texts && sizes && parts && junctors && self.allowed.is_empty() && self.expressions.is_empty()
    }
}
