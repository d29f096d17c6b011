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
const NEVER_NESTED: [(&str, &str); 13] = [
    ("additionalProperties", "undefined"),
    ("default", "undefined"),
    ("description", "empty"),
    ("nullable", "false"),
    ("title", "empty"),
    ("type", "empty"),
    ("x-kubernetes-embedded-resource", "false"),
    ("x-kubernetes-int-or-string", "false"),
    ("x-kubernetes-list-map-keys", "empty"),
    ("x-kubernetes-list-type", "undefined"),
    ("x-kubernetes-map-type", "undefined"),
    ("x-kubernetes-preserve-unknown-fields", "false"),
    ("x-kubernetes-validations", "empty"),
];

/// What the root of a schema may have where `status` has a path of its own, in the names that kube-apiserver lists.
const AT_ROOT: [(&str, &str); 22] = [
    ("Description", "description"),
    ("Type", "type"),
    ("Format", "format"),
    ("Title", "title"),
    ("Maximum", "maximum"),
    ("ExclusiveMaximum", "exclusiveMaximum"),
    ("Minimum", "minimum"),
    ("ExclusiveMinimum", "exclusiveMinimum"),
    ("MaxLength", "maxLength"),
    ("MinLength", "minLength"),
    ("Pattern", "pattern"),
    ("MaxItems", "maxItems"),
    ("MinItems", "minItems"),
    ("UniqueItems", "uniqueItems"),
    ("MultipleOf", "multipleOf"),
    ("Required", "required"),
    ("Items", "items"),
    ("Properties", "properties"),
    ("ExternalDocs", "externalDocs"),
    ("Example", "example"),
    ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields"),
    ("XValidations", "x-kubernetes-validations"),
];

/// What is wrong with the root of a schema whose `status` is validated apart from the rest: a keyword that would not count there.
pub(in crate::schema) fn beside_status(schema: &Value, path: &str) -> Option<Cause> {
    let counts = |value: &Value| !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("");
    let known = |keyword: &str| keyword == "nullable" || AT_ROOT.iter().any(|(_, known)| *known == keyword);
    let (stray, _) = schema.as_object()?.iter().find(|(keyword, value)| counts(value) && !known(keyword))?;
    let names: Vec<&str> = AT_ROOT.iter().map(|(name, _)| *name).collect();
    let names = names.join(" ");
    let why = format!("only [{names}] fields are allowed at the root of the schema if the status subresource is enabled");
    Some(Cause::invalid(path, &Value::from(stray.as_str()), &why))
}

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
            self.forbid(&Path::Member(path, keyword), &format!("{keyword} is not supported"));
        }
        if !text(schema, "$schema").is_empty() {
            self.causes.push(Cause::invalid(path.root(), &Value::from(""), "OpenAPIV3Schema 'schema' is not supported"));
        }
        if flag(schema, "uniqueItems") {
            let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            self.forbid(&Path::Member(path, "uniqueItems"), why);
        }
        if text(schema, "type") == "null" {
            self.forbid(&Path::Member(path, "type"), "type cannot be set to null, use nullable as an alternative");
        }
        if schema.get("items").is_some_and(Value::is_array) {
            self.forbid(&Path::Member(path, "items"), "items must be a schema object and not an array");
        }
        if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
            let at = Path::Member(path, "x-kubernetes-preserve-unknown-fields").to_string();
            self.causes.push(Cause::invalid(at, &Value::Bool(false), "must be true or undefined"));
        }
    }

    /// Refuses keywords that do not go with the type, or with each other.
    pub(super) fn refuse_misplaced(&mut self, schema: &JsonObject, path: &Path<'_>) {
        let found = text(schema, "type");
        for (keyword, needed, why) in NEEDS {
            let given = schema.get(keyword).is_some_and(|value| *value != Value::Bool(false));
            if given && found != needed {
                self.needed(&Path::Member(path, "type"), found, why);
            }
        }
        if flag(schema, "x-kubernetes-int-or-string") {
            for keyword in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
                if flag(schema, keyword) {
                    let at = Path::Member(path, keyword).to_string();
                    self.causes.push(Cause::invalid(at, &Value::Bool(true), "must be false if x-kubernetes-int-or-string is true"));
                }
            }
        }
        if flag(schema, "x-kubernetes-embedded-resource") && schema.contains_key("additionalProperties") {
            self.forbid(&Path::Member(path, "additionalProperties"), "must not be used if x-kubernetes-embedded-resource is set");
        }
        let list_type = text(schema, "x-kubernetes-list-type");
        let has_keys = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array).is_some_and(|keys| !keys.is_empty());
        if has_keys && list_type != "map" {
            let why = "must be map if x-kubernetes-list-map-keys is non-empty";
            self.needed(&Path::Member(path, "x-kubernetes-list-type"), list_type, why);
        }
    }

    /// Refuses keywords that only the structural part of a schema may have.
    pub(super) fn refuse_structure(&mut self, schema: &JsonObject, path: &Path<'_>) {
        self.refuse_forbidden(schema, path);
        // Whether there may be more members is no structure, and no rule either.
        let given = |keyword: &str| schema.get(keyword).is_some_and(|value| keyword != "additionalProperties" || !value.is_boolean());
        for (keyword, wanted) in NEVER_NESTED.into_iter().filter(|(keyword, _)| given(keyword)) {
            self.forbid(&Path::Member(path, keyword), &format!("must be {wanted} to be structural"));
        }
        if schema.get("properties").is_some_and(|properties| properties.get("metadata").is_some()) {
            self.forbid(&Path::Key(&Path::Member(path, "properties"), "metadata"), "must not be specified in a nested context");
        }
    }

    /// Refuses what only the root of a schema must not have.
    pub(super) fn refuse_at_root(&mut self, schema: &JsonObject, path: &Path<'_>) {
        if schema.contains_key("additionalProperties") {
            self.forbid(&Path::Member(path, "additionalProperties"), "must not be used at the root");
        }
        if flag(schema, "nullable") {
            self.forbid(&Path::Member(path, "nullable"), "nullable cannot be true at the root");
        }
        let default = schema.get("default").filter(|default| !default.is_null());
        for member in ["apiVersion", "kind"].into_iter().filter(|member| default.is_some_and(|default| default.get(member).is_none())) {
            self.causes.push(Cause::required(Path::Member(&Path::Member(path, "default"), member).to_string(), ""));
        }
        for name in ["apiVersion", "kind", "metadata"] {
            if let Some(property) = schema.get("properties").and_then(|properties| properties.get(name)) {
                self.refuse_defaults(property, name, &Path::Key(&Path::Member(path, "properties"), name));
            }
        }
    }

    /// Refuses defaults for the members that every API object has, and for what is in them.
    fn refuse_defaults(&mut self, schema: &Value, name: &str, path: &Path<'_>) {
        if schema.get("default").is_some_and(|default| !default.is_null()) {
            self.forbid(&Path::Member(path, "default"), &format!("must not be set in top-level {name}"));
        }
        let path = Path::Member(path, "properties");
        for (member, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.refuse_defaults(property, name, &Path::Key(&path, member));
        }
    }

    /// The members that every API object has are what they are.
    pub(super) fn refuse_other_object(&mut self, schema: &JsonObject, path: &Path<'_>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let path = Path::Member(path, "properties");
        for (name, wanted) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
            let Some(property) = properties.and_then(|properties| properties.get(name)) else { continue };
            let found = property.get("type").cloned().unwrap_or_else(|| "".into());
            if found != wanted {
                let at = Path::Member(&Path::Key(&path, name), "type").to_string();
                self.causes.push(Cause::invalid(at, &found, &format!("must be {wanted}")));
            }
        }
    }

    pub(super) fn forbid(&mut self, path: &Path<'_>, why: &str) {
        self.refuse(CauseKind::Forbidden, path, format!("Forbidden: {why}"));
    }

    /// A keyword that must have a certain value: missing, or another.
    pub(super) fn needed(&mut self, path: &Path<'_>, found: &str, why: &str) {
        let cause = if found.is_empty() {
            Cause::required(path.to_string(), why)
        } else {
            Cause::invalid(path.to_string(), &Value::from(found), why)
        };
        self.causes.push(cause);
    }
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}
