//! Who asks, and whether they may.
//!
//! Receives credentials and what is asked for; hands on an [`Identity`] or a refusal. Invariant: nothing is allowed that no rule allows.

mod impersonation;
mod rules;
mod token_key;
mod tokens;

pub use impersonation::impersonated;
pub use rules::{PathRule, ResourceRule, decide, decide_path, path_rules, resource_rules};
pub(crate) use token_key::TOKEN_MOST;
pub use token_key::{TokenKey, TokenKeyError};
pub use tokens::{TokenFile, TokenFileError};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::object::{GroupResource, Reason, Refusal};

/// The group whose members may do everything.
const MASTERS: &str = "system:masters";

/// The group of all service accounts.
const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";

/// The group of everyone without credentials.
const UNAUTHENTICATED: &str = "system:unauthenticated";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's name.
    pub user: Arc<str>,
    /// What tells the user from others of the same name over time; empty where the credentials do not say.
    pub uid: Arc<str>,
    /// The groups that the user is in.
    pub groups: Arc<[String]>,
    /// What else the credentials say of the user, such as the pod that a token was made for.
    pub extra: Arc<BTreeMap<String, Vec<String>>>,
}

/// What is asked for, as far as permission goes.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// The verb, such as `list`.
    pub verb: &'a str,
    /// The resource.
    pub resource: &'a GroupResource,
    /// The subresource; empty for the object itself.
    pub subresource: &'a str,
    /// The namespace, where one is named.
    pub namespace: Option<&'a str>,
    /// The object's name; empty for a collection.
    pub name: &'a str,
}

impl Identity {
    /// A user of the groups given, who has shown credentials.
    #[must_use]
    pub fn new(user: &str, groups: impl IntoIterator<Item = String>) -> Self {
        let mut groups: Vec<String> = groups.into_iter().collect();
        groups.push(rules::AUTHENTICATED.to_owned());
        Self { user: user.into(), uid: "".into(), groups: groups.into(), extra: Arc::default() }
    }

    /// A service account as expressions of admission ask about it: in the groups of service accounts, and no others.
    #[must_use]
    pub fn service_account(namespace: &str, name: &str) -> Self {
        let groups = [SERVICE_ACCOUNTS.to_owned(), format!("{SERVICE_ACCOUNTS}:{namespace}")];
        Self {
            user: format!("system:serviceaccount:{namespace}:{name}").into(),
            uid: "".into(),
            groups: groups.into(),
            extra: Arc::default(),
        }
    }

    /// Someone without credentials.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { user: "system:anonymous".into(), uid: "".into(), groups: [UNAUTHENTICATED.to_owned()].into(), extra: Arc::default() }
    }

    /// The user that runs the process, who owns the store and may do everything with it.
    #[must_use]
    pub fn in_process() -> Self {
        Self::new("system:admin", [MASTERS.to_owned()])
    }

    /// Whether no credentials were shown.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.is_in(UNAUTHENTICATED)
    }

    /// The same user with a uid.
    #[must_use]
    pub fn with_uid(self, uid: &str) -> Self {
        Self { uid: uid.into(), ..self }
    }

    /// The same user with what else is known of them.
    #[must_use]
    pub fn with_extra(self, extra: BTreeMap<String, Vec<String>>) -> Self {
        Self { extra: Arc::new(extra), ..self }
    }

    fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}

/// Decides over a request for a resource.
///
/// Refuses with 401 who has shown no credentials, and with 403 to whom [`decide`] does not allow it.
pub fn authorize(identity: &Identity, asked: &Attributes<'_>) -> Result<(), Refusal> {
    let Err(denied) = decide(identity, asked) else { return Ok(()) };
    if identity.is_anonymous() {
        return Err(unauthorized());
    }
    let resource = if asked.subresource.is_empty() {
        asked.resource.resource.clone()
    } else {
        format!("{}/{}", asked.resource.resource, asked.subresource)
    };
    let place = asked.namespace.map_or_else(|| " at the cluster scope".to_owned(), |namespace| format!(" in the namespace {namespace:?}"));
    let why = format!(
        "User {:?} cannot {} resource {resource:?} in API group {:?}{place}: {denied}",
        identity.user, asked.verb, asked.resource.group
    );
    Err(Refusal::forbidden(asked.resource, asked.name, &why))
}

/// Decides over a request for a path that is no resource, such as `/metrics`. Refuses as [`authorize`] does.
pub fn authorize_path(identity: &Identity, path: &str) -> Result<(), Refusal> {
    if decide_path(identity, "get", path).is_ok() {
        return Ok(());
    }
    if identity.is_anonymous() {
        return Err(unauthorized());
    }
    let message = format!("forbidden: User {:?} cannot get path {path:?}", identity.user);
    Err(Refusal::new(Reason::Forbidden, message))
}

/// 401, as clients test for it.
#[must_use]
pub fn unauthorized() -> Refusal {
    Refusal::new(Reason::Unauthorized, "Unauthorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(identity: &Identity) -> Result<(), u16> {
        let resource = GroupResource::new("", "configmaps");
        let asked = Attributes { verb: "list", resource: &resource, subresource: "", namespace: Some("default"), name: "" };
        authorize(identity, &asked).map_err(|refusal| refusal.reason.code())
    }

    #[test]
    fn masters_may_do_everything_others_nothing_and_strangers_must_say_who_they_are() {
        assert_eq!(ask(&Identity::new("a", ["system:masters".to_owned()])), Ok(()));
        assert_eq!(ask(&Identity::new("b", [])), Err(403));
        assert_eq!(ask(&Identity::anonymous()), Err(401));
    }
}
