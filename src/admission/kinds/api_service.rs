//! APIServices: what this server answers itself is available.

use serde_json::json;

use crate::ambient::Ambient;
use crate::object::Object;

pub(super) fn on_create(object: &mut Object, ambient: &Ambient) {
    let condition = json!({
        "type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available",
        "lastTransitionTime": ambient.now_seconds().to_string(),
    });
    object.root_mut().insert("status".to_owned(), json!({"conditions": [condition]}));
}
