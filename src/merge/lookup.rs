//! The value at a path, for showing what a conflict is about.
//!
//! Receives a document, its schema and a path; hands on the value. Invariant: items are told apart as everywhere in this folder,
//! defaulted keys included.

use serde_json::Value;

use super::path::{FieldPath, PathElement};
use super::typed;
use crate::schema::SchemaNode;

/// The value at a path; `None` where there is nothing. Of items that stand in a list more than once it is the first.
#[must_use]
pub fn value_at<'v>(schema: SchemaNode<'_>, document: &'v Value, path: &FieldPath) -> Option<&'v Value> {
    let mut place = schema;
    let mut value = document;
    for element in &path.0 {
        (place, value) = match element {
            PathElement::Field(name) => (typed::member(place, name), value.get(&**name)?),
            PathElement::Index(index) => (typed::item(place), value.get(*index)?),
            PathElement::Key(_) | PathElement::Value(_) => {
                let mut items = value.as_array()?.iter().enumerate();
                let found = items.find(|(index, item)| typed::item_element(place, *index, item).is_ok_and(|found| found == *element));
                (typed::item(place), found?.1)
            }
        };
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ListType, MapKey, Node, NodeId, Schema, Shape};
    use serde_json::json;

    #[test]
    fn items_are_found_by_keys_that_are_defaulted() {
        let keys = [("port", None), ("protocol", Some(json!("TCP")))];
        let keys = keys.map(|(name, default)| MapKey { name: name.into(), default }).to_vec();
        let shapes = [Shape::List { item: NodeId(1), list_type: ListType::Map(keys) }, Shape::Any];
        let schema = Schema { nodes: shapes.map(|shape| Node { shape, ..Node::default() }).into() };
        let document = json!([{"port": 80, "protocol": "UDP", "name": "a"}, {"port": 80, "name": "b"}]);
        let item = |protocol: &str| PathElement::key(vec![("port".into(), json!(80)), ("protocol".into(), json!(protocol))]);
        let name_of = |protocol| value_at(schema.root(), &document, &FieldPath(vec![item(protocol), PathElement::field("name")]));
        assert_eq!(name_of("TCP"), Some(&json!("b")));
        assert_eq!(name_of("UDP"), Some(&json!("a")));
        assert_eq!(name_of("SCTP"), None);
        assert_eq!(value_at(schema.root(), &document, &FieldPath::default()), Some(&document));
    }
}
