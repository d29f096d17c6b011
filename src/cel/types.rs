//! Static types: what is known of a value before there is one.

use std::fmt;
use std::sync::Arc;

use super::records::{self, Record};
use crate::schema::{Format, NodeId, Number, Scalar, SchemaNode, Shape};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// Known only when it is there.
    Dyn,
    /// `null`.
    Null,
    /// A truth value.
    Bool,
    /// A whole number.
    Int,
    /// A whole number that is not negative.
    Uint,
    /// A floating-point number.
    Double,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// A point in time.
    Time,
    /// A length of time.
    Duration,
    /// A type itself.
    Kind,
    /// A list.
    List(Box<Type>),
    /// A map.
    Map(Box<Type>, Box<Type>),
    /// An object that the schema describes at this node.
    Object(NodeId),
    /// An object of fixed fields.
    Record(&'static Record),
    /// An object that the expression makes, by the name of its type.
    Built(Arc<str>),
    /// A value or none.
    Optional(Box<Type>),
    /// A type of Kubernetes' own, by the name of its constructor.
    Opaque(&'static str),
    /// In signatures: any type, the same one wherever the letter stands.
    Variable(char),
}

/// The type of the values at a place.
pub(super) fn of(place: SchemaNode<'_>) -> Type {
    match place.shape() {
        Shape::Any => Type::Dyn,
        Shape::Scalar(scalar) => of_scalar(*scalar, format(place)),
        Shape::Struct { .. } => Type::Object(place.id()),
        Shape::Map { value, .. } => Type::Map(Box::new(Type::Text), Box::new(of(place.at(*value)))),
        Shape::List { item, .. } => Type::List(Box::new(of(place.at(*item)))),
    }
}

/// The format that the schema gives to a place.
pub(super) fn format(place: SchemaNode<'_>) -> Option<Format> {
    place.node().rules.as_ref().and_then(|rules| rules.format)
}

fn of_scalar(scalar: Scalar, format: Option<Format>) -> Type {
    match scalar {
        Scalar::String => match format {
            Some(Format::Duration) => Type::Duration,
            Some(Format::Date | Format::DateTime) => Type::Time,
            Some(Format::Byte) => Type::Bytes,
            _ => Type::Text,
        },
        Scalar::Bytes => Type::Bytes,
        Scalar::Time => Type::Time,
        Scalar::Quantity => Type::Text,
        Scalar::IntOrString => Type::Dyn,
        Scalar::Boolean => Type::Bool,
        Scalar::Number(Number::Float) => Type::Double,
        Scalar::Number(_) => Type::Int,
    }
}

impl Type {
    /// A list of these.
    pub(super) fn list(self) -> Self {
        Self::List(Box::new(self))
    }

    /// One of these or none.
    pub(super) fn optional(self) -> Self {
        Self::Optional(Box::new(self))
    }

    /// Reads a type as signatures write it; a single capital letter is a variable.
    pub(super) fn parse(text: &str) -> Self {
        let inner = |name: &str| text.strip_prefix(name).and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.strip_suffix(')'));
        if let Some(item) = inner("list") {
            return Self::parse(item).list();
        }
        if let Some(item) = inner("optional") {
            return Self::parse(item).optional();
        }
        if let Some((key, value)) = inner("map").and_then(|pair| pair.split_once(", ")) {
            return Self::Map(Box::new(Self::parse(key)), Box::new(Self::parse(value)));
        }
        match text {
            "dyn" => Self::Dyn,
            "null" => Self::Null,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "uint" => Self::Uint,
            "double" => Self::Double,
            "string" => Self::Text,
            "bytes" => Self::Bytes,
            "timestamp" => Self::Time,
            "duration" => Self::Duration,
            "type" => Self::Kind,
            _ => match (OPAQUE.iter().find(|(name, _)| *name == text), records::find(text)) {
                (Some((name, _)), _) => Self::Opaque(name),
                (None, Some(record)) => Self::Record(record),
                (None, None) => Self::Variable(text.chars().next().unwrap_or('T')),
            },
        }
    }

    /// Whether a value of the type may be one of the other; binds the variables of `self`.
    pub(super) fn accepts(&self, found: &Self, bound: &mut Vec<(char, Self)>) -> bool {
        match (self, found) {
            (Self::Variable(letter), _) => match bound.iter().position(|(known, _)| known == letter) {
                // What is bound to an unknown type, or null, may become narrower.
                Some(at) => {
                    let known = bound[at].1.clone();
                    let fits = known.accepts(found, &mut Vec::new()) || found.accepts(&known, &mut Vec::new());
                    if fits && matches!(known, Self::Dyn | Self::Null) {
                        bound[at].1 = found.clone();
                    }
                    fits
                }
                None => {
                    bound.push((*letter, found.clone()));
                    true
                }
            },
            (Self::Dyn, _) | (_, Self::Dyn) => true,
            (Self::Null, other) | (other, Self::Null) => other.may_be_null(),
            (Self::List(item), Self::List(of)) | (Self::Optional(item), Self::Optional(of)) => item.accepts(of, bound),
            (Self::Map(key, value), Self::Map(of_key, of_value)) => key.accepts(of_key, bound) && value.accepts(of_value, bound),
            _ => self == found,
        }
    }

    /// Whether `null` is compared with values of the type, which is so for objects and not for scalars, lists and maps.
    fn may_be_null(&self) -> bool {
        use Type::{Built, Duration, Null, Object, Opaque, Optional, Record, Time, Variable};
        matches!(self, Null | Built(_) | Object(_) | Record(_) | Time | Duration | Optional(_) | Opaque(_) | Variable(_))
    }

    /// Whether two items of a literal go together: their types are the same, but for what is not known of an empty list or map.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        let open = |left: &Self, right: &Self| *left == Self::Dyn || *right == Self::Dyn || left.goes_with(right);
        match (self, other) {
            (Self::List(left), Self::List(right)) | (Self::Optional(left), Self::Optional(right)) => open(left, right),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => open(key, other_key) && open(value, other_value),
            _ => self == other,
        }
    }

    /// The type with its variables replaced.
    pub(super) fn resolve(&self, bound: &[(char, Self)]) -> Self {
        match self {
            Self::Variable(letter) => bound.iter().find(|(known, _)| known == letter).map_or(Self::Dyn, |(_, found)| found.clone()),
            Self::List(item) => item.resolve(bound).list(),
            Self::Optional(item) => item.resolve(bound).optional(),
            Self::Map(key, value) => Self::Map(Box::new(key.resolve(bound)), Box::new(value.resolve(bound))),
            other => other.clone(),
        }
    }

    /// The type of either of two; unknown where they differ.
    pub(super) fn or(self, other: &Self) -> Self {
        match (&self, other) {
            (Self::Null, _) => other.clone(),
            (_, Self::Null) => self,
            _ if self == *other => self,
            (Self::List(left), Self::List(right)) => left.part_or(right).list(),
            (Self::Optional(left), Self::Optional(right)) => left.part_or(right).optional(),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                Self::Map(Box::new(key.part_or(other_key)), Box::new(value.part_or(other_value)))
            }
            _ => Self::Dyn,
        }
    }

    /// The type of a variable whose expression is of this type: what scalars, lists and maps are stays known, nothing else.
    pub(super) fn of_variable(self) -> Self {
        match self {
            Self::List(item) => item.of_variable().list(),
            Self::Map(key, value) => Self::Map(Box::new(key.of_variable()), Box::new(value.of_variable())),
            Self::Object(_) | Self::Record(_) | Self::Built(_) | Self::Optional(_) | Self::Opaque(_) | Self::Kind | Self::Variable(_) => {
                Self::Dyn
            }
            scalar => scalar,
        }
    }

    /// The same of what is in a list, map or optional: where that is empty, the type is the other's.
    fn part_or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Dyn, known) | (known, Self::Dyn) => known.clone(),
            _ => self.clone().or(other),
        }
    }
}

/// The types of Kubernetes' own: as signatures write them, and as messages do.
const OPAQUE: [(&str, &str); 12] = [
    ("quantity", "kubernetes.Quantity"),
    ("image", "kubernetes.Image"),
    ("url", "kubernetes.URL"),
    ("ip", "net.IP"),
    ("cidr", "net.CIDR"),
    ("semver", "kubernetes.Semver"),
    ("format", "kubernetes.NamedFormat"),
    ("authorizer", "kubernetes.authorization.Authorizer"),
    ("pathCheck", "kubernetes.authorization.PathCheck"),
    ("groupCheck", "kubernetes.authorization.GroupCheck"),
    ("resourceCheck", "kubernetes.authorization.ResourceCheck"),
    ("decision", "kubernetes.authorization.Decision"),
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Time => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Kind => f.write_str("type"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Object(_) => f.write_str("object"),
            Self::Record(record) => f.write_str(record.name),
            Self::Built(name) => f.write_str(name),
            Self::Optional(item) => write!(f, "optional({item})"),
            Self::Opaque(name) => f.write_str(OPAQUE.iter().find(|(known, _)| known == name).map_or(name, |(_, shown)| shown)),
            Self::Variable(letter) => write!(f, "{letter}"),
        }
    }
}
