//! What the collector keeps of an object: its uid, its owners and how it is being deleted.

use std::fmt;
use std::sync::Arc;

use kube::api::ObjectMeta;
use uuid::Uuid;

use super::super::{FOREGROUND, ORPHAN};

/// An object's uid, in a third of the room that its text takes where it is a UUID in the usual writing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Uid {
    Usual(Uuid),
    Other(Arc<str>),
}

impl From<&str> for Uid {
    fn from(text: &str) -> Self {
        let mut buffer = Uuid::encode_buffer();
        match Uuid::try_parse(text) {
            Ok(uuid) if *uuid.hyphenated().encode_lower(&mut buffer) == *text => Self::Usual(uuid),
            _ => Self::Other(text.into()),
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual(uuid) => uuid.hyphenated().fmt(formatter),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

/// An entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnerRef {
    pub(super) uid: Uid,
    pub(super) api_version: Arc<str>,
    pub(super) kind: Arc<str>,
    pub(super) name: Box<str>,
    /// Whether the owner's deletion in the foreground waits for this dependent.
    pub(super) blocks: bool,
}

/// How an object is being deleted, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    pub(super) deleting: bool,
    /// It has the finalizer `foregroundDeletion`.
    pub(super) foreground: bool,
    /// It has the finalizer `orphan`.
    pub(super) orphan: bool,
}

impl Marks {
    /// Whether the object goes once its dependents are gone.
    pub(super) fn awaits_dependents(self) -> bool {
        self.deleting && self.foreground
    }
}

/// An object as a watch or a read shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Observed {
    pub(super) uid: Uid,
    pub(super) namespace: Option<String>,
    pub(super) name: Box<str>,
    pub(super) owners: Vec<OwnerRef>,
    pub(super) marks: Marks,
}

impl Observed {
    /// Reads an object's metadata. `None` for what has no uid, which is no object of a store.
    pub(super) fn of(metadata: &ObjectMeta) -> Option<Self> {
        let finalizers = metadata.finalizers.as_deref().unwrap_or_default();
        let has = |finalizer: &str| finalizers.iter().any(|one| one == finalizer);
        let owners = metadata.owner_references.iter().flatten().map(|reference| OwnerRef {
            uid: Uid::from(reference.uid.as_str()),
            api_version: reference.api_version.as_str().into(),
            kind: reference.kind.as_str().into(),
            name: reference.name.as_str().into(),
            blocks: reference.block_owner_deletion == Some(true),
        });
        Some(Self {
            uid: Uid::from(metadata.uid.as_deref()?),
            namespace: metadata.namespace.clone().filter(|namespace| !namespace.is_empty()),
            name: metadata.name.as_deref()?.into(),
            owners: owners.collect(),
            marks: Marks { deleting: metadata.deletion_timestamp.is_some(), foreground: has(FOREGROUND), orphan: has(ORPHAN) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_reads_back_as_it_was_written() {
        let canonical = "00000000-0000-0000-8000-00000000000a";
        for text in [canonical, "00000000-0000-0000-8000-00000000000A", "", "not a uuid", "0000000000000000800000000000000a"] {
            assert_eq!(Uid::from(text).to_string(), text);
        }
        assert!(matches!(Uid::from(canonical), Uid::Usual(_)));
        assert_ne!(Uid::from(canonical), Uid::from("00000000-0000-0000-8000-00000000000A"));
    }
}
