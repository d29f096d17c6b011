//! A validating policy: what it makes of one request.
//!
//! Words and order are those of
//! <https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/policy/validating/validator.go>.

use serde_json::Value;

use super::{Definition, Policy};
use crate::cel::{AdmissionExpression, Asked, Budget, Evaluation, Returns, Unevaluated};
use crate::object::{Object, Reason};

/// The most that all validations of a policy may take for one set of parameters.
const BUDGET: u64 = 10_000_000;

/// The longest message that an expression may make, and the longest value of an annotation, in bytes.
const LONGEST_MESSAGE: usize = 5 << 10;
const LONGEST_ANNOTATION: usize = 10 << 10;

/// A compiled ValidatingAdmissionPolicy.
#[derive(Debug)]
pub struct Validating {
    definition: Definition,
    validations: Vec<Validation>,
    annotations: Vec<Annotation>,
}

#[derive(Debug)]
struct Validation {
    expression: AdmissionExpression,
    message: String,
    computed: Option<AdmissionExpression>,
    reason: Reason,
}

#[derive(Debug)]
struct Annotation {
    key: String,
    expression: AdmissionExpression,
}

/// What a policy makes of a request.
#[derive(Debug, Default, PartialEq)]
pub struct Judgement {
    /// What stands against it, in the order of the validations; what becomes of that is for the binding to say.
    pub denials: Vec<Denial>,
    /// What is to be noted: keys without the policy's name, and values.
    pub annotations: Vec<(String, String)>,
    /// Why annotations could not be made, which denies the request whatever the binding says.
    pub failures: Vec<String>,
}

/// One thing that stands against a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Denial {
    /// The number of the validation.
    pub index: usize,
    /// A sentence.
    pub message: String,
    /// What the client is told it is.
    pub reason: Reason,
}

impl Policy for Validating {
    fn read(policy: &Object) -> Self {
        let definition = Definition::read(policy);
        let items = |member: &str| policy.get(&["spec", member]).and_then(Value::as_array).into_iter().flatten();
        let validations = items("validations").map(|one| Validation::read(&definition, one)).collect();
        let annotations = items("auditAnnotations").map(|one| Annotation::read(&definition, one)).collect();
        Self { definition, validations, annotations }
    }

    fn definition(&self) -> &Definition {
        &self.definition
    }
}

impl Validation {
    fn read(definition: &Definition, validation: &Value) -> Self {
        let text = |member: &str| validation.get(member).and_then(Value::as_str).unwrap_or_default();
        let computed = Some(text("messageExpression")).filter(|text| !text.is_empty());
        Self {
            expression: definition.expression(text("expression"), true, Returns::Truth),
            message: text("message").trim().to_owned(),
            computed: computed.map(|text| definition.expression(text, false, Returns::Text)),
            reason: Reason::parse(text("reason")).unwrap_or(Reason::Invalid),
        }
    }

    /// What the client is told of a validation that does not hold.
    ///
    /// Errors where nothing is left to find it out with.
    fn message<'a>(&'a self, over: &mut Evaluation<'a>) -> Result<String, Unevaluated> {
        let computed = match self.computed.as_ref().map(|computed| computed.text(over)) {
            Some(Err(fault @ Unevaluated::OverBudget)) => return Err(fault),
            Some(Err(fault)) => {
                tracing::debug!(%fault, "a message could not be made");
                None
            }
            Some(Ok(text)) => text.map(|text| text.trim().to_owned()),
            None => None,
        };
        let fits = |text: &String| !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n');
        let declared = Some(&self.message).filter(|message| !message.is_empty()).cloned();
        Ok(computed.filter(fits).or(declared).unwrap_or_else(|| format!("failed expression: {}", self.expression.as_text().trim())))
    }
}

impl Annotation {
    fn read(definition: &Definition, annotation: &Value) -> Self {
        let text = |member: &str| annotation.get(member).and_then(Value::as_str).unwrap_or_default();
        let expression = definition.expression(text("valueExpression").trim(), true, Returns::TextOrNull);
        Self { key: text("key").to_owned(), expression }
    }
}

impl Validating {
    /// Judges a request over one set of parameters.
    #[must_use]
    pub fn judge(&self, asked: Asked<'_>) -> Judgement {
        let variables = &self.definition.variables;
        match self.definition.conditions.hold(asked, variables) {
            Ok(true) => {}
            Ok(false) => return Judgement::default(),
            Err(why) => return self.failed(why),
        }
        let mut over = Evaluation::new(asked, variables, Budget::new(BUDGET));
        let mut held = Vec::new();
        for validation in &self.validations {
            match validation.expression.truth(&mut over) {
                Err(fault @ Unevaluated::OverBudget) => return self.failed(fault.to_string()),
                outcome => held.push(outcome),
            }
        }
        // Neither messages nor annotations have an authorizer, as in kube-apiserver.
        let alone = Asked { authorizer: None, ..asked };
        let mut judgement = Judgement::default();
        let mut messages = Evaluation::new(alone, variables, over.left());
        for (index, (validation, outcome)) in self.validations.iter().zip(held).enumerate() {
            let failed = match outcome {
                Ok(true) => continue,
                Ok(false) => match validation.message(&mut messages) {
                    Ok(message) => {
                        judgement.denials.push(Denial { index, message, reason: validation.reason });
                        continue;
                    }
                    Err(fault) => format!("failed messageExpression: {fault}"),
                },
                Err(fault) => fault.to_string(),
            };
            if !self.definition.ignores_failure {
                judgement.denials.push(Denial { index, message: failed, reason: Reason::Invalid });
            }
        }
        match self.annotate(alone, &mut judgement) {
            Ok(()) => judgement,
            Err(fault) => self.failed(fault.to_string()),
        }
    }

    fn annotate(&self, asked: Asked<'_>, judgement: &mut Judgement) -> Result<(), Unevaluated> {
        let mut over = Evaluation::new(asked, &self.definition.variables, Budget::new(BUDGET));
        for annotation in &self.annotations {
            match annotation.expression.text(&mut over) {
                Ok(value) => {
                    let mut value = value.unwrap_or_default().trim().to_owned();
                    value.truncate(value.floor_char_boundary(LONGEST_ANNOTATION));
                    if !value.is_empty() {
                        judgement.annotations.push((annotation.key.clone(), value));
                    }
                }
                Err(fault @ Unevaluated::OverBudget) => return Err(fault),
                Err(_) if self.definition.ignores_failure => {}
                Err(fault) => judgement.failures.push(fault.to_string()),
            }
        }
        Ok(())
    }

    /// What it means that the policy as a whole failed.
    fn failed(&self, message: String) -> Judgement {
        let denial = Denial { index: 0, message, reason: Reason::Invalid };
        Judgement { denials: if self.definition.ignores_failure { Vec::new() } else { vec![denial] }, ..Judgement::default() }
    }
}
