//! A mutating policy: what it makes of one request.

use serde_json::Value;

use super::mutation::{self, Place, Run};
use super::{Definition, Policy};
use crate::cel::{AdmissionExpression, Asked, Budget, Evaluation, Made, Returns};
use crate::object::{Object, Refusal};

/// The most that one mutation may take.
const BUDGET: u64 = 10_000_000;

/// A compiled MutatingAdmissionPolicy.
#[derive(Debug)]
pub struct Mutating {
    definition: Definition,
    mutations: Vec<Mutation>,
    /// Whether it is asked once more about what others changed after it.
    pub again: bool,
}

#[derive(Debug)]
struct Mutation {
    made: Made,
    expression: AdmissionExpression,
}

impl Policy for Mutating {
    fn read(policy: &Object) -> Self {
        let definition = Definition::read(policy);
        let mutations = policy.get(&["spec", "mutations"]).and_then(Value::as_array).into_iter().flatten();
        Self {
            mutations: mutations.map(|one| Mutation::read(&definition, one)).collect(),
            again: policy.get_str(&["spec", "reinvocationPolicy"]) == Some("IfNeeded"),
            definition,
        }
    }

    fn definition(&self) -> &Definition {
        &self.definition
    }
}

impl Mutation {
    fn read(definition: &Definition, mutation: &Value) -> Self {
        let (made, member) = match mutation.get("patchType").and_then(Value::as_str) {
            Some("JSONPatch") => (Made::Patch, "jsonPatch"),
            _ => (Made::Configuration, "applyConfiguration"),
        };
        let text = mutation.get(member).and_then(|member| member.get("expression")).and_then(Value::as_str).unwrap_or_default();
        Self { made, expression: definition.expression(text.trim(), true, Returns::Change(made)) }
    }
}

impl Mutating {
    /// Makes the changes to the object that is asked about; `settle` fills in what they may leave out. Whether the conditions hold is not
    /// looked at.
    ///
    /// Variables are found out anew for each mutation, since they may speak of what the one before changed.
    ///
    /// # Errors
    /// Where the request is refused whatever the policy says.
    pub fn change(&self, asked: Asked<'_>, place: Place<'_>, settle: impl FnMut(Value) -> Result<Value, Refusal>) -> Result<Run, Refusal> {
        let make = |index: usize, object: &Value| {
            let Mutation { made, expression } = &self.mutations[index];
            let mut over = Evaluation::new(Asked { object, ..asked }, &self.definition.variables, Budget::new(BUDGET));
            expression.change(*made, &mut over).map_err(|fault| fault.to_string())
        };
        mutation::run(place, asked.object.clone(), self.mutations.len(), make, settle)
    }
}
