//! The hash in the name of a generated object.
//!
//! Invariant: it is kustomize's and kubectl's, so that both give an object the same name. The name itself does not go into it.

use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::object::Object;

/// Ten letters that stand for an object's content.
pub(super) fn hash(object: &Object) -> String {
    let mut text = String::from("{");
    let is_secret = object.kind() == "Secret";
    // The members of the hashed document, sorted by name.
    let optional = if is_secret { "stringData" } else { "binaryData" };
    let present = object.get(&[optional]).filter(|value| value.is_object());
    if let (false, Some(value)) = (is_secret, present) {
        member(&mut text, optional, Some(value));
    }
    member(&mut text, "data", object.get(&["data"]));
    member(&mut text, "kind", Some(&object.kind().into()));
    member(&mut text, "name", None);
    if is_secret {
        if let Some(value) = present {
            member(&mut text, optional, Some(value));
        }
        member(&mut text, "type", object.get(&["type"]));
    }
    text.push('}');
    let digest = digest(&SHA256, text.as_bytes());
    let letters = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).take(10);
    letters.map(|digit| char::from(b"gh2k456789mbcdtf"[usize::from(digit)])).collect()
}

/// Appends a member; what is absent is an empty text.
fn member(text: &mut String, name: &str, value: Option<&Value>) {
    if text.len() > 1 {
        text.push(',');
    }
    write_text(text, name);
    text.push(':');
    match value {
        Some(value) => write(text, value),
        None => text.push_str("\"\""),
    }
}

/// JSON as Go writes it.
fn write(text: &mut String, value: &Value) {
    match value {
        Value::String(value) => write_text(text, value),
        Value::Array(items) => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { "," });
                write(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (position, (name, value)) in members.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { "," });
                write_text(text, name);
                text.push(':');
                write(text, value);
            }
            text.push('}');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// A text in quotes. Go escapes what could end a script in a web page, too.
pub(super) fn write_text(text: &mut String, value: &str) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => text.push_str(&format!("\\u{:04x}", u32::from(letter))),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_hash_is_kustomizes() {
        // Each as `kubectl kustomize` 1.36 names it.
        let config_map = json!({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}});
        assert_eq!(hash(&Object::from_value(config_map).unwrap()), "4h2mbtbbt6");
        let secret = json!({"kind": "Secret", "metadata": {"name": "c"}, "type": "Opaque", "data": {"a": "Yg=="}});
        assert_eq!(hash(&Object::from_value(secret).unwrap()), "k695gkmbtk");
    }

    #[test]
    fn text_is_escaped_as_go_does() {
        let mut text = String::new();
        write_text(&mut text, "<a href=\"x\">&\u{2028}\n\u{1}é");
        assert_eq!(text, "\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\u2028\\n\\u0001é\"");
    }
}
