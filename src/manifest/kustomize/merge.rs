//! Strategic merge patches as kustomize merges them.
//!
//! That is not quite the API server's way ([`crate::merge`]): items of a patch come first, several keys tell items apart where the
//! schema has several, and of the directives only `$patch` is known. Invariant: no directive survives into the document. Where kustomize
//! loses what is written without a word, the patch is refused or does what it says: see docs/kustomize.md.

use serde_json::{Map, Value};

use crate::object::kind_of;
use crate::schema::{ListType, SchemaNode};

const DIRECTIVE: &str = "$patch";

/// What a `$patch` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// Merges a patch into a document; `None` where the patch deletes it. Errors with the place and the reason where it does not fit.
pub(super) fn merge(schema: SchemaNode<'_>, document: Value, patch: Value) -> Result<Option<Value>, String> {
    merge_value(Some(schema), "", Some(document), patch)
}

fn directive_of(text: &Value, at: &str) -> Result<Directive, String> {
    match text.as_str() {
        Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        _ => Err(format!("{at}/{DIRECTIVE} is {text}, but must be merge, replace or delete")),
    }
}

/// `None` means that nothing is left.
fn merge_value(schema: Option<SchemaNode<'_>>, at: &str, old: Option<Value>, patch: Value) -> Result<Option<Value>, String> {
    match (old.filter(|old| !old.is_null()), patch) {
        (_, Value::Null) => Ok(None),
        (Some(Value::Object(old)), Value::Object(patch)) => merge_mappings(schema, at, old, patch),
        (None, Value::Object(patch)) => merge_mappings(schema, at, Map::new(), patch),
        (Some(Value::Array(old)), Value::Array(patch)) => merge_lists(schema, at, old, patch),
        (None, Value::Array(patch)) => merge_lists(schema, at, Vec::new(), patch),
        (Some(old), patch) if is_scalar(&old) != is_scalar(&patch) || old.is_array() != patch.is_array() => {
            Err(format!("{at} is {}, and the patch has {}", kind_of(&old), kind_of(&patch)))
        }
        (_, patch) => Ok(Some(patch)),
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

fn merge_mappings(
    schema: Option<SchemaNode<'_>>,
    at: &str,
    mut members: Map<String, Value>,
    mut patch: Map<String, Value>,
) -> Result<Option<Value>, String> {
    match patch.remove(DIRECTIVE).map(|text| directive_of(&text, at)).transpose()? {
        None | Some(Directive::Merge) => {}
        Some(Directive::Delete) => return Ok(None),
        Some(Directive::Replace) => members.clear(),
    }
    for (name, value) in patch {
        if let Some(unknown) =
            ["$setElementOrder", "$deleteFromPrimitiveList", "$retainKeys"].iter().find(|known| name.starts_with(**known))
        {
            return Err(format!("{at}/{unknown} is a directive that kustomize does not know; of directives it has only {DIRECTIVE}"));
        }
        let inner = schema.and_then(|schema| schema.member(&name));
        if let Some(value) = merge_value(inner, &format!("{at}/{name}"), members.remove(&name), value)? {
            members.insert(name, value);
        }
    }
    Ok(Some(Value::Object(members)))
}

/// How the items of a list are told apart.
enum Items<'a> {
    /// They are not: the patch's list takes the place of the other.
    Replaced,
    /// By their values.
    Scalars,
    /// By members.
    Keyed(Vec<&'a str>),
}

fn items_of(schema: Option<SchemaNode<'_>>) -> Items<'_> {
    let Some(strategy) = schema.and_then(|schema| schema.node().patch.as_ref()).filter(|strategy| strategy.merge) else {
        return Items::Replaced;
    };
    match (schema.map(SchemaNode::list_type), &strategy.merge_key) {
        (Some(ListType::Map(keys)), Some(_)) => Items::Keyed(keys.iter().map(|key| key.name.as_ref()).collect()),
        (_, Some(key)) => Items::Keyed(vec![key.as_ref()]),
        (_, None) => Items::Scalars,
    }
}

fn merge_lists(schema: Option<SchemaNode<'_>>, at: &str, old: Vec<Value>, patch: Vec<Value>) -> Result<Option<Value>, String> {
    let keys = match items_of(schema) {
        Items::Replaced => return Ok(Some(Value::Array(patch))),
        Items::Scalars => return Ok(Some(Value::Array(union(patch, old)))),
        Items::Keyed(keys) => keys,
    };
    let (of_list, patch): (Vec<Value>, Vec<Value>) = patch.into_iter().partition(|item| only_directive(item).is_some());
    let old = match of_list.first().and_then(only_directive).map(|text| directive_of(text, at)).transpose()? {
        None | Some(Directive::Merge) => old,
        Some(Directive::Replace) => Vec::new(),
        Some(Directive::Delete) => return Ok(None),
    };
    merge_keyed(schema, at, &keys, old, patch).map(|items| Some(Value::Array(items)))
}

/// The directive of an item that has nothing else, which is for its list.
fn only_directive(item: &Value) -> Option<&Value> {
    item.as_object().filter(|members| members.len() == 1)?.get(DIRECTIVE)
}

/// The scalars of both lists, those of the first one first.
fn union(first: Vec<Value>, second: Vec<Value>) -> Vec<Value> {
    let mut items: Vec<Value> = Vec::with_capacity(first.len() + second.len());
    for item in first.into_iter().chain(second) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

/// Items of the patch first, in its order; where several keys tell items apart, only its new ones, and the others stay where they are.
fn merge_keyed(schema: Option<SchemaNode<'_>>, at: &str, keys: &[&str], old: Vec<Value>, patch: Vec<Value>) -> Result<Vec<Value>, String> {
    let inner = schema.and_then(SchemaNode::item);
    let asked = asked_keys(keys, &old, &patch);
    let mut rest: Vec<Option<Value>> = old.into_iter().map(Some).collect();
    let mut merged: Vec<Value> = Vec::new();
    for item in patch {
        let at = format!("{at}/{}", name_of(&item, keys));
        if !item.is_object() {
            return Err(format!("{at} must be an object"));
        }
        if keys.iter().all(|key| key_of(&item, key).is_none()) {
            return Err(format!("{at} has no {:?}, which tells the items of this list apart", keys[0]));
        }
        if item.get(DIRECTIVE).is_some_and(|directive| directive == "replace") {
            return Err(format!("{at}/{DIRECTIVE}: replace stands alone in an item, for the whole list"));
        }
        let same = rest.iter().position(|other| other.as_ref().is_some_and(|other| is_same(other, &item, &asked)));
        let found = same.and_then(|position| rest[position].take());
        // An item that the patch has twice is merged with what the first made of it.
        let again = if found.is_none() { merged.iter().position(|other| is_same(other, &item, &asked)) } else { None };
        let found = found.or_else(|| again.map(|position| merged.remove(position)));
        let Some(item) = merge_value(inner, &at, found, item)? else { continue };
        match (same, again) {
            (Some(position), _) if asked.len() > 1 => rest[position] = Some(item),
            (_, Some(position)) => merged.insert(position, item),
            _ => merged.push(item),
        }
    }
    merged.extend(rest.into_iter().flatten());
    Ok(merged)
}

/// The keys that any item has, for those that none has tell nothing apart.
fn asked_keys<'a>(keys: &[&'a str], old: &[Value], patch: &[Value]) -> Vec<&'a str> {
    keys.iter().filter(|key| old.iter().chain(patch).any(|item| key_of(item, key).is_some())).copied().collect()
}

fn key_of<'v>(item: &'v Value, key: &str) -> Option<&'v Value> {
    item.get(key).filter(|value| !value.is_null())
}

/// Whether two items are one: a key that one of them leaves out may be anything, as long as another agrees.
fn is_same(one: &Value, other: &Value, keys: &[&str]) -> bool {
    let pair = |key: &&str| (key_of(one, key), key_of(other, key));
    let agrees = |(one, other): (Option<&Value>, Option<&Value>)| one == other && one.is_some();
    keys.iter().map(pair).any(agrees) && keys.iter().map(pair).all(|(one, other)| one.is_none() || other.is_none() || one == other)
}

fn name_of(item: &Value, keys: &[&str]) -> String {
    let key = |key: &&str| key_of(item, key).map(|value| format!("{key}={value}"));
    keys.iter().filter_map(key).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Gvk;
    use crate::schema::builtin;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "calls read better with the documents written in place")]
    fn merged(kind: &str, spec: Value, patch: Value) -> Result<Option<Value>, String> {
        let schema = builtin(&Gvk { group: String::new(), version: "v1".to_owned(), kind: kind.to_owned() }).unwrap();
        let merged = merge(schema.root(), json!({"spec": spec}), json!({"spec": patch}))?;
        Ok(merged.map(|merged| merged["spec"].clone()))
    }

    #[test]
    fn items_of_the_patch_come_first() {
        let spec = json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]});
        let patch = json!({"containers": [{"name": "c"}, {"name": "b", "image": "2"}]});
        let wanted = json!({"containers": [{"name": "c"}, {"name": "b", "image": "2"}, {"name": "a", "image": "1"}]});
        assert_eq!(merged("Pod", spec, patch), Ok(Some(wanted)));
    }

    #[test]
    fn with_several_keys_only_new_items_come_first() {
        let spec = json!({"ports": [{"port": 1, "protocol": "TCP"}, {"port": 2, "protocol": "TCP"}]});
        let patch = json!({"ports": [{"port": 2, "protocol": "UDP"}, {"port": 2, "protocol": "TCP", "name": "x"}]});
        let wanted = json!({"ports": [
            {"port": 2, "protocol": "UDP"}, {"port": 1, "protocol": "TCP"}, {"port": 2, "protocol": "TCP", "name": "x"},
        ]});
        assert_eq!(merged("Service", spec, patch), Ok(Some(wanted)));
    }

    #[test]
    fn directives_do_what_they_say_and_do_not_survive() {
        let spec = json!({"containers": [{"name": "a"}, {"name": "b"}], "nodeSelector": {"a": "b"}});
        for (patch, wanted) in [
            (
                json!({"containers": [{"name": "a", "$patch": "delete"}]}),
                json!({"containers": [{"name": "b"}], "nodeSelector": {"a": "b"}}),
            ),
            (
                json!({"containers": [{"$patch": "replace"}, {"name": "c"}]}),
                json!({"containers": [{"name": "c"}], "nodeSelector": {"a": "b"}}),
            ),
            (json!({"containers": [{"$patch": "delete"}]}), json!({"nodeSelector": {"a": "b"}})),
            (json!({"containers": null, "nodeSelector": {"$patch": "replace", "c": "d"}}), json!({"nodeSelector": {"c": "d"}})),
            (json!({"$patch": "replace"}), json!({})),
        ] {
            assert_eq!(merged("Pod", spec.clone(), patch.clone()), Ok(Some(wanted)), "{patch}");
        }
        assert_eq!(merged("Pod", spec, json!({"$patch": "delete"})), Ok(Some(Value::Null)));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let spec = json!({"containers": [{"name": "a", "image": "1"}], "hostname": "h"});
        for (patch, said) in [
            (json!({"containers": {"name": "a"}}), "/spec/containers is a list, and the patch has an object"),
            (json!({"hostname": ["h"]}), "/spec/hostname is a text, and the patch has a list"),
            (json!({"containers": [{"image": "2"}]}), "has no \"name\""),
            (json!({"containers": ["a"]}), "must be an object"),
            (json!({"containers": [{"name": "a", "$patch": "remove"}]}), "must be merge, replace or delete"),
            (json!({"containers": [{"name": "a", "$patch": "replace"}]}), "replace stands alone"),
            (json!({"$setElementOrder/containers": []}), "$setElementOrder is a directive"),
        ] {
            let error = merged("Pod", spec.clone(), patch.clone()).unwrap_err();
            assert!(error.contains(said), "{patch}: {error}");
        }
    }

    #[test]
    fn lists_of_unknown_kinds_are_replaced() {
        let any = crate::schema::Schema::any();
        let merged = merge(any.root(), json!({"a": [{"name": "x"}], "b": 1}), json!({"a": [{"name": "y"}]}));
        assert_eq!(merged, Ok(Some(json!({"a": [{"name": "y"}], "b": 1}))));
    }
}
