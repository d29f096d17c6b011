//! What is wrong with a CustomResourceDefinition, gathered so that an author can mend it all at once.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::object::json_path::JsonPath;
use crate::object::{Cause, CauseKind, names};
use crate::schema::{Schema, crd};

/// The faults found so far.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<Cause>);

impl Faults {
    pub(super) fn invalid(&mut self, field: &str, value: &str, why: &str) {
        self.0.push(Cause::invalid(field, &value.into(), why));
    }

    pub(super) fn required(&mut self, field: &str, value: &str) -> bool {
        if value.is_empty() {
            self.0.push(Cause::required(field, ""));
        }
        !value.is_empty()
    }

    pub(super) fn check(&mut self, field: &str, value: &str, rule: impl Fn(&str) -> names::Verdict) {
        if self.required(field, value)
            && let Err(why) = rule(value)
        {
            self.invalid(field, value, &why);
        }
    }

    pub(super) fn one_of(&mut self, field: &str, value: &str, allowed: &[&str]) {
        if self.required(field, value) && !allowed.contains(&value) {
            let allowed: Vec<_> = allowed.iter().map(|word| Value::from(*word).to_string()).collect();
            let message = format!("Unsupported value: {}: supported values: {}", Value::from(value), allowed.join(", "));
            self.0.push(Cause::new(CauseKind::NotSupported, field, message));
        }
    }

    /// The compiled form of a declared schema.
    pub(super) fn schema(&mut self, field: &str, declared: Option<&Value>) -> OnceLock<Arc<Schema>> {
        match crd::compile(declared.unwrap_or(&Value::Null), field) {
            Ok(schema) => OnceLock::from(Arc::new(schema)),
            Err(mut causes) => {
                self.0.append(&mut causes);
                OnceLock::new()
            }
        }
    }

    pub(super) fn path(&mut self, field: &str, text: &str) -> Option<JsonPath> {
        if !self.required(field, text) {
            return None;
        }
        JsonPath::parse(text).map_err(|error| self.invalid(field, text, &error.to_string())).ok()
    }

    /// A path that starts with a dot, which is all that kube-apiserver asks of those it reads later.
    pub(super) fn dotted(&mut self, field: &str, text: &str) -> bool {
        let given = self.required(field, text);
        if given && !text.starts_with('.') {
            self.invalid(field, text, "must be a simple json path starting with .");
        }
        given && text.starts_with('.')
    }

    /// A path of plain members that begins with one of `roots`; empty where it is not that.
    pub(super) fn members(&mut self, field: &str, text: &str, roots: &[&str]) -> Vec<String> {
        if !self.dotted(field, text) {
            return Vec::new();
        }
        let members: Vec<String> = text[1..].split('.').map(str::to_owned).collect();
        if members.len() > 1 && roots.contains(&members[0].as_str()) {
            return members;
        }
        let under: Vec<_> = roots.iter().map(|root| format!(".{root}")).collect();
        let either = if roots.len() > 1 { "either " } else { "" };
        self.invalid(field, text, &format!("should be a json path under {either}{}", under.join(" or ")));
        Vec::new()
    }
}
