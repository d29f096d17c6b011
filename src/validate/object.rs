//! One object: its kind, its fields and their types, then everything that the server asks of a new object.

use serde_json::Value;

use super::fields::{self, Guess};
use super::kinds::{Kinds, Missing};
use super::{Checked, Fault, Options, Outcome, Place, Rule, Severity, Subject, removed};
use crate::admission;
use crate::ambient::Ambient;
use crate::manifest::{Desired, steps_to};
use crate::object::{Cause, CauseKind, Object};
use crate::schema::check::{self, DecodeError};
use crate::schema::{Resource, Verbs};

/// Where objects are that state no namespace, unless one is asked for.
pub(super) const DEFAULT_NAMESPACE: &str = "default";

/// Checks one object. Whether it stands twice in the set is not looked at.
pub(super) fn check(desired: &Desired, kinds: &Kinds, options: &Options, ambient: &Ambient) -> Checked {
    let mut subject = Subject::of(&desired.object, None);
    let origin = desired.origin.clone();
    let unchecked = |subject: Subject, why: &str| Checked {
        subject,
        origin: desired.origin.clone(),
        outcome: Outcome::Unchecked(why.to_owned()),
        faults: Vec::new(),
    };
    if options.skip.iter().any(|word| is_called(&subject, word)) {
        return unchecked(subject, "skipped as asked for");
    }
    let resource = match kinds.find(&subject.gvk) {
        Ok(resource) => resource,
        Err(Missing::Broken(at)) => return unchecked(subject, &format!("its definition at {at} has faults")),
        Err(Missing::Unknown(unknown)) if options.ignore_missing_schemas && unknown.rule == Rule::UnknownKind => {
            return unchecked(subject, &unknown.message);
        }
        Err(Missing::Unknown(unknown)) => {
            let field = if unknown.rule == Rule::RemovedVersion { "apiVersion" } else { "kind" };
            let place = Place::At(desired.locate(field));
            let (severity, suggestion) = (Severity::Error, Some(unknown.suggestion));
            let object = Some(subject.clone());
            let fault = Fault { severity, rule: unknown.rule, place, object, field: String::new(), message: unknown.message, suggestion };
            return Checked { subject, origin, outcome: Outcome::Faulty, faults: vec![fault] };
        }
    };
    if resource.namespaced && subject.namespace.is_none() {
        subject.namespace.clone_from(&options.namespace);
    }
    let mut inspection = Inspection { desired, resource, subject, faults: Vec::new() };
    inspection.namespace(options);
    inspection.kind();
    inspection.content(options, ambient);
    let Inspection { subject, faults, .. } = inspection;
    Checked { subject, origin, outcome: Outcome::Fine, faults }
}

/// Whether a word of `--skip` means the kind of an object.
fn is_called(subject: &Subject, word: &str) -> bool {
    let gvk = &subject.gvk;
    gvk.kind.eq_ignore_ascii_case(word) || format!("{}/{}", gvk.api_version(), gvk.kind).eq_ignore_ascii_case(word)
}

/// An object under inspection.
struct Inspection<'a> {
    desired: &'a Desired,
    resource: &'a Resource,
    subject: Subject,
    faults: Vec<Fault>,
}

impl Inspection<'_> {
    fn tell(&mut self, severity: Severity, rule: Rule, field: &str, message: String, suggestion: Option<String>) {
        let place = Place::At(self.desired.locate(field));
        let object = Some(self.subject.clone());
        self.faults.push(Fault { severity, rule, place, object, field: field.to_owned(), message, suggestion });
    }

    fn namespace(&mut self, options: &Options) {
        let (Some(asked), Some(own)) = (&options.namespace, self.desired.object.namespace()) else { return };
        if self.resource.namespaced && asked != own {
            let message = format!("the object is in namespace {own:?}, but {asked:?} was asked for");
            let suggestion = Some("leave -n out, or take the namespace out of the manifest".to_owned());
            self.tell(Severity::Error, Rule::OtherNamespace, "metadata.namespace", message, suggestion);
        }
    }

    fn kind(&mut self) {
        let deprecation = self.resource.deprecation.clone().or_else(|| removed::deprecated(&self.resource.gvk).map(str::to_owned));
        if let Some(message) = deprecation {
            self.tell(Severity::Warning, Rule::DeprecatedVersion, "apiVersion", message, None);
        }
        if !self.resource.verbs.contains(Verbs::CREATE) {
            let message = "objects of this kind cannot be created".to_owned();
            self.tell(Severity::Error, Rule::Cause(CauseKind::Forbidden), "kind", message, None);
        }
    }

    fn content(&mut self, options: &Options, ambient: &Ambient) {
        let schema = self.resource.schema();
        let mut object = self.desired.object.clone();
        if self.resource.namespaced && object.namespace().is_none() {
            object.set_meta("namespace", options.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE));
        }
        let mut value = object.into_value();
        // What follows from a field that was told of is not worth telling: all that is said of one that was taken out, and that one is
        // missing whose name is misspelled.
        let (mut taken, mut meant): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for error in check::decode_errors(schema.root(), &value) {
            self.mistyped(&error, &value);
            taken.push(take_out(&mut value, error.path()));
        }
        for field in check::unknown_fields(schema.root(), &value) {
            let guess = fields::guess(schema.root(), self.desired.object.root(), &field);
            meant.extend(guess.as_ref().map(|guess| guess.field.clone()));
            if !options.ignore_unknown_fields {
                self.unknown(&field, guess);
            }
        }
        check::prune(schema.root(), &mut value);
        let Ok(mut object) = Object::from_value(value) else { return };
        match admission::create(self.resource, &mut object, ambient) {
            Ok(()) => {
                for warning in admission::warnings(self.resource, &object, None, "") {
                    self.advice(&warning);
                }
            }
            Err(refusal) => {
                let follows = |cause: &Cause| {
                    let lies_in = |field: &String| lies_in(&cause.field, field);
                    taken.iter().any(lies_in) || (cause.kind == CauseKind::Required && meant.iter().any(lies_in))
                };
                refusal.causes.into_iter().filter(|cause| !follows(cause)).for_each(|cause| {
                    // Upstream's name for what is about no field of its own.
                    let field = if cause.field == "<nil>" { "" } else { &cause.field };
                    self.tell(Severity::Error, Rule::Cause(cause.kind), field, cause.message, None);
                });
            }
        }
    }

    fn unknown(&mut self, field: &str, guess: Option<Guess>) {
        self.tell(Severity::Error, Rule::UnknownField, field, "unknown field".to_owned(), guess.map(|guess| guess.words));
    }

    fn mistyped(&mut self, error: &DecodeError, value: &Value) {
        let mut suggestion = None;
        let message = match error {
            DecodeError::Type { path, found, expected } => {
                let written = value_at(value, path);
                suggestion = way_out(expected, written);
                // A number in a Secret may be its password.
                let secret = self.resource.gvk.group.is_empty() && self.resource.gvk.kind == "Secret";
                let found = if secret { found.split(' ').next().unwrap_or_default() } else { found };
                format!("must be of type {expected}, but this is {}", article(found))
            }
            DecodeError::Time { text, .. } => format!("{text:?} is no time: it must look like 2006-01-02T15:04:05Z"),
            DecodeError::Base64 { .. } => {
                suggestion = Some("encode the value as base64, or write it in the clear below `stringData`".to_owned());
                suggestion = suggestion.filter(|_| self.resource.gvk.kind == "Secret");
                "this is not base64".to_owned()
            }
            DecodeError::Quantity { text, .. } => format!("{text} is no quantity, such as 500m, 2 or 1Gi"),
        };
        self.tell(Severity::Error, Rule::WrongType, error.path(), message, suggestion);
    }

    /// What the server would warn of begins with the field, where it is about one.
    fn advice(&mut self, warning: &str) {
        let (field, message) = warning.split_once(": ").filter(|(field, _)| !field.contains(' ')).unwrap_or(("", warning));
        self.tell(Severity::Warning, Rule::Advice, field, message.to_owned(), None);
    }
}

/// What to do about a value of the wrong type.
fn way_out(expected: &str, written: Option<&Value>) -> Option<String> {
    match (expected, written?) {
        ("string", Value::Number(_) | Value::Bool(_)) => Some("put quotes around the value".to_owned()),
        ("int32" | "int64", Value::String(text)) if text.parse::<i64>().is_ok() => Some("take the quotes away".to_owned()),
        ("bool", Value::String(text)) if matches!(text.as_str(), "true" | "false") => Some("take the quotes away".to_owned()),
        ("list", _) => Some("a list is written with a dash before each item".to_owned()),
        _ => None,
    }
}

fn article(found: &str) -> String {
    let word = if found.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    match found.split_once(' ') {
        Some((kind, value)) => format!("{word} {kind}, {value}"),
        None => format!("{word} {found}"),
    }
}

fn value_at<'v>(value: &'v Value, field: &str) -> Option<&'v Value> {
    let steps = steps_to(value.as_object()?, field);
    steps.iter().try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => value.get(step),
    })
}

/// Takes a field out of a document, so that the rest can be judged: of a list, the whole list, since its items are told apart by their
/// places. Answers the path of what was taken.
fn take_out(document: &mut Value, field: &str) -> String {
    let Some(root) = document.as_object() else { return field.to_owned() };
    let mut steps = steps_to(root, field);
    let member = |document: &Value, steps: &[String]| {
        let parent = steps[..steps.len() - 1].iter().try_fold(document, |value, step| match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => value.get(step),
        });
        parent.is_some_and(Value::is_object)
    };
    let mut taken = field.to_owned();
    while steps.len() > 1 && !member(document, &steps) {
        steps.pop();
        taken.truncate(taken.rfind('[').unwrap_or_default());
    }
    let Some((name, parents)) = steps.split_last() else { return taken };
    let parent = parents.iter().try_fold(document, |value, step| match value {
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?),
        _ => value.get_mut(step),
    });
    if let Some(members) = parent.and_then(Value::as_object_mut) {
        members.remove(name);
    }
    taken
}

/// Whether a field is another one or lies in it.
fn lies_in(field: &str, other: &str) -> bool {
    field.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
