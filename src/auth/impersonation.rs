//! Acting as somebody else, by the `Impersonate-*` headers of a request.
//!
//! Receives who asks and the headers; hands on who the request is to count for. Invariant: nobody becomes somebody else without
//! permission for every name, group, uid and value of an extra field.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::HeaderName;

use super::{Attributes, Identity, UNAUTHENTICATED, authorize, rules};
use crate::object::names::{dns_label, dns_subdomain};
use crate::object::{GroupResource, Refusal};

const USER: HeaderName = HeaderName::from_static("impersonate-user");
const GROUP: HeaderName = HeaderName::from_static("impersonate-group");
const UID: HeaderName = HeaderName::from_static("impersonate-uid");
const EXTRA: &str = "impersonate-extra-";

/// The group that has the permissions of identities; names and groups are of the core group.
const AUTHENTICATION: &str = "authentication.k8s.io";
const ANONYMOUS: &str = "system:anonymous";
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who a request counts for: who sent it, or whom its headers name.
///
/// Refuses with 400 headers that make no sense; with 401 and 403 as [`authorize`] does, asked for the verb `impersonate`.
pub fn impersonated<'a>(identity: &'a Identity, headers: &HeaderMap) -> Result<Cow<'a, Identity>, Refusal> {
    let user = texts(headers, &USER)?;
    let groups = texts(headers, &GROUP)?;
    let uid = texts(headers, &UID)?;
    let extra = extra(headers)?;
    let Some(user) = user.first().filter(|user| !user.is_empty()) else {
        if groups.is_empty() && uid.is_empty() && extra.is_empty() {
            return Ok(Cow::Borrowed(identity));
        }
        return Err(Refusal::bad_request("groups, a uid or extra fields are impersonated without a user"));
    };
    let uid = uid.first().copied().unwrap_or_default();
    permit_user(identity, user)?;
    for group in &groups {
        permit(identity, "", "groups", None, group)?;
    }
    for (field, values) in &extra {
        for value in values {
            permit_extra(identity, field, value)?;
        }
    }
    if !uid.is_empty() {
        permit(identity, AUTHENTICATION, "uids", None, uid)?;
    }
    Ok(Cow::Owned(assumed(user, &groups).with_uid(uid).with_extra(extra)))
}

/// What is said of the user besides: the values by the names of their fields, which end the names of headers. There they are in lower case,
/// and what a header's name cannot hold is percent-encoded.
fn extra(headers: &HeaderMap) -> Result<BTreeMap<String, Vec<String>>, Refusal> {
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in headers.keys() {
        let Some(field) = name.as_str().strip_prefix(EXTRA) else { continue };
        // A name that is badly encoded stands for itself.
        let field = decoded(field).unwrap_or_else(|| field.to_owned());
        extra.entry(field).or_default().extend(texts(headers, name)?.into_iter().map(str::to_owned));
    }
    Ok(extra)
}

/// A text without its percent-encoding; `None` where that is broken.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn permit_extra(identity: &Identity, field: &str, value: &str) -> Result<(), Refusal> {
    let resource = GroupResource::new(AUTHENTICATION, "userextras");
    authorize(identity, &Attributes { verb: "impersonate", resource: &resource, subresource: field, namespace: None, name: value })
}

fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Vec<&'a str>, Refusal> {
    let texts = headers.get_all(name).iter().map(|value| value.to_str());
    texts.collect::<Result<_, _>>().map_err(|_| Refusal::bad_request(format!("the header {name} is not text")))
}

/// The namespace and name of a service account, by the name of its user.
fn service_account(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(SERVICE_ACCOUNT)?.split_once(':')?;
    // Anything else that begins so is the name of a user.
    (dns_label(namespace).is_ok() && dns_subdomain(name).is_ok()).then_some((namespace, name))
}

fn permit_user(identity: &Identity, user: &str) -> Result<(), Refusal> {
    match service_account(user) {
        Some((namespace, name)) => permit(identity, "", "serviceaccounts", Some(namespace), name),
        None => permit(identity, "", "users", None, user),
    }
}

fn permit(identity: &Identity, group: &str, resource: &str, namespace: Option<&str>, name: &str) -> Result<(), Refusal> {
    let resource = GroupResource::new(group, resource);
    authorize(identity, &Attributes { verb: "impersonate", resource: &resource, subresource: "", namespace, name })
}

/// The user with the groups asked for and those that go without saying.
fn assumed(user: &str, groups: &[&str]) -> Identity {
    let implied = [rules::AUTHENTICATED, UNAUTHENTICATED];
    let stated = groups.iter().filter(|group| !implied.contains(group)).map(|group| (*group).to_owned());
    let mut stated: Vec<String> = stated.collect();
    if let Some((namespace, _)) = service_account(user).filter(|_| groups.is_empty()) {
        stated.extend(["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")]);
    }
    if user == ANONYMOUS || groups.contains(&UNAUTHENTICATED) {
        stated.push(UNAUTHENTICATED.to_owned());
        return Identity { user: user.into(), uid: "".into(), groups: stated.into(), extra: std::sync::Arc::default() };
    }
    Identity::new(user, stated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn asked(headers: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")));
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }

    fn admin() -> Identity {
        Identity::new("root", ["system:masters".to_owned()])
    }

    #[test]
    fn an_admin_becomes_whom_the_headers_name() {
        let headers =
            asked(&[("impersonate-user", "jane"), ("impersonate-group", "dev"), ("impersonate-group", "ops"), ("impersonate-uid", "7")]);
        let jane = Identity::new("jane", ["dev".to_owned(), "ops".to_owned()]).with_uid("7");
        assert_eq!(*impersonated(&admin(), &headers).expect("allowed"), jane);
        assert_eq!(*impersonated(&admin(), &HeaderMap::new()).expect("as it is"), admin());
    }

    #[test]
    fn groups_that_go_without_saying_are_added() {
        let groups = |user: &str| impersonated(&admin(), &asked(&[("impersonate-user", user)])).expect("allowed").groups.to_vec();
        assert_eq!(groups("system:serviceaccount:a:b"), ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]);
        assert_eq!(groups("system:anonymous"), ["system:unauthenticated"]);
    }

    #[test]
    fn others_become_nobody_and_half_a_request_is_refused() {
        let code = |identity: &Identity, headers: &[(&'static str, &str)]| {
            impersonated(identity, &asked(headers)).map(drop).map_err(|refusal| refusal.reason.code())
        };
        let jane = [("impersonate-user", "jane")];
        assert_eq!(code(&Identity::new("joe", []), &jane), Err(403));
        assert_eq!(code(&Identity::anonymous(), &jane), Err(401));
        assert_eq!(code(&admin(), &[("impersonate-group", "dev")]), Err(400));
        assert_eq!(code(&admin(), &[("impersonate-extra-scopes", "x")]), Err(400));
        assert_eq!(code(&Identity::new("joe", []), &[("impersonate-user", "joe"), ("impersonate-extra-scopes", "x")]), Err(403));
    }

    #[test]
    fn extra_fields_have_the_names_that_headers_spell() {
        let headers = asked(&[
            ("impersonate-user", "jane"),
            ("impersonate-extra-scopes", "view"),
            ("impersonate-extra-scopes", "edit"),
            ("impersonate-extra-acme.com%2fproject", "a%2Fb"),
            ("impersonate-extra-odd%zz", "x"),
        ]);
        let jane = impersonated(&admin(), &headers).expect("allowed").into_owned();
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
        let expected = [("acme.com/project", owned(&["a%2Fb"])), ("odd%zz", owned(&["x"])), ("scopes", owned(&["view", "edit"]))];
        assert_eq!(*jane.extra, expected.map(|(field, values)| (field.to_owned(), values)).into());
    }
}
