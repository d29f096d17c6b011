//! What is allowed to whom: everything to `system:masters`, and to everybody what nobody needs a role for.
//!
//! Receives who asks and what for; hands on a decision, or all rules that hold for somebody. Invariant: the decisions and the rules told
//! are read from the same tables. Roles and bindings are stored and do not count.

use super::{Attributes, Identity, MASTERS, SERVICE_ACCOUNTS, UNAUTHENTICATED};

/// The group of everyone who has shown credentials.
pub(super) const AUTHENTICATED: &str = "system:authenticated";

/// What everyone who has shown credentials may create: questions about themselves. Group and resources.
const ABOUT_ONESELF: [(&str, &[&str]); 2] = [
    ("authentication.k8s.io", &["selfsubjectreviews"]),
    ("authorization.k8s.io", &["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
];

/// What everyone may read, credentials or not: the paths of kube-apiserver's role `system:public-info-viewer`.
const PUBLIC: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// What everyone who has shown credentials may read besides: those of `system:discovery`. `*` at the end stands for anything.
///
/// See <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles>.
const DISCOVERY: [&str; 6] = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];

/// The group that watches over servers.
const MONITORS: &str = "system:monitoring";

/// What that group may read besides: those of the role of its name.
const MONITORING: [&str; 5] = ["/healthz/*", "/livez/*", "/metrics", "/metrics/slis", "/readyz/*"];

/// What service accounts may read besides: with what their tokens are checked.
const ABOUT_TOKENS: [&str; 2] = ["/.well-known/openid-configuration", "/openid/v1/jwks"];

/// One rule over resources: every combination of its members is allowed, `*` stands for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRule {
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// The API groups.
    pub groups: Vec<&'static str>,
    /// The plural names of resources.
    pub resources: &'static [&'static str],
}

/// One rule over paths that are no resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRule {
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// The paths; `*` stands for all, at the end of one for anything below it.
    pub paths: &'static [&'static str],
}

/// Whether a request for a resource is allowed; if not, why.
pub fn decide(identity: &Identity, asked: &Attributes<'_>) -> Result<(), String> {
    let about_oneself = || {
        let known = ABOUT_ONESELF.iter().any(|(group, names)| *group == asked.resource.group && names.contains(&&*asked.resource.resource));
        known && asked.verb == "create" && asked.subresource.is_empty() && identity.is_in(AUTHENTICATED)
    };
    if identity.is_in(MASTERS) || about_oneself() { Ok(()) } else { Err(why_not()) }
}

/// Whether a request for a path that is no resource is allowed; if not, why.
pub fn decide_path(identity: &Identity, verb: &str, path: &str) -> Result<(), String> {
    let is_read = matches!(verb, "get" | "head");
    let allowed =
        identity.is_in(MASTERS) || is_read && path_rules(identity).iter().flat_map(|rule| rule.paths).any(|rule| meets(rule, path));
    if allowed { Ok(()) } else { Err(why_not()) }
}

/// The rules over resources that hold for somebody, in every namespace alike.
#[must_use]
pub fn resource_rules(identity: &Identity) -> Vec<ResourceRule> {
    let everything = ResourceRule { verbs: &["*"], groups: vec!["*"], resources: &["*"] };
    let oneself = ABOUT_ONESELF.iter().map(|(group, resources)| ResourceRule { verbs: &["create"], groups: vec![group], resources });
    let everything = identity.is_in(MASTERS).then_some(everything);
    everything.into_iter().chain(oneself.filter(|_| identity.is_in(AUTHENTICATED))).collect()
}

/// The rules over paths that hold for somebody.
#[must_use]
pub fn path_rules(identity: &Identity) -> Vec<PathRule> {
    let known = identity.is_in(AUTHENTICATED);
    let rules = [
        (identity.is_in(MASTERS), PathRule { verbs: &["*"], paths: &["*"] }),
        (known || identity.is_in(UNAUTHENTICATED), PathRule { verbs: &["get"], paths: &PUBLIC }),
        (known, PathRule { verbs: &["get"], paths: &DISCOVERY }),
        (identity.is_in(MONITORS), PathRule { verbs: &["get"], paths: &MONITORING }),
        (identity.is_in(SERVICE_ACCOUNTS), PathRule { verbs: &["get"], paths: &ABOUT_TOKENS }),
    ];
    rules.into_iter().filter(|(holds, _)| *holds).map(|(_, rule)| rule).collect()
}

fn meets(rule: &str, path: &str) -> bool {
    rule.strip_suffix('*').map_or(rule == path, |start| path.starts_with(start))
}

fn why_not() -> String {
    format!("only the group {MASTERS} is allowed to, RBAC is not supported yet")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupResource;

    fn create(identity: &Identity, group: &str, resource: &str) -> bool {
        let resource = GroupResource::new(group, resource);
        decide(identity, &Attributes { verb: "create", resource: &resource, subresource: "", namespace: None, name: "" }).is_ok()
    }

    #[test]
    fn everybody_with_credentials_may_ask_about_themselves_and_not_about_others() {
        let bob = Identity::new("bob", []);
        assert!(create(&bob, "authorization.k8s.io", "selfsubjectaccessreviews"));
        assert!(create(&bob, "authentication.k8s.io", "selfsubjectreviews"));
        assert!(!create(&bob, "authorization.k8s.io", "subjectaccessreviews"));
        assert!(!create(&bob, "", "selfsubjectreviews"));
        assert!(!create(&Identity::anonymous(), "authentication.k8s.io", "selfsubjectreviews"));
    }

    #[test]
    fn paths_are_open_as_their_rules_say() {
        let (nobody, bob, admin) = (Identity::anonymous(), Identity::new("bob", []), Identity::in_process());
        let may = |who: &Identity, path: &str| decide_path(who, "get", path).is_ok();
        assert!(may(&nobody, "/readyz") && may(&nobody, "/version"));
        assert!(!may(&nobody, "/readyz/ping") && !may(&nobody, "/api") && !may(&nobody, "/apis/apps/v1") && !may(&nobody, "/openapi/v3"));
        assert!(may(&bob, "/openapi/v3") && may(&bob, "/api") && may(&bob, "/apis/apps/v1"));
        assert!(!may(&bob, "/metrics") && !may(&bob, "/versions") && !may(&bob, "/readyz/ping") && !may(&bob, "/"));
        let monitor = Identity::new("prometheus", [MONITORS.to_owned()]);
        assert!(may(&monitor, "/metrics") && may(&monitor, "/readyz/ping") && may(&monitor, "/livez") && !may(&monitor, "/x"));
        assert!(may(&admin, "/metrics") && decide_path(&admin, "post", "/x").is_ok() && decide_path(&bob, "post", "/api").is_err());
    }

    #[test]
    fn nobody_is_told_of_rules_that_do_not_hold() {
        assert_eq!(resource_rules(&Identity::anonymous()), []);
        assert_eq!(resource_rules(&Identity::in_process())[0].groups, ["*"]);
        let paths: Vec<_> = path_rules(&Identity::anonymous()).iter().flat_map(|rule| rule.paths).collect();
        assert!(paths.contains(&&"/version") && !paths.contains(&&"/apis"));
    }
}
