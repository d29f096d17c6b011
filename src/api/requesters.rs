//! Who asked for a certificate.
//!
//! Receives a new certificate signing request; writes into it who sent it. Invariant: nobody signs with the name of somebody else:
//! whatever a client states of itself is thrown away.

use serde_json::Value;

use super::call::Call;
use crate::object::Object;

/// What says who asked.
const MEMBERS: [&str; 4] = ["username", "uid", "groups", "extra"];

/// Puts the sender of a request for a certificate into it. All other objects are left as they are.
pub(super) fn sign(call: &Call, object: &mut Object) {
    if (call.resource.gvk.group.as_str(), call.resource.plural.as_str()) != ("certificates.k8s.io", "certificatesigningrequests") {
        return;
    }
    let Some(Value::Object(spec)) = object.root_mut().get_mut("spec") else { return };
    for member in MEMBERS {
        spec.remove(member);
    }
    let asker = &call.identity;
    spec.insert("username".to_owned(), Value::from(&*asker.user));
    if !asker.uid.is_empty() {
        spec.insert("uid".to_owned(), Value::from(&*asker.uid));
    }
    if !asker.groups.is_empty() {
        spec.insert("groups".to_owned(), asker.groups.iter().cloned().collect());
    }
}
