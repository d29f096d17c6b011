//! Expressions as they are evaluated: names resolved, macros taken apart.

use std::sync::Arc;

use regex::Regex;

use super::construct::FieldOf;
use super::functions::Function;
use super::value::Val;

/// One node. Variables are counted from the outermost scope inwards; the first is `self`, the second `oldSelf`.
#[derive(Debug)]
pub(super) enum Expression {
    /// A value that is always the same.
    Constant(Val<'static>),
    /// The variable of this number.
    Variable(usize),
    /// The variable of this number among those that are expressions themselves.
    Composed(usize),
    /// A member by name.
    Member {
        /// What has the member.
        of: Box<Expression>,
        /// The name as it is written.
        written: Arc<str>,
        /// The name that it stands for in objects with a schema.
        name: Arc<str>,
        /// What is asked of it.
        access: Access,
    },
    /// An item of a list or a member of a map, by a computed key.
    Index {
        /// What has the item.
        of: Box<Expression>,
        /// The key.
        key: Box<Expression>,
        /// Whether the result is an optional.
        optional: bool,
    },
    /// A list; the flag says that an item is an optional that may be missing.
    List(Vec<(Expression, bool)>),
    /// A map; the flag is the one of lists.
    Map(Vec<(Expression, Expression, bool)>),
    /// An object that is made.
    Build {
        /// The name of its type.
        name: Arc<str>,
        /// Its fields.
        fields: Vec<FieldOf>,
    },
    /// `&&` (true) or `||` (false): the second side is asked where the first does not decide, or fails.
    Junction(bool, Box<(Expression, Expression)>),
    /// Condition, then, else.
    Conditional(Box<(Expression, Expression, Expression)>),
    /// A function with its arguments, the receiver first.
    Call {
        /// What is called.
        function: &'static Function,
        /// With what.
        arguments: Vec<Expression>,
        /// The pattern, where it is a constant.
        pattern: Option<Regex>,
    },
    /// A macro that visits the items of a list or map.
    Fold(Box<Fold>),
    /// A body evaluated where an optional has a value, which is its variable; `flat` where the body is an optional itself.
    OptionalMap {
        /// The optional and the body.
        parts: Box<(Expression, Expression)>,
        /// Whether the body comes to an optional.
        flat: bool,
    },
}

/// What is asked of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Its value.
    Value,
    /// Whether it is there.
    Test,
    /// An optional of its value.
    Optional,
}

/// What is done with the items visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// Whether the body holds for all.
    All,
    /// Whether it holds for any.
    Exists,
    /// Whether it holds for exactly one.
    ExistsOne,
    /// The bodies as a list.
    Map,
    /// The items for which it holds.
    Filter,
    /// The bodies as a map, under the keys of the items.
    TransformMap,
    /// The members of the bodies as one map.
    TransformMapEntry,
}

/// A visit to every item.
#[derive(Debug)]
pub(super) struct Fold {
    /// What is done.
    pub(super) visit: Visit,
    /// What is visited.
    pub(super) range: Expression,
    /// Whether the body has two variables: index and item, or key and value.
    pub(super) pairs: bool,
    /// Which items are visited at all.
    pub(super) filter: Option<Expression>,
    /// What is evaluated for each.
    pub(super) body: Expression,
}
