//! What happens to an object between its decoding and its writing: the members that only the server sets, defaults, and the rules.
//!
//! Receives decoded objects and hands on objects that may be written, or the causes against them. Invariant: nothing here reads the
//! store; what a rule needs to know of other objects is found out by the caller.

mod custom;
mod defaults;
mod kinds;
mod limits;
mod metadata;
mod parts;
mod plugins;
pub mod policy;
mod priority;
pub(crate) mod quota;
pub mod reinvocation;
mod rules;
mod service_accounts;
mod tolerations;
mod validate;
mod validation;

use crate::ambient::Ambient;
use crate::object::{Cause, Gvk, Object, Refusal};
use crate::schema::{Catalog, Resource, check};

pub(crate) use kinds::service::{checks_health, family as service_family, has_address, has_node_ports};
pub(crate) use limits::{broken as broken_limits, fill as fill_limits};
pub use metadata::same_object;
pub(crate) use parts::applied as applied_part;
pub use plugins::{Plugin, PluginError, PluginName, Plugins};
pub use policy::{Binding, Conditions, Constraints, Definition, Denial, Judgement, Mutating, Parameters, Policy, Validating};
pub(crate) use policy::{rules_in_full, type_warnings};
pub(crate) use priority::{SYSTEM_CLASSES, fill as fill_priority, keep as keep_priority};
pub use rules::{Operation, Rules, Target};
pub(crate) use service_accounts::{DEFAULT as DEFAULT_ACCOUNT, account_of, fill as fill_account};
pub(crate) use tolerations::fill as fill_tolerations;
pub use validate::names;
pub(crate) use validation::selects;

/// Makes a decoded object ready to be created: server-set members, defaults, the first generation. The object keeps its name or gets
/// one from `generateName`.
///
/// Refuses with 422 and every cause at once where the object breaks the rules of its kind.
pub fn create(resource: &Resource, object: &mut Object, ambient: &Ambient) -> Result<(), Refusal> {
    if resource.has_status() && !kinds::keeps_status_on_create(resource) {
        object.root_mut().remove("status");
    }
    metadata::begin(resource, object, ambient);
    defaults(resource, object);
    kinds::on_create(resource, object, ambient);
    kinds::fill_status(resource, object);
    verdict(resource, object, validate::object(resource, object, None, ""))
}

/// Makes an object ready to take the place of another: what only the server sets stays as it was, the generation counts on.
///
/// `subresource` is the path the change came through: empty for the object itself, `status`, `approval`, or a part of a pod.
///
/// Refuses with 422 and every cause at once, or with 409 where the object is of another uid.
pub fn update(resource: &Resource, before: &Object, after: &mut Object, subresource: &str, ambient: &Ambient) -> Result<(), Refusal> {
    metadata::same_object(resource, before, after)?;
    match subresource {
        "status" => metadata::only_status(resource, before, after),
        "approval" => metadata::only_conditions(before, after),
        parts::EPHEMERAL_CONTAINERS => parts::only_ephemeral_containers(before, after),
        parts::RESIZE => parts::only_resources(before, after),
        _ if resource.has_status() => metadata::all_but_status(before, after),
        _ => {}
    }
    metadata::carry_over(before, after);
    defaults(resource, after);
    kinds::on_update(resource, before, after, subresource, ambient);
    if subresource == "status" {
        kinds::fill_status(resource, after);
    }
    metadata::count_generation(resource, before, after);
    verdict(resource, after, validate::object(resource, after, Some(before), subresource))
}

/// What comes before webhooks see an object: defaults, and what an update keeps of the object before it.
pub fn prepare(resource: &Resource, before: Option<&Object>, object: &mut Object) {
    if let Some(before) = before {
        metadata::carry_over(before, object);
    }
    defaults(resource, object);
}

/// Judges an object written through `finalize`, which changes nothing but a namespace's own finalizers.
///
/// Refuses with 422 and every cause at once.
pub fn finalize(resource: &Resource, before: &Object, after: &Object) -> Result<(), Refusal> {
    verdict(resource, after, validation::check_status(resource, after, before, "finalize"))
}

/// Judges what is answered and never stored: by the rules of its kind alone, since it needs no name.
///
/// Refuses with 422 and every cause at once.
pub fn judge(resource: &Resource, object: &Object) -> Result<(), Refusal> {
    verdict(resource, object, validation::check(resource, object, None))
}

/// What to let a client know of a write that is accepted; `before` is what the object takes the place of, `subresource` the path it came
/// through. Both are as they are after [`create`] or [`update`].
#[must_use]
pub fn warnings(resource: &Resource, object: &Object, before: Option<&Object>, subresource: &str) -> Vec<String> {
    if resource.custom {
        custom::finalizer_warnings(object, before)
    } else if subresource == "status" {
        validation::status_warnings(resource, object)
    } else if matches!(subresource, parts::EPHEMERAL_CONTAINERS | parts::RESIZE) {
        Vec::new()
    } else if resource.gvk.kind == "CustomResourceDefinition" {
        custom::definition_warnings(object, before)
    } else {
        validation::warnings(resource, object, before)
    }
}

/// The members of an object that a write through a path cannot set, and so does not own: `status` through the object itself where it
/// has a path of its own, everything else through `status`.
#[must_use]
pub fn ignored_members(resource: &Resource, subresource: &str) -> Ignored {
    match subresource {
        "status" | "approval" => Ignored::AllButStatus,
        _ if resource.has_status() => Ignored::Status,
        _ => Ignored::Nothing,
    }
}

/// See [`ignored_members`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// Every member can be set.
    Nothing,
    /// `status` cannot.
    Status,
    /// Nothing but `status` can.
    AllButStatus,
}

fn defaults(resource: &Resource, object: &mut Object) {
    let schema = resource.schema();
    let mut value = std::mem::take(object).into_value();
    check::apply_defaults(schema.root(), &mut value);
    *object = Object::from_value(value).unwrap_or_default();
    defaults::apply(resource, object);
}

/// An object of a built-in kind with every default of its kind; `None` for any other kind.
pub(crate) fn filled(gvk: &Gvk, object: &Object) -> Option<Object> {
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(gvk)?;
    let mut object = object.clone();
    defaults(resource, &mut object);
    Some(object)
}

fn verdict(resource: &Resource, object: &Object, causes: Vec<Cause>) -> Result<(), Refusal> {
    if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid(&resource.gvk.group, &resource.gvk.kind, object.name(), causes)) }
}
