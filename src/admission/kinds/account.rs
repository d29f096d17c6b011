//! Service accounts: what they say of a secret is its name.

use serde_json::{Value, json};

use crate::object::Object;

/// Leaves the name of each secret, and nothing else of it, since all are of the account's own namespace.
pub(super) fn on_write(object: &mut Object) {
    let Some(secrets) = object.root_mut().get_mut("secrets").and_then(Value::as_array_mut) else { return };
    for secret in secrets {
        let name = secret.get("name").filter(|name| !name.is_null()).cloned();
        *secret = name.map_or_else(|| json!({}), |name| json!({"name": name}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_secret_its_name_stays() {
        let secrets = json!([{"name": "a", "namespace": "other", "kind": "Secret"}, {"uid": "u"}]);
        let mut account = Object::from_value(json!({"secrets": secrets})).expect("an object");
        on_write(&mut account);
        assert_eq!(account.root().get("secrets"), Some(&json!([{"name": "a"}, {}])));
    }
}
