//! Volumes: they say since when they are in their phase.

use serde_json::json;

use crate::ambient::Ambient;
use crate::object::Object;

const SINCE: &str = "lastPhaseTransitionTime";

pub(super) fn on_create(volume: &mut Object, ambient: &Ambient) {
    let status = json!({"phase": "Pending", SINCE: ambient.now_seconds().to_string()});
    volume.root_mut().insert("status".to_owned(), status);
}

/// A client that changes the phase may say since when, or leave it to the server.
pub(super) fn on_update(before: &Object, after: &mut Object, ambient: &Ambient) {
    let changed = before.get(&["status", "phase"]) != after.get(&["status", "phase"]);
    let said = before.get(&["status", SINCE]) != after.get(&["status", SINCE]);
    if let Some(status) = after.root_mut().get_mut("status").and_then(serde_json::Value::as_object_mut).filter(|_| changed && !said) {
        status.insert(SINCE.to_owned(), ambient.now_seconds().to_string().into());
    }
}
