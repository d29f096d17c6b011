//! Which resources the words on a command line mean: `deploy`, `deployments.apps`, `deployment.v1.apps/web`, `po,svc`, `all`.
//!
//! Receives a [`Discovery`] and the words, hands on [`Selection`]s. The rules are kubectl's (cli-runtime's resource builder and
//! client-go's shortcut expander), so that what works there works here.

use super::{Discovery, ServedResource};
use crate::object::{GroupVersion, Gvk, names};
use crate::similar::nearest;

/// Objects of one resource that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The resource.
    pub resource: ServedResource,
    /// The names asked for, in order; empty asks for all.
    pub names: Vec<String>,
}

/// A word that names no resource of the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server doesn't have a resource type {word:?}")]
pub struct UnknownResource {
    /// The word as given.
    pub word: String,
    /// A resource of a similar name, where there is one.
    pub similar: Option<String>,
}

/// Why resource arguments make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResourceArgumentError {
    /// No argument at all.
    #[error("you must say which resources: TYPE, TYPE NAME or TYPE/NAME")]
    Missing,
    /// A word names no resource.
    #[error(transparent)]
    Unknown(#[from] UnknownResource),
    /// `TYPE/NAME` and `TYPE NAME` in one command.
    #[error("with TYPE/NAME arguments no separate TYPE may stand: {0:?}")]
    Mixed(String),
    /// An argument such as `a/`, `/b` or `a/b/c`.
    #[error("arguments in TYPE/NAME form must have a single type and a single name: {0:?}")]
    Malformed(String),
    /// A name that no object can have, and that would lead to another path of the API.
    #[error("{word:?} names no object: a name {rule}")]
    BadName {
        /// The argument as given.
        word: String,
        /// The rule it breaks.
        rule: String,
    },
}

impl Discovery {
    /// The resource a word means: a plural, singular or short name or a kind in any case, alone, with a group, or with version
    /// and group.
    pub fn resolve(&self, word: &str) -> Result<&ServedResource, UnknownResource> {
        let lower = word.to_lowercase();
        let found = self.by_version_and_group(&lower).or_else(|| {
            let (name, group) = lower.split_once('.').unwrap_or((lower.as_str(), ""));
            self.by_name(name, group)
        });
        found.ok_or_else(|| UnknownResource { word: word.to_owned(), similar: self.similar(&lower) })
    }

    /// The resource that a path such as `deploy.spec.replicas` begins with, and the fields that follow. The resource may be named with
    /// its group, and with version and group: `deployments.apps.spec`, `deployments.v1.apps.spec`.
    pub fn resolve_field(&self, path: &str) -> Result<(&ServedResource, Vec<String>), UnknownResource> {
        let path = path.strip_suffix('.').unwrap_or(path);
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let word = name.to_lowercase();
        let qualified =
            self.resources().iter().filter(|resource| resource.is_called(&word) && !resource.group.is_empty()).find_map(|resource| {
                let unversioned = rest.strip_prefix(resource.version.as_str()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(rest);
                let fields = unversioned.strip_prefix(resource.group.as_str())?;
                let ends = fields.is_empty() || fields.starts_with('.');
                ends.then(|| (resource, fields.strip_prefix('.').unwrap_or(fields)))
            });
        let (resource, fields) = match qualified {
            Some(found) => found,
            None => (self.resolve(name)?, rest),
        };
        Ok((resource, fields.split('.').filter(|field| !field.is_empty()).map(str::to_owned).collect()))
    }

    /// The resources of a category such as `all`, each once and in its preferred version; empty where there is no such category.
    #[must_use]
    pub fn category(&self, category: &str) -> Vec<&ServedResource> {
        let mut found: Vec<&ServedResource> = Vec::new();
        for resource in self.resources().iter().filter(|r| r.categories.iter().any(|known| known == category)) {
            if resource.understands("list") && !found.iter().any(|f| f.group == resource.group && f.plural == resource.plural) {
                found.push(resource);
            }
        }
        found
    }

    /// `deployments.v1.apps`; the core group's form is `pods.v1.`.
    fn by_version_and_group(&self, word: &str) -> Option<&ServedResource> {
        let (name, rest) = word.split_once('.')?;
        let (version, group) = rest.split_once('.')?;
        let wanted = GroupVersion { group: group.to_owned(), version: version.to_owned() };
        self.resources().iter().find(|r| r.group == wanted.group && r.version == wanted.version && r.is_called(name))
    }

    /// A name in a group; an unfinished group name (`deploy.ap`) is understood too, and an empty one means any.
    fn by_name(&self, name: &str, group: &str) -> Option<&ServedResource> {
        let in_group = |exact: bool| {
            let fits = move |r: &&ServedResource| if exact { r.group == group } else { r.group.starts_with(group) };
            let full = self.resources().iter().filter(fits).find(|r| r.plural == name || r.singular == name);
            full.or_else(|| self.resources().iter().filter(fits).find(|r| r.is_called(name)))
        };
        if group.is_empty() { in_group(false) } else { in_group(true).or_else(|| in_group(false)) }
    }

    /// A kind that may be meant by one that is not served: of the same name elsewhere, else of a similar name.
    #[must_use]
    pub fn similar_kind(&self, gvk: &Gvk) -> Option<Gvk> {
        let kind = nearest(&gvk.kind, self.resources().iter().map(|known| known.kind.as_str()))?;
        self.resources().iter().find(|known| known.kind == kind).map(ServedResource::gvk)
    }

    fn similar(&self, word: &str) -> Option<String> {
        let name = word.split('.').next().unwrap_or_default();
        let names = self.resources().iter().flat_map(|r| [&r.plural, &r.singular].into_iter().chain(&r.short_names));
        nearest(name, names.map(String::as_str).filter(|known| known.len() > 2)).map(str::to_owned)
    }
}

impl ServedResource {
    /// Whether a lower-case word is one of its names.
    fn is_called(&self, word: &str) -> bool {
        self.plural == word || self.singular == word || self.kind.to_lowercase() == word || self.short_names.iter().any(|name| name == word)
    }
}

/// Checks the form of resource arguments and of the names in them, for which no server need be asked.
pub fn check_resource_arguments(words: &[String]) -> Result<(), ResourceArgumentError> {
    let slashed = words.iter().any(|word| word.contains('/'));
    for (position, word) in words.iter().enumerate() {
        let name = match word.split_once('/') {
            Some((kind, name)) if kind.is_empty() || name.is_empty() || name.contains('/') || kind.contains(',') => {
                return Err(ResourceArgumentError::Malformed(word.clone()));
            }
            // Paths are what such words look like, so they are told as wrong names and not as unknown kinds.
            Some((kind @ ("." | ".."), _)) => kind,
            Some((_, name)) => name,
            None if slashed || position == 0 => continue,
            None => word,
        };
        if name.is_empty() {
            return Err(ResourceArgumentError::BadName { word: word.clone(), rule: "may not be empty".to_owned() });
        }
        names::path_segment(name).map_err(|rule| ResourceArgumentError::BadName { word: word.clone(), rule })?;
    }
    match words.iter().find(|word| slashed && !word.contains('/')) {
        Some(alone) => Err(ResourceArgumentError::Mixed(alone.clone())),
        None => Ok(()),
    }
}

/// Reads `TYPE[,TYPE…] [NAME…]` or `TYPE/NAME…`.
pub fn parse_resource_arguments(words: &[String], discovery: &Discovery) -> Result<Vec<Selection>, ResourceArgumentError> {
    check_resource_arguments(words)?;
    let (first, names) = words.split_first().ok_or(ResourceArgumentError::Missing)?;
    if words.iter().any(|word| word.contains('/')) {
        return slashed(words, discovery);
    }
    let mut selections: Vec<Selection> = Vec::new();
    for word in first.split(',').filter(|word| !word.is_empty()) {
        for resource in resolve_word(word, discovery)? {
            if !selections.iter().any(|known| known.resource == *resource) {
                selections.push(Selection { resource: resource.clone(), names: names.to_vec() });
            }
        }
    }
    if selections.is_empty() { Err(ResourceArgumentError::Missing) } else { Ok(selections) }
}

fn resolve_word<'a>(word: &str, discovery: &'a Discovery) -> Result<Vec<&'a ServedResource>, UnknownResource> {
    let members = discovery.category(word);
    if members.is_empty() { Ok(vec![discovery.resolve(word)?]) } else { Ok(members) }
}

/// Consecutive arguments of one resource become one selection, so that they are printed under one heading.
fn slashed(words: &[String], discovery: &Discovery) -> Result<Vec<Selection>, ResourceArgumentError> {
    let mut selections: Vec<Selection> = Vec::new();
    for word in words {
        let (kind, name) = word.split_once('/').ok_or_else(|| ResourceArgumentError::Mixed(word.clone()))?;
        let resource = discovery.resolve(kind)?;
        match selections.last_mut() {
            Some(last) if last.resource == *resource => last.names.push(name.to_owned()),
            _ => selections.push(Selection { resource: resource.clone(), names: vec![name.to_owned()] }),
        }
    }
    Ok(selections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovery() -> Discovery {
        let with = |mut resource: ServedResource, short: &[&str], categories: &[&str]| {
            resource.short_names = short.iter().map(|s| (*s).to_owned()).collect();
            resource.categories = categories.iter().map(|s| (*s).to_owned()).collect();
            resource
        };
        Discovery::of(vec![
            with(ServedResource::named("", "v1", "Pod", "pods", true), &["po"], &["all"]),
            with(ServedResource::named("", "v1", "Service", "services", true), &["svc"], &["all"]),
            ServedResource::named("", "v1", "Event", "events", true),
            with(ServedResource::named("apps", "v1", "Deployment", "deployments", true), &["deploy"], &["all"]),
            with(ServedResource::named("apps", "v1beta1", "Deployment", "deployments", true), &["deploy"], &["all"]),
            ServedResource::named("events.k8s.io", "v1", "Event", "events", true),
            with(ServedResource::named("serving.dev", "v1", "Service", "services", true), &["ksvc"], &[]),
        ])
    }

    fn meaning(word: &str) -> String {
        match discovery().resolve(word) {
            Ok(r) => format!("{}.{}.{}", r.plural, r.version, r.group),
            Err(error) => format!("{error}, similar: {:?}", error.similar),
        }
    }

    fn words(words: &[&str]) -> Result<Vec<(String, Vec<String>)>, ResourceArgumentError> {
        let words: Vec<String> = words.iter().map(|s| (*s).to_owned()).collect();
        let selections = parse_resource_arguments(&words, &discovery())?;
        Ok(selections.into_iter().map(|s| (s.resource.group_resource().to_string(), s.names)).collect())
    }

    #[test]
    fn a_resource_goes_by_many_names() {
        for word in ["deploy", "deployment", "deployments", "Deployment", "deployments.apps", "deployment.v1.apps", "deploy.ap"] {
            assert_eq!(meaning(word), "deployments.v1.apps", "{word}");
        }
        assert_eq!(meaning("deployment.v1beta1.apps"), "deployments.v1beta1.apps");
        assert_eq!(meaning("pods.v1."), "pods.v1.");
    }

    #[test]
    fn fields_follow_a_resource_that_may_be_named_with_its_group() {
        let found = |path: &str| {
            let discovery = discovery();
            let (resource, fields) = discovery.resolve_field(path).expect("a resource");
            format!("{} {}", resource.gvk().api_version(), fields.join("/"))
        };
        assert_eq!(found("deploy"), "apps/v1 ");
        assert_eq!(found("deploy.spec.replicas"), "apps/v1 spec/replicas");
        assert_eq!(found("deployments.apps.spec"), "apps/v1 spec");
        assert_eq!(found("deployments.v1beta1.apps.spec"), "apps/v1beta1 spec");
        assert_eq!(found("svc.serving.dev.spec"), "v1 serving/dev/spec");
        assert_eq!(found("service.serving.dev.spec"), "serving.dev/v1 spec");
        assert_eq!(found("pods.spec."), "v1 spec");
    }

    #[test]
    fn the_server_s_first_group_wins_a_shared_name() {
        assert_eq!(meaning("events"), "events.v1.");
        assert_eq!(meaning("events.events.k8s.io"), "events.v1.events.k8s.io");
        assert_eq!(meaning("services.serving.dev"), "services.v1.serving.dev");
    }

    #[test]
    fn an_unknown_word_is_answered_with_a_similar_one() {
        assert_eq!(meaning("deplyments"), r#"the server doesn't have a resource type "deplyments", similar: Some("deployments")"#);
        assert_eq!(meaning("foo"), r#"the server doesn't have a resource type "foo", similar: None"#);
    }

    #[test]
    fn types_names_and_categories_are_told_apart() {
        let pair = |resource: &str, names: &[&str]| (resource.to_owned(), names.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(words(&["po,svc"]), Ok(vec![pair("pods", &[]), pair("services", &[])]));
        assert_eq!(words(&["po", "a", "b"]), Ok(vec![pair("pods", &["a", "b"])]));
        assert_eq!(words(&["all"]), Ok(vec![pair("pods", &[]), pair("services", &[]), pair("deployments.apps", &[])]));
        assert_eq!(words(&["po/a", "pod/b", "svc/c"]), Ok(vec![pair("pods", &["a", "b"]), pair("services", &["c"])]));
    }

    #[test]
    fn arguments_that_contradict_each_other_are_refused() {
        assert_eq!(words(&[]), Err(ResourceArgumentError::Missing));
        assert_eq!(ResourceArgumentError::Missing.to_string(), "you must say which resources: TYPE, TYPE NAME or TYPE/NAME");
        assert_eq!(words(&["po", "svc/c"]), Err(ResourceArgumentError::Mixed("po".to_owned())));
        assert_eq!(words(&["po/a/b"]), Err(ResourceArgumentError::Malformed("po/a/b".to_owned())));
        assert_eq!(words(&["po/"]), Err(ResourceArgumentError::Malformed("po/".to_owned())));
        let refused = |words: &[&str]| super::check_resource_arguments(&words.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        for (given, word) in [(&["po", "../x"], "../x"), (&["po", ".."], ".."), (&["po/..", "po/b"], "po/.."), (&["po", "a%2Fb"], "a%2Fb")]
        {
            assert!(matches!(refused(given), Err(ResourceArgumentError::BadName { word: told, .. }) if told == word), "{given:?}");
        }
        assert_eq!(refused(&["po", ""]).unwrap_err().to_string(), "\"\" names no object: a name may not be empty");
    }
}
