//! `DELETE` of an object, and of a whole selection.
//!
//! See <https://kubernetes.io/docs/concepts/architecture/garbage-collection/> for propagation.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::delete_options::DeleteOptions;
use super::delete_rules::{self, Dependents, PODS_STAY};
use super::query::VersionMatch;
use super::selection::Selection;
use super::update::announce;
use super::write::{self, Written};
use super::{definitions, list, namespaces, view};
use crate::object::{Object, Reason, Refusal, Revision};

/// How many objects of a selection are deleted at the same time.
const AT_ONCE: usize = 16;

/// The kinds whose deletion is answered by the object and not by a `Status`, as kube-apiserver's OpenAPI declares; typed clients parse
/// nothing else. See `ReturnDeletedObject` in
/// <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>.
const ANSWERED_BY_THE_OBJECT: [(&str, &[&str]); 3] = [
    ("", &["persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas", "serviceaccounts", "services"]),
    ("resource.k8s.io", &["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"]),
    ("storage.k8s.io", &["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"]),
];

pub(super) async fn delete(call: &mut Call) -> Result<Answer, Refusal> {
    let options = DeleteOptions::of(call)?;
    call.hooks.with_options(options.to_json(call.query.dry_run));
    namespaces::check_deletable(call)?;
    warn(call, &options);
    let written = remove(call, &call.key_of(call.name()), call.name(), &options).await?;
    match &written {
        Written::Deleted(last) if !is_answered_by_the_object(call) => {
            let last = view::parse(&call.resource, last)?;
            let document = success(call, &last);
            Ok(Answer::document(StatusCode::OK, &document, call.form.encoding(), call.pretty()))
        }
        shown => shown.answer(call).await,
    }
}

/// Jobs that go without their pods are worth a word, since those of other kinds do not.
fn warn(call: &Call, options: &DeleteOptions) {
    let gvk = &call.resource.gvk;
    let stay = Dependents::of_kind(&gvk.api_version(), &gvk.kind) == Dependents::Stay;
    if gvk.kind == "Job" && stay && options.propagation.is_none() {
        call.warn(PODS_STAY);
    }
}

fn is_answered_by_the_object(call: &Call) -> bool {
    let (group, plural) = (&call.resource.gvk.group, &call.resource.plural);
    ANSWERED_BY_THE_OBJECT.iter().any(|(known, plurals)| known == group && plurals.contains(&plural.as_str()))
}

/// Deletes what a list with the same parameters would show. Answers that list.
pub(super) async fn delete_collection(call: &mut Call) -> Result<Answer, Refusal> {
    let options = DeleteOptions::of(call)?;
    call.hooks.with_options(options.to_json(call.query.dry_run));
    warn(call, &options);
    let selection = Selection::of(call)?;
    list::check_options(&call.query)?;
    // Upstream lists page by page here, so a revision means that very one.
    if call.query.continue_token.is_none() && call.query.resource_version.is_some_and(|revision| revision != Revision::ZERO) {
        call.query.version_match.get_or_insert(VersionMatch::Exact);
    }
    let page = list::read(call, &selection).await?;
    let keys: Vec<Box<str>> = page.objects.iter().map(|object| object.key.clone()).collect();
    let call = &*call;
    let deletions = stream::iter(keys).map(|key| {
        let options = &options;
        async move {
            let name = key.rsplit('/').next().unwrap_or_default();
            match remove(call, &key, name, options).await {
                // Somebody else was faster, which is what was wanted.
                Err(refusal) if refusal.reason == Reason::NotFound => Ok(()),
                other => other.map(drop),
            }
        }
    });
    deletions.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    list::answer(call, page).await
}

/// Deletes one object, or marks it as deleted where something holds it.
pub(super) async fn remove(call: &Call, key: &str, name: &str, options: &DeleteOptions) -> Result<Written, Refusal> {
    let missing = || Refusal::not_found(&call.group_resource(), name);
    let now = call.api.ambient.now_seconds();
    let written = write::change_stored(call, key, |live| {
        let live = live.ok_or_else(missing)?;
        options.check_preconditions(call, live)?;
        let object = definitions::held(&call.resource, &live.object, now);
        Ok(delete_rules::decide(&object, options, now))
    });
    let written = written.await?;
    announce(call, &written).await?;
    Ok(written)
}

/// The `Status` that answers a deletion which is done.
fn success(call: &Call, last: &Object) -> Value {
    let mut details = json!({"name": last.name(), "kind": call.resource.plural, "uid": last.uid()});
    if !call.resource.gvk.group.is_empty() {
        details["group"] = call.resource.gvk.group.as_str().into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
