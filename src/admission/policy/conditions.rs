//! `matchConditions` of webhooks and policies.
//!
//! Receives conditions and what they speak of; hands on whether they hold. Invariant: one that does not hold decides, even where another
//! one fails.

use serde_json::Value;

use crate::cel::{AdmissionExpression, Asked, Budget, Evaluation, Returns, Scope, Unevaluated, Variables};

/// The most that the conditions of one webhook or policy may take together.
const BUDGET: u64 = 2_500_000;

/// What must hold besides the rules, in order. One that does not compile fails whenever it is asked.
#[derive(Debug, Clone, Default)]
pub struct Conditions(Vec<AdmissionExpression>);

impl Conditions {
    /// Reads a list of conditions. `params` says whether they can speak of parameters.
    #[must_use]
    pub fn read(conditions: Option<&Value>, params: bool, variables: &Variables) -> Self {
        let scope = Scope { params, authorizer: true, object: None };
        let texts = conditions.and_then(Value::as_array).into_iter().flatten();
        let texts = texts.map(|condition| condition["expression"].as_str().unwrap_or_default());
        Self(texts.map(|text| AdmissionExpression::new(text, scope, variables, Returns::Truth)).collect())
    }

    /// Whether all of them hold. As in kube-apiserver there is no `namespaceObject` here.
    ///
    /// # Errors
    /// Why that is not known; what that means is for the failure policy to say.
    pub fn hold(&self, asked: Asked<'_>, variables: &Variables) -> Result<bool, String> {
        if self.0.is_empty() {
            return Ok(true);
        }
        let mut over = Evaluation::new(Asked { namespace: &Value::Null, ..asked }, variables, Budget::new(BUDGET));
        let mut faults = Vec::new();
        for condition in &self.0 {
            match condition.truth(&mut over) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(fault @ Unevaluated::OverBudget) => return Err(fault.to_string()),
                Err(fault) => faults.push(fault.to_string()),
            }
        }
        match faults.as_slice() {
            [] => Ok(true),
            [fault] => Err(fault.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }
}
