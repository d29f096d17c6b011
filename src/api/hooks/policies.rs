//! One write as admission policies are asked about it.
//!
//! Receives policies with their bindings; hands on those that are about the write, each with its parameters ([`Subject::selected`]), and
//! what the validating ones make of it. Invariant: all of them are asked, so that every warning is told; the first denial counts.

use std::sync::Arc;

use serde_json::{Value, json};

use super::configurations::Bound;
use super::parameters;
use super::subject::{Form, Subject};
use crate::admission::{Binding, Constraints, Denial, Policy, Validating};
use crate::api::namespaces;
use crate::auth::{self, Attributes, Identity};
use crate::cel::{Asked, Authorizer, Decision, Question};
use crate::object::{GroupResource, Reason, Refusal};
use crate::schema::Resource;

/// The key under which a failed validation is noted.
const FAILURE: &str = "validation.policy.admission.k8s.io/validation_failure";

/// A policy that is about a write, by one of its bindings.
pub(super) struct Invocation<'p, P> {
    pub(super) policy: &'p P,
    pub(super) binding: &'p Binding,
    /// The resource in the version that the policy is asked about.
    pub(super) place: &'p Arc<Resource>,
    /// The sets of parameters, one after the other; `null` is none.
    pub(super) parameters: Vec<Value>,
}

/// What came of looking whether a policy is about a write.
pub(super) enum Selected<'p, P> {
    /// It is.
    Asked(Invocation<'p, P>),
    /// It cannot be told, or it cannot be used: by what, and why. What that means is for its failure policy to say.
    Failed { policy: &'p P, binding: Option<&'p Binding>, why: String },
}

/// Who may do what at this moment, for those who ask on behalf of a request.
#[derive(Debug)]
pub(super) struct Permissions(pub(super) Identity);

impl Authorizer for Permissions {
    fn decide(&self, account: Option<(&str, &str)>, question: &Question<'_>) -> Decision {
        let account = account.map(|(namespace, name)| Identity::service_account(namespace, name));
        let identity = account.as_ref().unwrap_or(&self.0);
        let decided = match *question {
            Question::Path { verb, path } => auth::decide_path(identity, verb, path),
            Question::Resource { verb, group, resource, subresource, namespace, name } => {
                let resource = GroupResource::new(group, resource);
                let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
                auth::decide(identity, &Attributes { verb, resource: &resource, subresource, namespace, name })
            }
        };
        Decision { allowed: decided.is_ok(), reason: decided.err().unwrap_or_default() }
    }
}

/// A denial with whose it is.
struct Denied<'p> {
    policy: &'p str,
    binding: Option<&'p str>,
    denial: Denial,
}

impl<'a> Subject<'a> {
    /// The policies that are about this write, by each of their bindings.
    pub(super) async fn selected<P: Policy>(&self, policies: &'a [Arc<Bound<P>>]) -> Vec<Selected<'a, P>> {
        let mut selected = Vec::new();
        for bound in policies {
            let (policy, definition) = (&*bound.policy, bound.policy.definition());
            let failed = |binding, why| Selected::Failed { policy, binding, why };
            let Some(constraints) = &definition.constraints else {
                selected
                    .push(failed(None, "failed to configure policy: policy contained no match constraints, a required field".to_owned()));
                continue;
            };
            let place = match self.meant(constraints).await {
                Ok(None) => continue,
                Ok(Some(place)) => place,
                Err(why) => {
                    selected.push(failed(None, format!("failed to configure policy: {why}")));
                    continue;
                }
            };
            let kind = match parameters::resource(&self.call.api, definition).await {
                Ok(kind) => kind,
                Err(why) => {
                    selected.push(failed(None, format!("failed to configure policy: {why}")));
                    continue;
                }
            };
            for binding in &bound.bindings {
                let found = match self.is_bound(binding).await {
                    Ok(false) => continue,
                    Ok(true) => parameters::collected(&self.call.api, kind.as_ref(), binding, self.namespace()).await,
                    Err(why) => Err(why),
                };
                selected.push(match found {
                    Ok(parameters) => Selected::Asked(Invocation { policy, binding, place, parameters }),
                    Err(why) => failed(Some(binding), format!("failed to configure binding: {why}")),
                });
            }
        }
        selected
    }

    async fn is_bound(&self, binding: &Binding) -> Result<bool, String> {
        match &binding.constraints {
            Some(constraints) => Ok(self.meant(constraints).await?.is_some()),
            None => Ok(true),
        }
    }

    /// The resource in the version that constraints mean; `None` where they do not mean this write.
    async fn meant(&self, constraints: &Constraints) -> Result<Option<&'a Arc<Resource>>, String> {
        let Some(place) = constraints.place(self.operation, &self.targets(), self.name()) else { return Ok(None) };
        let selects = self.is_selected(&constraints.object_selector)
            && self.is_in(&constraints.namespace_selector).await.map_err(|refusal| refusal.message)?;
        Ok(if selects { self.asked.places.get(place) } else { None })
    }

    /// The namespace in which the write happens, as expressions see it: `null` for what is in none, and for namespaces.
    pub(super) async fn namespace_object(&self) -> Result<Value, Refusal> {
        match self.namespace().filter(|_| !self.is_namespace()) {
            Some(name) => Ok(namespaces::find(self.call, name).await?.into_value()),
            None => Ok(Value::Null),
        }
    }

    /// Asks all validating policies.
    pub(super) async fn judge(&self) -> Result<(), Refusal> {
        let selected = self.selected(&self.asked.policies).await;
        if selected.is_empty() {
            return Ok(());
        }
        let namespace = self.namespace_object().await?;
        let authorizer: Arc<dyn Authorizer> = Arc::new(Permissions(self.call.identity.clone()));
        // Most policies are about the version of the request.
        let mut form: Option<Form<'_>> = None;
        let mut denied = Vec::new();
        for one in &selected {
            let invocation = match one {
                Selected::Asked(invocation) => invocation,
                Selected::Failed { policy, binding, why } => {
                    denied.extend(failed(*policy, *binding, why));
                    continue;
                }
            };
            if invocation.parameters.is_empty() {
                continue;
            }
            let form = match form.take().filter(|form| Arc::ptr_eq(form.place, invocation.place)) {
                Some(same) => form.insert(same),
                None => match self.form_at(invocation.place).await {
                    Ok(made) => form.insert(made),
                    Err(refusal) => {
                        let why = format!("failed to configure binding: failed to convert object version: {}", refusal.message);
                        denied.extend(failed(invocation.policy, Some(invocation.binding), &why));
                        continue;
                    }
                },
            };
            let request = Value::Object(self.request(form, ""));
            for parameters in &invocation.parameters {
                let asked = Asked {
                    object: &form.object,
                    old: &form.old,
                    request: &request,
                    namespace: &namespace,
                    params: parameters,
                    authorizer: Some(&authorizer),
                };
                self.heed(invocation, asked, &mut denied);
            }
        }
        denied.into_iter().next().map_or(Ok(()), |denied| Err(self.denial(&denied)))
    }

    /// What a policy says over one set of parameters, told and noted as its binding wants.
    fn heed<'p>(&self, invocation: &Invocation<'p, Validating>, asked: Asked<'_>, denied: &mut Vec<Denied<'p>>) {
        let (policy, binding) = (&invocation.policy.definition().name, invocation.binding);
        let judgement = invocation.policy.judge(asked);
        for denial in judgement.denials {
            for action in &binding.actions {
                match action.as_str() {
                    "Deny" => denied.push(Denied { policy, binding: Some(&binding.name), denial: denial.clone() }),
                    "Warn" => {
                        let of = format!("ValidatingAdmissionPolicy '{policy}' with binding '{}'", binding.name);
                        self.hooks.warn(format!("Validation failed for {of}: {}", denial.message));
                    }
                    "Audit" => {
                        let failure = json!([{
                            "message": denial.message, "policy": policy, "binding": binding.name, "expressionIndex": denial.index,
                            "validationActions": binding.actions,
                        }]);
                        self.note(FAILURE, &failure.to_string());
                    }
                    _ => {}
                }
            }
        }
        for (key, value) in &judgement.annotations {
            self.note(&format!("{policy}/{key}"), value);
        }
        let failures = judgement.failures.into_iter().map(|message| Denial { index: 0, message, reason: Reason::Invalid });
        denied.extend(failures.map(|denial| Denied { policy, binding: Some(&binding.name), denial }));
    }

    /// Audit annotations go into the log, since there is no audit log.
    fn note(&self, key: &str, value: &str) {
        let (resource, part) = (self.asked.places[0].group_resource(), self.asked.subresource.as_str());
        tracing::info!(
            annotation = ?key,
            ?value,
            user = ?self.call.identity.user,
            operation = self.operation.as_str(),
            %resource,
            subresource = part,
            namespace = ?self.namespace().unwrap_or_default(),
            name = ?self.name(),
            "an admission policy notes a request"
        );
    }

    fn denial(&self, denied: &Denied<'_>) -> Refusal {
        let Denied { policy, binding, denial } = denied;
        let message = match binding {
            Some(binding) => format!("ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {}", denial.message),
            None => format!("ValidatingAdmissionPolicy '{policy}' denied request: {}", denial.message),
        };
        let mut refusal = Refusal::forbidden(&self.asked.places[0].group_resource(), self.refused_name(), &message);
        refusal.reason = denial.reason;
        // A cause without reason and field, which no refusal of our own has.
        let mut status = refusal.to_json();
        status["details"]["causes"] = json!([{"message": message}]);
        Refusal { status: Some(Box::new(status)), ..refusal }
    }

    /// The name of what is refused, as kube-apiserver tells it.
    pub(super) fn refused_name(&self) -> &str {
        let generated = || self.object.as_ref().and_then(|object| object.meta_str("generateName"));
        match self.name() {
            "" => generated().filter(|name| !name.is_empty()).unwrap_or("Unknown"),
            name => name,
        }
    }
}

/// What it means that a policy cannot be used.
fn failed<'p>(policy: &'p impl Policy, binding: Option<&'p Binding>, why: &str) -> Option<Denied<'p>> {
    let definition = policy.definition();
    let denial = Denial { index: 0, message: why.to_owned(), reason: Reason::Invalid };
    (!definition.ignores_failure).then(|| Denied {
        policy: &definition.name,
        binding: binding.map(|binding| binding.name.as_str()),
        denial,
    })
}
