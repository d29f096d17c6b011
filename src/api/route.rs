//! What a path means, by the shape of Kubernetes API paths alone.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>.

use percent_encoding::percent_decode_str;

use crate::object::GroupVersion;

/// What a path points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// A resource's collection, object or subresource.
    Resource(ResourceRoute),
    /// `/api`: the versions of the core group.
    CoreVersions,
    /// `/apis`: all groups.
    Groups,
    /// `/apis/<group>`.
    Group(String),
    /// `/api/v1` or `/apis/<group>/<version>`: the resources of a group and version.
    Resources(GroupVersion),
    /// Anything outside `/api` and `/apis`, without its trailing slash.
    Other(String),
}

/// The parts of a resource's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRoute {
    /// The group and version.
    pub group_version: GroupVersion,
    /// The namespace, where the path names one.
    pub namespace: Option<String>,
    /// The plural resource name.
    pub resource: String,
    /// The object's name, where the path names one.
    pub name: Option<String>,
    /// The subresource, where the path names one.
    pub subresource: Option<String>,
    /// Whether the path is one of the old ones that are for watching alone, with `watch` after the version.
    pub watch: bool,
}

impl Route {
    /// Reads a request path. `None` where it is under `/api` or `/apis` but fits no shape, or is not UTF-8.
    ///
    /// Slashes at the end do not count. An empty segment before the end stands for itself, as in kube-apiserver: as a namespace it means
    /// none in particular, anywhere else the path is unknown.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        let segments: Vec<String> = path.strip_prefix('/').unwrap_or(path).split('/').map(decode).collect::<Option<_>>()?;
        let words: Vec<&str> = segments.iter().map(String::as_str).collect();
        match words.as_slice() {
            [""] => Some(Self::Other("/".to_owned())),
            ["api"] => Some(Self::CoreVersions),
            ["apis"] => Some(Self::Groups),
            // Neither a group nor a version has an empty name.
            ["api" | "apis", "", ..] | ["apis", _, "", ..] => None,
            ["apis", group] => Some(Self::Group((*group).to_owned())),
            ["api", version] => Some(Self::Resources(group_version("", version))),
            ["apis", group, version] => Some(Self::Resources(group_version(group, version))),
            ["api", version, rest @ ..] => resource_route(group_version("", version), rest).map(Self::Resource),
            ["apis", group, version, rest @ ..] => resource_route(group_version(group, version), rest).map(Self::Resource),
            other if other.contains(&"") => None,
            other => Some(Self::Other(format!("/{}", other.join("/")))),
        }
    }
}

fn decode(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn group_version(group: &str, version: &str) -> GroupVersion {
    GroupVersion { group: group.to_owned(), version: version.to_owned() }
}

/// `namespaces/x` and its two subresources are the namespace itself; any other `namespaces/x/…` is something in it, and `namespaces//…`
/// something in whatever namespace.
fn resource_route(group_version: GroupVersion, rest: &[&str]) -> Option<ResourceRoute> {
    if let ["watch", rest @ ..] = rest {
        return resource_route(group_version, rest).filter(|route| !route.watch).map(|route| ResourceRoute { watch: true, ..route });
    }
    let (namespace, rest) = match rest {
        ["namespaces", "", rest @ ..] if !matches!(rest, ["status" | "finalize"]) => (None, rest),
        ["namespaces", _] | ["namespaces", _, "status" | "finalize"] => (None, rest),
        ["namespaces", namespace, rest @ ..] => (Some((*namespace).to_owned()), rest),
        _ => (None, rest),
    };
    if rest.contains(&"") {
        return None;
    }
    let (resource, name, subresource) = match rest {
        [resource] => (resource, None, None),
        [resource, name] => (resource, Some(*name), None),
        [resource, name, subresource] => (resource, Some(*name), Some(*subresource)),
        _ => return None,
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (resource, name, subresource) = ((*resource).to_owned(), owned(name), owned(subresource));
    Some(ResourceRoute { group_version, namespace, resource, name, subresource, watch: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(path: &str) -> (Option<String>, String, Option<String>, Option<String>) {
        match Route::parse(path) {
            Some(Route::Resource(r)) => (r.namespace, r.resource, r.name, r.subresource),
            other => panic!("{path}: {other:?}"),
        }
    }

    fn owned(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn resource_paths_are_read_by_their_shape() {
        assert_eq!(resource("/api/v1/pods"), (None, "pods".into(), None, None));
        assert_eq!(resource("/api/v1/namespaces"), (None, "namespaces".into(), None, None));
        assert_eq!(resource("/api/v1/namespaces/x"), (None, "namespaces".into(), owned("x"), None));
        assert_eq!(resource("/api/v1/namespaces/x/finalize"), (None, "namespaces".into(), owned("x"), owned("finalize")));
        assert_eq!(resource("/api/v1/namespaces/x/pods"), (owned("x"), "pods".into(), None, None));
        assert_eq!(
            resource("/apis/apps/v1/namespaces/x/deployments/d/scale"),
            (owned("x"), "deployments".into(), owned("d"), owned("scale"))
        );
        assert_eq!(resource("/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode").2, owned("system:node"));
    }

    #[test]
    fn old_paths_are_for_watching() {
        let watched = |path: &str| match Route::parse(path) {
            Some(Route::Resource(route)) if route.watch => (route.namespace, route.resource, route.name),
            other => panic!("{path}: {other:?}"),
        };
        assert_eq!(watched("/api/v1/watch/pods"), (None, "pods".into(), None));
        assert_eq!(watched("/api/v1/watch/namespaces"), (None, "namespaces".into(), None));
        assert_eq!(watched("/api/v1/watch/namespaces/x"), (None, "namespaces".into(), owned("x")));
        assert_eq!(watched("/apis/apps/v1/watch/namespaces/x/deployments/d"), (owned("x"), "deployments".into(), owned("d")));
        assert_eq!(Route::parse("/api/v1/watch"), None);
        assert_eq!(Route::parse("/api/v1/watch/watch/pods"), None);
    }

    #[test]
    fn an_empty_namespace_is_none_and_never_swallows_what_follows() {
        assert_eq!(resource("/api/v1/namespaces//configmaps"), (None, "configmaps".into(), None, None));
        assert_eq!(resource("/apis/apps/v1/namespaces//deployments/d"), (None, "deployments".into(), owned("d"), None));
        for path in ["/api/v1/namespaces//status", "/api/v1/namespaces/x//configmaps", "/api/v1/namespaces/x/configmaps//status"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
        for path in ["/api//v1/pods", "/api/v1//pods", "//api/v1/pods", "/apis//v1", "/apis/apps//deployments", "/healthz//ping"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
        assert_eq!(resource("/api/v1/namespaces/x/pods//"), (owned("x"), "pods".into(), None, None));
        assert_eq!(Route::parse("/api//"), Some(Route::CoreVersions));
    }

    #[test]
    fn what_fits_no_shape_is_not_a_route() {
        assert_eq!(Route::parse("/api/v1/pods/a/b/c"), None);
        assert_eq!(Route::parse("/apis/apps/v1/namespaces/x/deployments/d/scale/y"), None);
        assert_eq!(Route::parse("/api/v1/pods/%ff"), None);
    }

    #[test]
    fn paths_outside_the_api_are_kept_without_their_trailing_slash() {
        assert_eq!(Route::parse("/readyz/"), Some(Route::Other("/readyz".into())));
        assert_eq!(Route::parse("/"), Some(Route::Other("/".into())));
    }
}
