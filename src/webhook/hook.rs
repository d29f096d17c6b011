//! One webhook of a webhook configuration: which requests it is asked about, and what its answers mean for them.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::time::Duration;

use serde_json::Value;

use super::config::ClientConfig;
use crate::admission::{Conditions, Rules};
use crate::cel::Variables;
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
    /// What must hold besides the rules.
    pub conditions: Conditions,
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
    /// Which requests it is about.
    pub rules: Rules,
}

/// The version of an AdmissionReview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewVersion {
    /// `admission.k8s.io/v1`
    V1,
    /// `admission.k8s.io/v1beta1`, whose answers are held to less.
    V1Beta1,
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
        let seconds = hook.get("timeoutSeconds").and_then(Value::as_u64).unwrap_or(TIMEOUT_SECONDS);
        Self {
            name: text("name").to_owned(),
            client: hook.get("clientConfig").and_then(ClientConfig::read),
            conditions: Conditions::read(hook.get("matchConditions"), false, &Variables::default()),
            namespace_selector: hook.get("namespaceSelector").cloned().unwrap_or_default(),
            object_selector: hook.get("objectSelector").cloned().unwrap_or_default(),
            equivalent: text("matchPolicy") != "Exact",
            ignores_failure: text("failurePolicy") == "Ignore",
            timeout: Duration::from_secs(seconds),
            knows_dry_run: matches!(text("sideEffects"), "None" | "NoneOnDryRun"),
            again: text("reinvocationPolicy") == "IfNeeded",
            review: items("admissionReviewVersions").find_map(|version| ReviewVersion::parse(version.as_str()?)),
            rules: Rules::read(hook.get("rules")),
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

    #[test]
    fn what_is_left_out_has_the_defaults_of_the_api() {
        let hook = Hook::read(&json!({"name": "a.b.c", "rules": [], "admissionReviewVersions": ["v9", "v1beta1", "v1"]}));
        assert_eq!((hook.timeout.as_secs(), hook.equivalent, hook.ignores_failure, hook.again), (10, true, false, false));
        assert_eq!((hook.review, hook.knows_dry_run), (Some(ReviewVersion::V1Beta1), false));
    }
}
