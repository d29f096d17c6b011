//! Two states of an object, field by field.
//!
//! Receives documents as they are to be shown (masked and stripped) and what is known of their lists, hands on one [`FieldChange`] for
//! each place that differs. Items of lists that are maps are told apart by their keys, so that an inserted item is one addition and not a
//! change of everything behind it. Pure. Invariant: no change lies inside another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::merge::{FieldPath, Managers, PathElement};
use crate::printable::steers;

/// What happens to one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldAction {
    /// The field is not there before.
    Add,
    /// The field is not there after.
    Remove,
    /// The field has another value.
    Change,
    /// The items of a list are the same in another order; `from` and `to` are the items' keys.
    Reorder,
}

impl FieldAction {
    /// The word in documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Change => "change",
            Self::Reorder => "reorder",
        }
    }
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// Where it is.
    pub path: FieldPath,
    /// What happens to it.
    pub action: FieldAction,
    /// Its value before; `None` where it is added.
    pub from: Option<Value>,
    /// Its value after; `None` where it is removed.
    pub to: Option<Value>,
}

/// How the items of lists are told apart, learnt from who owns them: the paths of field managers name items by their keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists(BTreeMap<FieldPath, Items>);

/// How the items of one list are told apart.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Items {
    /// By these members.
    Keyed(Vec<Arc<str>>),
    /// By their values.
    Valued,
}

impl Lists {
    /// Learns from the managers of some objects.
    #[must_use]
    pub(super) fn of<'a>(managers: impl IntoIterator<Item = &'a Managers>) -> Self {
        let mut lists = BTreeMap::new();
        for path in managers.into_iter().flat_map(|managers| &managers.entries).flat_map(|entry| entry.fields.paths()) {
            for (depth, element) in path.0.iter().enumerate() {
                let items = match element {
                    PathElement::Key(members) => Items::Keyed(members.iter().map(|(name, _)| Arc::clone(name)).collect()),
                    PathElement::Value(_) => Items::Valued,
                    PathElement::Field(_) | PathElement::Index(_) => continue,
                };
                lists.entry(FieldPath(path.0[..depth].to_vec())).or_insert(items);
            }
        }
        Self(lists)
    }

    /// What is known of the list at a path.
    #[must_use]
    pub(super) fn at(&self, path: &[PathElement]) -> Option<&Items> {
        self.0.get(&FieldPath(path.to_vec()))
    }
}

/// Everything that differs between two states of an object, `None` being its absence. What only says which object it is counts for
/// nothing where one of them is absent.
#[must_use]
pub(super) fn field_changes(before: Option<&Value>, after: Option<&Value>, lists: &Lists) -> Vec<FieldChange> {
    let mut comparison = Comparison { lists, path: Vec::new(), found: Vec::new() };
    match (before, after) {
        (Some(before), Some(after)) => comparison.values(before, after),
        (Some(only), None) => comparison.values(only, &identity(only)),
        (None, Some(only)) => comparison.values(&identity(only), only),
        (None, None) => {}
    }
    comparison.found
}

/// An object that has nothing but its kind and name.
fn identity(object: &Value) -> Value {
    let kept = |members: &Value, names: &[&str]| -> Map<String, Value> {
        names.iter().filter_map(|name| Some(((*name).to_owned(), members.get(name)?.clone()))).collect()
    };
    let mut identity = kept(object, &["apiVersion", "kind"]);
    if let Some(metadata) = object.get("metadata") {
        identity.insert("metadata".to_owned(), Value::Object(kept(metadata, &["name", "namespace"])));
    }
    Value::Object(identity)
}

struct Comparison<'a> {
    lists: &'a Lists,
    path: Vec<PathElement>,
    found: Vec<FieldChange>,
}

impl Comparison<'_> {
    fn values(&mut self, before: &Value, after: &Value) {
        match (before, after) {
            _ if before == after => {}
            (Value::Object(old), Value::Object(new)) => {
                for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                    self.one(PathElement::field(name), old.get(name), new.get(name));
                }
            }
            (Value::Array(old), Value::Array(new)) => self.items(old, new),
            _ => self.tell(FieldAction::Change, Some(before.clone()), Some(after.clone())),
        }
    }

    fn one(&mut self, element: PathElement, before: Option<&Value>, after: Option<&Value>) {
        self.path.push(element);
        match (before, after) {
            (Some(before), Some(after)) => self.values(before, after),
            (Some(gone), None) => self.tell(FieldAction::Remove, Some(gone.clone()), None),
            (None, Some(new)) => self.tell(FieldAction::Add, None, Some(new.clone())),
            (None, None) => {}
        }
        self.path.pop();
    }

    fn items(&mut self, old: &[Value], new: &[Value]) {
        let known = self.lists.0.get(&FieldPath(self.path.clone())).cloned();
        let named = || Items::Keyed(vec![Arc::from("name")]);
        let told_apart = known.iter().chain(&Some(named())).find_map(|items| Some((elements(items, old)?, elements(items, new)?)));
        let Some((old_elements, new_elements)) = told_apart else {
            return match old.len() == new.len() && old.iter().chain(new).all(Value::is_object) {
                true => (0..old.len()).for_each(|index| self.one(PathElement::Index(index), old.get(index), new.get(index))),
                false => self.tell(FieldAction::Change, Some(old.into()), Some(new.into())),
            };
        };
        let position = |elements: &[PathElement], element: &PathElement| elements.iter().position(|one| one == element);
        for (index, element) in old_elements.iter().enumerate() {
            let counterpart = position(&new_elements, element).map(|index| &new[index]);
            self.one(element.clone(), Some(&old[index]), counterpart);
        }
        for (index, element) in new_elements.iter().enumerate().filter(|(_, element)| position(&old_elements, element).is_none()) {
            self.one(element.clone(), None, Some(&new[index]));
        }
        let common = |own: &[PathElement], other: &[PathElement]| -> Vec<PathElement> {
            own.iter().filter(|element| position(other, element).is_some()).cloned().collect()
        };
        let (before, after) = (common(&old_elements, &new_elements), common(&new_elements, &old_elements));
        if before != after {
            let names = |elements: &[PathElement]| Value::from(elements.iter().map(element_name).collect::<Vec<_>>());
            self.tell(FieldAction::Reorder, Some(names(&before)), Some(names(&after)));
        }
    }

    fn tell(&mut self, action: FieldAction, from: Option<Value>, to: Option<Value>) {
        self.found.push(FieldChange { path: FieldPath(self.path.clone()), action, from, to });
    }
}

/// The element of each item; `None` where the items cannot be told apart this way.
fn elements(items: &Items, list: &[Value]) -> Option<Vec<PathElement>> {
    let element = |item: &Value| match items {
        Items::Valued => (!item.is_object() && !item.is_array()).then(|| PathElement::Value(item.clone())),
        Items::Keyed(names) => {
            let member = |name: &Arc<str>| Some((Arc::clone(name), item.get(name.as_ref())?.clone()));
            names.iter().map(member).collect::<Option<Vec<_>>>().map(PathElement::key)
        }
    };
    let elements = list.iter().map(element).collect::<Option<Vec<_>>>()?;
    (elements.iter().collect::<BTreeSet<_>>().len() == elements.len()).then_some(elements)
}

/// A path as people read it: `spec.template.spec.containers[name=app].image`, `metadata.labels[example.com/team]`,
/// `metadata.finalizers[=example.com/x]`, `webhooks[0].url`. What could be misread is quoted as in JSON.
#[must_use]
pub fn readable_path(path: &FieldPath) -> String {
    let mut text = String::new();
    for element in &path.0 {
        match element {
            PathElement::Field(name) if is_plain_name(name) => {
                text.push_str(if text.is_empty() { "" } else { "." });
                text.push_str(name);
            }
            PathElement::Field(name) => text.push_str(&format!("[{}]", readable_text(name))),
            element => text.push_str(&format!("[{}]", element_name(element))),
        }
    }
    text
}

fn element_name(element: &PathElement) -> String {
    match element {
        PathElement::Field(name) => readable_text(name),
        PathElement::Key(members) => {
            let mut text = String::new();
            for (name, value) in members.iter() {
                // Writing to a String has no way to fail.
                let _ = write!(text, "{}{name}={}", if text.is_empty() { "" } else { "," }, readable_value(value));
            }
            text
        }
        PathElement::Value(value) => format!("={}", readable_value(value)),
        PathElement::Index(index) => index.to_string(),
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

fn readable_value(value: &Value) -> String {
    match value {
        // A text that looks like a number or a boolean is told from one by its quotes.
        Value::String(text) if serde_json::from_str::<Value>(text).is_err() => readable_text(text),
        other => escaped(&other.to_string()),
    }
}

fn readable_text(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:$*@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { escaped(&Value::from(text).to_string()) }
}

/// Without characters that would command a terminal; JSON leaves some of them as they are.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Value, after: &Value, managed: &Value) -> Vec<String> {
        let managers = Managers::from_json(Some(managed)).expect("managers");
        let changes = field_changes(Some(before), Some(after), &Lists::of([&managers]));
        let side = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        changes
            .iter()
            .map(|change| format!("{} {} {} > {}", change.action.word(), readable_path(&change.path), side(&change.from), side(&change.to)))
            .collect()
    }

    fn managed(fields: &Value) -> Value {
        json!([{"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}])
    }

    #[test]
    fn members_are_added_removed_and_changed() {
        let before = json!({"a": {"gone": 1, "kept": 2, "turned": "x"}});
        let after = json!({"a": {"kept": 2, "new": {"b": 1}, "turned": "y"}});
        assert_eq!(told(&before, &after, &json!([])), ["remove a.gone 1 > ", "add a.new  > {\"b\":1}", "change a.turned \"x\" > \"y\""]);
        assert_eq!(told(&before, &before, &json!([])), [""; 0]);
    }

    #[test]
    fn items_are_told_apart_by_the_keys_that_their_owners_use() {
        let fields = json!({"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}, "f:set": {"v:\"a\"": {}}});
        let before = json!({"ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP", "x": 1}], "set": ["a", "b"]});
        let after = json!({"ports": [{"port": 80, "protocol": "UDP", "x": 2}, {"port": 81, "protocol": "TCP"}], "set": ["b", "c"]});
        assert_eq!(
            told(&before, &after, &managed(&fields)),
            [
                "remove ports[port=80,protocol=TCP] {\"port\":80,\"protocol\":\"TCP\"} > ",
                "change ports[port=80,protocol=UDP].x 1 > 2",
                "add ports[port=81,protocol=TCP]  > {\"port\":81,\"protocol\":\"TCP\"}",
                "remove set[=a] \"a\" > ",
                "add set[=c]  > \"c\"",
            ]
        );
    }

    #[test]
    fn items_with_unique_names_are_told_apart_by_them_and_others_by_position() {
        let before = json!({"env": [{"name": "a", "value": "1"}, {"name": "b"}], "rules": [{"host": "a"}], "args": ["x"]});
        let after = json!({"env": [{"name": "b"}, {"name": "a", "value": "2"}], "rules": [{"host": "b"}], "args": ["x", "y"]});
        assert_eq!(
            told(&before, &after, &json!([])),
            [
                "change args [\"x\"] > [\"x\",\"y\"]",
                "change env[name=a].value \"1\" > \"2\"",
                "reorder env [\"name=a\",\"name=b\"] > [\"name=b\",\"name=a\"]",
                "change rules[0].host \"a\" > \"b\"",
            ]
        );
    }

    #[test]
    fn items_that_share_a_key_are_compared_by_position() {
        let before = json!({"list": [{"name": "a", "v": 1}, {"name": "a", "v": 2}]});
        let after = json!({"list": [{"name": "a", "v": 1}, {"name": "a", "v": 3}]});
        assert_eq!(told(&before, &after, &json!([])), ["change list[1].v 2 > 3"]);
    }

    #[test]
    fn a_new_object_is_all_that_it_says_of_itself() {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y"}}, "data": {"k": "v"}});
        let changes = field_changes(None, Some(&object), &Lists::default());
        let paths: Vec<_> = changes.iter().map(|change| readable_path(&change.path)).collect();
        assert_eq!(paths, ["data", "metadata.labels"]);
        assert!(field_changes(Some(&object), None, &Lists::default()).iter().all(|change| change.action == FieldAction::Remove));
    }

    #[test]
    fn names_that_could_be_misread_are_bracketed_and_quoted() {
        let path = |elements: Vec<PathElement>| readable_path(&FieldPath(elements));
        let field = PathElement::field;
        assert_eq!(
            path(vec![field("metadata"), field("labels"), field("app.kubernetes.io/name")]),
            "metadata.labels[app.kubernetes.io/name]"
        );
        assert_eq!(path(vec![field("data"), field("a]\u{1b}b")]), "data[\"a]\\u001bb\"]");
        assert_eq!(path(vec![field("data"), field("\u{9b}")]), "data[\"\\u009b\"]");
        let key = |value: Value| PathElement::key(vec![("id".into(), value)]);
        assert_eq!(path(vec![field("l"), key(json!("1"))]), "l[id=\"1\"]");
        assert_eq!(path(vec![field("l"), key(json!(1))]), "l[id=1]");
        assert_eq!(path(vec![field("l"), PathElement::Value(json!("a b"))]), "l[=\"a b\"]");
    }
}
