//! Admission webhooks and policies: asked about every write, between its defaults and its rules, and once more before it is committed.
//!
//! Receives objects that are about to be written; hands on what the mutating ones made of them, and what the validating ones refuse.
//! Invariants: without a configuration or policy that names the resource a write does nothing here; nothing is locked while a webhook is
//! waited for; policies are asked before webhooks.
//!
//! A transformation waits for nobody. Where webhooks may change its outcome it goes on with the object as it is, what came of that is
//! thrown away, and it runs again when they have answered, as with conversions (see [`super::elsewhere`]).
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

mod configurations;
mod mutations;
mod parameters;
mod policies;
mod subject;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use self::configurations::Bound;
use self::subject::Subject;
use super::call::Call;
use super::query::FieldValidation;
use super::route::ResourceRoute;
use super::write::{Live, Verdict};
use super::{Shared, convert, scale, view};
use crate::admission::{Mutating, Operation, Plugin, Policy, Validating};
use crate::merge;
use crate::object::{Gvk, Object, Refusal};
use crate::schema::{Behaviour, Origin, Resource, ScalePaths};
use crate::webhook::Hook;

pub(super) use self::configurations::Configurations;

/// Kinds about which policies are asked, and no webhook.
const WEBHOOKS: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Kinds about which nobody is asked, so that nobody locks themselves out.
const POLICIES: [&str; 4] =
    ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"];

/// What webhooks and policies tell the client, whatever becomes of the request.
pub(super) type Warnings = Arc<Mutex<Vec<String>>>;

/// The webhooks and policies that one request may have to ask. By default there are none.
#[derive(Default)]
pub(super) struct Hooks {
    asked: Option<Box<Asked>>,
    pub(super) warnings: Warnings,
}

struct Asked {
    mutating: Vec<Arc<Hook>>,
    validating: Vec<Arc<Hook>>,
    policies: Vec<Arc<Bound<Validating>>>,
    mutating_policies: Vec<Arc<Bound<Mutating>>>,
    /// The resource in the version of the request, then in all others.
    places: Vec<Arc<Resource>>,
    subresource: String,
    /// The kind of document that the path speaks.
    kind: Gvk,
    deletes: bool,
    /// The options of a deletion.
    options: Value,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wanted: Option<Wanted>,
    known: Option<(Wanted, Object)>,
}

/// What a transformation wants to go on with.
#[derive(PartialEq)]
struct Wanted {
    before: Option<Object>,
    given: Object,
}

impl Hooks {
    /// The webhooks and policies for the writes of a path.
    pub(super) async fn of(api: &Shared, resource: &Arc<Resource>, route: &ResourceRoute, deletes: bool) -> Result<Self, Refusal> {
        let of_admission = resource.gvk.group == "admissionregistration.k8s.io";
        let is_among = |kinds: &[&str]| of_admission && kinds.contains(&resource.gvk.kind.as_str());
        if is_among(&POLICIES) || resource.origin == Origin::Observed {
            return Ok(Self::default());
        }
        let all = api.configurations.current(&api.cache).await?;
        if all.is_empty() {
            return Ok(Self::default());
        }
        let subresource = route.subresource.clone().unwrap_or_default();
        let places = places(api, resource);
        let exempt = is_among(&WEBHOOKS);
        let concerned = |hooks: &[Arc<Hook>], plugin: Plugin| -> Vec<Arc<Hook>> {
            let named = |hook: &&Arc<Hook>| {
                let rules = &hook.rules;
                places.iter().any(|place| rules.may_be_about(&place.gvk.group, &place.plural, &subresource))
            };
            if exempt || !api.plugins.has(plugin) { Vec::new() } else { hooks.iter().filter(named).cloned().collect() }
        };
        let mutating = concerned(&all.mutating, Plugin::MutatingAdmissionWebhook);
        let validating = concerned(&all.validating, Plugin::ValidatingAdmissionWebhook);
        // Webhooks are told of reviews, policies are not.
        let is_judged = resource.origin == Origin::Stored || resource.gvk.kind == "Binding";
        let validates = is_judged && api.plugins.has(Plugin::ValidatingAdmissionPolicy);
        let policies = about(&all.policies, validates, &places, &subresource);
        // There is nothing to change in a deletion.
        let mutates = is_judged && api.plugins.has(Plugin::MutatingAdmissionPolicy) && !deletes;
        let mutating_policies = about(&all.mutating_policies, mutates, &places, &subresource);
        if mutating.is_empty() && validating.is_empty() && policies.is_empty() && mutating_policies.is_empty() {
            return Ok(Self::default());
        }
        let kind = resource.subresource(&subresource).map_or(&resource.gvk, |part| &part.gvk).clone();
        let (options, state) = (Value::Null, Mutex::default());
        let asked = Asked { mutating, validating, policies, mutating_policies, places, subresource, kind, deletes, options, state };
        Ok(Self { asked: Some(Box::new(asked)), warnings: Warnings::default() })
    }

    /// Whether anybody may be asked.
    pub(super) fn any(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether any webhook or policy may change what is written.
    pub(super) fn mutate(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.mutates() && !asked.deletes)
    }

    /// Says what a deletion asks for.
    pub(super) fn with_options(&mut self, options: Value) {
        if let Some(asked) = &mut self.asked {
            asked.options = options;
        }
    }

    /// What the mutating webhooks and policies made of an object; the object as it is where that has to be found out first.
    pub(super) fn mutated(&self, before: Option<&Object>, given: Object) -> Object {
        let Some(asked) = self.asked.as_ref().filter(|_| self.mutate()) else { return given };
        let mut state = asked.state();
        // What managers own carries the time at which it was found out, and depends on nothing but the rest.
        let mut plain = given.clone();
        plain.remove_meta("managedFields");
        let same = |known: &Wanted| {
            let mut known = known.given.clone();
            known.remove_meta("managedFields");
            known == plain
        };
        if let Some((_, made)) = state.known.as_ref().filter(|(known, _)| known.before.as_ref() == before && same(known)) {
            return made.clone();
        }
        state.wanted = Some(Wanted { before: before.cloned(), given: given.clone() });
        given
    }

    /// Forgets what a transformation wanted whose outcome means nothing.
    pub(super) fn forget(&self) {
        if let Some(asked) = &self.asked {
            asked.state().wanted = None;
        }
    }

    /// Asks the mutating webhooks and policies for what was missing; answers whether anything was, so that the transformation has to run again.
    pub(super) async fn find_out(&self, call: &Call) -> Result<bool, Refusal> {
        let Some(asked) = &self.asked else { return Ok(false) };
        let Some(wanted) = asked.state().wanted.take() else { return Ok(false) };
        let made = self.change(call, wanted.before.clone(), wanted.given.clone()).await?;
        asked.state().known = Some((wanted, made));
        Ok(true)
    }

    /// Asks the mutating webhooks and policies what to make of an object.
    pub(super) async fn change(&self, call: &Call, before: Option<Object>, given: Object) -> Result<Object, Refusal> {
        let Some(asked) = self.asked.as_ref().filter(|_| self.mutate()) else { return Ok(given) };
        let operation = if before.is_none() { Operation::Create } else { Operation::Update };
        let managers = given.metadata().and_then(|metadata| metadata.get("managedFields")).cloned();
        let mut subject = Subject::new(call, self, asked, operation, Some(given), before);
        subject.mutate().await?;
        let mut made = subject.object.unwrap_or_default();
        let changed = made.metadata().and_then(|metadata| metadata.get("managedFields"));
        if let Err(error) = merge::Managers::from_json(changed) {
            self.warn(format!(
                ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission \
                 controller; please fix your requests: {error}"
            ));
            super::managers::set(&mut made, managers);
        }
        Ok(made)
    }

    /// Asks about a document that is an order and not an object of its own: what to make of it, and whether it may be carried out.
    pub(super) async fn admit(&self, call: &Call, given: Object) -> Result<Object, Refusal> {
        let Some(asked) = &self.asked else { return Ok(given) };
        let mut subject = Subject::new(call, self, asked, Operation::Create, Some(given), None);
        subject.mutate().await?;
        subject.validate().await?;
        Ok(subject.object.unwrap_or_default())
    }

    /// Asks the validating policies and webhooks about what is about to be committed, and about a deletion all of them.
    pub(super) async fn check(&self, call: &Call, live: Option<&Live>, verdict: &Verdict) -> Result<(), Refusal> {
        let Some(asked) = &self.asked else { return Ok(()) };
        if asked.deletes {
            let Some(live) = live else { return Ok(()) };
            let served = convert::served_one(&call.api, &call.resource, Arc::clone(&live.cached)).await?;
            let old = view::parse(&call.resource, &served)?;
            let mut subject = Subject::new(call, self, asked, Operation::Delete, None, Some(old));
            subject.mutate().await?;
            return subject.validate().await;
        }
        let before = live.map(|live| live.object.clone());
        let after = match verdict {
            Verdict::Put(object) | Verdict::Delete(object) => Some(object.clone()),
            Verdict::Unchanged => before.clone(),
        };
        self.check_object(call, before, after).await
    }

    /// Asks the validating policies and webhooks about an object.
    pub(super) async fn check_object(&self, call: &Call, before: Option<Object>, after: Option<Object>) -> Result<(), Refusal> {
        let Some(asked) = self.asked.as_ref().filter(|asked| asked.validates()) else { return Ok(()) };
        let operation = if before.is_none() { Operation::Create } else { Operation::Update };
        let (before, after) = match asked.scale() {
            Some(paths) => (before.map(|object| scale_of(&object, paths)), after.map(|object| scale_of(&object, paths))),
            None => (before, after),
        };
        Subject::new(call, self, asked, operation, after, before).validate().await
    }

    /// Keeps something to tell the client; a webhook that is asked again says it once.
    fn warn(&self, warning: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
}

impl Asked {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mutates(&self) -> bool {
        !self.mutating.is_empty() || !self.mutating_policies.is_empty()
    }

    fn validates(&self) -> bool {
        !self.validating.is_empty() || !self.policies.is_empty()
    }

    fn scale(&self) -> Option<&ScalePaths> {
        match &self.places[0].subresource(&self.subresource)?.behaviour {
            Behaviour::Scale(paths) => Some(paths),
            _ => None,
        }
    }
}

/// Those policies that may be about writes of these places; none where their plugin does not act.
fn about<P: Policy>(policies: &[Arc<Bound<P>>], acts: bool, places: &[Arc<Resource>], subresource: &str) -> Vec<Arc<Bound<P>>> {
    let means = |bound: &&Arc<Bound<P>>| {
        let constraints = bound.policy.definition().constraints.as_ref();
        let meant = |place: &Arc<Resource>| {
            constraints.is_none_or(|constraints| constraints.may_be_about(&place.gvk.group, &place.plural, subresource))
        };
        acts && places.iter().any(meant)
    };
    policies.iter().filter(means).cloned().collect()
}

/// The Scale of an object.
pub(super) fn scale_of(object: &Object, paths: &ScalePaths) -> Object {
    Object::from_value(scale::read(object, paths)).unwrap_or_default()
}

/// A resource and whatever else serves the same objects.
fn places(api: &Shared, resource: &Arc<Resource>) -> Vec<Arc<Resource>> {
    let catalog = api.catalogs.current(&api.cache).0;
    let others = catalog.resources().filter(|other| other.storage_prefix == resource.storage_prefix && other.gvk != resource.gvk);
    std::iter::once(resource).chain(others).cloned().collect()
}

/// The options of a write as a webhook sees them.
fn options(call: &Call, operation: Operation) -> Value {
    let mut options = Map::new();
    let mut put = |member: &str, value: Value| drop(options.insert(member.to_owned(), value));
    put("kind", if operation == Operation::Create { "CreateOptions".into() } else { "UpdateOptions".into() });
    put("apiVersion", "meta.k8s.io/v1".into());
    if call.query.dry_run {
        put("dryRun", json!(["All"]));
    }
    if let Some(manager) = &call.query.field_manager {
        put("fieldManager", manager.as_str().into());
    }
    match call.query.field_validation {
        FieldValidation::Strict => put("fieldValidation", "Strict".into()),
        FieldValidation::Ignore => put("fieldValidation", "Ignore".into()),
        // What is not said means the same.
        FieldValidation::Warn => {}
    }
    Value::Object(options)
}
