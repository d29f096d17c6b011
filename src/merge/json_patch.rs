//! JSON patch (RFC 6902): a list of operations on places named by JSON pointers.
//!
//! Receives a document and the operations, hands on the document or which operation failed. Invariant: all or nothing, and no more
//! work than the limits allow.

use serde_json::Value;

use crate::object::{Reason, Refusal};

/// How many operations one patch may have.
pub const MAX_OPERATIONS: usize = 10_000;
/// How many bytes of JSON all `copy` operations of one patch may add up to: as much as a request body may have.
const MAX_COPIED_BYTES: usize = 3 * 1024 * 1024;
/// How deep a patched document may nest: as deep as one that can be read. Operations could otherwise nest it until the stack is full.
const MAX_DEPTH: usize = 127;

/// Why a JSON patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonPatchError {
    /// It is no list of operations as RFC 6902 describes them.
    #[error("json patch: {0}")]
    Malformed(String),
    /// An operation is none that RFC 6902 knows, or lacks a member.
    #[error("json patch: operation {index}: {why}")]
    BadOperation {
        /// The position of the operation, from 0.
        index: usize,
        /// What is wrong with it.
        why: String,
    },
    /// It has more operations than allowed.
    #[error("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {0}")]
    TooManyOperations(usize),
    /// Its `copy` operations would let the document grow without bound.
    #[error("json patch: operation {index}: copies add up to more than {MAX_COPIED_BYTES} bytes")]
    TooMuchCopied {
        /// The position of the operation, from 0.
        index: usize,
    },
    /// The document would nest deeper than one that can be read.
    #[error("json patch: operation {index}: the document would nest deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// The position of the operation, from 0.
        index: usize,
    },
    /// The value at the place is another than the `test` expects.
    #[error("json patch: operation {index}: testing value {path} failed")]
    TestFailed {
        /// The position of the operation, from 0.
        index: usize,
        /// The place.
        path: String,
    },
    /// There is no such place in the document.
    #[error("json patch: operation {index}: {operation} {path}: {why}")]
    NoSuchPlace {
        /// The position of the operation, from 0.
        index: usize,
        /// The operation's name.
        operation: &'static str,
        /// The place.
        path: String,
        /// What exactly is not there.
        why: String,
    },
}

impl From<JsonPatchError> for Refusal {
    /// 400 for what is no patch, 413 for too many operations, 422 for a patch that does not fit the document.
    fn from(error: JsonPatchError) -> Self {
        let reason = match error {
            JsonPatchError::Malformed(_) => Reason::BadRequest,
            JsonPatchError::TooManyOperations(_) => Reason::RequestEntityTooLarge,
            _ => Reason::Invalid,
        };
        Self::new(reason, error.to_string())
    }
}

/// A JSON pointer (RFC 6901), taken apart.
struct Pointer {
    text: String,
    tokens: Vec<String>,
}

enum Operation {
    Add(Pointer, Value),
    Remove(Pointer),
    Replace(Pointer, Value),
    Move(Pointer, Pointer),
    Copy(Pointer, Pointer),
    Test(Pointer, Value),
}

/// Applies a JSON patch.
///
/// Like kube-apiserver, and unlike the RFC's letter, a `test` for `null` holds where the place does not exist.
pub fn json_patch(mut document: Value, patch: &Value) -> Result<Value, JsonPatchError> {
    let operations = patch.as_array().ok_or_else(|| JsonPatchError::Malformed("a JSON patch must be a list of operations".to_owned()))?;
    if operations.len() > MAX_OPERATIONS {
        return Err(JsonPatchError::TooManyOperations(operations.len()));
    }
    // All are read before the first is done, so that a patch that makes no sense is refused as such.
    let operations: Vec<Operation> =
        operations.iter().enumerate().map(|(index, text)| Operation::parse(index, text)).collect::<Result<_, _>>()?;
    let mut copied = 0;
    for (index, operation) in operations.into_iter().enumerate() {
        operation.perform(index, &mut document, &mut copied)?;
    }
    Ok(document)
}

/// What to say of members that no operation has: they change nothing.
#[must_use]
pub fn unknown_members(patch: &Value) -> Vec<String> {
    const KNOWN: [&str; 4] = ["op", "path", "from", "value"];
    let operations = patch.as_array().into_iter().flatten().enumerate();
    let members = operations.flat_map(|(index, operation)| operation.as_object().into_iter().flatten().map(move |(name, _)| (index, name)));
    members.filter(|(_, name)| !KNOWN.contains(&name.as_str())).map(|(index, name)| format!("unknown field \"[{index}].{name}\"")).collect()
}

impl Operation {
    fn parse(index: usize, text: &Value) -> Result<Self, JsonPatchError> {
        let malformed = |why: &str| JsonPatchError::Malformed(format!("operation {index}: {why}"));
        let bad = |why: String| JsonPatchError::BadOperation { index, why };
        let members = text.as_object().ok_or_else(|| malformed("must be an object"))?;
        // A member of another type makes it no patch at all; one that is missing makes it a patch that cannot be applied.
        let member = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| malformed(&format!("member {name:?} must be a text"))),
        };
        let pointer = |name: &str| {
            let text = member(name)?.ok_or_else(|| bad(format!("member {name:?} is missing")))?;
            Pointer::parse(text).ok_or_else(|| bad(format!("{text:?} is no JSON pointer")))
        };
        let value = || members.get("value").cloned().ok_or_else(|| bad("member \"value\" is missing".to_owned()));
        Ok(match member("op")? {
            Some("add") => Self::Add(pointer("path")?, value()?),
            Some("remove") => Self::Remove(pointer("path")?),
            Some("replace") => Self::Replace(pointer("path")?, value()?),
            Some("move") => Self::Move(pointer("from")?, pointer("path")?),
            Some("copy") => Self::Copy(pointer("from")?, pointer("path")?),
            Some("test") => Self::Test(pointer("path")?, value()?),
            Some(other) => return Err(bad(format!("unexpected kind: {other}"))),
            None => return Err(bad("member \"op\" must be one of add, remove, replace, move, copy, test".to_owned())),
        })
    }

    fn perform(self, index: usize, document: &mut Value, copied: &mut usize) -> Result<(), JsonPatchError> {
        let operation = self.name();
        let at = |path: &Pointer| {
            let path = path.text.clone();
            move |why: String| JsonPatchError::NoSuchPlace { index, operation, path, why }
        };
        let check_depth = |path: &Pointer, value: &Value| {
            if path.tokens.len() + depth(value) > MAX_DEPTH { Err(JsonPatchError::TooDeep { index }) } else { Ok(()) }
        };
        if let Self::Add(path, value) | Self::Replace(path, value) = &self {
            check_depth(path, value)?;
        }
        match self {
            Self::Add(path, value) => add(document, &path, value).map_err(at(&path)),
            Self::Remove(path) => remove(document, &path).map(drop).map_err(at(&path)),
            Self::Replace(path, value) => {
                *find(document, &path).map_err(at(&path))? = value;
                Ok(())
            }
            Self::Move(from, path) => {
                if path.tokens.len() > from.tokens.len() && path.tokens.starts_with(&from.tokens) {
                    return Err(at(&path)("a value cannot be moved into itself".to_owned()));
                }
                if path.tokens == from.tokens {
                    return find(document, &from).map(drop).map_err(at(&from));
                }
                let value = remove(document, &from).map_err(at(&from))?;
                check_depth(&path, &value)?;
                add(document, &path, value).map_err(at(&path))
            }
            Self::Copy(from, path) => {
                let value = find(document, &from).map_err(at(&from))?;
                *copied += size(value);
                if *copied > MAX_COPIED_BYTES {
                    return Err(JsonPatchError::TooMuchCopied { index });
                }
                check_depth(&path, value)?;
                let value = value.clone();
                add(document, &path, value).map_err(at(&path))
            }
            Self::Test(path, value) => match find(document, &path) {
                Ok(found) if super::value::same(found, &value) => Ok(()),
                Err(_) if value.is_null() => Ok(()),
                _ => Err(JsonPatchError::TestFailed { index, path: path.text }),
            },
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Add(..) => "add",
            Self::Remove(_) => "remove",
            Self::Replace(..) => "replace",
            Self::Move(..) => "move",
            Self::Copy(..) => "copy",
            Self::Test(..) => "test",
        }
    }
}

impl Pointer {
    fn parse(text: &str) -> Option<Self> {
        let tokens = match text.strip_prefix('/') {
            None if text.is_empty() => Vec::new(),
            None => return None,
            Some(rest) => rest.split('/').map(unescape).collect::<Option<_>>()?,
        };
        Some(Self { text: text.to_owned(), tokens })
    }
}

/// Turns `~1` into `/` and `~0` into `~`; `None` for any other use of `~`.
fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.as_bytes().first() {
            Some(b'0') => plain.push('~'),
            Some(b'1') => plain.push('/'),
            _ => return None,
        }
        plain.push_str(&part[1..]);
    }
    Some(plain)
}

/// An index as RFC 6901 writes it: digits without leading zeros.
fn position(token: &str) -> Result<usize, String> {
    let plain = token == "0" || (!token.starts_with('0') && !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()));
    let index = if plain { token.parse().ok() } else { None };
    index.ok_or_else(|| format!("{token:?} is no index of a list"))
}

fn step<'v>(value: &'v mut Value, token: &str) -> Result<&'v mut Value, String> {
    match value {
        Value::Object(members) => members.get_mut(token).ok_or_else(|| format!("there is no member {token:?}")),
        Value::Array(items) => {
            let (index, count) = (position(token)?, items.len());
            items.get_mut(index).ok_or_else(|| format!("index {index} is beyond the {count} items"))
        }
        _ => Err(format!("{token:?} cannot be a part of a scalar")),
    }
}

fn find<'v>(document: &'v mut Value, path: &Pointer) -> Result<&'v mut Value, String> {
    path.tokens.iter().try_fold(document, |value, token| step(value, token))
}

fn add(document: &mut Value, path: &Pointer, value: Value) -> Result<(), String> {
    let Some((last, parents)) = path.tokens.split_last() else {
        *document = value;
        return Ok(());
    };
    match parents.iter().try_fold(document, |value, token| step(value, token))? {
        Value::Object(members) => drop(members.insert(last.clone(), value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let index = position(last)?;
            if index > items.len() {
                return Err(format!("index {index} is beyond the {} items", items.len()));
            }
            items.insert(index, value);
        }
        _ => return Err(format!("{last:?} cannot be a part of a scalar")),
    }
    Ok(())
}

fn remove(document: &mut Value, path: &Pointer) -> Result<Value, String> {
    let Some((last, parents)) = path.tokens.split_last() else {
        return Err("the whole document cannot be removed".to_owned());
    };
    match parents.iter().try_fold(document, |value, token| step(value, token))? {
        Value::Object(members) => members.remove(last).ok_or_else(|| format!("there is no member {last:?}")),
        Value::Array(items) => {
            let index = position(last)?;
            if index >= items.len() {
                return Err(format!("index {index} is beyond the {} items", items.len()));
            }
            Ok(items.remove(index))
        }
        _ => Err(format!("{last:?} cannot be a part of a scalar")),
    }
}

/// How many containers lie in one another.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// About how many bytes a value takes as JSON.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 5,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        Value::Object(members) => 2 + members.iter().map(|(name, value)| name.len() + 4 + size(value)).sum::<usize>(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "calls read better with the patch written in place")]
    fn patched(document: Value, patch: Value) -> Value {
        json_patch(document, &patch).unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "calls read better with the patch written in place")]
    fn refused(document: Value, patch: Value) -> JsonPatchError {
        json_patch(document, &patch).unwrap_err()
    }

    #[test]
    fn each_operation_does_what_the_rfc_says() {
        let document = json!({"a": {"b": [1, 2, 3]}, "c~/d": true});
        let patch = json!([
            {"op": "add", "path": "/a/b/1", "value": 9},
            {"op": "add", "path": "/a/b/-", "value": 4},
            {"op": "remove", "path": "/a/b/0"},
            {"op": "replace", "path": "/c~0~1d", "value": false},
            {"op": "copy", "from": "/a/b", "path": "/e"},
            {"op": "move", "from": "/a/b/0", "path": "/f"},
            {"op": "test", "path": "/e", "value": [9, 2, 3, 4.0]},
        ]);
        assert_eq!(patched(document, patch), json!({"a": {"b": [2, 3, 4]}, "c~/d": false, "e": [9, 2, 3, 4], "f": 9}));
    }

    #[test]
    fn the_empty_pointer_is_the_whole_document() {
        assert_eq!(patched(json!({"a": 1}), json!([{"op": "replace", "path": "", "value": {"b": 2}}])), json!({"b": 2}));
        assert_eq!(patched(json!({"": 1}), json!([{"op": "remove", "path": "/"}])), json!({}));
        assert!(matches!(refused(json!({}), json!([{"op": "remove", "path": ""}])), JsonPatchError::NoSuchPlace { .. }));
    }

    #[test]
    fn a_failed_test_is_told_apart_from_a_missing_place() {
        let test = refused(json!({"a": 1}), json!([{"op": "test", "path": "/a", "value": 2}]));
        assert_eq!(test, JsonPatchError::TestFailed { index: 0, path: "/a".to_owned() });
        assert_eq!(Refusal::from(test).reason, Reason::Invalid);
        for patch in [
            json!([{"op": "remove", "path": "/x"}]),
            json!([{"op": "replace", "path": "/x", "value": 1}]),
            json!([{"op": "add", "path": "/x/y", "value": 1}]),
            json!([{"op": "add", "path": "/l/3", "value": 1}]),
            json!([{"op": "remove", "path": "/l/-"}]),
            json!([{"op": "remove", "path": "/l/01"}]),
            json!([{"op": "remove", "path": "/l/-1"}]),
            json!([{"op": "remove", "path": "/a/b"}]),
            json!([{"op": "move", "from": "/l", "path": "/l/0"}]),
            json!([{"op": "copy", "from": "/x", "path": "/a"}]),
        ] {
            let error = refused(json!({"a": 1, "l": [1, 2]}), patch.clone());
            assert!(matches!(error, JsonPatchError::NoSuchPlace { .. }), "{patch}: {error}");
            assert_eq!(Refusal::from(error).reason.code(), 422);
        }
    }

    #[test]
    fn a_test_for_null_holds_where_nothing_is() {
        assert_eq!(patched(json!({}), json!([{"op": "test", "path": "/a/b", "value": null}])), json!({}));
    }

    #[test]
    fn what_is_no_patch_is_refused_before_anything_is_done() {
        for patch in [json!({}), json!([1]), json!([{"op": 1, "path": "/a"}]), json!([{"op": "remove", "path": ["a"]}])] {
            let error = refused(json!({}), patch.clone());
            assert!(matches!(error, JsonPatchError::Malformed(_)), "{patch}: {error}");
            assert_eq!(Refusal::from(error).reason.code(), 400);
        }
        for patch in [
            json!([{"path": "/a"}]),
            json!([{"op": "jump", "path": "/a"}]),
            json!([{"op": "add", "path": "/a"}]),
            json!([{"op": "add", "path": "a", "value": 1}]),
            json!([{"op": "add", "path": "/~2", "value": 1}]),
            json!([{"op": "move", "path": "/a"}]),
            json!([{"op": "add", "path": "/a", "value": 1}, {"op": "remove"}]),
        ] {
            let error = refused(json!({}), patch.clone());
            assert!(matches!(error, JsonPatchError::BadOperation { .. }), "{patch}: {error}");
            assert_eq!(Refusal::from(error).reason.code(), 422);
        }
    }

    #[test]
    fn a_document_cannot_be_nested_until_the_stack_is_full() {
        let nesting: Vec<_> = (0..200).map(|level| json!({"op": "add", "path": "/a".repeat(level + 1), "value": {}})).collect();
        assert_eq!(refused(json!({}), nesting[..].into()), JsonPatchError::TooDeep { index: MAX_DEPTH - 1 });
        let deepest = patched(json!({}), nesting[..MAX_DEPTH - 1].into());
        assert_eq!(serde_json::from_str::<Value>(&deepest.to_string()).unwrap(), deepest);
        let doubling = json!([{"op": "copy", "from": "", "path": format!("{}/a", "/a".repeat(70))}]);
        let seventy = patched(json!({}), nesting[..70].into());
        assert_eq!(refused(seventy, doubling), JsonPatchError::TooDeep { index: 0 });
    }

    #[test]
    fn copies_cannot_blow_up_a_document() {
        let doubling: Vec<_> = (0..40).map(|_| json!({"op": "copy", "from": "/a", "path": "/a/-"})).collect();
        assert!(matches!(refused(json!({"a": ["x"]}), doubling.into()), JsonPatchError::TooMuchCopied { .. }));
        let many: Vec<_> = (0..=MAX_OPERATIONS).map(|_| json!({"op": "add", "path": "/a", "value": 1})).collect();
        assert_eq!(Refusal::from(refused(json!({}), many.into())).reason.code(), 413);
    }
}
