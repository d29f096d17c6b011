//! Which fields of which kinds a transformer works on.
//!
//! Receives an object's document and a rule, hands each value at the rule's path to whoever changes it. A step of a path that meets a
//! list goes on in every item. Invariant: nothing is made where a rule does not say `create`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::identity::Id;

/// A path, and the kinds it is for; what is empty fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldSpec {
    pub(super) group: Cow<'static, str>,
    pub(super) version: Cow<'static, str>,
    pub(super) kind: Cow<'static, str>,
    /// Steps with `/` between; `\/` is a slash inside a step, and `[]` behind one says that a list is there.
    pub(super) path: Cow<'static, str>,
    /// Whether what is missing on the way is made.
    pub(super) create: bool,
}

/// What is made at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// An empty mapping.
    Mapping,
    /// Something that is no mapping, to be set at once.
    Scalar,
    /// Nothing, whatever the rule says.
    Nothing,
}

impl FieldSpec {
    /// A rule of the built-in tables.
    pub(super) const fn known(group: &'static str, version: &'static str, kind: &'static str, path: &'static str, create: bool) -> Self {
        Self { group: Cow::Borrowed(group), version: Cow::Borrowed(version), kind: Cow::Borrowed(kind), path: Cow::Borrowed(path), create }
    }

    /// Whether the rule is for objects of this identity.
    pub(super) fn fits(&self, id: &Id) -> bool {
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        fits(&self.group, &id.group) && fits(&self.version, &id.version) && fits(&self.kind, &id.kind)
    }

    /// Whether `other` is for kinds that this rule is for too, and for the same path.
    pub(super) fn covers(&self, other: &Self) -> bool {
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        self.path == other.path && fits(&other.group, &self.group) && fits(&other.version, &self.version) && fits(&other.kind, &self.kind)
    }

    /// The steps of the path.
    pub(super) fn steps(&self) -> Vec<Step> {
        let steps = split_path(&self.path, '/').into_iter();
        steps
            .map(|step| match step.strip_suffix("[]") {
                Some(name) => Step { name: name.to_owned(), is_list: true },
                None => Step { name: step, is_list: false },
            })
            .collect()
    }
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: String,
    /// Whether a list stands there, which is never made.
    pub(super) is_list: bool,
}

/// Splits at a delimiter; a backslash before it makes it part of a step. A delimiter at the very start does not count.
pub(super) fn split_path(path: &str, delimiter: char) -> Vec<String> {
    let path = path.strip_prefix(delimiter).unwrap_or(path);
    let mut steps: Vec<String> = Vec::new();
    for part in path.split(delimiter) {
        match steps.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(delimiter);
                last.push_str(part);
            }
            _ => steps.push(part.to_owned()),
        }
    }
    steps
}

/// What is done with a value that a path leads to; the error says why it cannot be done.
pub(super) type Change<'a> = dyn FnMut(&mut Value) -> Result<(), String> + 'a;

/// Hands every value at the end of the steps to `change`.
///
/// Errors where `change` does, and where something must be made inside what is neither a mapping nor a list.
pub(super) fn visit(value: &mut Value, steps: &[Step], made: Made, change: &mut Change<'_>) -> Result<(), String> {
    let Some((step, rest)) = steps.split_first() else { return change(value) };
    match value {
        Value::Null => Ok(()),
        Value::Array(items) => items.iter_mut().try_for_each(|item| visit(item, steps, made, change)),
        Value::Object(members) => {
            let makes = made != Made::Nothing && !step.is_list;
            if makes && members.get(&step.name).is_none_or(Value::is_null) {
                let new = if rest.is_empty() && made == Made::Scalar { Value::Null } else { Value::Object(Map::new()) };
                members.insert(step.name.clone(), new);
            }
            match members.get_mut(&step.name) {
                Some(member) => visit(member, rest, made, change),
                None => Ok(()),
            }
        }
        _ if made == Made::Nothing => Ok(()),
        _ => Err(format!("{:?} cannot be made inside {}", step.name, crate::object::kind_of(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_split_at_its_slashes_but_the_escaped_ones() {
        assert_eq!(split_path(r"metadata/annotations/a.b\/c", '/'), ["metadata", "annotations", "a.b/c"]);
        assert_eq!(split_path("/a//b", '/'), ["a", "", "b"]);
        assert_eq!(split_path("a.b", '.'), ["a", "b"]);
    }

    #[test]
    fn a_path_goes_through_every_item_of_a_list() {
        let mut value = json!({"a": [{"b": 1}, {"c": 1}, [{"b": 2}]]});
        let steps = FieldSpec::known("", "", "", "a[]/b", true).steps();
        visit(&mut value, &steps, Made::Nothing, &mut |value| {
            *value = json!(9);
            Ok(())
        })
        .unwrap();
        assert_eq!(value, json!({"a": [{"b": 9}, {"c": 1}, [{"b": 9}]]}));
    }

    #[test]
    fn what_is_missing_is_made_only_where_asked() {
        let set = |made| {
            let mut value = json!({"a": null, "t": "x"});
            let steps = FieldSpec::known("", "", "", "a/b", true).steps();
            visit(&mut value, &steps, made, &mut |value| {
                *value = json!("v");
                Ok(())
            })
            .map(|()| value)
        };
        assert_eq!(set(Made::Scalar), Ok(json!({"a": {"b": "v"}, "t": "x"})));
        assert_eq!(set(Made::Nothing), Ok(json!({"a": null, "t": "x"})));
        let mut value = json!({"a": "text"});
        let steps = FieldSpec::known("", "", "", "a/b", true).steps();
        assert!(visit(&mut value, &steps, Made::Mapping, &mut |_| Ok(())).is_err());
    }
}
