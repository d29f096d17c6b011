//! What a parent says of its set: which tool works on it, and where members are.
//!
//! Receives the live parent, hands on its [`Scope`], and the manifest that writes another. Invariant: a kind that is not served now stays
//! listed, since a server may be away for a while.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::json;

use super::{GROUP_KINDS, GROUP_RESOURCES, ID, NAMESPACES, Parent, SetError, TOOLING};
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Discovery, Form};
use crate::object::{Gvk, Object, Reason};
use crate::plan::place::Placed;

/// The name under which this program works on sets.
pub const OUR_TOOL: &str = "trueup";

/// How often a parent is written anew because somebody else wrote it meanwhile.
const ATTEMPTS: u32 = 5;

/// Who owns what is written about a set on its parent.
const FIELD_MANAGER: &str = "trueup-applyset";

/// What the annotation [`TOOLING`] says of this program.
#[must_use]
pub fn tooling() -> String {
    format!("{OUR_TOOL}/v{}", env!("CARGO_PKG_VERSION"))
}

/// The tool's name in `kubectl/v1.27`; it may hold slashes itself.
#[must_use]
pub fn tool_of(tooling: &str) -> &str {
    tooling.rsplit_once('/').map_or(tooling, |(name, _)| name)
}

/// A kind in whichever version; displays as `Deployment.apps`, or `ConfigMap` in the core group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupKind {
    /// The kind, in CamelCase.
    pub kind: String,
    /// The API group, empty for the core group.
    pub group: String,
}

impl GroupKind {
    /// Reads what it displays as.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (kind, group) = text.split_once('.').unwrap_or((text, ""));
        Self { kind: kind.to_owned(), group: group.to_owned() }
    }

    /// The kind of a document.
    #[must_use]
    pub fn of(gvk: &Gvk) -> Self {
        Self { kind: gvk.kind.clone(), group: gvk.group.clone() }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() { f.write_str(&self.kind) } else { write!(f, "{}.{}", self.kind, self.group) }
    }
}

/// Where members of a set are looked for: every kind in every namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The kinds.
    pub kinds: BTreeSet<GroupKind>,
    /// The namespaces, the parent's own among them where it holds members.
    pub namespaces: BTreeSet<String>,
}

impl Scope {
    /// The least scope that holds these objects.
    #[must_use]
    pub fn of<'a>(placed: impl IntoIterator<Item = &'a Placed>) -> Self {
        let mut scope = Self::default();
        for placed in placed {
            scope.kinds.insert(GroupKind::of(&placed.resource.gvk()));
            scope.namespaces.extend(placed.key.namespace.clone());
        }
        scope
    }

    /// Adds another scope.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.kinds.extend(other.kinds.iter().cloned());
        self.namespaces.extend(other.namespaces.iter().cloned());
        self
    }

    fn kinds_annotation(&self) -> String {
        let mut kinds: Vec<String> = self.kinds.iter().map(GroupKind::to_string).collect();
        kinds.sort_unstable();
        kinds.join(",")
    }

    fn namespaces_annotation(&self, own: Option<&str>) -> String {
        let others = self.namespaces.iter().map(String::as_str).filter(|namespace| Some(*namespace) != own);
        others.collect::<Vec<_>>().join(",")
    }
}

/// A set as its parent tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// Where members are.
    pub scope: Scope,
    /// Which tool works on the set, such as `kubectl/v1.27`.
    pub tooling: String,
    /// The parent as it is.
    pub object: Object,
}

impl Tracked {
    /// Refuses a set that another tool works on.
    pub fn check_tool(&self, parent: &Parent) -> Result<(), SetError> {
        match tool_of(&self.tooling) {
            OUR_TOOL => Ok(()),
            other => Err(SetError::OtherTool { parent: parent.display_name(), arguments: parent.arguments(), tool: other.to_owned() }),
        }
    }
}

impl Parent {
    /// The set as it is; `None` where the parent does not exist and will be made.
    pub async fn fetch(&self, client: &Client, discovery: &Discovery) -> Result<Option<Tracked>, SetError> {
        match client.object(&ApiRequest::get(&self.resource, self.namespace.as_deref(), &self.name, Form::Objects)).await {
            Ok(live) => self.read(live, discovery).map(Some),
            Err(error) if error.is(Reason::NotFound) && self.is_built_in() => Ok(None),
            Err(error) if error.is(Reason::NotFound) => Err(SetError::NotMadeAutomatically(self.display_name())),
            Err(error) => Err(error.into()),
        }
    }

    /// The set as it is, for those who can do nothing with one that is not there.
    pub async fn fetch_existing(&self, client: &Client, discovery: &Discovery) -> Result<Tracked, SetError> {
        match self.fetch(client, discovery).await {
            Ok(Some(tracked)) => Ok(tracked),
            Ok(None) | Err(SetError::NotMadeAutomatically(_)) => Err(SetError::NoSuchSet(self.display_name())),
            Err(error) => Err(error),
        }
    }

    /// Reads a live parent. Refuses what is none, in kubectl's order.
    pub fn read(&self, live: Object, discovery: &Discovery) -> Result<Tracked, SetError> {
        let lacks = |kind, key| SetError::NotAParent { parent: self.display_name(), arguments: self.arguments(), kind, key };
        let tooling = live.annotation(TOOLING).ok_or_else(|| lacks("annotation", TOOLING))?.to_owned();
        let found = live.label(ID).ok_or_else(|| lacks("label", ID))?;
        let wanted = self.id();
        if found != wanted.as_str() {
            return Err(SetError::OtherId { parent: self.display_name(), found: found.to_owned(), wanted });
        }
        let kinds = match (live.annotation(GROUP_KINDS), live.annotation(GROUP_RESOURCES).unwrap_or_default()) {
            (Some(kinds), _) => listed(kinds).map(GroupKind::parse).collect(),
            (None, "") => return Err(SetError::NoKinds(self.display_name())),
            (None, resources) => {
                let kind = |resource: &str| discovery.resolve(resource).map(|resource| GroupKind::of(&resource.gvk()));
                listed(resources).map(kind).collect::<Result<_, _>>()?
            }
        };
        let others = listed(live.annotation(NAMESPACES).unwrap_or_default()).map(str::to_owned);
        let namespaces = others.chain(self.namespace.clone()).collect();
        Ok(Tracked { scope: Scope { kinds, namespaces }, tooling, object: live })
    }

    /// The manifest that makes the parent say this of its set.
    #[must_use]
    pub fn manifest(&self, scope: &Scope, tooling: &str) -> Object {
        let mut manifest = Object::default();
        manifest.set_gvk(&self.resource.gvk());
        manifest.set_meta("name", self.name.as_str());
        if let Some(namespace) = &self.namespace {
            manifest.set_meta("namespace", namespace.as_str());
        }
        manifest.set_meta("labels", json!({ID: self.id().as_str()}));
        let annotations = json!({
            TOOLING: tooling,
            GROUP_KINDS: scope.kinds_annotation(),
            NAMESPACES: scope.namespaces_annotation(self.namespace.as_deref()),
        });
        manifest.set_meta("annotations", annotations);
        manifest
    }

    /// Whether the live parent says already what the manifest says.
    #[must_use]
    pub fn says(live: &Object, manifest: &Object) -> bool {
        let annotations = manifest.annotations().all(|(key, value)| live.annotation(key) == Some(value));
        annotations && manifest.labels().all(|(key, value)| live.label(key) == Some(value))
    }

    /// Writes a manifest of [`Parent::manifest`]; with a resource version only to that state of the parent.
    ///
    /// What a tool says of its set is its own to write, whoever wrote it before.
    pub async fn write(&self, client: &Client, mut manifest: Object, resource_version: Option<&str>) -> Result<Object, ClientError> {
        if let Some(version) = resource_version {
            manifest.set_meta("resourceVersion", version);
        }
        let parameters = ApplyParameters { field_manager: FIELD_MANAGER.to_owned(), force: true, dry_run: false };
        let body = manifest.into_value().to_string().into_bytes();
        client.object(&ApiRequest::apply(&self.resource, self.namespace.as_deref(), &self.name, body, &parameters)).await
    }
}

impl Parent {
    /// Writes a manifest of [`Parent::manifest`] to a parent that says what `said` does, and to no other. `version` is the state in which
    /// it was seen to say so; controllers may write what else there is to it meanwhile.
    pub async fn rewrite(&self, client: &Client, said: &Object, manifest: &Object, version: Option<&str>) -> Result<Object, ClientError> {
        let mut version = version.map(str::to_owned);
        let mut tried = 1;
        loop {
            let conflict = match self.write(client, manifest.clone(), version.as_deref()).await {
                Err(error) if error.is(Reason::Conflict) && tried < ATTEMPTS => error,
                written => return written,
            };
            let live = client.object(&ApiRequest::get(&self.resource, self.namespace.as_deref(), &self.name, Form::Objects)).await?;
            if !Self::says(&live, said) {
                return Err(conflict);
            }
            version = live.resource_version().map(str::to_owned);
            tried += 1;
        }
    }
}

fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::client::ServedResource;
    use crate::client::testing::{answer, scripted};
    use crate::object::{ObjectKey, Refusal};

    fn discovery() -> Discovery {
        Discovery::of(vec![
            ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
            ServedResource::named("apps", "v1", "Deployment", "deployments", true),
        ])
    }

    fn parent() -> Parent {
        let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
        Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }
    }

    fn scope(kinds: &[&str], namespaces: &[&str]) -> Scope {
        let kinds = kinds.iter().map(|kind| GroupKind::parse(kind)).collect();
        Scope { kinds, namespaces: namespaces.iter().map(|&namespace| namespace.to_owned()).collect() }
    }

    fn live(annotations: Value) -> Object {
        let metadata = json!({"name": "shop", "namespace": "a", "labels": {ID: parent().id().as_str()}, "annotations": annotations});
        Object::from_value(json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})).unwrap()
    }

    fn refused(annotations: Value) -> String {
        parent().read(live(annotations), &discovery()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let scope = scope(&["Deployment.apps", "ConfigMap"], &["a", "z", "b"]);
        let manifest = parent().manifest(&scope, "trueup/v1.0.0");
        assert_eq!(manifest.annotation(GROUP_KINDS), Some("ConfigMap,Deployment.apps"));
        assert_eq!(manifest.annotation(NAMESPACES), Some("b,z"));
        let read = parent().read(manifest.clone(), &discovery()).unwrap();
        assert_eq!((&read.scope, read.tooling.as_str()), (&scope, "trueup/v1.0.0"));
        assert!(Parent::says(&read.object, &manifest));
        assert!(!Parent::says(&read.object, &parent().manifest(&scope, "kubectl/v1.27")));
    }

    #[test]
    fn an_empty_set_has_no_kinds() {
        let read = parent().read(live(json!({TOOLING: "kubectl/v1.27", GROUP_KINDS: "", NAMESPACES: ""})), &discovery()).unwrap();
        assert_eq!(read.scope, scope(&[], &["a"]));
    }

    #[test]
    fn resources_stand_for_kinds_in_old_sets() {
        let old = json!({TOOLING: "kubectl/v1.27", GROUP_RESOURCES: "configmaps,deployments.apps"});
        assert_eq!(parent().read(live(old), &discovery()).unwrap().scope, scope(&["ConfigMap", "Deployment.apps"], &["a"]));
    }

    #[test]
    fn what_is_no_parent_is_refused_by_what_it_lacks() {
        let lacks = format!("secret/shop exists and is no set's parent: it has no annotation {TOOLING}");
        assert_eq!(refused(json!({})), lacks);
        let kinds = format!("secret/shop does not say which kinds its set holds: it has no annotation {GROUP_KINDS}");
        assert_eq!(refused(json!({TOOLING: "kubectl/v1.27"})), kinds);
        let mut other = live(json!({TOOLING: "kubectl/v1.27", GROUP_KINDS: ""}));
        other.set_meta("labels", json!({ID: "applyset-x-v1"}));
        let wrong = parent().read(other.clone(), &discovery()).unwrap_err().to_string();
        assert_eq!(wrong, format!("secret/shop has the label {ID}=applyset-x-v1, where its own id is {}", parent().id()));
        other.remove_meta("labels");
        let none = parent().read(other, &discovery()).unwrap_err().to_string();
        assert_eq!(none, format!("secret/shop exists and is no set's parent: it has no label {ID}"));
    }

    #[test]
    fn a_set_of_another_tool_is_told_by_its_name() {
        let read = |tooling: &str| parent().read(live(json!({TOOLING: tooling, GROUP_KINDS: ""})), &discovery()).unwrap();
        assert!(read(&tooling()).check_tool(&parent()).is_ok());
        assert!(read("trueup/v9").check_tool(&parent()).is_ok());
        let other = read("example.com/tool/v1").check_tool(&parent()).unwrap_err().to_string();
        assert_eq!(other, format!("the set secret/shop is worked on by example.com/tool, as its annotation {TOOLING} says"));
    }

    #[test]
    fn a_scope_holds_the_kinds_and_namespaces_of_its_objects() {
        let placed = |group: &str, kind: &str, namespace: Option<&str>| Placed {
            object: Object::default(),
            source: None,
            resource: Arc::new(ServedResource::named(group, "v1", kind, "xs", namespace.is_some())),
            key: ObjectKey::new(namespace, "x"),
            kind_is_pending: false,
        };
        let objects = [placed("", "Namespace", None), placed("apps", "Deployment", Some("b")), placed("apps", "Deployment", Some("a"))];
        assert_eq!(Scope::of(&objects), scope(&["Namespace", "Deployment.apps"], &["a", "b"]));
        assert_eq!(scope(&["A"], &["a"]).and(&scope(&["B"], &["a"])), scope(&["A", "B"], &["a"]));
    }

    #[tokio::test]
    async fn a_parent_of_a_custom_type_is_not_made() {
        let (client, _) = scripted(|_| answer(404, Refusal::new(Reason::NotFound, "no").to_json()));
        assert_eq!(parent().fetch(&client, &discovery()).await.unwrap(), None);
        let resource = Arc::new(ServedResource::named("x.io", "v1", "App", "apps", false));
        let custom = Parent { resource, namespace: None, name: "shop".to_owned() };
        let refused = custom.fetch(&client, &discovery()).await.unwrap_err().to_string();
        assert_eq!(refused, "app.x.io/shop does not exist, and a parent of a custom type is not made automatically");
        for (parent, expected) in [(parent(), "there is no set secret/shop"), (custom, "there is no set app.x.io/shop")] {
            assert_eq!(parent.fetch_existing(&client, &discovery()).await.unwrap_err().to_string(), expected);
        }
    }

    #[tokio::test]
    async fn a_parent_is_rewritten_as_long_as_it_says_the_same_of_its_set() {
        let (old, new) = (parent().manifest(&scope(&["A"], &["a"]), "t/v1"), parent().manifest(&scope(&[], &["a"]), "t/v1"));
        for (now, expected) in [(old.clone(), Ok("2")), (parent().manifest(&scope(&["B"], &["a"]), "t/v1"), Err("moved"))] {
            let (client, _) = scripted(move |request| {
                let mut live = now.clone();
                live.set_meta("resourceVersion", "2");
                match (request.method().as_str(), String::from_utf8_lossy(request.body()).contains("\"resourceVersion\":\"2\"")) {
                    ("GET", _) | (_, true) => answer(200, live.into_value()),
                    _ => answer(409, Refusal::new(Reason::Conflict, "moved").to_json()),
                }
            });
            let written = parent().rewrite(&client, &old, &new, Some("1")).await;
            let told = written.as_ref().map(|object| object.resource_version().unwrap_or_default()).map_err(ToString::to_string);
            assert_eq!(told, expected.map_err(str::to_owned));
        }
    }
}
