//! Secrets: `stringData` is a way to write `data` and is never read back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::object::Object;

pub(super) fn on_write(object: &mut Object) {
    let root = object.root_mut();
    root.entry("type").or_insert_with(|| "Opaque".into());
    let Some(Value::Object(plain)) = root.remove("stringData") else { return };
    let data = root.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if let Some(data) = data.as_object_mut() {
        data.extend(plain.into_iter().map(|(key, text)| (key, STANDARD.encode(text.as_str().unwrap_or_default()).into())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn string_data_becomes_data_and_wins_over_it() {
        let mut secret = Object::from_value(json!({"data": {"a": "eA==", "b": "eQ=="}, "stringData": {"b": "z"}})).expect("an object");
        on_write(&mut secret);
        assert_eq!(secret.into_value(), json!({"data": {"a": "eA==", "b": "eg=="}, "type": "Opaque"}));
    }
}
