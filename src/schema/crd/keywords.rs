//! Keywords that a structural schema must not have, or that are not supported.

use serde_json::Value;

use super::{Compiler, JsonObject, Path, flag, text};
use crate::object::{Cause, CauseKind};

/// What structural schemas never have.
const NEVER: [&str; 6] = ["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];

/// What a type is called, how it is told, and which keywords are of it.
type KeywordType = (&'static str, fn(&Value) -> bool, &'static [&'static str]);

/// The JSON types of keywords. The API's own type checks the outer ones only: what lies below `items` can be anything there.
const TYPES: [KeywordType; 5] = [
    ("an object", Value::is_object, &["not", "properties"]),
    ("a list", Value::is_array, &["allOf", "anyOf", "enum", "oneOf", "x-kubernetes-validations"]),
    ("a list of texts", is_texts, &["required", "x-kubernetes-list-map-keys"]),
    ("a text", Value::is_string, &["description", "format", "pattern", "title", "type", "x-kubernetes-list-type", "x-kubernetes-map-type"]),
    (
        "a boolean",
        Value::is_boolean,
        &[
            "exclusiveMaximum",
            "exclusiveMinimum",
            "nullable",
            "uniqueItems",
            "x-kubernetes-embedded-resource",
            "x-kubernetes-int-or-string",
            "x-kubernetes-preserve-unknown-fields",
        ],
    ),
];

/// Keywords that ask for a type: what they are called, and what they need.
const NEEDS: [(&str, &str, &str); 3] = [
    ("x-kubernetes-embedded-resource", "object", "must be object if x-kubernetes-embedded-resource is true"),
    ("x-kubernetes-list-type", "array", "must be array if x-kubernetes-list-type is specified"),
    ("x-kubernetes-map-type", "object", "must be object if x-kubernetes-map-type is specified"),
];

/// What a schema below `allOf`, `anyOf`, `oneOf` or `not` may not have, because it says what a value is and not whether it is valid.
const NEVER_NESTED: [&str; 11] = [
    "additionalProperties",
    "default",
    "description",
    "nullable",
    "title",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
];

impl Compiler {
    /// Refuses keywords that no structural schema may have.
    pub(super) fn refuse_forbidden(&mut self, schema: &JsonObject, path: &Path<'_>) {
        for (wanted, is_wanted, keywords) in TYPES {
            for (keyword, value) in keywords.iter().filter_map(|keyword| Some((keyword, schema.get(*keyword)?))) {
                if !is_wanted(value) {
                    self.causes.push(Cause::invalid(Path::Member(path, keyword).to_string(), value, &format!("must be {wanted}")));
                }
            }
        }
        for keyword in NEVER.into_iter().filter(|keyword| schema.contains_key(*keyword)) {
            self.refuse(CauseKind::Forbidden, &Path::Member(path, keyword), format!("Forbidden: {keyword} is not supported"));
        }
        if flag(schema, "uniqueItems") {
            let why = "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            self.refuse(CauseKind::Forbidden, &Path::Member(path, "uniqueItems"), why.to_owned());
        }
    }

    /// Refuses keywords that do not go with the type.
    pub(super) fn refuse_misplaced(&mut self, schema: &JsonObject, path: &Path<'_>) {
        let found = text(schema, "type");
        for (keyword, needed, why) in NEEDS {
            let given = schema.get(keyword).is_some_and(|value| *value != Value::Bool(false));
            if given && found != needed {
                self.causes.push(Cause::invalid(Path::Member(path, "type").to_string(), &Value::from(found), why));
            }
        }
    }

    /// Refuses keywords that only the structural part of a schema may have.
    pub(super) fn refuse_structure(&mut self, schema: &JsonObject, path: &Path<'_>) {
        self.refuse_forbidden(schema, path);
        if schema.contains_key("x-kubernetes-validations") {
            let why = "Forbidden: CEL rules below allOf, anyOf, oneOf and not are not supported by this server yet";
            self.refuse(CauseKind::Forbidden, &Path::Member(path, "x-kubernetes-validations"), why.to_owned());
        }
        for keyword in NEVER_NESTED.into_iter().filter(|keyword| schema.contains_key(*keyword)) {
            self.refuse(CauseKind::Forbidden, &Path::Member(path, keyword), "Forbidden: must be empty to be structural".to_owned());
        }
    }
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}
