//! One write as mutating policies change it.
//!
//! Receives policies with their bindings; puts what they make of the object into its place. Invariants: each sees what the ones before
//! made; one that fails keeps nobody else from being asked, and what it made before it failed stays where its failure is no matter.
//!
//! Order and words are those of
//! <https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/policy/mutating/dispatcher.go>.

use std::sync::Arc;

use serde_json::{Value, json};

use super::policies::{Invocation, Permissions, Selected};
use super::subject::{Form, Subject, internal};
use crate::admission::policy::mutation::{Place, Run};
use crate::admission::reinvocation::Reinvocation;
use crate::admission::{self, Binding, Definition, Mutating, Policy as _};
use crate::cel::{Asked, Authorizer};
use crate::object::{Object, Reason, Refusal};
use crate::schema::Resource;

/// What tells invocations apart: policy, binding, and the namespace and name of the parameters.
pub(super) type Key = [String; 4];

/// What policies have to do with each other in one round.
struct Turn<'t> {
    known: &'t mut Reinvocation<Key>,
    namespace: Value,
    authorizer: Arc<dyn Authorizer>,
    failures: Failures,
    /// Whether any mutation succeeded.
    is_touched: bool,
}

/// What stands against the request: sentences, and what the client is told they are.
#[derive(Default)]
struct Failures(Vec<(String, Reason)>);

impl Failures {
    /// Notes that a policy failed, unless that is no matter.
    fn add(&mut self, policy: &Definition, binding: Option<&Binding>, why: &str, reason: Reason) {
        let (policy, ignored) = (&policy.name, policy.ignores_failure);
        if ignored {
            tracing::warn!(policy, why, "a mutating admission policy failed and is passed over");
            return;
        }
        let message = match binding {
            Some(binding) => format!("policy '{policy}' with binding '{}' denied request: {why}", binding.name),
            None => format!("policy {policy:?} denied request: {why}"),
        };
        self.0.push((message, reason));
    }
}

impl<'a> Subject<'a> {
    /// Asks the mutating policies one after the other.
    pub(super) async fn mutate_by_policies(&mut self, known: &mut Reinvocation<Key>) -> Result<(), Refusal> {
        if self.object.is_none() {
            return Ok(());
        }
        let (mut invocations, mut failures) = (Vec::new(), Failures::default());
        // Which of them are asked is settled before any of them changes the object.
        for one in self.selected(&self.asked.mutating_policies).await {
            match one {
                Selected::Asked(invocation) => invocations.push(invocation),
                Selected::Failed { policy, binding, why } => failures.add(policy.definition(), binding, &why, Reason::Forbidden),
            }
        }
        if invocations.iter().any(|invocation| !invocation.parameters.is_empty()) {
            let authorizer: Arc<dyn Authorizer> = Arc::new(Permissions(self.call.identity.clone()));
            let mut turn = Turn { known, namespace: self.namespace_object().await?, authorizer, failures, is_touched: false };
            self.mutate_in_turn(&invocations, &mut turn).await?;
            turn.known.end_of_policies(turn.is_touched);
            failures = turn.failures;
        }
        self.refused(&failures)
    }

    async fn mutate_in_turn(&mut self, invocations: &[Invocation<'a, Mutating>], turn: &mut Turn<'_>) -> Result<(), Refusal> {
        // Most policies are about the version of the request.
        let mut form: Option<Form<'a>> = None;
        for invocation in invocations {
            for params in &invocation.parameters {
                let same = form.take().filter(|form| Arc::ptr_eq(form.place, invocation.place));
                let now = match same {
                    Some(same) => Ok(same),
                    None => self.form_at(invocation.place).await,
                };
                match now {
                    Ok(now) => form = self.mutate_by_policy(invocation, params, now, turn).await?,
                    Err(refusal) => {
                        let why = format!("failed to configure policy: {}", refusal.message);
                        turn.failures.add(invocation.policy.definition(), None, &why, Reason::Forbidden);
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks a policy over one set of parameters; hands back the form where the object is still like that.
    async fn mutate_by_policy(
        &mut self,
        invocation: &Invocation<'a, Mutating>,
        params: &Value,
        form: Form<'a>,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Form<'a>>, Refusal> {
        let (policy, definition, binding) = (invocation.policy, invocation.policy.definition(), invocation.binding);
        let request = Value::Object(self.request(&form, ""));
        let (object, old, namespace, authorizer) = (&form.object, &form.old, &turn.namespace, Some(&turn.authorizer));
        let asked = Asked { object, old, request: &request, namespace, params, authorizer };
        let key = key(definition, binding, params);
        // As in kube-apiserver, the conditions of those that are not due can fail too.
        match definition.conditions.hold(asked, &definition.variables) {
            Ok(true) if turn.known.is_due(&key) => {}
            Ok(_) => return Ok(Some(form)),
            Err(why) => {
                turn.failures.add(definition, Some(binding), &why, Reason::Invalid);
                return Ok(Some(form));
            }
        }
        let run = self.run(policy, asked, form.place)?;
        turn.is_touched |= run.is_touched;
        run.failures.iter().for_each(|why| turn.failures.add(definition, Some(binding), why, Reason::Invalid));
        let by = format!("admission policy {:?}", definition.name);
        let is_changed = run.is_changed && self.replace(&form, run.object, &by).await?;
        turn.known.note(key, is_changed, policy.again);
        Ok(Some(form).filter(|_| !is_changed))
    }

    /// What the mutations of a policy make of what is asked about, which is in the version of `place`.
    fn run(&self, policy: &Mutating, asked: Asked<'_>, place: &Resource) -> Result<Run, Refusal> {
        let schema = self.schema_at(place).map_err(|why| internal(&why))?;
        let gvk = self.kind_at(place);
        let settle = |made: Value| {
            if gvk != place.gvk {
                return Ok(made);
            }
            let mut made = Object::from_value(made).map_err(|error| internal(&error.to_string()))?;
            admission::prepare(place, None, &mut made);
            Ok(made.into_value())
        };
        policy.change(asked, Place { gvk: &gvk, schema: schema.root() }, settle)
    }

    /// The answer to a request that policies failed on: the first failure is told, all are causes. The code is 403 whatever the reason is.
    fn refused(&self, failures: &Failures) -> Result<(), Refusal> {
        let Some((message, reason)) = failures.0.first() else { return Ok(()) };
        let mut refusal = Refusal::forbidden(&self.asked.places[0].group_resource(), self.refused_name(), "");
        let code = refusal.code();
        refusal.message.clone_from(message);
        refusal.reason = *reason;
        let mut status = refusal.to_json();
        status["code"] = code.into();
        status["details"]["causes"] = failures.0.iter().map(|(message, _)| json!({"message": message})).collect();
        Err(Refusal { status: Some(Box::new(status)), ..refusal })
    }
}

fn key(policy: &Definition, binding: &Binding, params: &Value) -> Key {
    let of = |member: &str| params["metadata"][member].as_str().unwrap_or_default().to_owned();
    [policy.name.clone(), binding.name.clone(), of("namespace"), of("name")]
}
