//! Services: they begin without a load balancer.

use serde_json::json;

use crate::object::Object;

pub(super) fn on_create(object: &mut Object) {
    object.root_mut().insert("status".to_owned(), json!({"loadBalancer": {}}));
}
