//! Keywords that a structural schema must not have, or that are not supported.

use serde_json::Value;

use super::{Compiler, JsonObject, Path, flag};
use crate::object::CauseKind;

/// What structural schemas never have.
const NEVER: [&str; 6] = ["$ref", "additionalItems", "definitions", "dependencies", "id", "patternProperties"];

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
        for keyword in NEVER.into_iter().filter(|keyword| schema.contains_key(*keyword)) {
            self.refuse(CauseKind::Forbidden, &Path::Member(path, keyword), format!("Forbidden: {keyword} is not supported"));
        }
        if flag(schema, "uniqueItems") {
            let why = "Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
            self.refuse(CauseKind::Forbidden, &Path::Member(path, "uniqueItems"), why.to_owned());
        }
        if schema.get("x-kubernetes-validations").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty()) {
            let why = "Forbidden: CEL rules are not supported by this server yet";
            self.refuse(CauseKind::Forbidden, &Path::Member(path, "x-kubernetes-validations"), why.to_owned());
        }
    }

    /// Refuses keywords that only the structural part of a schema may have.
    pub(super) fn refuse_structure(&mut self, schema: &JsonObject, path: &Path<'_>) {
        self.refuse_forbidden(schema, path);
        for keyword in NEVER_NESTED.into_iter().filter(|keyword| schema.contains_key(*keyword)) {
            self.refuse(CauseKind::Forbidden, &Path::Member(path, keyword), "Forbidden: must be empty to be structural".to_owned());
        }
    }
}
