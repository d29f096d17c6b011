//! Operations of a JSON patch, and the object read back as strictly as its own kind is.

use serde_json::Value;

use super::{MutationError, Place};
use crate::merge::{self, JsonPatchError};
use crate::schema::check;

/// The object after the operations.
pub(super) fn patched(place: Place<'_>, object: &Value, operations: Vec<Value>) -> Result<Value, MutationError> {
    match merge::json_patch(object.clone(), &Value::Array(operations)) {
        Ok(patched) => read_back(place, patched).map_err(MutationError::Unreadable),
        Err(JsonPatchError::TestFailed { .. }) => Ok(object.clone()),
        Err(error) => Err(MutationError::Patch(error)),
    }
}

/// A document as an object of the kind; what a custom resource's schema does not know is dropped, what the API's own types do not know is
/// refused.
fn read_back(place: Place<'_>, mut document: Value) -> Result<Value, String> {
    let text = |member: &str| document.get(member).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    if version != place.gvk.api_version() || kind != place.gvk.kind {
        let (wanted_version, wanted_kind) = (place.gvk.api_version(), &place.gvk.kind);
        return Err(format!("failed to convert object: it is {kind:?} of {version:?} now, and was {wanted_kind:?} of {wanted_version:?}"));
    }
    if let Some(error) = check::decode_error(place.schema, &document) {
        return Err(error.to_string());
    }
    if place.schema.node().typed {
        let unknown = check::unknown_fields(place.schema, &document);
        if !unknown.is_empty() {
            let named: Vec<String> = unknown.iter().map(|field| format!("unknown field {field:?}")).collect();
            return Err(format!("strict decoding error: {}", named.join(", ")));
        }
    }
    check::prune(place.schema, &mut document);
    Ok(document)
}
