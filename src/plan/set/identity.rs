//! Which set: its parent object, and the id that follows from it.
//!
//! Receives what `--applyset` says, hands on a [`Parent`]. The rules are kubectl's, so that the same words mean the same set there.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::{GROUP_KINDS, ID, PARENT_TYPE, PART_OF, TOOLING};
use crate::client::{ApiRequest, Client, ClientError, Discovery, Form, ServedResource, UnknownResource};
use crate::manifest::Origin;
use crate::object::{GroupResource, Reason, names};

/// Why a set cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// `--applyset` names no object.
    #[error("--applyset {0:?} names no object: it takes NAME or TYPE/NAME")]
    NoName(String),
    /// It names one that cannot exist.
    #[error("--applyset {word:?}: a name {rule}")]
    BadName {
        /// What was given.
        word: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// It names a type that the server does not serve.
    #[error("--applyset: {0}")]
    UnknownType(#[from] UnknownResource),
    /// The parent lives in a namespace, and none was named.
    #[error("{0} is in a namespace, and none was named")]
    NoNamespace(String),
    /// Objects of the type may not be parents.
    #[error("objects of {0} may not be parents of sets: Secrets may, ConfigMaps, and objects of definitions with the label {PARENT_TYPE}")]
    NotAParentType(GroupResource),
    /// A parent of a custom type has to be there first.
    #[error("{0} does not exist, and a parent of a custom type is not made automatically")]
    NotMadeAutomatically(String),
    /// There is no such set.
    #[error("there is no set {0}")]
    NoSuchSet(String),
    /// The object is there, and no parent.
    #[error("{parent} exists and is no set's parent: it has no {kind} {key}")]
    NotAParent {
        /// The object.
        parent: String,
        /// The same as the arguments of a command.
        arguments: String,
        /// `label` or `annotation`.
        kind: &'static str,
        /// What it lacks.
        key: &'static str,
    },
    /// The label of the object is that of another.
    #[error("{parent} has the label {ID}={found}, where its own id is {wanted}")]
    OtherId {
        /// The object.
        parent: String,
        /// The id that it carries.
        found: String,
        /// The id that it should carry.
        wanted: SetId,
    },
    /// Another tool works on the set.
    #[error("the set {parent} is worked on by {tool}, as its annotation {TOOLING} says")]
    OtherTool {
        /// The set's parent.
        parent: String,
        /// The same as the arguments of a command.
        arguments: String,
        /// The tool's name.
        tool: String,
    },
    /// Nothing says where the members are.
    #[error("{0} does not say which kinds its set holds: it has no annotation {GROUP_KINDS}")]
    NoKinds(String),
    /// A manifest says itself which set its object belongs to.
    #[error("{}{object}: the manifest sets the label {PART_OF}, which --applyset sets", .origin.as_ref().map(|o| format!("{o}: ")).unwrap_or_default())]
    LabelWritten {
        /// The object.
        object: String,
        /// Where it is written.
        origin: Option<Origin>,
    },
    /// The server refused, or could not be asked.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What members carry to say which set they belong to: `applyset-<base64url(sha256(name.namespace.kind.group))>-v1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(String);

impl SetId {
    /// The id as it stands in labels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The label selector that finds the members.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("{PART_OF}={}", self.0)
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The object that stands for a set, whether or not it exists yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The resource it belongs to.
    pub resource: Arc<ServedResource>,
    /// Its namespace, where it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Parent {
    /// Reads `NAME` (of a Secret) or `TYPE/NAME`. `namespace` is the one that the user named: a default namespace, which may be another
    /// tomorrow, does not say which set is meant.
    pub fn parse(text: &str, discovery: &Discovery, namespace: Option<&str>) -> Result<Self, SetError> {
        let (kind, name) = text.split_once('/').unwrap_or(("secrets", text));
        if kind.is_empty() || name.is_empty() || name.contains('/') {
            return Err(SetError::NoName(text.to_owned()));
        }
        names::path_segment(name).map_err(|rule| SetError::BadName { word: text.to_owned(), rule })?;
        let resource = Arc::new(discovery.resolve(kind)?.clone());
        let parent = Self { namespace: namespace.filter(|_| resource.namespaced).map(str::to_owned), name: name.to_owned(), resource };
        match parent.resource.namespaced && parent.namespace.is_none() {
            true => Err(SetError::NoNamespace(parent.display_name())),
            false => Ok(parent),
        }
    }

    /// The set's id.
    #[must_use]
    pub fn id(&self) -> SetId {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let identity = [&self.name, namespace, &self.resource.kind, &self.resource.group].join(".");
        SetId(format!("applyset-{}-v1", BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, identity.as_bytes()))))
    }

    /// The parent as `--applyset` takes it: `secret/shop`.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{}/{}", self.resource.display_kind(), self.name)
    }

    /// The parent as the arguments of a command: `secret/shop -n shop`.
    #[must_use]
    pub fn arguments(&self) -> String {
        let namespace = self.namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        format!("{}{namespace}", self.display_name())
    }

    /// Whether the parent is made where it does not exist.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.resource.group.is_empty() && ["secrets", "configmaps"].contains(&self.resource.plural.as_str())
    }

    /// Refuses a type whose objects may not be parents; of built-in types those of Secrets and ConfigMaps may.
    pub async fn check_type(&self, client: &Client, discovery: &Discovery) -> Result<(), SetError> {
        if self.is_built_in() {
            return Ok(());
        }
        let refused = || SetError::NotAParentType(self.resource.group_resource());
        let definitions = discovery.resolve("customresourcedefinitions.apiextensions.k8s.io").map_err(|_| refused())?;
        let name = self.resource.group_resource().to_string();
        match client.object(&ApiRequest::get(definitions, None, &name, Form::Objects)).await {
            Ok(definition) if definition.label(PARENT_TYPE).is_some() => Ok(()),
            Ok(_) => Err(refused()),
            Err(error) if error.is(Reason::NotFound) => Err(refused()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovery() -> Discovery {
        Discovery::of(vec![
            ServedResource::named("", "v1", "Secret", "secrets", true),
            ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
            ServedResource::named("x.io", "v1", "App", "apps", false),
        ])
    }

    fn parsed(text: &str, namespace: Option<&str>) -> Result<String, String> {
        let parent = Parent::parse(text, &discovery(), namespace).map_err(|error| error.to_string())?;
        Ok(format!("{} {:?}", parent.display_name(), parent.namespace))
    }

    #[test]
    fn a_name_alone_is_a_secrets() {
        assert_eq!(parsed("shop", Some("a")), Ok("secret/shop Some(\"a\")".to_owned()));
        assert_eq!(parsed("cm/shop", Some("a")).unwrap_err(), "--applyset: the server doesn't have a resource type \"cm\"");
        assert_eq!(parsed("configmaps/shop", Some("a")), Ok("configmap/shop Some(\"a\")".to_owned()));
        assert_eq!(parsed("app.x.io/shop", Some("a")), Ok("app.x.io/shop None".to_owned()));
    }

    #[test]
    fn what_names_no_object_is_refused() {
        for wrong in ["", "/shop", "secret/", "a/b/c"] {
            let expected = format!("--applyset {wrong:?} names no object: it takes NAME or TYPE/NAME");
            assert_eq!(parsed(wrong, Some("a")), Err(expected));
        }
        assert!(parsed("..", Some("a")).unwrap_err().starts_with("--applyset \"..\": a name "));
        assert_eq!(parsed("shop", None).unwrap_err(), "secret/shop is in a namespace, and none was named");
    }

    /// As `kubectl apply --applyset` labels them.
    #[test]
    fn the_id_is_the_hash_of_name_namespace_kind_and_group() {
        let id = |text: &str| Parent::parse(text, &discovery(), Some("default")).unwrap().id().to_string();
        assert_eq!(id("shop"), "applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1");
        assert_eq!(id("apps.x.io/shop"), "applyset-4GlUvqf26Ool6rs8YNygEszBCbPS30jwGZgBzujXuw0-v1");
    }
}
