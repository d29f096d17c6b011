//! The compiled form of a schema: nodes in one arena, so that recursive types need no special care.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::rules::Rules;

/// The index of a node in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

/// The compiled schema of one kind (or of one type used alone).
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// All nodes; the root is the first.
    pub nodes: Vec<Node>,
}

/// What is known of the values at one place.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The shape of the value.
    pub shape: Shape,
    /// Whether `null` is a value here and not the same as absent (`nullable`).
    pub nullable: bool,
    /// The value that an absent member takes.
    pub default: Option<Value>,
    /// How strategic merge patch treats the value; `None` is the shape's own way.
    pub patch: Option<PatchStrategy>,
    /// What the type is for, in a sentence or more; empty where nobody said.
    pub description: Arc<str>,
    /// The name of the type, such as `io.k8s.api.core.v1.PodSpec`; empty for nameless types.
    pub type_name: Arc<str>,
    /// Whether the API itself defines the type, as for built-in kinds and for `metadata` everywhere. There `null` means absent and a
    /// wrong JSON type makes the whole document unreadable; where a custom resource's schema speaks, both are faults of one field.
    pub typed: bool,
    /// Whether a typed document leaves the member out while it is empty (`""`, `0`, `false`, `[]`, `{}`).
    pub omit_empty: bool,
    /// What else a value must fulfil; `None` where its shape says all.
    pub rules: Option<Box<Rules>>,
    /// Which rules in CEL stand here or anywhere below, so that what has none is not walked.
    pub asked: Asked,
}

/// What rules in CEL speak of, of no rule at all to the most demanding one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// There are no rules.
    #[default]
    Nothing,
    /// The value alone: what did not change cannot break them anew.
    Value,
    /// The value that was there before, too.
    Change,
}

/// The shapes that values take.
#[derive(Debug, Clone, Default)]
pub enum Shape {
    /// Any JSON at all (`x-kubernetes-preserve-unknown-fields`, `JSON`, `RawExtension`). Merging treats maps in it as granular and lists as atomic.
    #[default]
    Any,
    /// One indivisible value.
    Scalar(Scalar),
    /// An object with known members.
    Struct {
        /// The known members by name.
        fields: BTreeMap<Arc<str>, NodeId>,
        /// The members that must be present.
        required: Vec<Arc<str>>,
        /// Whether unknown members are kept (and are of shape [`Shape::Any`]).
        preserve_unknown: bool,
        /// Whether one field manager owns the whole (`x-kubernetes-map-type: atomic`).
        atomic: bool,
        /// Whether the value is itself an API object (`x-kubernetes-embedded-resource`).
        embedded_resource: bool,
    },
    /// An object with arbitrary member names and one type of value.
    Map {
        /// The type of every value.
        value: NodeId,
        /// Whether one field manager owns the whole.
        atomic: bool,
    },
    /// An array.
    List {
        /// The type of every item.
        item: NodeId,
        /// How items are told apart when merging.
        list_type: ListType,
    },
}

/// A scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// Text.
    String,
    /// Base64 text.
    Bytes,
    /// RFC 3339 text.
    Time,
    /// A quantity such as `500m`: text, or a number that stands for its text.
    Quantity,
    /// A number or a text.
    IntOrString,
    /// A truth value.
    Boolean,
    /// A number.
    Number(Number),
}

/// A numeric type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A floating-point number.
    Float,
}

/// How the items of a list are told apart (`x-kubernetes-list-type`).
///
/// See <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>.
#[derive(Debug, Clone, PartialEq)]
pub enum ListType {
    /// They are not: one manager owns the whole list.
    Atomic,
    /// By their value.
    Set,
    /// By these members.
    Map(Vec<MapKey>),
}

/// A member that tells the items of a map list apart.
#[derive(Debug, Clone, PartialEq)]
pub struct MapKey {
    /// The member's name.
    pub name: Arc<str>,
    /// The value that an item without the member counts as having.
    pub default: Option<Value>,
}

/// How strategic merge patch treats a member.
///
/// See <https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#notes-on-the-strategic-merge-patch>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchStrategy {
    /// Lists merge item by item (`patchStrategy: merge`); without this they are replaced.
    pub merge: bool,
    /// The member that tells items apart when merging; `None` for lists of scalars.
    pub merge_key: Option<Arc<str>>,
    /// Objects keep only the members that the patch's `$retainKeys` names (`patchStrategy: retainKeys`).
    pub retain_keys: bool,
    /// Objects are replaced whole where the schema says so (`patchStrategy: replace`).
    pub replace: bool,
}

/// A place in a schema: the cursor that everything walks with. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct SchemaNode<'a> {
    schema: &'a Schema,
    id: NodeId,
}

impl Schema {
    /// The schema under which everything is [`Shape::Any`].
    #[must_use]
    pub fn any() -> Self {
        Self { nodes: vec![Node::default()] }
    }

    /// The place of the whole document.
    #[must_use]
    pub fn root(&self) -> SchemaNode<'_> {
        SchemaNode { schema: self, id: NodeId(0) }
    }
}

impl<'a> SchemaNode<'a> {
    /// A place of which nothing is known: everything below is [`Shape::Any`].
    #[must_use]
    pub fn any() -> Self {
        ANY.root()
    }

    /// What is known of this place.
    #[must_use]
    pub fn node(self) -> &'a Node {
        &self.schema.nodes[self.id.0 as usize]
    }

    /// The shape of this place.
    #[must_use]
    pub fn shape(self) -> &'a Shape {
        &self.node().shape
    }

    /// The place of a member: of a struct's field, of a map's value, of anything inside [`Shape::Any`] or a struct that preserves
    /// unknown members. `None` where no such member is known.
    #[must_use]
    pub fn member(self, name: &str) -> Option<Self> {
        match self.shape() {
            Shape::Any => Some(self),
            Shape::Struct { fields, preserve_unknown, .. } => match fields.get(name) {
                Some(id) => Some(self.at(*id)),
                None => preserve_unknown.then_some(ANY.root()),
            },
            Shape::Map { value, .. } => Some(self.at(*value)),
            Shape::Scalar(_) | Shape::List { .. } => None,
        }
    }

    /// A struct's field by name: the schema's own copy of the name, which is cheap to keep, and the place. `None` for what is no
    /// declared field.
    #[must_use]
    pub fn field(self, name: &str) -> Option<(&'a Arc<str>, Self)> {
        match self.shape() {
            Shape::Struct { fields, .. } => fields.get_key_value(name).map(|(name, id)| (name, self.at(*id))),
            _ => None,
        }
    }

    /// The place of a list's items; inside [`Shape::Any`] it is the place itself. `None` where this is no list.
    #[must_use]
    pub fn item(self) -> Option<Self> {
        match self.shape() {
            Shape::Any => Some(self),
            Shape::List { item, .. } => Some(self.at(*item)),
            _ => None,
        }
    }

    /// How a list here tells its items apart; [`ListType::Atomic`] for everything that is no declared list.
    #[must_use]
    pub fn list_type(self) -> &'a ListType {
        match self.shape() {
            Shape::List { list_type, .. } => list_type,
            _ => &ListType::Atomic,
        }
    }

    /// Whether an object here is owned as a whole.
    #[must_use]
    pub fn is_atomic_map(self) -> bool {
        matches!(self.shape(), Shape::Struct { atomic: true, .. } | Shape::Map { atomic: true, .. })
    }

    /// The index of the node.
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The place of the node with this index, which must stem from the same schema.
    #[must_use]
    pub fn at(self, id: NodeId) -> Self {
        Self { schema: self.schema, id }
    }
}

/// What lies below members that a struct preserves without knowing them.
static ANY: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(Schema::any);
