//! Where each desired object belongs: its resource on the server, its namespace, its name.
//!
//! Receives desired objects and what the server serves, hands on [`Placed`] objects and one [`Failure`] for each object that has no
//! place. Kinds that the set itself defines by a CustomResourceDefinition have one before the server knows them.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::dispute::{Dispute, disputes};
use super::immutable::reason_to_replace;
use super::order::OrderFault;
use crate::client::{ClientError, Discovery, ServedResource};
use crate::manifest::{Desired, Origin};
use crate::object::{GroupResource, Gvk, Object, ObjectKey, Refusal, names};

/// A desired object at its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The object, its namespace filled in where its kind is namespaced.
    pub object: Object,
    /// The manifest's view of it, which knows the place of each field; `None` for an object that no manifest wrote.
    pub source: Option<Arc<Desired>>,
    /// The resource it belongs to.
    pub resource: Arc<ServedResource>,
    /// Its namespace and name.
    pub key: ObjectKey,
    /// Whether the kind is defined by the same set and not yet served.
    pub kind_is_pending: bool,
}

/// Why nothing could be done about one object.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The server serves no such kind.
    #[error("no matches for kind {:?} in version {:?}", .gvk.kind, .gvk.api_version())]
    UnknownKind {
        /// The kind asked for.
        gvk: Gvk,
        /// One that may be meant.
        similar: Option<Box<Gvk>>,
    },
    /// `apiVersion` or `kind` is missing or malformed.
    #[error("apiVersion and kind must be set")]
    NoKind,
    /// `metadata.name` is missing.
    #[error("metadata.name must be set; generateName cannot be applied, since every apply would make another object")]
    NoName,
    /// A name, or a namespace, that cannot stand in a path of the API.
    #[error("{field} {value:?} {rule}")]
    BadName {
        /// The field it stands in.
        field: &'static str,
        /// The name.
        value: String,
        /// The rule it breaks.
        rule: String,
    },
    /// The namespace asked for is not the one the object names.
    #[error("the object is in namespace {own:?}, but {asked:?} was asked for")]
    OtherNamespace {
        /// The object's own namespace.
        own: String,
        /// The namespace of the command line.
        asked: String,
    },
    /// Another object of the set is the same one.
    #[error("it is already described{}", .first.as_ref().map(|place| format!(" at {place}")).unwrap_or_default())]
    Duplicate {
        /// Where the first is written.
        first: Option<Origin>,
    },
    /// It is a member of another set.
    #[error("it belongs to another set: its label {} is {id}", super::set::PART_OF)]
    OtherSet {
        /// The other set's id.
        id: String,
    },
    /// The kind was defined, but the server did not serve it in time.
    #[error("the server does not serve {0} yet, although its definition was applied")]
    NotServed(String),
    /// It was to be replaced, but is no longer what the plan was made from.
    #[error("it was changed by somebody else since it was read, so it was not deleted")]
    Moved,
    /// It was to be deleted, and another object of its name is there by now.
    #[error("another object has taken its place since it was read, which was not deleted")]
    MadeAnew,
    /// It is not as it was when a plan was made that is to be carried out.
    #[error("it is not as it was planned: {0}")]
    OutOfDate(String),
    /// It was deleted to be replaced, and is not gone.
    #[error("it was deleted to be replaced, but was not gone after {seconds} s{}", waiting_for(.finalizers))]
    StillThere {
        /// How long was waited.
        seconds: u64,
        /// What it waits for.
        finalizers: Vec<String>,
    },
    /// It was deleted to be replaced, and was not gone when the user interrupted.
    #[error("it was deleted to be replaced, and was not gone yet when the interruption came")]
    Interrupted,
    /// It was to be deleted to be replaced, and the answer to that got lost.
    #[error("whether it was deleted, to be replaced, is not known: {0}")]
    PerhapsDeleted(#[source] Arc<ClientError>),
    /// It was deleted to be replaced, and could not be made anew.
    #[error("it was deleted to be replaced, but could not be made anew: {0}")]
    NotMadeAnew(#[source] Arc<ClientError>),
    /// Its annotations put it in an order that there cannot be.
    #[error(transparent)]
    Order(Box<OrderFault>),
    /// Its turn did not come, since something before it is not as it must be.
    #[error("not attempted, since {on} {why}")]
    NotAttempted {
        /// What is not as it must be, such as `it depends on deployment.apps/db, which`.
        on: String,
        /// What is wrong with that.
        why: String,
    },
    /// The server refused, or could not be asked.
    #[error(transparent)]
    Client(Arc<ClientError>),
    /// Nothing was asked for it, since the target is gone, as this error of another object told.
    #[error(transparent)]
    NotReached(Arc<ClientError>),
}

pub(super) fn waiting_for(finalizers: &[String]) -> String {
    if finalizers.is_empty() { String::new() } else { format!("; it waits for {}", finalizers.join(", ")) }
}

impl From<ClientError> for ObjectError {
    fn from(error: ClientError) -> Self {
        Self::Client(Arc::new(error))
    }
}

/// One object that could not be planned or applied.
#[derive(Debug)]
pub struct Failure {
    /// The object as kubectl writes it, such as `deployment.apps/web`.
    pub name: String,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// The manifest's view of it.
    pub source: Option<Arc<Desired>>,
    /// What is wrong.
    pub error: ObjectError,
    /// The fields that other managers own, where that is what is wrong.
    pub disputes: Vec<Dispute>,
    /// Whether a new object could have the change that this one cannot.
    pub replaceable: bool,
    /// The object as it was, where it was deleted and nothing is in its place.
    pub deleted: Option<Box<Object>>,
}

impl Failure {
    /// The object with its namespace, such as `deployment.apps/web in namespace shop`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}{}", self.name, in_namespace(self.namespace.as_deref()))
    }

    /// The failure of an object whose live state is not known.
    #[must_use]
    pub fn of(placed: &Placed, error: Arc<ClientError>) -> Self {
        placed.failure(ObjectError::Client(error))
    }

    /// The manifest place to blame: of the first field the server complains about, else of the object.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.blamed().or_else(|| self.source.as_ref().map(|source| source.origin.clone()))
    }

    /// The first place of the manifest that the server complains about, where it names fields and the manifest writes one of them or
    /// something around it.
    #[must_use]
    pub fn blamed(&self) -> Option<Origin> {
        let source = self.source.as_ref()?;
        let error = match &self.error {
            ObjectError::Client(error) => error,
            ObjectError::Order(fault) => return Some(source.locate(&format!("metadata.annotations[{}]", fault.annotation()?))),
            _ => return None,
        };
        let places = blamed_fields(error.refusal()?).into_iter().map(|field| source.locate(field));
        places.filter(|place| place.mark != source.origin.mark).min_by_key(|place| place.mark)
    }
}

/// The fields a refusal names: in its causes, or in the words of a decoder (`unknown field "spec.replica"`, `cannot
/// unmarshal string into field spec.replicas of type int32`).
fn blamed_fields(refusal: &Refusal) -> Vec<&str> {
    let named: Vec<&str> = refusal.causes.iter().map(|cause| cause.field.as_str()).filter(|field| !field.is_empty()).collect();
    if !named.is_empty() {
        return named;
    }
    let unknown = || unknown_fields(&refusal.message).into_iter().next();
    let mistyped = || refusal.message.split_once("into field ")?.1.split(' ').next();
    unknown().or_else(mistyped).map_or_else(|| ill_typed_fields(&refusal.message), |field| vec![field])
}

/// The fields of an applied object whose types are wrong, as kube-apiserver says it before it merges: `failed to create typed patch object
/// (shop/a; example.com/v1, Kind=Widget): .spec.size: expected string, got …`, or several of them on lines below `errors:`.
fn ill_typed_fields(message: &str) -> Vec<&str> {
    let Some((_, told)) = message.split_once("typed patch object (").and_then(|(_, rest)| rest.split_once("): ")) else {
        return Vec::new();
    };
    let fields = told.lines().filter_map(|line| line.trim_start().split_once(": "));
    fields.map(|(field, _)| field).filter(|field| field.starts_with('.')).collect()
}

/// The fields that a refusal says the server does not know: `unknown field "spec.replica"` from a decoder, `.spec.replica: field not
/// declared in schema` where kube-apiserver merges an applied object.
#[must_use]
pub fn unknown_fields(message: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = message.split(": field not declared in schema").collect();
    parts.pop();
    let undeclared = parts.into_iter().filter_map(|before| before.split_whitespace().next_back());
    let unknown = message.split("unknown field \"").skip(1).filter_map(|rest| rest.split('"').next());
    unknown.chain(undeclared).collect()
}

/// Which namespaces objects go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespaces {
    /// Where an object goes that names none.
    pub default: String,
    /// Whether an object that names another is refused, because the user asked for this one.
    pub enforced: bool,
}

impl Placed {
    /// The object as kubectl writes it, such as `deployment.apps/web`.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{}/{}", self.resource.display_kind(), self.key.name)
    }

    /// The same with its namespace, such as `deployment.apps/web in namespace shop`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}{}", self.display_name(), in_namespace(self.key.namespace.as_deref()))
    }

    /// The manifest place that asks for it.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.source.as_ref().map(|source| source.origin.clone())
    }

    /// The failure of an object for a reason.
    #[must_use]
    pub fn failure(&self, error: impl Into<ObjectError>) -> Failure {
        Failure {
            name: self.display_name(),
            namespace: self.key.namespace.clone(),
            source: self.source.clone(),
            error: error.into(),
            disputes: Vec::new(),
            replaceable: false,
            deleted: None,
        }
    }

    /// The failure of an apply to a known state.
    pub(super) fn refused(&self, live: Option<&Object>, error: ClientError) -> Failure {
        let disputes = error.refusal().map(|refusal| disputes(refusal, live, &self.object)).unwrap_or_default();
        let replaceable = error.refusal().is_some_and(|refusal| reason_to_replace(self, refusal).is_some());
        Failure { disputes, replaceable, ..self.failure(error) }
    }
}

/// Finds the place of every object, in order; pure.
pub fn place(
    desired: impl IntoIterator<Item = (Object, Option<Arc<Desired>>)>,
    discovery: &Discovery,
    namespaces: &Namespaces,
) -> (Vec<Placed>, Vec<Failure>) {
    let desired: Vec<_> = desired.into_iter().collect();
    let defined: Vec<ServedResource> = desired.iter().flat_map(|(object, _)| defined_resources(object)).collect();
    let (mut placed, mut failures) = (Vec::with_capacity(desired.len()), Vec::new());
    let mut shared: Vec<Arc<ServedResource>> = Vec::new();
    let mut seen: HashMap<(GroupResource, ObjectKey), Option<Origin>> = HashMap::new();
    for (object, source) in desired {
        let place = place_one(&object, discovery, &defined, &mut shared, namespaces);
        match place.and_then(|place| only_once(place, source.as_deref(), &mut seen)) {
            Ok((resource, key, kind_is_pending)) => placed.push(at(object, source, resource, key, kind_is_pending)),
            Err(error) => failures.push(unplaced(&object, source, error)),
        }
    }
    (placed, failures)
}

fn at(mut object: Object, source: Option<Arc<Desired>>, resource: Arc<ServedResource>, key: ObjectKey, kind_is_pending: bool) -> Placed {
    if let Some(namespace) = &key.namespace {
        object.set_meta("namespace", namespace.as_str());
    }
    Placed { object, source, resource, key, kind_is_pending }
}

fn unplaced(object: &Object, source: Option<Arc<Desired>>, error: ObjectError) -> Failure {
    let group = object.gvk().map(|gvk| gvk.group).filter(|group| !group.is_empty());
    let kind = object.kind().to_lowercase();
    let kind = group.map_or(kind.clone(), |group| format!("{kind}.{group}"));
    Failure {
        name: if object.name().is_empty() { kind } else { format!("{kind}/{}", object.name()) },
        namespace: object.namespace().map(str::to_owned),
        source,
        error,
        disputes: Vec::new(),
        replaceable: false,
        deleted: None,
    }
}

/// A resource, a key in it, and whether the resource is still to come.
type Place = (Arc<ServedResource>, ObjectKey, bool);

/// Two documents may turn out to be one object only when the default namespace is filled in.
fn only_once(
    place: Place,
    source: Option<&Desired>,
    seen: &mut HashMap<(GroupResource, ObjectKey), Option<Origin>>,
) -> Result<Place, ObjectError> {
    let origin = source.map(|source| source.origin.clone());
    match seen.insert((place.0.group_resource(), place.1.clone()), origin) {
        Some(first) => Err(ObjectError::Duplicate { first }),
        None => Ok(place),
    }
}

fn place_one(
    object: &Object,
    discovery: &Discovery,
    defined: &[ServedResource],
    shared: &mut Vec<Arc<ServedResource>>,
    namespaces: &Namespaces,
) -> Result<Place, ObjectError> {
    let gvk = object.gvk().ok_or(ObjectError::NoKind)?;
    let served = discovery.by_kind(&gvk);
    let pending = served.is_none();
    let Some(found) = served.or_else(|| defined.iter().find(|resource| resource.gvk() == gvk)) else {
        return Err(ObjectError::UnknownKind { similar: discovery.similar_kind(&gvk).map(Box::new), gvk });
    };
    if object.name().is_empty() {
        return Err(ObjectError::NoName);
    }
    let namespace = if found.namespaced { Some(namespace_of(object, namespaces)?) } else { None };
    fits_a_path("metadata.name", object.name())?;
    namespace.iter().try_for_each(|namespace| fits_a_path("metadata.namespace", namespace))?;
    let key = ObjectKey { namespace, name: object.name().to_owned() };
    Ok((share(found, shared), key, pending))
}

/// Whether a name leads to its object and nowhere else; all other rules are the server's to judge by.
fn fits_a_path(field: &'static str, value: &str) -> Result<(), ObjectError> {
    names::path_segment(value).map_err(|rule| ObjectError::BadName { field, value: value.to_owned(), rule })
}

fn namespace_of(object: &Object, namespaces: &Namespaces) -> Result<String, ObjectError> {
    match object.namespace() {
        Some(own) if namespaces.enforced && own != namespaces.default => {
            Err(ObjectError::OtherNamespace { own: own.to_owned(), asked: namespaces.default.clone() })
        }
        Some(own) => Ok(own.to_owned()),
        None => Ok(namespaces.default.clone()),
    }
}

fn share(found: &ServedResource, shared: &mut Vec<Arc<ServedResource>>) -> Arc<ServedResource> {
    if let Some(known) = shared.iter().find(|known| known.as_ref() == found) {
        return Arc::clone(known);
    }
    let new = Arc::new(found.clone());
    shared.push(Arc::clone(&new));
    new
}

/// The resources a CustomResourceDefinition will serve; none for any other object.
fn defined_resources(object: &Object) -> Vec<ServedResource> {
    if !is_definition(object) {
        return Vec::new();
    }
    let text = |path: &[&str]| object.get_str(path).unwrap_or_default();
    let (group, kind, plural) = (text(&["spec", "group"]), text(&["spec", "names", "kind"]), text(&["spec", "names", "plural"]));
    let versions = object.get(&["spec", "versions"]).and_then(Value::as_array);
    let served = versions.into_iter().flatten().filter(|version| version.get("served") == Some(&Value::Bool(true)));
    let names = served.filter_map(|version| version.get("name")?.as_str());
    names.map(|version| ServedResource::named(group, version, kind, plural, text(&["spec", "scope"]) == "Namespaced")).collect()
}

/// Whether the object defines a kind.
pub(super) fn is_definition(object: &Object) -> bool {
    object.kind() == "CustomResourceDefinition" && object.api_version().starts_with("apiextensions.k8s.io/")
}

/// Whether the object is a namespace.
pub(super) fn is_namespace(object: &Object) -> bool {
    object.kind() == "Namespace" && object.api_version() == "v1"
}

/// What follows an object's name where people read it: ` in namespace shop`, and nothing for objects outside of namespaces. As it was
/// written, without regard to where it is shown.
#[must_use]
pub fn in_namespace(namespace: Option<&str>) -> String {
    namespace.map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Cause;

    fn object(value: Value) -> (Object, Option<Arc<Desired>>) {
        (Object::from_value(value).expect("an object"), None)
    }

    fn discovery() -> Discovery {
        Discovery::of(vec![
            ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
            ServedResource::named("", "v1", "Namespace", "namespaces", false),
            ServedResource::named("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
        ])
    }

    fn placed(values: Vec<Value>, enforced: bool) -> Vec<String> {
        let namespaces = Namespaces { default: "shop".to_owned(), enforced };
        let (placed, failures) = place(values.into_iter().map(object), &discovery(), &namespaces);
        let good =
            placed.iter().map(|p| format!("{} {} {}", p.display_name(), p.key, if p.kind_is_pending { "pending" } else { "served" }));
        good.chain(failures.iter().map(|f| format!("{}: {}", f.name, f.error))).collect()
    }

    fn config_map(metadata: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})
    }

    #[test]
    fn a_namespace_is_filled_in_only_where_the_kind_has_one() {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}});
        assert_eq!(
            placed(vec![config_map(json!({"name": "a"})), config_map(json!({"name": "b", "namespace": "x"})), namespace], false),
            ["configmap/a shop/a served", "configmap/b x/b served", "namespace/n n served"]
        );
    }

    #[test]
    fn a_kind_of_the_same_set_has_a_place_before_it_is_served() {
        let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "things.x.io"}, "spec": {"group": "x.io", "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"}, "versions": [{"name": "v1", "served": true}, {"name": "v0", "served": false}]}});
        let thing = |version: &str| json!({"apiVersion": format!("x.io/{version}"), "kind": "Thing", "metadata": {"name": "t"}});
        assert_eq!(
            placed(vec![thing("v1"), thing("v0"), definition], false),
            [
                "thing.x.io/t shop/t pending",
                "customresourcedefinition.apiextensions.k8s.io/things.x.io things.x.io served",
                "thing.x.io/t: no matches for kind \"Thing\" in version \"x.io/v0\"",
            ]
        );
    }

    #[test]
    fn the_field_to_blame_stands_in_a_cause_or_in_the_message() {
        let strict = Refusal::bad_request("strict decoding error: unknown field \"spec.replica\", unknown field \"x\"");
        assert_eq!(blamed_fields(&strict), ["spec.replica"]);
        let invalid = Refusal::invalid("", "ConfigMap", "a", vec![Cause::required("", ""), Cause::required("data.k", "")]);
        assert_eq!(blamed_fields(&invalid), ["data.k"]);
        let mistyped = Refusal::bad_request("json: cannot unmarshal string into field spec.replicas of type int32");
        assert_eq!(blamed_fields(&mistyped), ["spec.replicas"]);
        assert_eq!(blamed_fields(&Refusal::internal("no")), [""; 0]);
        let one = "failed to create typed patch object (shop/a; example.com/v1, Kind=Widget): \
            .spec.parts[name=true].name: expected string, got &value.valueUnstructured{Value:true}";
        assert_eq!(blamed_fields(&Refusal::internal(one)), [".spec.parts[name=true].name"]);
        let two = "failed to create typed patch object (shop/a; example.com/v1, Kind=Widget): errors:\n  \
            .spec.size: expected string, got 1\n  .spec.color: expected string, got 2";
        assert_eq!(blamed_fields(&Refusal::internal(two)), [".spec.size", ".spec.color"]);
        let merged = "failed to create typed patch object (default/web; apps/v1, Kind=Deployment): errors:\n  .spec.replica: field not \
                      declared in schema\n  .spec.template.spec.containers[name=\"web\"].imag: field not declared in schema";
        assert_eq!(unknown_fields(merged), [".spec.replica", ".spec.template.spec.containers[name=\"web\"].imag"]);
    }

    #[test]
    fn an_object_without_a_kind_has_no_place() {
        let nameless = json!({"apiVersion": "v1", "metadata": {"name": "a"}});
        assert_eq!(placed(vec![nameless], false), ["/a: apiVersion and kind must be set"]);
        let pending = ObjectError::NotServed("x.io/v1, Kind=Thing".to_owned()).to_string();
        assert_eq!(pending, "the server does not serve x.io/v1, Kind=Thing yet, although its definition was applied");
    }

    #[test]
    fn one_object_described_twice_by_way_of_the_default_namespace_is_refused() {
        let twice = vec![config_map(json!({"name": "a"})), config_map(json!({"name": "a", "namespace": "shop"}))];
        assert_eq!(placed(twice, false), ["configmap/a shop/a served", "configmap/a: it is already described"]);
    }

    #[test]
    fn a_name_that_would_lead_to_another_path_is_refused() {
        assert_eq!(
            placed(vec![config_map(json!({"name": ".."})), config_map(json!({"name": "a", "namespace": "x/y"}))], false),
            ["configmap/..: metadata.name \"..\" may not be '..'", "configmap/a: metadata.namespace \"x/y\" may not contain '/'"]
        );
    }

    #[test]
    fn objects_without_a_place_do_not_keep_others_from_theirs() {
        assert_eq!(
            placed(
                vec![config_map(json!({"generateName": "a-"})), json!({"kind": "X"}), config_map(json!({"name": "b", "namespace": "x"}))],
                true
            ),
            [
                "configmap: metadata.name must be set; generateName cannot be applied, since every apply would make another object",
                "x: apiVersion and kind must be set",
                "configmap/b: the object is in namespace \"x\", but \"shop\" was asked for",
            ]
        );
    }
}
