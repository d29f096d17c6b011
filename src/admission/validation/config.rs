//! ConfigMaps and Secrets.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::field::{Faults, Field, differs};
use crate::object::Object;
use crate::object::names::config_key;

/// The most that a ConfigMap or a Secret may hold, in bytes: what etcd takes, less what the object needs around it.
const MOST: usize = 1 << 20;

/// The members that each type of secret cannot do without.
const SECRET_KEYS: [(&str, &[&str]); 4] = [
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

pub(super) fn config_map(object: &Object, before: Option<&Object>, faults: &mut Faults) {
    let (text, binary) = (member(object, "data"), member(object, "binaryData"));
    let mut size = 0;
    for (key, value) in text.entries() {
        check_key(key, &value, faults);
        if binary.value.get(key).is_some() {
            faults.invalid(&Field::root_like(&value, &key.into()), "duplicate of key present in binaryData");
        }
        size += value.text().len();
    }
    for (key, value) in binary.entries() {
        check_key(key, &value, faults);
        size += decoded_length(value.text());
    }
    if size > MOST {
        faults.too_long(&Field::root("", None), MOST);
    }
    stays(object, before, &["data", "binaryData"], faults);
}

pub(super) fn secret(object: &Object, before: Option<&Object>, faults: &mut Faults) {
    let (data, kind) = (member(object, "data"), member(object, "type"));
    let mut size = 0;
    for (key, value) in data.entries() {
        check_key(key, &value, faults);
        size += decoded_length(value.text());
    }
    if size > MOST {
        faults.too_long(&data, MOST);
    }
    docker(&data, kind.text(), faults);
    let needed = SECRET_KEYS.iter().find(|(name, _)| *name == kind.text()).map_or(&[][..], |(_, keys)| *keys);
    for key in needed {
        // An empty private key is none; the others need only be there.
        let lacks = data.value.get(*key).is_none_or(|value| *key == "ssh-privatekey" && value.as_str() == Some(""));
        if lacks {
            faults.required(&data.key(key), "");
        }
    }
    let metadata = Field::root("metadata", object.root().get("metadata"));
    match kind.text() {
        "kubernetes.io/service-account-token" => {
            let account = metadata.at("annotations");
            faults.present(&account.key("kubernetes.io/service-account.name"));
        }
        "kubernetes.io/basic-auth" if ["username", "password"].iter().all(|key| data.value.get(*key).is_none()) => {
            faults.required(&data.key("username"), "");
            faults.required(&data.key("password"), "");
        }
        _ => {}
    }
    if let Some(before) = before {
        faults.unchanged(&kind, &member(before, "type"));
    }
    stays(object, before, &["data"], faults);
}

/// What the credentials for registries hold is JSON. What is wrong with it is told without showing it.
fn docker(data: &Field<'_, '_>, kind: &str, faults: &mut Faults) {
    let key = match kind {
        "kubernetes.io/dockercfg" => ".dockercfg",
        "kubernetes.io/dockerconfigjson" => ".dockerconfigjson",
        _ => return,
    };
    let value = data.key(key);
    let Some(text) = value.value.as_str() else { return };
    let decoded = STANDARD.decode(text).unwrap_or_default();
    // Numbers and names in the reason would come from the secret itself, so only the place is told.
    if let Err(error) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&decoded) {
        let why = format!("must be a JSON object; the fault is in line {}, column {}", error.line(), error.column());
        faults.invalid_hidden(&value, "<secret contents redacted>", &why);
    }
}

/// How many bytes a base64 text stands for.
fn decoded_length(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

fn member<'v>(object: &'v Object, name: &'static str) -> Field<'static, 'v> {
    Field::root(name, object.root().get(name))
}

fn check_key(key: &str, value: &Field<'_, '_>, faults: &mut Faults) {
    if let Err(why) = config_key(key) {
        faults.invalid(&Field::root_like(value, &key.into()), &why);
    }
}

/// What was once declared immutable stays so, with everything in it.
fn stays(object: &Object, before: Option<&Object>, members: &[&'static str], faults: &mut Faults) {
    let Some(before) = before.filter(|before| member(before, "immutable").flag()) else { return };
    if !member(object, "immutable").flag() {
        faults.forbidden(&member(object, "immutable"), "field is immutable when `immutable` is set");
    }
    for name in members {
        if differs(&member(object, name), &member(before, name)) {
            faults.forbidden(&member(object, name), "field is immutable when `immutable` is set");
        }
    }
}
