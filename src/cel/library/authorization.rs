//! Questions to the authorizer, put together call by call.
//!
//! Receives an [`Authorizer`] and what to ask it; hands on what it answers. Invariant: the authorizer is asked by `check` alone, which
//! costs so much that an expression can ask twice.
//!
//! An authorizer here always knows an answer, so that `errored()` is never true.
//!
//! See <https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library>.

use std::sync::Arc;

use super::{Answer, Call, Opaque, Unused, opaque};
use crate::cel::functions::Line;
use crate::cel::functions::Price::One;
use crate::cel::functions::Style::Member;
use crate::cel::value::Val;
use crate::cel::{Authorizer, Budget, Decision, Fault, Question};
use crate::object::names::{dns_label, dns_subdomain};

/// What a question to the authorizer takes, in steps.
const CHECK: u64 = 350_000;

const REFINE: &[&str] = &["resourceCheck, string -> resourceCheck"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("path", Member, One, &["authorizer, string -> pathCheck"], path),
    ("group", Member, One, &["authorizer, string -> groupCheck"], group),
    ("serviceAccount", Member, One, &["authorizer, string, string -> authorizer"], service_account),
    ("resource", Member, One, &["groupCheck, string -> resourceCheck"], resource),
    ("subresource", Member, One, REFINE, |call, _| refine(call, |check, text| check.subresource = text)),
    ("namespace", Member, One, REFINE, |call, _| refine(call, |check, text| check.namespace = text)),
    ("name", Member, One, REFINE, |call, _| refine(call, |check, text| check.name = text)),
    // No rule of permissions depends on selectors.
    ("fieldSelector", Member, One, REFINE, |call, _| refine(call, |_, _| {})),
    ("labelSelector", Member, One, REFINE, |call, _| refine(call, |_, _| {})),
    ("check", Member, One, &["pathCheck, string -> decision", "resourceCheck, string -> decision"], check),
    ("allowed", Member, One, &["decision -> bool"], |call, _| Ok(Val::Bool(decision(call)?.allowed))),
    ("errored", Member, One, &["decision -> bool"], |call, _| decision(call).map(|_| Val::Bool(false))),
    ("error", Member, One, &["decision -> string"], |call, _| decision(call).map(|_| "".into())),
    ("reason", Member, One, &["decision -> string"], |call, _| Ok(decision(call)?.reason.as_str().into())),
];

/// A question on its way, or its answer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cel) enum Access {
    /// Who is asked, on whose behalf.
    Authorizer(Asker),
    /// A path.
    Path(Asker, String),
    /// A group, of which a resource is to be named.
    Group(Asker, String),
    /// A resource.
    Resource(Asker, ResourceCheck),
    /// The answer.
    Decision(Decision),
}

/// Who is asked, and on whose behalf: the service account of a namespace and name, or whoever sent the request.
#[derive(Debug, Clone)]
pub(in crate::cel) struct Asker {
    authorizer: Arc<dyn Authorizer>,
    account: Option<Arc<(String, String)>>,
}

impl PartialEq for Asker {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.authorizer, &other.authorizer) && self.account == other.account
    }
}

/// The resource that is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::cel) struct ResourceCheck {
    /// The API group.
    pub(in crate::cel) group: String,
    /// The plural name.
    pub(in crate::cel) resource: String,
    /// The subresource, empty for the object itself.
    pub(in crate::cel) subresource: String,
    /// The namespace, empty for the whole cluster.
    pub(in crate::cel) namespace: String,
    /// The object's name, empty for all.
    pub(in crate::cel) name: String,
}

impl Access {
    /// The name of the type.
    pub(in crate::cel) fn type_name(&self) -> &'static str {
        match self {
            Self::Authorizer(_) => "kubernetes.authorization.Authorizer",
            Self::Path(..) => "kubernetes.authorization.PathCheck",
            Self::Group(..) => "kubernetes.authorization.GroupCheck",
            Self::Resource(..) => "kubernetes.authorization.ResourceCheck",
            Self::Decision(_) => "kubernetes.authorization.Decision",
        }
    }
}

impl Opaque {
    /// The variable `authorizer`.
    pub(in crate::cel) fn authorizer(authorizer: &Arc<dyn Authorizer>) -> Self {
        Self::Access(Access::Authorizer(Asker { authorizer: Arc::clone(authorizer), account: None }))
    }

    /// A question about a resource.
    pub(in crate::cel) fn check(authorizer: &Arc<dyn Authorizer>, about: ResourceCheck) -> Self {
        Self::Access(Access::Resource(Asker { authorizer: Arc::clone(authorizer), account: None }, about))
    }
}

fn access<'c>(call: &Call<'c, '_>) -> Result<&'c Access, Fault> {
    match call.opaque(0)? {
        Opaque::Access(access) => Ok(access),
        _ => call.refuse(),
    }
}

fn asker<'c>(call: &Call<'c, '_>) -> Result<&'c Asker, Fault> {
    match access(call)? {
        Access::Authorizer(asker) => Ok(asker),
        _ => call.refuse(),
    }
}

fn decision<'c>(call: &Call<'c, '_>) -> Result<&'c Decision, Fault> {
    match access(call)? {
        Access::Decision(decision) => Ok(decision),
        _ => call.refuse(),
    }
}

/// The text of the argument, which must say something.
fn said(call: &Call<'_, '_>, what: &str) -> Result<String, Fault> {
    match call.text(1)? {
        text if text.trim().is_empty() => Err(Fault::other(format!("{what} must not be empty"))),
        text => Ok(text.to_owned()),
    }
}

fn path<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let asker = asker(call)?.clone();
    Ok(opaque(Opaque::Access(Access::Path(asker, said(call, "path")?))))
}

fn group<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    Ok(opaque(Opaque::Access(Access::Group(asker(call)?.clone(), call.text(1)?.to_owned()))))
}

fn service_account<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let authorizer = Arc::clone(&asker(call)?.authorizer);
    let (namespace, name) = (call.text(1)?, call.text(2)?);
    if dns_subdomain(name).is_err() {
        return Err(Fault::other("Invalid service account name"));
    }
    if dns_label(namespace).is_err() {
        return Err(Fault::other("Invalid service account namespace"));
    }
    let account = Some(Arc::new((namespace.to_owned(), name.to_owned())));
    Ok(opaque(Opaque::Access(Access::Authorizer(Asker { authorizer, account }))))
}

fn resource<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let Access::Group(asker, group) = access(call)? else { return call.refuse() };
    let about = ResourceCheck { group: group.clone(), resource: said(call, "resource")?, ..ResourceCheck::default() };
    Ok(opaque(Opaque::Access(Access::Resource(asker.clone(), about))))
}

fn refine<'a>(call: &Call<'_, 'a>, set: impl FnOnce(&mut ResourceCheck, String)) -> Answer<'a> {
    let Access::Resource(asker, about) = access(call)? else { return call.refuse() };
    let mut about = about.clone();
    set(&mut about, call.text(1)?.to_owned());
    Ok(opaque(Opaque::Access(Access::Resource(asker.clone(), about))))
}

fn check<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    budget.spend(CHECK)?;
    let verb = call.text(1)?;
    let (asker, question) = match access(call)? {
        Access::Path(asker, path) => (asker, Question::Path { verb, path }),
        Access::Resource(asker, about) => {
            let ResourceCheck { group, resource, subresource, namespace, name } = about;
            (asker, Question::Resource { verb, group, resource, subresource, namespace, name })
        }
        _ => return call.refuse(),
    };
    let account = asker.account.as_deref().map(|(namespace, name)| (namespace.as_str(), name.as_str()));
    Ok(opaque(Opaque::Access(Access::Decision(asker.authorizer.decide(account, &question)))))
}
