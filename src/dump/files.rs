//! Under which name an object is written to a folder.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

use crate::object::Object;

/// The longest name that file systems take is 255 bytes, the ending among them.
const LONGEST: usize = 240;

/// `shop_deployment.apps_web.yaml`, or `namespace_shop.yaml` for an object outside of namespaces: the same for the same object in every dump,
/// and no two objects share one. A namespace holds neither underscore nor dot, and kinds outside of the core group hold a dot.
///
/// What not every file system takes in a name, such as the colons of roles, is written as in a URL.
#[must_use]
pub fn file_name(object: &Object, ending: &str) -> String {
    let group = object.gvk().map(|gvk| gvk.group).filter(|group| !group.is_empty()).map(|group| format!(".{group}")).unwrap_or_default();
    let namespace = object.namespace().map(|namespace| format!("{namespace}_")).unwrap_or_default();
    let mut name = escaped(&format!("{namespace}{}{group}_{}", object.kind().to_lowercase(), object.name()));
    if name.len() > LONGEST {
        let hash = hex(&digest(&SHA256, name.as_bytes()).as_ref()[..8]);
        // Only ASCII is left by now.
        name.truncate(LONGEST - hash.len() - 1);
        name = format!("{name}~{hash}");
    }
    format!("{name}.{ending}")
}

fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => text.push(char::from(byte)),
            // Writing to a String has no way to fail.
            other => drop(write!(text, "%{other:02X}")),
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(api_version: &str, kind: &str, namespace: &str, name: &str) -> String {
        let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": namespace}});
        file_name(&Object::from_value(object).unwrap(), "yaml")
    }

    #[test]
    fn a_file_is_named_for_its_object() {
        assert_eq!(name("apps/v1", "Deployment", "shop", "web"), "shop_deployment.apps_web.yaml");
        assert_eq!(name("v1", "Namespace", "", "shop"), "namespace_shop.yaml");
        assert_eq!(
            name("rbac.authorization.k8s.io/v1", "ClusterRole", "", "app:read"),
            "clusterrole.rbac.authorization.k8s.io_app%3Aread.yaml"
        );
    }

    #[test]
    fn long_names_stay_different_when_they_are_cut() {
        let long = |end: &str| name("things.example.com/v1", "Thing", "shop", &format!("{}{end}", "a".repeat(250)));
        assert_ne!(long("b"), long("c"));
        assert!(long("b").len() <= 255);
    }
}
