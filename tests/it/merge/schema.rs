//! Schemas in a small notation, so that a scenario can say what it is about.
//!
//! A type is a word (`string`, `int`, `bool`, `any`, `int-or-string`) or an object with one of the members `struct` (fields by name),
//! `map` (type of the values) or `list` (type of the items), and beside it `atomic`, `preserve`, `type` (`atomic`, `set` or `map`),
//! `keys`, and `merge`, `merge_key`, `replace` for strategic merge patches.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde_json::Value;
use trueup::schema::{ListType, MapKey, Node, NodeId, Number, PatchStrategy, Scalar, Schema, Shape};

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Type {
    Word(String),
    Container(Box<Container>),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Container {
    r#struct: Option<BTreeMap<String, Type>>,
    map: Option<Type>,
    list: Option<Type>,
    atomic: bool,
    preserve: bool,
    r#type: Option<String>,
    keys: Vec<Key>,
    merge: bool,
    merge_key: Option<String>,
    replace: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Key {
    Name(String),
    Defaulted { name: String, default: Value },
}

static METADATA: LazyLock<Type> = LazyLock::new(|| {
    parse(
        "struct: {name: string, namespace: string, uid: string, generation: int, resourceVersion: string, creationTimestamp: string,
                  labels: {map: string}, annotations: {map: string}, finalizers: {list: string, type: set, merge: true},
                  managedFields: {list: any, type: atomic}}",
    )
});

/// The schema of an API object with these members beside the usual metadata.
pub(super) fn of_object(fields: &BTreeMap<String, Type>) -> Schema {
    let mut all = fields.clone();
    all.insert("metadata".to_owned(), METADATA.clone());
    all.insert("apiVersion".to_owned(), Type::Word("string".to_owned()));
    all.insert("kind".to_owned(), Type::Word("string".to_owned()));
    let mut schema = Schema { nodes: Vec::new() };
    build(&mut schema, &Type::Container(Box::new(Container { r#struct: Some(all), ..Container::default() })));
    schema
}

pub(super) fn parse(notation: &str) -> Type {
    serde_saphyr::from_str(notation).expect("a type in the notation")
}

fn build(schema: &mut Schema, notation: &Type) -> NodeId {
    let id = NodeId(schema.nodes.len().try_into().expect("few nodes"));
    schema.nodes.push(Node::default());
    let (shape, patch) = match notation {
        Type::Word(word) => (scalar(word), None),
        Type::Container(container) => (shape(schema, container), strategy(container)),
    };
    schema.nodes[id.0 as usize] = Node { shape, patch, ..Node::default() };
    id
}

fn scalar(word: &str) -> Shape {
    Shape::Scalar(match word {
        "any" => return Shape::Any,
        "string" => Scalar::String,
        "int" => Scalar::Number(Number::Int64),
        "bool" => Scalar::Boolean,
        "int-or-string" => Scalar::IntOrString,
        other => panic!("no type is called {other}"),
    })
}

fn shape(schema: &mut Schema, container: &Container) -> Shape {
    if let Some(fields) = &container.r#struct {
        let fields = fields.iter().map(|(name, notation)| (Arc::from(name.as_str()), build(schema, notation))).collect();
        return Shape::Struct {
            fields,
            required: Vec::new(),
            preserve_unknown: container.preserve,
            atomic: container.atomic,
            embedded_resource: false,
        };
    }
    if let Some(value) = &container.map {
        return Shape::Map { value: build(schema, value), atomic: container.atomic };
    }
    let item = container.list.as_ref().expect("one of struct, map, list");
    let key = |key: &Key| match key {
        Key::Name(name) => MapKey { name: name.as_str().into(), default: None },
        Key::Defaulted { name, default } => MapKey { name: name.as_str().into(), default: Some(default.clone()) },
    };
    let list_type = match container.r#type.as_deref() {
        None | Some("atomic") => ListType::Atomic,
        Some("set") => ListType::Set,
        Some("map") => ListType::Map(container.keys.iter().map(key).collect()),
        Some(other) => panic!("no list type is called {other}"),
    };
    Shape::List { item: build(schema, item), list_type }
}

fn strategy(container: &Container) -> Option<PatchStrategy> {
    let merge_key = container.merge_key.as_deref().map(Arc::from);
    let merge = container.merge || merge_key.is_some();
    (merge || container.replace).then_some(PatchStrategy { merge, merge_key, retain_keys: false, replace: container.replace })
}
