//! From the body of a request to an object of the resource's kind.

use serde_json::Value;

use super::call::Call;
use super::json::{self, Parsed};
use super::query::FieldValidation;
use super::view;
use crate::object::{Cause, GroupVersion, Object, Reason, Refusal};
use crate::protobuf::{self, DecodeError, Message};
use crate::schema::{Schema, check};
use crate::yaml::{self, YamlProblem};

/// An object as a client sent it, known to be of the right kind and types, and what the client should be warned of.
pub(super) struct Decoded {
    pub(super) object: Object,
    pub(super) warnings: Vec<String>,
}

/// Reads a body that must be an object of the resource's kind.
pub(super) fn object(call: &Call) -> Result<Decoded, Refusal> {
    let kind = &call.resource.gvk.kind;
    let message = view::protobuf_message(&call.resource).ok();
    let Parsed { value, duplicates } = document(call.content_type(), &call.body, kind, message)?;
    let object = Object::from_value(value).map_err(|error| unrecognized(kind, &error.to_string()))?;
    let object = of_kind(call, object)?;
    checked(call, object, &duplicates)
}

/// Reads a document in any media type that bodies may have. Protobuf is one where the kind has a message.
pub(super) fn document(content_type: &str, body: &[u8], kind: &str, message: Option<&'static Message>) -> Result<Parsed, Refusal> {
    match content_type {
        "" | "application/json" => json::parse(body).map_err(|error| unrecognized(kind, &format!("json parse error: {error}"))),
        "application/yaml" | "application/apply-patch+yaml" => yaml_document(body).map_err(|why| unrecognized(kind, &why)),
        other => match message {
            Some(message) if other == protobuf::MEDIA_TYPE => protobuf_document(body, kind, message),
            Some(_) => Err(unsupported_media_type(other, "application/json, application/yaml, application/vnd.kubernetes.protobuf")),
            None => Err(unsupported_media_type(other, "application/json, application/yaml")),
        },
    }
}

/// One enveloped object. Its kind is compared before its message is read, since another kind's bytes could pass for one.
fn protobuf_document(body: &[u8], kind: &str, message: &'static Message) -> Result<Parsed, Refusal> {
    let unreadable = |error: DecodeError| unrecognized(kind, &format!("protobuf error: {error}"));
    let envelope = protobuf::open(body).map_err(unreadable)?;
    if !envelope.kind.is_empty() && envelope.kind != kind {
        let message = format!("{} in version {:?} cannot be handled as a {kind}", envelope.kind, envelope.api_version);
        return Err(Refusal::bad_request(message));
    }
    Ok(Parsed { value: envelope.decode(message).map_err(unreadable)?, duplicates: Vec::new() })
}

/// One YAML document, read as kubectl reads manifests. Most clients send JSON as YAML, which it is, and JSON is read faster.
fn yaml_document(body: &[u8]) -> Result<Parsed, String> {
    if body.first() == Some(&b'{')
        && let Ok(parsed) = json::parse(body)
    {
        return Ok(parsed);
    }
    let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
    let mut documents = yaml::read(text, false);
    let mut duplicates = Vec::new();
    for error in &documents.errors {
        match &error.problem {
            YamlProblem::DuplicateKey { key, .. } => duplicates.push(format!("line {}: key {key:?} already set in map", error.mark.line)),
            _ => return Err(format!("yaml parse error: {error}")),
        }
    }
    match (documents.nodes.pop(), documents.nodes.len()) {
        (Some(node), 0) => Ok(Parsed { value: node.into_value(), duplicates }),
        (None, _) => Err("the body is empty".to_owned()),
        (Some(_), more) => Err(format!("the body must be one document, not {}", more + 1)),
    }
}

pub(super) fn unsupported_media_type(media_type: &str, known: &str) -> Refusal {
    let message = format!("the body of the request was in an unknown format - accepted media types include: {known} (not {media_type:?})");
    Refusal::new(Reason::UnsupportedMediaType, message)
}

fn unrecognized(kind: &str, why: &str) -> Refusal {
    Refusal::bad_request(format!("the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; {why}"))
}

/// The object with its kind stated. A body that states neither `apiVersion` nor `kind` is of the path's kind where that is built in;
/// upstream reads custom resources without types, so they must say what they are.
pub(super) fn of_kind(call: &Call, mut object: Object) -> Result<Object, Refusal> {
    let expected = &call.resource.gvk;
    match (object.api_version(), object.kind()) {
        ("", "") if !call.resource.custom => object.set_gvk(expected),
        (_, "") if call.resource.custom => return Err(unrecognized(&expected.kind, "Object 'Kind' is missing")),
        ("", _) if call.resource.custom => return Err(unrecognized(&expected.kind, "Object 'apiVersion' is missing")),
        (version, kind) if kind == expected.kind && GroupVersion::parse(version) == Some(expected.group_version()) => {}
        (version, _) if GroupVersion::parse(version) == Some(expected.group_version()) && call.resource.custom => {
            check_identity(call, &object)?;
        }
        (version, _) if GroupVersion::parse(version).is_some_and(|version| version != expected.group_version()) => {
            let expected = expected.api_version();
            let message = format!("the API version in the data ({version}) does not match the expected API version ({expected})");
            return Err(Refusal::bad_request(message));
        }
        (version, kind) => {
            let message = format!(
                "{kind} in version {version:?} cannot be handled as a {}: the path is of kind {} in version {:?}",
                expected.kind,
                expected.kind,
                expected.api_version()
            );
            return Err(Refusal::bad_request(message));
        }
    }
    Ok(object)
}

/// Refuses with 422 an object whose `apiVersion` or `kind` is another than the resource's.
pub(super) fn check_identity(call: &Call, object: &Object) -> Result<(), Refusal> {
    let expected = &call.resource.gvk;
    let mut causes = Vec::new();
    if object.api_version() != expected.api_version() {
        causes.push(Cause::invalid("apiVersion", &object.api_version().into(), &format!("must be {}", expected.api_version())));
    }
    if object.kind() != expected.kind {
        causes.push(Cause::invalid("kind", &object.kind().into(), &format!("must be {}", expected.kind)));
    }
    if causes.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(&expected.group, object.kind(), object.name(), causes))
}

/// Checks an object against its schema: types always; unknown and duplicate members as `fieldValidation` says. Unknown members are
/// dropped, as upstream's decoding into typed values does.
pub(super) fn checked(call: &Call, object: Object, duplicates: &[String]) -> Result<Decoded, Refusal> {
    let gvk = &call.resource.gvk;
    checked_as(call, &call.resource.schema(), &gvk.version, &gvk.kind, object, duplicates)
}

/// As [`checked`], for a custom resource that is applied: `null` is a statement about its place, which the schema may refuse once it is
/// merged, where other writes take it for an absent member.
pub(super) fn stated(call: &Call, object: Object, duplicates: &[String]) -> Result<Decoded, Refusal> {
    let spoken = object.clone();
    let mut decoded = checked(call, object, duplicates)?;
    let metadata = decoded.object.root_mut().remove("metadata");
    decoded.object = spoken;
    if let Some(metadata) = metadata {
        decoded.object.root_mut().insert("metadata".to_owned(), metadata);
    }
    Ok(decoded)
}

/// As [`checked`], for an object of another kind than the resource's.
pub(super) fn checked_as(
    call: &Call,
    schema: &Schema,
    version: &str,
    kind: &str,
    object: Object,
    duplicates: &[String],
) -> Result<Decoded, Refusal> {
    let refused = |why: &str| Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"));
    let mut value = object.into_value();
    if let Some(error) = check::decode_error(schema.root(), &value) {
        return Err(refused(&error.to_string()));
    }
    let warnings = loose_ends(call.query.field_validation, schema, &value, duplicates).map_err(|why| refused(&why))?;
    check::prune(schema.root(), &mut value);
    let object = Object::from_value(value).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(Decoded { object, warnings })
}

/// Says what a document is that its path says, where clients may leave that out: whoever is asked about it goes by it.
pub(super) fn say_kind(object: &mut Object, api_version: &str, kind: &str) {
    let members = [("apiVersion", api_version), ("kind", kind)];
    object.root_mut().extend(members.map(|(member, text)| (member.to_owned(), text.into())));
}

fn loose_ends(validation: FieldValidation, schema: &Schema, value: &Value, duplicates: &[String]) -> Result<Vec<String>, String> {
    if validation == FieldValidation::Ignore {
        return Ok(Vec::new());
    }
    let unknown = check::unknown_fields(schema.root(), value).into_iter().map(|path| format!("unknown field {path:?}"));
    let all: Vec<String> = duplicates.iter().cloned().chain(unknown).collect();
    if validation == FieldValidation::Strict && !all.is_empty() {
        return Err(format!("strict decoding error: {}", all.join(", ")));
    }
    Ok(all)
}
