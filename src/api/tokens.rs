//! Tokens of service accounts: `POST` of a TokenRequest makes one, and [`holder`] tells whose one is.
//!
//! Receives a service account and what its token is to be bound to; hands on a token, or an identity. Invariant: a token is good only as
//! long as the very service account and object that it was made for exist, whatever its time.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/>.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::create::in_namespace;
use super::decode::{self, Decoded};
use super::json::Parsed;
use super::known_tokens::KnownToken;
use super::{Shared, namespaces, view};
use crate::auth::{Identity, TOKEN_MOST, TokenKey};
use crate::object::{Cause, CauseKind, GroupResource, GroupVersion, Gvk, Object, Reason, Refusal, Revision, Time};
use crate::protobuf;
use crate::schema::{self, Catalog};

/// Who makes tokens, and whom they are meant for where nobody is named: this server.
pub(super) const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

const API_VERSION: &str = "authentication.k8s.io/v1";
const KIND: &str = "TokenRequest";

/// How long a token is good that asks for no time, and the bounds of that; in seconds.
const HOLDS: i64 = 3600;
const HOLDS_LEAST: i64 = 600;
const HOLDS_MOST: i64 = 1 << 32;

/// How far clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// The claim with what only Kubernetes knows.
const PRIVATE: &str = "kubernetes.io";

/// What tokens are made for.
const HOLDERS: [&str; 4] = ["serviceaccounts", "secrets", "pods", "nodes"];

/// Whose token it is, and for whom it is meant of those that were asked about.
pub(super) struct Holder {
    pub(super) identity: Identity,
    pub(super) audiences: Vec<String>,
}

pub(super) async fn create(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    let key = call.api.token_key.get().ok_or_else(no_key)?;
    let Decoded { object: mut request, warnings } = decoded(call)?;
    in_namespace(call, &mut request)?;
    namespaces::check_open_for(call, &call.group_resource(), call.name()).await?;
    let namespace = call.route.namespace.as_deref().unwrap_or_default();
    if !request.name().is_empty() && request.name() != call.name() {
        let cause = Cause::invalid("metadata.name", &request.name().into(), "must match the service account name if specified");
        return Err(invalid(call.name(), cause));
    }
    let request = call.hooks.admit(call, request).await?;
    let account = stored(&call.api, "serviceaccounts", Some(namespace), call.name()).await?.ok_or_else(|| call.not_found())?;
    let seconds = seconds(&request)?;
    let bound = bound(call, namespace, request.get(&["spec", "boundObjectRef"]).unwrap_or(&Value::Null)).await?;
    let audiences = match request.get(&["spec", "audiences"]) {
        Some(Value::Array(audiences)) if !audiences.is_empty() => audiences.clone(),
        _ => vec![ISSUER.into()],
    };
    let now = call.api.ambient.now_seconds();
    let claims = claims(&account, &audiences, bound, now.timestamp().as_second(), seconds, &call.api.ambient.uid());
    let token = key.sign(&claims).map_err(|error| Refusal::internal(error.to_string()))?;
    if token.len() > TOKEN_MOST {
        let why = format!("Too long: a token for them would have more than {TOKEN_MOST} bytes");
        return Err(invalid(call.name(), Cause::new(CauseKind::TooLong, "spec.audiences", why)));
    }
    let answer = json!({
        "kind": KIND, "apiVersion": API_VERSION,
        "metadata": {"name": call.name(), "namespace": namespace, "creationTimestamp": now.to_string()},
        "spec": {
            "audiences": audiences, "expirationSeconds": seconds,
            "boundObjectRef": request.get(&["spec", "boundObjectRef"]).unwrap_or(&Value::Null),
        },
        "status": {"token": token, "expirationTimestamp": later(now, seconds)},
    });
    Ok((Answer::document(StatusCode::CREATED, &answer, call.form.encoding(), call.pretty()), warnings))
}

/// A command without a server has no key, since nobody could check with it what it signs.
fn no_key() -> Refusal {
    Refusal::new(Reason::MethodNotAllowed, "tokens of service accounts are made by servers only: this process has no key to sign them with")
}

fn decoded(call: &Call) -> Result<Decoded, Refusal> {
    let Parsed { value, duplicates } = decode::document(call.content_type(), &call.body, KIND, protobuf::message_of(API_VERSION, KIND))?;
    let mut request = Object::from_value(value).map_err(|error| Refusal::bad_request(error.to_string()))?;
    match (request.api_version(), request.kind()) {
        ("" | API_VERSION, "" | KIND) => {}
        (version, kind) => return Err(Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {KIND}"))),
    }
    decode::say_kind(&mut request, API_VERSION, KIND);
    let schema = schema::builtin(&Gvk::new("authentication.k8s.io", "v1", KIND));
    let schema = schema.ok_or_else(|| Refusal::internal("there is no schema of TokenRequest"))?;
    decode::checked_as(call, &schema, "v1", KIND, request, &duplicates)
}

fn invalid(name: &str, cause: Cause) -> Refusal {
    Refusal::invalid("authentication.k8s.io", KIND, name, vec![cause])
}

fn seconds(request: &Object) -> Result<i64, Refusal> {
    let seconds = request.get(&["spec", "expirationSeconds"]).and_then(Value::as_i64).unwrap_or(HOLDS);
    let why = match seconds {
        ..HOLDS_LEAST => "may not specify a duration less than 10 minutes",
        HOLDS_LEAST..=HOLDS_MOST => return Ok(seconds),
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    Err(invalid("", Cause::invalid("spec.expirationSeconds", &seconds.into(), why)))
}

fn later(now: Time, seconds: i64) -> String {
    let then = now.timestamp().as_second().saturating_add(seconds);
    Timestamp::from_second(then).map_or(now, Time::new).to_string()
}

/// The claims about what a token is bound to: a pod of the service account, a secret, or a node.
async fn bound(call: &Call, namespace: &str, reference: &Value) -> Result<Map<String, Value>, Refusal> {
    let mut claims = Map::new();
    if reference.is_null() {
        return Ok(claims);
    }
    let text = |member: &str| reference.get(member).and_then(Value::as_str).unwrap_or_default();
    let (kind, name) = (text("kind"), text("name"));
    let of_core = GroupVersion::parse(text("apiVersion")).is_some_and(|version| version.group.is_empty());
    let (plural, place) = match kind {
        "Pod" if of_core => ("pods", Some(namespace)),
        "Secret" if of_core => ("secrets", Some(namespace)),
        "Node" if of_core => ("nodes", None),
        _ => {
            let message = format!("cannot bind token to object of type {}, Kind={kind}", text("apiVersion"));
            return Err(Refusal::bad_request(message));
        }
    };
    let missing = || Refusal::not_found(&GroupResource::new("", plural), name);
    let object = stored(&call.api, plural, place, name).await?.ok_or_else(missing)?;
    if kind == "Pod" {
        of_account(call.name(), &object)?;
        if let Some(node) = object.get_str(&["spec", "nodeName"]).filter(|node| !node.is_empty()) {
            let known = stored(&call.api, "nodes", None, node).await?;
            claims.insert("node".to_owned(), known.as_ref().map_or_else(|| json!({"name": node}), named));
        }
    }
    if !text("uid").is_empty() && text("uid") != object.uid() {
        let why = format!(
            "the UID in the bound object reference ({}) does not match the UID in record. The object might have been deleted and then recreated",
            text("uid")
        );
        return Err(Refusal::conflict(&GroupResource::new("", kind), name, &why));
    }
    claims.insert(kind.to_lowercase(), named(&object));
    Ok(claims)
}

fn of_account(account: &str, pod: &Object) -> Result<(), Refusal> {
    let own = pod.get_str(&["spec", "serviceAccountName"]).unwrap_or_default();
    if own == account {
        return Ok(());
    }
    let message = format!("cannot bind token for serviceaccount {account:?} to pod running with different serviceaccount name.");
    Err(Refusal::bad_request(message))
}

fn named(object: &Object) -> Value {
    json!({"name": object.name(), "uid": object.uid()})
}

fn claims(account: &Object, audiences: &[Value], bound: Map<String, Value>, now: i64, seconds: i64, id: &str) -> Value {
    let namespace = account.namespace().unwrap_or_default();
    let mut private = bound;
    private.insert("namespace".to_owned(), namespace.into());
    private.insert("serviceaccount".to_owned(), named(account));
    json!({
        "aud": audiences, "exp": now.saturating_add(seconds), "iat": now, "iss": ISSUER, "jti": id, PRIVATE: private, "nbf": now,
        "sub": format!("system:serviceaccount:{namespace}:{}", account.name()),
    })
}

/// The newest state of an object of the core group.
async fn stored(api: &Shared, plural: &str, namespace: Option<&str>, name: &str) -> Result<Option<Object>, Refusal> {
    found(api, plural, namespace, name, Asked::Store).await
}

async fn found(api: &Shared, plural: &str, namespace: Option<&str>, name: &str, asked: Asked) -> Result<Option<Object>, Refusal> {
    let catalog = Catalog::builtin();
    let resource = catalog.resource("", "v1", plural).ok_or_else(|| Refusal::internal(format!("{plural} are not served")))?;
    let place = namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let key = format!("{}{place}{name}", resource.storage_prefix);
    let cached = match asked {
        Asked::Cache => api.cache.object_not_older(&resource.storage_prefix, &key, Revision::ZERO).await?,
        Asked::Store => api.cache.consistent_object(&resource.storage_prefix, &key).await?,
    };
    cached.map(|cached| view::parse(resource, &cached)).transpose()
}

/// Whose token this is; `None` where it is nobody's, or meant for none of the audiences. No audiences are this server.
pub(super) async fn holder(api: &Shared, token: &str, audiences: &[&str]) -> Result<Option<Holder>, Refusal> {
    let audiences = if audiences.is_empty() { &[ISSUER][..] } else { audiences };
    // Static tokens are meant for this server and for nobody else.
    if let Some(identity) = api.tokens.get().and_then(|tokens| tokens.identity(token)) {
        let holder = Holder { identity: identity.clone(), audiences: vec![ISSUER.to_owned()] };
        return Ok(Some(holder).filter(|_| audiences.contains(&ISSUER)));
    }
    let known = api.token_key.get().and_then(|key: &Arc<TokenKey>| api.known_tokens.read(key, token));
    let Some(known) = known else { return Ok(None) };
    let now = api.ambient.now().as_second();
    let Some(audiences) = meant_for(&known.claims, audiences).filter(|_| is_current(&known.claims, now)) else { return Ok(None) };
    let identity = holder_of(api, &known, now).await?;
    Ok(identity.map(|identity| Holder { identity, audiences }))
}

/// The service account of a token. What the cache has at hand will do for a while, but never for a refusal: it may not have heard yet of
/// what was made a moment ago.
async fn holder_of(api: &Shared, known: &KnownToken, now: i64) -> Result<Option<Identity>, Refusal> {
    if known.is_fresh()
        && let Some(identity) = account(api, &known.claims, now, Asked::Cache).await?
    {
        return Ok(Some(identity));
    }
    let at = Instant::now();
    let identity = account(api, &known.claims, now, Asked::Store).await?;
    if identity.is_some() {
        known.found_at(at);
    }
    Ok(identity)
}

/// Whose state counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Cache,
    Store,
}

/// After an object went: waits until the cache knows, so that a token which was made for it is nobody's in the next request.
pub(super) async fn gone(call: &Call, revision: Revision) -> Result<(), Refusal> {
    let (cache, prefix) = (&call.api.cache, &call.resource.storage_prefix);
    let holds_tokens = call.resource.gvk.group.is_empty() && HOLDERS.contains(&call.resource.plural.as_str());
    if holds_tokens && !call.api.known_tokens.is_empty() && cache.newest(prefix) != Revision::ZERO {
        cache.not_older(prefix, revision).await?;
    }
    Ok(())
}

/// Those of the audiences that a token is meant for, where there is one.
fn meant_for(claims: &Map<String, Value>, audiences: &[&str]) -> Option<Vec<String>> {
    let meant = claims.get("aud")?.as_array()?;
    let common = audiences.iter().filter(|audience| meant.iter().any(|meant| meant == **audience));
    let common: Vec<String> = common.map(|audience| (*audience).to_owned()).collect();
    (!common.is_empty()).then_some(common)
}

fn is_current(claims: &Map<String, Value>, now: i64) -> bool {
    let time = |claim: &str| claims.get(claim).and_then(Value::as_i64);
    let begun = |claim: &str| time(claim).is_none_or(|time| time <= now.saturating_add(LEEWAY));
    let ends = time("exp").is_some_and(|ends| now.saturating_sub(LEEWAY) <= ends);
    claims.get("iss").is_some_and(|issuer| issuer == ISSUER) && ends && begun("nbf") && begun("iat")
}

/// The service account of a token, if it and what the token is bound to are still there.
async fn account(api: &Shared, claims: &Map<String, Value>, now: i64, asked: Asked) -> Result<Option<Identity>, Refusal> {
    let Some(private) = claims.get(PRIVATE) else { return Ok(None) };
    let namespace = private.get("namespace").and_then(Value::as_str).unwrap_or_default();
    let [account, pod, node] = ["serviceaccount", "pod", "node"].map(|part| private.get(part).map(Reference::of));
    let Some(account) = account.filter(|account| !namespace.is_empty() && !account.name.is_empty()) else { return Ok(None) };
    let secret = private.get("secret").map(Reference::of);
    // The node of a pod is told along with the pod, and may change with it.
    let on_its_own = node.as_ref().filter(|_| pod.is_none());
    let needed = [
        (HOLDERS[0], Some(namespace), Some(&account)),
        (HOLDERS[1], Some(namespace), secret.as_ref()),
        (HOLDERS[2], Some(namespace), pod.as_ref()),
        (HOLDERS[3], None, on_its_own),
    ];
    for (plural, place, reference) in needed {
        let Some(reference) = reference else { continue };
        let found = found(api, plural, place, reference.name, asked).await?;
        if !found.is_some_and(|found| found.uid() == reference.uid && !is_long_gone(&found, now)) {
            return Ok(None);
        }
    }
    let mut extra = BTreeMap::new();
    let mut tell = |what: &str, value: &str| {
        if !value.is_empty() {
            extra.insert(format!("authentication.kubernetes.io/{what}"), vec![value.to_owned()]);
        }
    };
    if let Some(id) = claims.get("jti").and_then(Value::as_str) {
        tell("credential-id", &format!("JTI={id}"));
    }
    for (what, reference) in [("pod", pod), ("node", node)] {
        if let Some(reference) = reference {
            tell(&format!("{what}-name"), reference.name);
            tell(&format!("{what}-uid"), reference.uid);
        }
    }
    let groups = ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
    let identity = Identity::new(&format!("system:serviceaccount:{namespace}:{}", account.name), groups);
    Ok(Some(identity.with_uid(account.uid).with_extra(extra)))
}

/// Whether an object's time is over though something still holds it.
fn is_long_gone(object: &Object, now: i64) -> bool {
    let deleted = object.deletion_timestamp().and_then(Time::parse);
    deleted.is_some_and(|deleted| deleted.timestamp().as_second() < now.saturating_sub(LEEWAY))
}

/// An object that a token names.
struct Reference<'a> {
    name: &'a str,
    uid: &'a str,
}

impl<'a> Reference<'a> {
    fn of(claim: &'a Value) -> Self {
        let text = |member: &str| claim.get(member).and_then(Value::as_str).unwrap_or_default();
        Self { name: text("name"), uid: text("uid") }
    }
}
