//! One write as webhooks are asked about it, and the forms in which policies see it.
//!
//! Receives the object before and after, and the hooks that may be about it; hands on what they say. Invariant: a hook is asked in a
//! version that its rules name, and what it makes of the object is of that kind and has its types.

use std::sync::Arc;

use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::policies::Permissions;
use super::{Asked, Hooks, options};
use crate::admission::reinvocation::{Reinvocation, Round};
use crate::admission::{self, Operation, Target};
use crate::api::call::Call;
use crate::api::{namespaces, pod_plugins, review, service_resolver};
use crate::cel::{self, Authorizer, Variables};
use crate::merge;
use crate::object::{Gvk, Object, Refusal};
use crate::schema::{self, Resource, Schema, check};
use crate::webhook::{self, Hook, Said};

/// A write that webhooks are asked about.
pub(super) struct Subject<'a> {
    pub(super) call: &'a Call,
    pub(super) hooks: &'a Hooks,
    pub(super) asked: &'a Asked,
    pub(super) operation: Operation,
    /// The object as it will be; none in a deletion.
    pub(super) object: Option<Object>,
    old: Option<Object>,
}

/// The form in which a hook or policy is asked.
pub(super) struct Form<'a> {
    pub(super) place: &'a Arc<Resource>,
    pub(super) object: Value,
    pub(super) old: Value,
}

/// Why there is no answer.
enum Failure {
    /// The webhook failed; what that means is for its configuration to say.
    Call(String),
    Refused(Refusal),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        call: &'a Call,
        hooks: &'a Hooks,
        asked: &'a Asked,
        operation: Operation,
        object: Option<Object>,
        old: Option<Object>,
    ) -> Self {
        Self { call, hooks, asked, operation, object, old }
    }

    /// Asks the mutating policies, then the mutating hooks, one after the other. Where one changed the object the plugins fill it in once
    /// more, and those are asked once more that want to see what others changed after them.
    pub(super) async fn mutate(&mut self) -> Result<(), Refusal> {
        let (mut policies, mut hooks) = (Reinvocation::default(), Reinvocation::default());
        let (mut after_policies, mut after_hooks) = (None, None);
        for round in Round::ALL {
            policies.begin(round, self.object != after_policies);
            self.mutate_by_policies(&mut policies).await?;
            after_policies.clone_from(&self.object);
            hooks.begin(round, self.object != after_hooks);
            for (index, hook) in self.asked.mutating.iter().enumerate() {
                if !hooks.is_due(&index) {
                    continue;
                }
                let Some(form) = self.form(hook).await? else { continue };
                let is_changed = self.mutate_by(hook, form).await?;
                hooks.note(index, is_changed, hook.again);
            }
            if round == Round::Second || !(policies.wants_second() || hooks.wants_second()) {
                break;
            }
            after_hooks.clone_from(&self.object);
            self.fill()?;
        }
        Ok(())
    }

    /// Runs the plugins that fill objects in.
    fn fill(&mut self) -> Result<(), Refusal> {
        let is_whole = self.asked.subresource.is_empty();
        let Some(object) = self.object.as_mut().filter(|_| is_whole) else { return Ok(()) };
        match &self.old {
            None => pod_plugins::fill(self.call, object),
            Some(old) => {
                pod_plugins::fill_update(self.call, old, object);
                Ok(())
            }
        }
    }

    /// Asks all validating policies, then all validating hooks at once. The first refusal in their order counts.
    pub(super) async fn validate(&self) -> Result<(), Refusal> {
        self.judge().await?;
        let mut asked = Vec::new();
        for hook in &self.asked.validating {
            if let Some(form) = self.form(hook).await? {
                asked.push(self.validate_by(hook, form));
            }
        }
        join_all(asked).await.into_iter().collect()
    }

    async fn mutate_by(&mut self, hook: &Hook, form: Form<'_>) -> Result<bool, Refusal> {
        let Some(said) = self.heard(hook, self.ask(hook, &form, true).await)? else { return Ok(false) };
        if said.patch.is_empty() {
            return Ok(false);
        }
        if self.object.is_none() {
            let why = "attempted to modify the object, which is not supported for this operation";
            return Err(internal(&format!("admission webhook {:?} {why}", hook.name)));
        }
        let patched = merge::json_patch(form.object.clone(), &Value::Array(said.patch)).map_err(|error| internal(&error.to_string()))?;
        self.replace(&form, patched, &format!("admission webhook {:?}", hook.name)).await
    }

    /// Puts what somebody made of a form into the object's place; answers whether that changes anything. `by` says who, where it cannot be.
    pub(super) async fn replace(&mut self, form: &Form<'_>, made: Value, by: &str) -> Result<bool, Refusal> {
        let made = self.decoded(form.place, made).map_err(|why| internal(&format!("{by}: {why}")))?;
        if *made.root() == *form.object.as_object().unwrap_or(&Map::new()) {
            return Ok(false);
        }
        self.object = Some(self.converted(form.place, &self.asked.places[0], made).await?);
        Ok(true)
    }

    async fn validate_by(&self, hook: &Hook, form: Form<'_>) -> Result<(), Refusal> {
        self.heard(hook, self.ask(hook, &form, false).await).map(drop)
    }

    /// What a hook said, told to the client as far as it is for the client; `None` where it failed and that is no matter.
    fn heard(&self, hook: &Hook, outcome: Result<Said, Failure>) -> Result<Option<Said>, Refusal> {
        let mut said = match outcome {
            Ok(said) => said,
            Err(Failure::Refused(refusal)) => return Err(refusal),
            Err(Failure::Call(why)) if hook.ignores_failure => {
                tracing::warn!(webhook = hook.name, why, "an admission webhook failed and is passed over");
                return Ok(None);
            }
            Err(Failure::Call(why)) => return Err(internal(&format!("failed calling webhook {:?}: {why}", hook.name))),
        };
        said.warnings.drain(..).for_each(|warning| self.hooks.warn(warning));
        if said.allowed {
            return Ok(Some(said));
        }
        Err(webhook::denial(&hook.name, said.status))
    }

    async fn ask(&self, hook: &Hook, form: &Form<'_>, mutating: bool) -> Result<Said, Failure> {
        if self.call.query.dry_run && !hook.knows_dry_run {
            return Err(Refusal::bad_request(format!("admission webhook {:?} does not support dry run", hook.name)).into());
        }
        let Some(version) = hook.review else {
            let why = "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)";
            return Err(Failure::Call(why.to_owned()));
        };
        let Some(client) = &hook.client else {
            return Err(Failure::Call("could not get REST client: clientConfig names neither url nor service".to_owned()));
        };
        let uid = self.call.api.ambient.uid();
        let mut request = self.request(form, &uid);
        request.insert("object".to_owned(), form.object.clone());
        request.insert("oldObject".to_owned(), form.old.clone());
        let question = webhook::question(version, &request).to_string().into_bytes();
        let answer = service_resolver::post(&self.call.api, client, question, hook.timeout).await;
        let answer = answer.map_err(|error| Failure::Call(format!("failed to call webhook: {error}")))?;
        let said = webhook::answer(version, &uid, mutating, &answer);
        said.map_err(|why| Failure::Call(format!("received invalid webhook response: {why}")))
    }

    /// The AdmissionRequest without its objects.
    pub(super) fn request(&self, form: &Form<'_>, uid: &str) -> Map<String, Value> {
        let (own, part) = (&self.asked.places[0], self.asked.subresource.as_str());
        let resource = |place: &Resource| json!({"group": place.gvk.group, "version": place.gvk.version, "resource": place.plural});
        let kind = |gvk: &Gvk| json!({"group": gvk.group, "version": gvk.version, "kind": gvk.kind});
        let options = if self.operation == Operation::Delete { self.asked.options.clone() } else { options(self.call, self.operation) };
        let request = json!({
            "uid": uid, "kind": kind(&self.kind_at(form.place)), "resource": resource(form.place),
            "requestKind": kind(&self.asked.kind), "requestResource": resource(own),
            "operation": self.operation.as_str(), "userInfo": self.user(), "dryRun": self.call.query.dry_run, "options": options,
        });
        let Value::Object(mut request) = request else { return Map::new() };
        let texts = [
            ("subResource", part),
            ("requestSubResource", part),
            ("name", self.name()),
            ("namespace", self.namespace().unwrap_or_default()),
        ];
        for (member, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            request.insert(member.to_owned(), text.into());
        }
        request
    }

    fn user(&self) -> Value {
        let identity = &self.call.identity;
        let mut user = json!({"username": &*identity.user, "groups": &*identity.groups});
        if !identity.uid.is_empty() {
            user["uid"] = Value::from(&*identity.uid);
        }
        if !identity.extra.is_empty() {
            user["extra"] = json!(&*identity.extra);
        }
        user
    }

    /// The name in the path, or else that of the object, which may have none yet.
    pub(super) fn name(&self) -> &str {
        match self.call.name() {
            "" => self.object.as_ref().map_or("", |object| object.name()),
            name => name,
        }
    }

    /// The namespace of the request; a namespace is in itself.
    pub(super) fn namespace(&self) -> Option<&str> {
        let own = self.is_namespace().then(|| self.name()).filter(|name| !name.is_empty());
        own.or(self.call.route.namespace.as_deref())
    }

    pub(super) fn is_namespace(&self) -> bool {
        let own = &self.asked.places[0];
        own.gvk.group.is_empty() && own.plural == "namespaces"
    }

    /// The form in which a hook is to be asked; `None` where it is not about this write.
    async fn form(&self, hook: &Hook) -> Result<Option<Form<'a>>, Refusal> {
        let Some(place) = self.place(hook) else { return Ok(None) };
        if !self.is_in(&hook.namespace_selector).await? || !self.is_selected(&hook.object_selector) {
            return Ok(None);
        }
        let form = self.form_at(place).await?;
        Ok(self.fulfils(hook, &form)?.then_some(form))
    }

    /// The form in which what is about a version of the resource is asked.
    pub(super) async fn form_at(&self, place: &'a Arc<Resource>) -> Result<Form<'a>, Refusal> {
        Ok(Form { place, object: self.shown(place, self.object.as_ref()).await?, old: self.shown(place, self.old.as_ref()).await? })
    }

    /// The resource in the version that the hook's rules name; the request's own goes first.
    fn place(&self, hook: &Hook) -> Option<&'a Arc<Resource>> {
        let found = hook.rules.place(self.operation, &self.targets(), self.name(), hook.equivalent);
        self.asked.places.get(found?)
    }

    /// What the write is about in each version of the resource.
    pub(super) fn targets(&self) -> Vec<Target<'_>> {
        let target = |place: &'a Arc<Resource>| Target {
            group: &place.gvk.group,
            version: &place.gvk.version,
            plural: &place.plural,
            subresource: &self.asked.subresource,
            namespaced: place.namespaced,
        };
        self.asked.places.iter().map(target).collect()
    }

    /// Whether the labels of the namespace are selected. What is in no namespace is always meant.
    pub(super) async fn is_in(&self, selector: &Value) -> Result<bool, Refusal> {
        let selects_all = |member: &str| match selector.get(member) {
            Some(Value::Object(labels)) => labels.is_empty(),
            Some(Value::Array(expressions)) => expressions.is_empty(),
            _ => true,
        };
        if selects_all("matchLabels") && selects_all("matchExpressions") {
            return Ok(true);
        }
        let written = self.is_namespace() && self.asked.subresource.is_empty();
        if let Some(namespace) = self.object.as_ref().filter(|_| written) {
            return Ok(admission::selects(selector, &labels(namespace)));
        }
        match self.namespace() {
            Some(name) => Ok(admission::selects(selector, &labels(&namespaces::find(self.call, name).await?))),
            None => Ok(true),
        }
    }

    /// Whether the labels of the object are selected, as it was or as it will be.
    pub(super) fn is_selected(&self, selector: &Value) -> bool {
        self.object.iter().chain(&self.old).any(|object| admission::selects(selector, &labels(object)))
    }

    /// Whether the conditions of a hook hold.
    fn fulfils(&self, hook: &Hook, form: &Form<'_>) -> Result<bool, Refusal> {
        let request = Value::Object(self.request(form, ""));
        let authorizer: Arc<dyn Authorizer> = Arc::new(Permissions(self.call.identity.clone()));
        let nothing = &Value::Null;
        let (object, old, request) = (&form.object, &form.old, &request);
        let asked = cel::Asked { object, old, request, namespace: nothing, params: nothing, authorizer: Some(&authorizer) };
        match hook.conditions.hold(asked, &Variables::default()) {
            Err(_) if hook.ignores_failure => Ok(false),
            Err(faults) => Err(Refusal::forbidden(&self.asked.places[0].group_resource(), self.name(), &faults)),
            Ok(holds) => Ok(holds),
        }
    }

    /// The kind of document that the path speaks in a version.
    pub(super) fn kind_at(&self, place: &Resource) -> Gvk {
        place.subresource(&self.asked.subresource).map_or(&place.gvk, |part| &part.gvk).clone()
    }

    /// The schema of that kind.
    pub(super) fn schema_at(&self, place: &Resource) -> Result<Arc<Schema>, String> {
        let kind = self.kind_at(place);
        let schema = if kind == place.gvk { Some(place.schema()) } else { schema::builtin(&kind) };
        schema.ok_or_else(|| format!("there is no schema of {}", kind.kind))
    }

    async fn shown(&self, place: &Arc<Resource>, object: Option<&Object>) -> Result<Value, Refusal> {
        let Some(object) = object else { return Ok(Value::Null) };
        Ok(self.converted(&self.asked.places[0], place, object.clone()).await?.into_value())
    }

    /// A document of the path in another version of the resource.
    async fn converted(&self, from: &Resource, to: &Arc<Resource>, mut object: Object) -> Result<Object, Refusal> {
        if from.gvk == to.gvk || self.kind_at(to) != to.gvk {
            return Ok(object);
        }
        if let Some(webhook) = &to.webhook {
            return Ok(review::convert(&self.call.api, webhook, &to.gvk, vec![object]).await?.swap_remove(0));
        }
        from.to_storage(&mut object);
        to.from_storage(&mut object);
        Ok(object)
    }

    /// What a hook made of an object, read as if a client had sent it.
    fn decoded(&self, place: &Resource, patched: Value) -> Result<Object, String> {
        let kind = self.kind_at(place);
        let is_whole = kind == place.gvk;
        let schema = self.schema_at(place)?;
        let mut patched = patched;
        if let Some(error) = check::decode_error(schema.root(), &patched) {
            return Err(format!("the patched object cannot be read: {error}"));
        }
        check::prune(schema.root(), &mut patched);
        let mut object = Object::from_value(patched).map_err(|error| error.to_string())?;
        if object.gvk().as_ref() != Some(&kind) {
            return Err(format!("the patched object is no {} of {}", kind.kind, kind.api_version()));
        }
        if is_whole {
            admission::prepare(place, None, &mut object);
        }
        Ok(object)
    }
}

fn labels(object: &Object) -> Value {
    object.get(&["metadata", "labels"]).cloned().unwrap_or_default()
}

/// 500, as upstream words it.
pub(super) fn internal(why: &str) -> Refusal {
    Refusal::internal(format!("Internal error occurred: {why}"))
}
