//! Admission policies in CEL: what policies and bindings say, and what a policy makes of one request.
//!
//! Receives policies and bindings as they are stored, and the documents that their expressions speak of; hands on judgements and changed objects. Invariants:
//! pure, which requests are meant and where parameters come from is found out by the caller; a policy is compiled once.
//!
//! What both kinds of policies have in common is a [`Definition`]; each kind is a [`Policy`].
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>.

mod conditions;
mod constraints;
mod mutating;
pub mod mutation;
mod types;
mod validating;

use serde_json::Value;

use crate::cel::{AdmissionExpression, Returns, Scope, Variables};
use crate::object::{GroupVersion, Gvk, Object};

pub use self::conditions::Conditions;
pub use self::constraints::Constraints;
pub use self::mutating::Mutating;
pub(crate) use self::types::{rules_in_full, type_warnings};
pub use self::validating::{Denial, Judgement, Validating};

/// A kind of policies.
pub trait Policy: Send + Sync + 'static {
    /// Reads and compiles a policy as it is stored.
    fn read(policy: &Object) -> Self;

    /// What it has in common with other kinds.
    fn definition(&self) -> &Definition;
}

/// What policies of both kinds say.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The policy's name.
    pub name: String,
    /// Whether a request goes on where the policy fails.
    pub ignores_failure: bool,
    /// Which requests it is about. Without any, which nobody can write, it fails.
    pub constraints: Option<Constraints>,
    /// The kind of its parameters.
    pub param_kind: Option<Gvk>,
    /// What its expressions can speak of as `variables.NAME`.
    pub variables: Variables,
    /// What must hold besides the constraints.
    pub conditions: Conditions,
}

impl Definition {
    /// Reads a policy.
    #[must_use]
    pub fn read(policy: &Object) -> Self {
        let spec = |member: &str| policy.get(&["spec", member]).filter(|value| !value.is_null());
        let param_kind = spec("paramKind").map(|kind| {
            let text = |member: &str| kind.get(member).and_then(Value::as_str).unwrap_or_default();
            let version = GroupVersion::parse(text("apiVersion"));
            version.map_or_else(|| Gvk::new("", text("apiVersion"), text("kind")), |at| Gvk::new(&at.group, &at.version, text("kind")))
        });
        let params = param_kind.is_some();
        let variables = variables(spec("variables"), Scope { params, authorizer: true, object: None });
        Self {
            name: policy.name().to_owned(),
            ignores_failure: policy.get_str(&["spec", "failurePolicy"]) == Some("Ignore"),
            constraints: spec("matchConstraints").map(Constraints::read),
            conditions: Conditions::read(spec("matchConditions"), params, &variables),
            param_kind,
            variables,
        }
    }

    /// Compiles another expression of the policy, with its parameters and variables. `authorizer` says whether there is one for it.
    #[must_use]
    pub fn expression(&self, text: &str, authorizer: bool, returns: Returns) -> AdmissionExpression {
        let scope = Scope { params: self.param_kind.is_some(), authorizer, object: None };
        AdmissionExpression::new(text, scope, &self.variables, returns)
    }
}

/// Variables as a policy lists them. What is wrong with one is told when it is asked for.
fn variables(list: Option<&Value>, scope: Scope<'_>) -> Variables {
    let mut variables = Variables::default();
    for variable in list.and_then(Value::as_array).into_iter().flatten() {
        let text = |member: &str| variable.get(member).and_then(Value::as_str).unwrap_or_default();
        let _told_later = variables.add(text("name"), text("expression"), scope);
    }
    variables
}

/// What puts a policy to use.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The binding's name.
    pub name: String,
    /// The name of its policy.
    pub policy: String,
    /// Where the parameters are; `None` where the policy is to go without.
    pub parameters: Option<Parameters>,
    /// Which of the policy's requests it is about; `None` for all.
    pub constraints: Option<Constraints>,
    /// What a failed validation leads to: `Deny`, `Warn` and `Audit`. Bindings of mutating policies have none.
    pub actions: Vec<String>,
}

/// Where a binding's parameters are.
#[derive(Debug, Clone)]
pub struct Parameters {
    /// The name of the one object; empty where they are selected.
    pub name: String,
    /// The namespace; empty for that of the request.
    pub namespace: String,
    /// The LabelSelector, where there is one.
    pub selector: Option<Value>,
    /// Whether it is a failure that there are none.
    pub denies_missing: bool,
}

impl Binding {
    /// Reads a binding as it is stored.
    #[must_use]
    pub fn read(binding: &Object) -> Self {
        let spec = |member: &str| binding.get(&["spec", member]).filter(|value| !value.is_null());
        let actions = spec("validationActions").and_then(Value::as_array).into_iter().flatten();
        Self {
            name: binding.name().to_owned(),
            policy: binding.get_str(&["spec", "policyName"]).unwrap_or_default().to_owned(),
            parameters: spec("paramRef").map(Parameters::read),
            constraints: spec("matchResources").map(Constraints::read),
            actions: actions.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }
}

impl Parameters {
    fn read(reference: &Value) -> Self {
        let text = |member: &str| reference.get(member).and_then(Value::as_str).unwrap_or_default();
        Self {
            name: text("name").to_owned(),
            namespace: text("namespace").to_owned(),
            selector: reference.get("selector").filter(|selector| !selector.is_null()).cloned(),
            denies_missing: text("parameterNotFoundAction") == "Deny",
        }
    }
}

#[cfg(test)]
mod tests;
