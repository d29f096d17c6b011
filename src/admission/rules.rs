//! The rules by which webhooks and policies say which requests they are about.
//!
//! Receives `rules` of webhooks, `resourceRules` and `excludeResourceRules` of policies; hands on whether, and in which version of the
//! resource, a request is meant. Invariant: the request's own version goes before any other, and earlier rules before later ones.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules>.

use serde_json::Value;

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

impl Operation {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request is about, as far as rules go.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The API group.
    pub group: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The plural name of the kind.
    pub plural: &'a str,
    /// The subresource; empty for the object itself.
    pub subresource: &'a str,
    /// Whether the object lives in a namespace.
    pub namespaced: bool,
}

/// Rules, of which one that means a request is enough.
#[derive(Debug, Clone, Default)]
pub struct Rules(Vec<Rule>);

#[derive(Debug, Clone)]
struct Rule {
    operations: Vec<String>,
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    /// The names of the objects that are meant; none for all.
    names: Vec<String>,
    scope: String,
}

impl Rules {
    /// Reads a list of rules.
    #[must_use]
    pub fn read(rules: Option<&Value>) -> Self {
        let rules = rules.and_then(Value::as_array).into_iter().flatten();
        Self(rules.map(Rule::read).collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any rule names the resource, whatever is done to it and in whichever version.
    #[must_use]
    pub fn may_be_about(&self, group: &str, plural: &str, subresource: &str) -> bool {
        self.0.iter().any(|rule| any(&rule.groups, group) && rule.has(plural, subresource))
    }

    /// Which of several places of the same object is meant. The first is the request's own; the others count where `equivalent`.
    #[must_use]
    pub fn place(&self, operation: Operation, targets: &[Target<'_>], name: &str, equivalent: bool) -> Option<usize> {
        let own = targets.first()?;
        if self.0.iter().any(|rule| rule.is_about(operation, *own, name)) {
            return Some(0);
        }
        let others = if equivalent { targets } else { &[] };
        self.0.iter().find_map(|rule| others.iter().position(|target| rule.is_about(operation, *target, name)))
    }
}

impl Rule {
    fn read(rule: &Value) -> Self {
        let texts = |member: &str| {
            let texts = rule.get(member).and_then(Value::as_array).into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        Self {
            operations: texts("operations"),
            groups: texts("apiGroups"),
            versions: texts("apiVersions"),
            resources: texts("resources"),
            names: texts("resourceNames"),
            scope: rule.get("scope").and_then(Value::as_str).unwrap_or("*").to_owned(),
        }
    }

    fn is_about(&self, operation: Operation, target: Target<'_>, name: &str) -> bool {
        let in_scope = match self.scope.as_str() {
            "*" => true,
            "Namespaced" => target.namespaced,
            "Cluster" => !target.namespaced,
            _ => false,
        };
        in_scope
            && any(&self.operations, operation.as_str())
            && any(&self.groups, target.group)
            && any(&self.versions, target.version)
            && self.has(target.plural, target.subresource)
            && (self.names.is_empty() || self.names.iter().any(|known| known == name))
    }

    fn has(&self, plural: &str, subresource: &str) -> bool {
        self.resources.iter().any(|named| {
            let (own, part) = named.split_once('/').unwrap_or((named, ""));
            (own == "*" || own == plural) && (part == "*" || part == subresource)
        })
    }
}

fn any(named: &[String], asked: &str) -> bool {
    named.iter().any(|named| named == "*" || named == asked)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(operation: &str, group: &str, version: &str, resource: &str, scope: &str) -> Value {
        json!({"operations": [operation], "apiGroups": [group], "apiVersions": [version], "resources": [resource], "scope": scope})
    }

    fn target<'a>(plural: &'a str, subresource: &'a str, namespaced: bool) -> Target<'a> {
        Target { group: "apps", version: "v1", plural, subresource, namespaced }
    }

    fn is_about(rules: &Value, operation: Operation, target: Target<'_>) -> bool {
        Rules::read(Some(rules)).place(operation, &[target], "n", false).is_some()
    }

    #[test]
    fn a_rule_is_about_what_all_of_its_lists_name() {
        let asked = |rule: Value| is_about(&json!([rule]), Operation::Create, target("deployments", "", true));
        assert!(asked(rule("CREATE", "apps", "v1", "deployments", "*")));
        assert!(asked(rule("*", "*", "*", "*", "Namespaced")));
        for other in [
            rule("UPDATE", "apps", "v1", "deployments", "*"),
            rule("*", "", "v1", "deployments", "*"),
            rule("*", "apps", "v2", "deployments", "*"),
            rule("*", "apps", "v1", "daemonsets", "*"),
            rule("*", "apps", "v1", "deployments/scale", "*"),
            rule("*", "apps", "v1", "deployments", "Cluster"),
        ] {
            assert!(!asked(other.clone()), "{other}");
        }
    }

    #[test]
    fn subresources_are_named_or_starred() {
        let names = |resource: &str| {
            let rules = json!([rule("*", "*", "*", resource, "*")]);
            [("deployments", ""), ("deployments", "scale"), ("daemonsets", "status")]
                .map(|(plural, part)| is_about(&rules, Operation::Update, target(plural, part, true)))
        };
        assert_eq!(names("*"), [true, false, false]);
        assert_eq!(names("*/*"), [true, true, true]);
        assert_eq!(names("deployments/*"), [true, true, false]);
        assert_eq!(names("*/scale"), [false, true, false]);
    }

    #[test]
    fn earlier_rules_choose_the_version() {
        let rules = json!([rule("*", "apps", "v1beta2", "deployments", "*"), rule("*", "apps", "v1beta1", "deployments", "*")]);
        let rules = Rules::read(Some(&rules));
        let at = |version: &'static str| Target { version, ..target("deployments", "", true) };
        let targets = [at("v1"), at("v1beta1"), at("v1beta2")];
        assert_eq!(rules.place(Operation::Create, &targets, "", true), Some(2));
        assert_eq!(rules.place(Operation::Create, &targets, "", false), None, "which no other version is where the match is exact");
        assert!(rules.may_be_about("apps", "deployments", ""));
    }

    #[test]
    fn names_are_those_of_objects() {
        let mut named = rule("*", "*", "*", "*", "*");
        named["resourceNames"] = json!(["n"]);
        let rules = Rules::read(Some(&json!([named])));
        let place = |name: &str| rules.place(Operation::Delete, &[target("deployments", "", true)], name, false);
        assert_eq!((place("n"), place("m"), place("")), (Some(0), None, None));
    }
}
