//! Pods: they begin as pending.

use serde_json::json;

use crate::object::Object;

pub(super) fn on_create(object: &mut Object) {
    object.root_mut().insert("status".to_owned(), json!({"phase": "Pending"}));
}
