//! ConfigMaps and Secrets.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/>.

use super::field::{Faults, Field};
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
        size += value.text().len() / 4 * 3;
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
        size += value.text().len() / 4 * 3;
    }
    if size > MOST {
        faults.too_long(&data, MOST);
    }
    let needed = SECRET_KEYS.iter().find(|(name, _)| *name == kind.text()).map_or(&[][..], |(_, keys)| *keys);
    for key in needed {
        if data.value.get(*key).is_none() {
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
        if member(object, name).value != member(before, name).value {
            faults.forbidden(&member(object, name), "field is immutable when `immutable` is set");
        }
    }
}
