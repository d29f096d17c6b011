//! `matchConstraints` of policies and `matchResources` of bindings.

use serde_json::Value;

use crate::admission::rules::{Operation, Rules, Target};

/// Which requests a policy or a binding is about.
#[derive(Debug, Clone)]
pub struct Constraints {
    /// The LabelSelector over the labels of the namespace.
    pub namespace_selector: Value,
    /// The LabelSelector over the labels of the object before or after.
    pub object_selector: Value,
    rules: Rules,
    excluded: Rules,
    equivalent: bool,
}

impl Constraints {
    /// Reads them.
    #[must_use]
    pub fn read(constraints: &Value) -> Self {
        let member = |name: &str| constraints.get(name).cloned().unwrap_or_default();
        Self {
            namespace_selector: member("namespaceSelector"),
            object_selector: member("objectSelector"),
            rules: Rules::read(constraints.get("resourceRules")),
            excluded: Rules::read(constraints.get("excludeResourceRules")),
            equivalent: member("matchPolicy") != "Exact",
        }
    }

    /// Whether the resource may be meant, whatever is done to it and in whichever version.
    #[must_use]
    pub fn may_be_about(&self, group: &str, plural: &str, subresource: &str) -> bool {
        self.rules.is_empty() || self.rules.may_be_about(group, plural, subresource)
    }

    /// Which of several places of the same object the rules mean; the first is the request's own. Without any rule it is that one.
    #[must_use]
    pub fn place(&self, operation: Operation, targets: &[Target<'_>], name: &str) -> Option<usize> {
        if self.excluded.place(operation, targets, name, self.equivalent).is_some() {
            return None;
        }
        if self.rules.is_empty() { Some(0) } else { self.rules.place(operation, targets, name, self.equivalent) }
    }
}
