//! Revisions as Secrets.
//!
//! Receives a revision's number and compressed manifests, hands on the Secrets that keep it, and the other way round. Pure. Invariant:
//! the Secrets are immutable, are owned by the set's parent, and do not carry the label of its members.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::{ABOUT, About, HISTORY_OF, PART, REVISION, Revision, SECRET_TYPE};
use crate::object::Object;
use crate::plan::set::Parent;

/// The member of `data` that holds the bytes.
const DATA: &str = "revision";
/// A Secret's name has 253 characters at most, of which the rest of the name takes some.
const NAME_MOST: usize = 180;

/// The name of one part: `trueup.history.shop.1f2e3d4c.v7`, and `….v7.2` for the second.
///
/// The hash tells parents of one name and different kinds apart.
pub(super) fn secret_name(parent: &Parent, number: u64, part: usize) -> String {
    let hash: String = digest(&SHA256, parent.id().as_str().as_bytes()).as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let plain = parent.name.len() <= NAME_MOST && is_subdomain(&parent.name);
    let name = if plain { &parent.name } else { "set" };
    let part = if part > 1 { format!(".{part}") } else { String::new() };
    format!("trueup.history.{name}.{hash}.v{number}{part}")
}

/// Whether a parent's name may be within that of a Secret.
fn is_subdomain(name: &str) -> bool {
    let label = |label: &str| {
        let inner = label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    name.split('.').all(label)
}

/// Where the Secrets of a set are: beside its parent, or, since one without a namespace has no beside, in `default`.
pub(super) fn namespace_of(parent: &Parent) -> &str {
    parent.namespace.as_deref().unwrap_or("default")
}

/// One part as a Secret. `owner` is the live parent; the first part tells of the revision.
pub(super) fn secret(parent: &Parent, owner: &Object, number: u64, part: usize, bytes: &[u8], about: Option<&About>) -> Value {
    let mut secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": SECRET_TYPE,
        "immutable": true,
        "metadata": {
            "name": secret_name(parent, number, part),
            "namespace": namespace_of(parent),
            "labels": {
                "app.kubernetes.io/managed-by": "trueup",
                HISTORY_OF: parent.id().as_str(),
                REVISION: number.to_string(),
                PART: part.to_string(),
            },
            "ownerReferences": [{
                "apiVersion": owner.api_version(), "kind": owner.kind(), "name": owner.name(), "uid": owner.uid(),
            }],
        },
        "data": {DATA: BASE64_STANDARD.encode(bytes)},
    });
    if let Some(about) = about {
        secret["metadata"]["annotations"] = json!({ABOUT: json!(about).to_string()});
    }
    secret
}

/// The largest number of a revision. Counting up from here ends in no number at all.
const NUMBER_MOST: u64 = u32::MAX as u64;

/// The bytes in a Secret.
pub(super) fn bytes_of(secret: &Object) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(secret.get_str(&["data", DATA])?).ok()
}

/// The Secrets of a set, by what their metadata tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Catalogue {
    /// The revisions all of whose parts are there, oldest first.
    pub(super) revisions: Vec<Revision>,
    /// The Secrets of each number, whole or not.
    pub(super) names: BTreeMap<u64, Vec<String>>,
}

impl Catalogue {
    /// Reads the items of a list. What tells of no revision is not looked at, nor is one with a number that nobody comes to by counting.
    pub(super) fn of<'a>(items: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut catalogue = Self::default();
        let mut heads = Vec::new();
        for item in items {
            let metadata = &item["metadata"];
            let number = metadata["labels"][REVISION].as_str().and_then(|number| number.parse().ok());
            let number = number.filter(|number| (1..=NUMBER_MOST).contains(number));
            let (Some(number), Some(name)) = (number, metadata["name"].as_str()) else { continue };
            catalogue.names.entry(number).or_default().push(name.to_owned());
            let about = metadata["annotations"][ABOUT].as_str().and_then(|text| serde_json::from_str::<About>(text).ok());
            heads.extend(about.map(|about| Revision { number, about }));
        }
        // One that lacks a part is being written, or was left by somebody who could not end it.
        let is_whole = |revision: &Revision| catalogue.names.get(&revision.number).is_some_and(|names| names.len() == revision.about.parts);
        heads.retain(is_whole);
        heads.sort_by_key(|revision| revision.number);
        catalogue.revisions = heads;
        catalogue
    }

    /// The number after all that were ever seen here.
    pub(super) fn next_number(&self) -> u64 {
        self.names.keys().next_back().map_or(1, |last| last + 1)
    }

    /// The Secrets that go so that no more than `limit` revisions stay, oldest first.
    pub(super) fn beyond(&self, limit: usize) -> Vec<&str> {
        let surplus = self.names.len().saturating_sub(limit);
        self.names.values().take(surplus).flatten().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::client::ServedResource;
    use crate::plan::set::PART_OF;

    fn parent(kind: &str, name: &str) -> Parent {
        let resource = Arc::new(ServedResource::named("", "v1", kind, "xs", true));
        Parent { resource, namespace: Some("a".to_owned()), name: name.to_owned() }
    }

    fn kept(number: u64, part: usize, parts: usize) -> Value {
        let parent = parent("Secret", "shop");
        let owner = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop", "uid": "u"}});
        let about = About { parts, ..About::default() };
        secret(&parent, &Object::from_value(owner).unwrap(), number, part, b"bytes", (part == 1).then_some(&about))
    }

    #[test]
    fn a_secret_belongs_to_the_parent_and_not_to_the_set() {
        let secret = kept(3, 1, 1);
        let metadata = &secret["metadata"];
        assert_eq!(metadata["ownerReferences"], json!([{"apiVersion": "v1", "kind": "Secret", "name": "shop", "uid": "u"}]));
        assert_eq!(metadata["labels"].get(PART_OF), None);
        assert_eq!((&secret["immutable"], &secret["type"]), (&json!(true), &json!("trueup.dev/history")));
        assert_eq!(bytes_of(&Object::from_value(secret).unwrap()), Some(b"bytes".to_vec()));
    }

    #[test]
    fn names_tell_parents_apart_and_fit() {
        let name = |kind: &str, parent_name: &str| secret_name(&parent(kind, parent_name), 12, 1);
        assert_ne!(name("Secret", "shop"), name("ConfigMap", "shop"));
        assert!(name("Secret", "shop").starts_with("trueup.history.shop."));
        assert!(secret_name(&parent("Secret", "shop"), 12, 2).ends_with(".v12.2"));
        for odd in [&"x".repeat(253), "System:x", "a..b", "-a"] {
            assert!(name("Secret", odd).starts_with("trueup.history.set."), "{odd}");
        }
    }

    #[test]
    fn revisions_are_listed_by_number_and_only_where_they_are_whole() {
        let items = [kept(10, 1, 1), kept(9, 1, 2), kept(9, 2, 2), kept(11, 1, 2), kept(2, 1, 1), json!({"metadata": {"name": "x"}})];
        let catalogue = Catalogue::of(&items);
        assert_eq!(catalogue.revisions.iter().map(|revision| revision.number).collect::<Vec<_>>(), [2, 9, 10]);
        assert_eq!(catalogue.next_number(), 12, "what is not whole has its number");
        assert_eq!(Catalogue::default().next_number(), 1);
        let odd = ["0", "4294967296", "18446744073709551615", "-1"].map(|number| {
            let mut odd = kept(1, 1, 1);
            odd["metadata"]["labels"][REVISION] = number.into();
            odd
        });
        assert_eq!(Catalogue::of(&odd), Catalogue::default());
    }

    #[test]
    fn the_oldest_go_first_with_all_their_parts() {
        let catalogue = Catalogue::of(&[kept(1, 1, 2), kept(1, 2, 2), kept(2, 1, 1), kept(3, 1, 1)]);
        let beyond = |limit| catalogue.beyond(limit).iter().map(|name| name.rsplit(".v").next().unwrap()).collect::<Vec<_>>();
        assert_eq!(beyond(3), Vec::<&str>::new());
        assert_eq!(beyond(2), ["1", "1.2"]);
        assert_eq!(beyond(0), ["1", "1.2", "2", "3"]);
    }
}
