//! One webhook of a webhook configuration: which requests it is asked about, and what its answers mean for them.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::time::Duration;

use serde_json::Value;

use super::config::ClientConfig;
use crate::cel;
use crate::object::Object;

/// How long a webhook has that does not say.
const TIMEOUT_SECONDS: u64 = 10;

/// A webhook as it is asked.
#[derive(Debug)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// Where it is; `None` where that cannot be read.
    pub client: Option<ClientConfig>,
    /// What must hold besides the rules, in order. One that does not compile fails whenever it is asked.
    pub conditions: Vec<Result<cel::Condition, cel::CompileError>>,
    /// The LabelSelector over the labels of the namespace.
    pub namespace_selector: Value,
    /// The LabelSelector over the labels of the object before or after.
    pub object_selector: Value,
    /// Whether rules also mean the same objects in other versions and groups.
    pub equivalent: bool,
    /// Whether a request goes on where the webhook fails.
    pub ignores_failure: bool,
    /// How long the webhook has.
    pub timeout: Duration,
    /// Whether it may be asked about dry runs.
    pub knows_dry_run: bool,
    /// Whether it is asked again after others changed the object.
    pub again: bool,
    /// The form in which it is asked; `None` where it takes none that is known.
    pub review: Option<ReviewVersion>,
    rules: Vec<Rule>,
}

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

/// The version of an AdmissionReview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewVersion {
    /// `admission.k8s.io/v1`
    V1,
    /// `admission.k8s.io/v1beta1`, whose answers are held to less.
    V1Beta1,
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

#[derive(Debug)]
struct Rule {
    operations: Vec<String>,
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    scope: String,
}

impl Hook {
    /// The webhooks of a configuration, in their order.
    #[must_use]
    pub fn all_of(configuration: &Object) -> Vec<Self> {
        let hooks = configuration.get(&["webhooks"]).and_then(Value::as_array).into_iter().flatten();
        hooks.map(Self::read).collect()
    }

    fn read(hook: &Value) -> Self {
        let text = |member: &str| hook.get(member).and_then(Value::as_str).unwrap_or_default();
        let items = |member: &str| hook.get(member).and_then(Value::as_array).into_iter().flatten();
        let condition = |condition: &Value| cel::Condition::compile(condition["expression"].as_str().unwrap_or_default());
        let seconds = hook.get("timeoutSeconds").and_then(Value::as_u64).unwrap_or(TIMEOUT_SECONDS);
        Self {
            name: text("name").to_owned(),
            client: hook.get("clientConfig").and_then(ClientConfig::read),
            conditions: items("matchConditions").map(condition).collect(),
            namespace_selector: hook.get("namespaceSelector").cloned().unwrap_or_default(),
            object_selector: hook.get("objectSelector").cloned().unwrap_or_default(),
            equivalent: text("matchPolicy") != "Exact",
            ignores_failure: text("failurePolicy") == "Ignore",
            timeout: Duration::from_secs(seconds),
            knows_dry_run: matches!(text("sideEffects"), "None" | "NoneOnDryRun"),
            again: text("reinvocationPolicy") == "IfNeeded",
            review: items("admissionReviewVersions").find_map(|version| ReviewVersion::parse(version.as_str()?)),
            rules: items("rules").map(Rule::read).collect(),
        }
    }

    /// Whether any rule is about a request.
    #[must_use]
    pub fn is_about(&self, operation: Operation, target: Target<'_>) -> bool {
        self.rules.iter().any(|rule| rule.is_about(operation, target))
    }

    /// Which of several places of the same object the rules are about: the first rule that is about any decides.
    #[must_use]
    pub fn first_about(&self, operation: Operation, targets: &[Target<'_>]) -> Option<usize> {
        self.rules.iter().find_map(|rule| targets.iter().position(|target| rule.is_about(operation, *target)))
    }

    /// Whether any rule names the resource, whatever is done to it and in whichever version.
    #[must_use]
    pub fn may_be_about(&self, group: &str, plural: &str, subresource: &str) -> bool {
        self.rules.iter().any(|rule| any(&rule.groups, group) && rule.names(plural, subresource))
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
            scope: rule.get("scope").and_then(Value::as_str).unwrap_or("*").to_owned(),
        }
    }

    fn is_about(&self, operation: Operation, target: Target<'_>) -> bool {
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
            && self.names(target.plural, target.subresource)
    }

    fn names(&self, plural: &str, subresource: &str) -> bool {
        self.resources.iter().any(|named| {
            let (own, part) = named.split_once('/').unwrap_or((named, ""));
            (own == "*" || own == plural) && (part == "*" || part == subresource)
        })
    }
}

fn any(named: &[String], asked: &str) -> bool {
    named.iter().any(|named| named == "*" || named == asked)
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

impl ReviewVersion {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "v1" => Some(Self::V1),
            "v1beta1" => Some(Self::V1Beta1),
            _ => None,
        }
    }

    /// The `apiVersion` of a review.
    #[must_use]
    pub fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "admission.k8s.io/v1",
            Self::V1Beta1 => "admission.k8s.io/v1beta1",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hook(rules: &Value) -> Hook {
        Hook::read(&json!({"name": "a.b.c", "rules": rules, "admissionReviewVersions": ["v9", "v1beta1", "v1"]}))
    }

    fn rule(operation: &str, group: &str, version: &str, resource: &str, scope: &str) -> Value {
        json!({"operations": [operation], "apiGroups": [group], "apiVersions": [version], "resources": [resource], "scope": scope})
    }

    fn target<'a>(plural: &'a str, subresource: &'a str, namespaced: bool) -> Target<'a> {
        Target { group: "apps", version: "v1", plural, subresource, namespaced }
    }

    #[test]
    fn a_rule_is_about_what_all_of_its_lists_name() {
        let asked = |rule: Value| hook(&json!([rule])).is_about(Operation::Create, target("deployments", "", true));
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
            let hook = hook(&json!([rule("*", "*", "*", resource, "*")]));
            [("deployments", ""), ("deployments", "scale"), ("daemonsets", "status")]
                .map(|(plural, part)| hook.is_about(Operation::Update, target(plural, part, true)))
        };
        assert_eq!(names("*"), [true, false, false]);
        assert_eq!(names("*/*"), [true, true, true]);
        assert_eq!(names("deployments/*"), [true, true, false]);
        assert_eq!(names("*/scale"), [false, true, false]);
    }

    #[test]
    fn earlier_rules_choose_the_version() {
        let hook = hook(&json!([rule("*", "apps", "v1beta2", "deployments", "*"), rule("*", "apps", "v1beta1", "deployments", "*")]));
        let at = |version: &'static str| Target { version, ..target("deployments", "", true) };
        assert_eq!(hook.first_about(Operation::Create, &[at("v1beta1"), at("v1beta2")]), Some(1));
        assert!(!hook.is_about(Operation::Create, at("v1")) && hook.may_be_about("apps", "deployments", ""));
    }

    #[test]
    fn what_is_left_out_has_the_defaults_of_the_api() {
        let hook = hook(&json!([]));
        assert_eq!((hook.timeout.as_secs(), hook.equivalent, hook.ignores_failure, hook.again), (10, true, false, false));
        assert_eq!((hook.review, hook.knows_dry_run), (Some(ReviewVersion::V1Beta1), false));
    }
}
