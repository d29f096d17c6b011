//! Reviews: questions about who somebody is and what they may do, sent as objects and answered in their `status`.
//!
//! Receives a `POST`; hands on the same object with its answer. Invariant: nothing is stored, and the answers are what the server itself
//! goes by.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/>.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::create::in_namespace;
use super::decode::{self, Decoded};
use super::{get, managers, tokens, view};
use crate::admission;
use crate::auth::{self, Attributes, Identity};
use crate::object::{GroupResource, Object, Refusal, Revision};
use crate::store::cache::Cached;

pub(super) async fn answer(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    let Decoded { object: mut review, warnings } = decode::object(call)?;
    in_namespace(call, &mut review)?;
    let review = call.hooks.change(call, None, review).await?;
    admission::judge(&call.resource, &review)?;
    // In kube-apiserver, too, nobody is kept from learning their own rules.
    if call.resource.gvk.kind != "SelfSubjectRulesReview" {
        call.hooks.check_object(call, None, Some(review.clone())).await?;
    }
    let answered = match call.resource.gvk.kind.as_str() {
        "SelfSubjectReview" => about_oneself(call),
        "TokenReview" => whose_token(call, review).await?,
        "SelfSubjectAccessReview" => with_status(call, review, |review| access(&call.identity, review)),
        "SubjectAccessReview" | "LocalSubjectAccessReview" => with_status(call, review, |review| access(&subject(review), review)),
        "SelfSubjectRulesReview" => rules(call, &review)?,
        kind => return Err(Refusal::internal(format!("nobody answers a {kind}"))),
    };
    let cached = Cached::new(&call.resource.storage_prefix, view::encode(&answered).into(), Revision::ZERO);
    Ok((get::one(call, StatusCode::CREATED, &cached)?, warnings))
}

fn about_oneself(call: &Call) -> Object {
    let mut review = bare(call);
    review.set_meta("creationTimestamp", call.api.ambient.now_seconds().to_string());
    review.root_mut().insert("status".to_owned(), json!({"userInfo": user_info(&call.identity)}));
    review
}

async fn whose_token(call: &Call, review: Object) -> Result<Object, Refusal> {
    let token = review.get_str(&["spec", "token"]).unwrap_or_default().to_owned();
    if token.is_empty() {
        return Err(Refusal::bad_request("token is required for TokenReview in authentication"));
    }
    let audiences = review.get(&["spec", "audiences"]).and_then(Value::as_array).into_iter().flatten();
    let audiences: Vec<&str> = audiences.filter_map(Value::as_str).collect();
    let holder = tokens::holder(&call.api, &token, &audiences).await?;
    Ok(with_status(call, review, |_| match holder {
        Some(holder) => json!({"authenticated": true, "user": user_info(&holder.identity), "audiences": holder.audiences}),
        None => json!({"user": {}}),
    }))
}

fn access(identity: &Identity, review: &Object) -> Value {
    let text = |path: &[&str]| review.get_str(path).unwrap_or_default();
    let decision = if review.get(&["spec", "resourceAttributes"]).is_some_and(Value::is_object) {
        let of = |member: &str| text(&["spec", "resourceAttributes", member]);
        let resource = GroupResource::new(of("group"), of("resource"));
        let namespace = Some(of("namespace")).filter(|namespace| !namespace.is_empty());
        let asked = Attributes { verb: of("verb"), resource: &resource, subresource: of("subresource"), namespace, name: of("name") };
        auth::decide(identity, &asked)
    } else {
        let of = |member: &str| text(&["spec", "nonResourceAttributes", member]);
        auth::decide_path(identity, of("verb"), of("path"))
    };
    match decision {
        Ok(()) => json!({"allowed": true}),
        Err(why) => json!({"allowed": false, "reason": why}),
    }
}

/// Whom a review asks about: of exactly the groups that it names.
fn subject(review: &Object) -> Identity {
    let text = |member: &str| review.get_str(&["spec", member]).unwrap_or_default();
    let groups = review.get(&["spec", "groups"]).and_then(Value::as_array).into_iter().flatten();
    let groups: Vec<String> = groups.filter_map(Value::as_str).map(str::to_owned).collect();
    Identity { user: text("user").into(), uid: text("uid").into(), groups: groups.into(), extra: Arc::default() }
}

fn rules(call: &Call, review: &Object) -> Result<Object, Refusal> {
    if review.get_str(&["spec", "namespace"]).is_none_or(str::is_empty) {
        return Err(Refusal::bad_request("no namespace on request"));
    }
    let of_resources = auth::resource_rules(&call.identity);
    let of_resources = of_resources.iter().map(|rule| json!({"verbs": rule.verbs, "apiGroups": rule.groups, "resources": rule.resources}));
    let of_paths = auth::path_rules(&call.identity);
    let of_paths = of_paths.iter().map(|rule| json!({"verbs": rule.verbs, "nonResourceURLs": rule.paths}));
    let status = json!({
        "resourceRules": of_resources.collect::<Vec<_>>(), "nonResourceRules": of_paths.collect::<Vec<_>>(), "incomplete": false,
    });
    let mut answer = bare(call);
    answer.root_mut().insert("spec".to_owned(), json!({}));
    answer.root_mut().insert("status".to_owned(), status);
    Ok(answer)
}

/// The review as it was sent, with who sent it and the answer.
fn with_status(call: &Call, mut review: Object, status: impl FnOnce(&Object) -> Value) -> Object {
    review.root_mut().remove("status");
    let status = status(&review);
    let mut review = managers::track(call, None, review);
    review.metadata_mut();
    review.root_mut().insert("status".to_owned(), status);
    review
}

/// A document of the kind asked for with nothing in it.
fn bare(call: &Call) -> Object {
    let mut object = Object::default();
    object.set_gvk(&call.resource.gvk);
    object.metadata_mut();
    object
}

fn user_info(identity: &Identity) -> Value {
    let mut info = Map::from_iter([("username".to_owned(), Value::from(&*identity.user)), ("groups".to_owned(), json!(&*identity.groups))]);
    if !identity.uid.is_empty() {
        info.insert("uid".to_owned(), Value::from(&*identity.uid));
    }
    if !identity.extra.is_empty() {
        info.insert("extra".to_owned(), json!(&*identity.extra));
    }
    Value::Object(info)
}
