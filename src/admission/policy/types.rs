//! Whether the expressions of a policy fit the kinds that its rules name: warnings for `status.typeChecking`.
//!
//! Receives a policy and the schemas of kinds; hands on warnings. Invariant: nothing here changes what the policy does.
//!
//! Kinds are those that rules name in full, ten at most; what stands in for several (`*`), and subresources, are passed over. Parameters
//! are of any type. See <https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/policy/validating/typechecking.go>.

use serde_json::Value;

use super::variables;
use crate::cel::{CompileError, Returns, Scope, Variables, check_admission};
use crate::object::{GroupVersion, Gvk, Object};
use crate::schema::Schema;

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeWarning {
    /// The path of the expression.
    pub(crate) field: String,
    /// What is wrong, for each kind by its name.
    pub(crate) warning: String,
}

/// The resources that the rules of a policy name in full: version and plural name, those of a rule in order.
pub(crate) fn rules_in_full(policy: &Object) -> Vec<(GroupVersion, String)> {
    let rules = policy.get(&["spec", "matchConstraints", "resourceRules"]).and_then(Value::as_array).into_iter().flatten();
    let mut named = Vec::new();
    for rule in rules {
        let texts = |member: &str| {
            let texts = rule.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            let mut texts: Vec<&str> = texts.collect();
            texts.sort_unstable();
            texts
        };
        let (groups, versions, resources) = (texts("apiGroups"), texts("apiVersions"), texts("resources"));
        if groups.iter().chain(&versions).any(|text| text.contains('*')) {
            continue;
        }
        for group in &groups {
            for version in &versions {
                let plain = resources.iter().filter(|resource| !resource.contains(['*', '/']));
                named.extend(
                    plain.map(|resource| {
                        (GroupVersion { group: (*group).to_owned(), version: (*version).to_owned() }, (*resource).to_owned())
                    }),
                );
            }
        }
    }
    named
}

/// The warnings about the validations of a policy, over these kinds.
pub(crate) fn type_warnings<'s>(policy: &Object, kinds: impl IntoIterator<Item = (&'s Gvk, &'s Schema)>) -> Vec<TypeWarning> {
    let spec = |member: &str| policy.get(&["spec", member]).filter(|value| !value.is_null());
    let kinds: Vec<(&Gvk, Scope<'_>, Variables)> = kinds
        .into_iter()
        .map(|(gvk, schema)| {
            let scope = Scope { params: spec("paramKind").is_some(), authorizer: true, object: Some(schema.root()) };
            (gvk, scope, variables(spec("variables"), scope))
        })
        .collect();
    let validations = spec("validations").and_then(Value::as_array).into_iter().flatten();
    let mut warnings = Vec::new();
    for (index, validation) in validations.enumerate() {
        for member in ["expression", "messageExpression"] {
            let Some(text) = validation.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()) else { continue };
            let found: Vec<String> = kinds.iter().filter_map(|(gvk, scope, variables)| warning(text, gvk, *scope, variables)).collect();
            if !found.is_empty() {
                warnings.push(TypeWarning { field: format!("spec.validations[{index}].{member}"), warning: found.join("\n") });
            }
        }
    }
    warnings
}

fn warning(text: &str, gvk: &Gvk, scope: Scope<'_>, variables: &Variables) -> Option<String> {
    let why = match check_admission(text, scope, Some(variables), Returns::Anything).err()? {
        CompileError::Failed(why) => why,
        other => other.to_string(),
    };
    Some(format!("{}, Kind={}: {why}\n", gvk.api_version(), gvk.kind))
}
