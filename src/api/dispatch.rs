//! From a request to the handler of its verb, and from what the handler says to a response.

use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::Answer;
use super::call::Call;
use super::catalogs::unknown_path;
use super::elsewhere::Elsewhere;
use super::hooks::Hooks;
use super::metrics::RequestLabels;
use super::negotiate::{self, Encoding, Form, Offer};
use super::query::{self, Query};
use super::route::{ResourceRoute, Route};
use super::{BODY_MOST, Body, Shared};
use super::{
    api_services, binding, components, create, definitions, delete, eviction, get, limit_ranges, list, patch, pod_plugins, public, reviews,
    tokens, update, watch,
};
use crate::auth::{self, Attributes, Identity};
use crate::object::{Reason, Refusal};
use crate::schema::{Behaviour, Origin, Resource};

/// What a handler says: an answer, and what the client should be warned of.
type Said = Result<(Answer, Vec<String>), Refusal>;

/// The verbs of the API, as permissions and metrics name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

pub(super) async fn dispatch<B>(api: &Arc<Shared>, identity: &Identity, request: Request<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Display,
{
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let head = parts.method == Method::HEAD;
    let mut labels = RequestLabels {
        verb: known_method(&parts.method).to_owned(),
        group: String::new(),
        version: String::new(),
        resource: String::new(),
        subresource: String::new(),
        code: 0,
    };
    let encoding = negotiate::form(&parts.headers, Offer::Documents).map_or(Encoding::Json, Form::encoding);
    let pretty = negotiate::pretty(&parts.headers, query::pretty(parts.uri.query().unwrap_or_default()));
    let mut first = Vec::new();
    let said = match (auth::impersonated(identity, &parts.headers), Route::parse(parts.uri.path())) {
        (Err(refusal), _) => Err(refusal),
        (_, None) => Err(unknown_path()),
        // Who shows credentials and assumes to be nobody has permissions to lack, not credentials.
        (Ok(_), Some(Route::Resource(_))) if identity.is_anonymous() => Err(auth::unauthorized()),
        (Ok(identity), Some(Route::Resource(route))) => {
            resource(api, &identity, parts, Box::pin(collect(body)), route, (&mut labels, &mut first)).await
        }
        (Ok(identity), Some(route)) => public::answer(api, &identity, &parts, &route).await.map(|answer| (answer, Vec::new())),
    };
    let retry_after = said.as_ref().err().map_or(0, |refusal| refusal.retry_after_seconds);
    let (answer, warnings) = said.unwrap_or_else(|refusal| {
        if refusal.reason == Reason::InternalError {
            tracing::error!(message = refusal.message, "a request failed");
        }
        (Answer::refusal(&refusal, encoding, pretty), Vec::new())
    });
    first.extend(warnings);
    labels.code = answer.code.as_u16();
    api.metrics.count(&labels, began.elapsed());
    let mut response = answer.into_response(&first);
    if retry_after > 0 {
        response.headers_mut().insert(RETRY_AFTER, retry_after.into());
    }
    if head {
        *response.body_mut() = Body::whole(Bytes::new());
    }
    response
}

/// Takes the body as a future, so that the verbs are compiled once and not for every kind of body. What goes into the warnings here is
/// said whatever becomes of the request.
async fn resource(
    api: &Arc<Shared>,
    identity: &Identity,
    parts: Parts,
    body: BoxFuture<'_, Result<Bytes, Refusal>>,
    route: ResourceRoute,
    (labels, warnings): (&mut RequestLabels, &mut Vec<String>),
) -> Said {
    let query = Query::parse(parts.uri.query().unwrap_or_default(), &parts.method);
    let watches = query.as_ref().is_ok_and(|query| query.watch);
    let verb = verb(&parts.method, &route, watches).ok_or_else(|| method_not_allowed(&parts.method))?;
    permit(identity, verb, &route)?;
    let found = api.catalogs.resource(&api.cache, &route.group_version, &route.resource).await?;
    let resource = found.ok_or_else(unknown_path)?;
    count_as(labels, verb, &resource, &route);
    warnings.extend(resource.deprecation.clone());
    check_path(&resource, &route, verb)?;
    let query = query?;
    let form = form(&parts.headers, verb, &resource, &route)?;
    let gzip = negotiate::accepts_gzip(&parts.headers);
    let body = if matches!(verb, Verb::Get | Verb::List | Verb::Watch) { Bytes::new() } else { body.await? };
    let headers = parts.headers;
    let (identity, advice, elsewhere) = (identity.clone(), Mutex::default(), Elsewhere::default());
    let creates = verb == Verb::Create || (verb == Verb::Patch && limit_ranges::applies(&headers));
    let limits = match verb {
        Verb::Create | Verb::Update | Verb::Patch => limit_ranges::of(api, &resource, &route, creates).await?,
        _ => Vec::new(),
    };
    let surroundings = pod_plugins::of(api, &resource, &route, creates).await?;
    let reads = matches!(verb, Verb::Get | Verb::List | Verb::Watch);
    let deletes = matches!(verb, Verb::Delete | Verb::DeleteCollection);
    let hooks = if reads { Hooks::default() } else { Hooks::of(api, &resource, &route, deletes).await? };
    let told = Arc::clone(&hooks.warnings);
    let call = Call {
        api: Arc::clone(api),
        identity,
        resource,
        route,
        query,
        headers,
        form,
        gzip,
        body,
        advice,
        elsewhere,
        limits,
        surroundings,
        hooks,
    };
    if call.resource.storage_prefix == api_services::PREFIX {
        api_services::register(api).await?;
    }
    let defines = !reads && call.resource.storage_prefix == definitions::PREFIX;
    let said = act(verb, call).await;
    warnings.append(&mut told.lock().unwrap_or_else(PoisonError::into_inner));
    if defines {
        // The write itself is done; the next one, or the next start, tries again.
        if let Err(refusal) = definitions::settle_others(api).await {
            tracing::warn!(%refusal, "names that became free could not be given to others");
        }
    }
    said
}

/// The form of the answer that the client asks for.
fn form(headers: &HeaderMap, verb: Verb, resource: &Resource, route: &ResourceRoute) -> Result<Form, Refusal> {
    let offer = match (verb, resource.custom && !shows_scale(resource, route)) {
        (Verb::Watch, false) => Offer::Frames,
        (Verb::Watch, true) => Offer::CustomFrames,
        (_, false) => Offer::Any,
        (_, true) => Offer::Custom,
    };
    let form = negotiate::form(headers, offer)?;
    if matches!((verb, form), (Verb::List | Verb::DeleteCollection, Form::Partial(..))) {
        let message = "you requested PartialObjectMetadata, but the requested object is a list; ask for PartialObjectMetadataList";
        return Err(Refusal::new(Reason::NotAcceptable, message));
    }
    Ok(form)
}

async fn act(verb: Verb, mut call: Call) -> Said {
    let quiet = |answer: Answer| (answer, Vec::new());
    let advised = |call: &Call, (answer, warnings)| (answer, call.advised(warnings));
    match (verb, call.resource.origin) {
        (_, Origin::Observed) => return components::answer(&call).await,
        (_, Origin::Answered) if call.resource.gvk.kind == "Binding" => return binding::create(call).await,
        (_, Origin::Answered) => return reviews::answer(&call).await,
        (Verb::Create, Origin::Stored) if call.subresource() == "eviction" => return eviction::create(call).await,
        (Verb::Create, Origin::Stored) if call.subresource() == "token" => return tokens::create(&call).await,
        (Verb::Create, Origin::Stored) if !call.subresource().is_empty() => return binding::create(call).await,
        (_, Origin::Stored) => {}
    }
    match verb {
        Verb::Get => get::get(&call).await.map(quiet),
        Verb::List => list::list(&call).await.map(quiet),
        Verb::Watch => watch::watch(call).await.map(quiet),
        Verb::Create => create::create(&call).await.map(|said| advised(&call, said)),
        Verb::Update => update::update(&call).await.map(|said| advised(&call, said)),
        Verb::Patch => patch::patch(&call).await.map(|said| advised(&call, said)),
        Verb::Delete => delete::delete(&mut call).await.map(|answer| advised(&call, quiet(answer))),
        Verb::DeleteCollection => delete::delete_collection(&mut call).await.map(|answer| advised(&call, quiet(answer))),
    }
}

/// The method for counting. Anybody may send any word as a method, and each that is counted takes memory for good.
fn known_method(method: &Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE") => known,
        _ => "other",
    }
}

/// Reads a body of at most [`BODY_MOST`] bytes.
async fn collect<B>(body: B) -> Result<Bytes, Refusal>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, BODY_MOST).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Refusal::new(Reason::RequestEntityTooLarge, format!("Request entity too large: limit is {BODY_MOST}")))
        }
        Err(error) => Err(Refusal::bad_request(format!("the body of the request could not be read: {error}"))),
    }
}

/// The parameter `watch` is one of collections; an object alone is watched by a field selector or an old path.
fn verb(method: &Method, route: &ResourceRoute, watches: bool) -> Option<Verb> {
    match (method.as_str(), route.name.is_some()) {
        ("GET" | "HEAD", _) if route.watch => Some(Verb::Watch),
        _ if route.watch => None,
        ("GET" | "HEAD", true) => Some(Verb::Get),
        ("GET" | "HEAD", false) if watches => Some(Verb::Watch),
        ("GET" | "HEAD", false) => Some(Verb::List),
        ("POST", _) => Some(Verb::Create),
        ("PUT", true) => Some(Verb::Update),
        ("PATCH", true) => Some(Verb::Patch),
        ("DELETE", true) => Some(Verb::Delete),
        ("DELETE", false) => Some(Verb::DeleteCollection),
        _ => None,
    }
}

impl Verb {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

/// Permission is asked before the resource is looked for, so that strangers do not learn which kinds there are.
fn permit(identity: &Identity, verb: Verb, route: &ResourceRoute) -> Result<(), Refusal> {
    let resource = crate::object::GroupResource::new(&route.group_version.group, &route.resource);
    let asked = Attributes {
        verb: verb.as_str(),
        resource: &resource,
        subresource: route.subresource.as_deref().unwrap_or_default(),
        namespace: route.namespace.as_deref(),
        name: route.name.as_deref().unwrap_or_default(),
    };
    auth::authorize(identity, &asked)
}

fn count_as(labels: &mut RequestLabels, verb: Verb, resource: &Resource, route: &ResourceRoute) {
    labels.verb = verb.as_str().to_uppercase();
    labels.group.clone_from(&resource.gvk.group);
    labels.version.clone_from(&resource.gvk.version);
    labels.resource.clone_from(&resource.plural);
    labels.subresource = route.subresource.clone().unwrap_or_default();
}

/// Whether the resource has what the path and the verb ask for.
fn check_path(resource: &Resource, route: &ResourceRoute, verb: Verb) -> Result<(), Refusal> {
    if route.namespace.is_some() && !resource.namespaced {
        return Err(unknown_path());
    }
    if let Some(name) = &route.subresource {
        let subresource = resource.subresource(name).ok_or_else(unknown_path)?;
        if subresource.behaviour == Behaviour::NotBuilt {
            let message = format!("the subresource {}/{name} is not supported by this server yet", resource.plural);
            return Err(Refusal::new(Reason::MethodNotAllowed, message));
        }
        return if subresource.verbs.has(verb.as_str()) { Ok(()) } else { Err(not_supported(verb, resource)) };
    }
    if verb == Verb::Watch && route.name.is_some() && resource.namespaced && route.namespace.is_none() {
        return Err(unknown_path());
    }
    let needs_namespace = resource.namespaced && route.namespace.is_none() && !matches!(verb, Verb::List | Verb::Watch);
    if needs_namespace && verb == Verb::DeleteCollection {
        return Err(not_supported(verb, resource));
    }
    if needs_namespace && (route.name.is_some() || verb != Verb::Create) {
        return Err(unknown_path());
    }
    if needs_namespace {
        return Err(Refusal::bad_request("an empty namespace may not be set during creation"));
    }
    if verb == Verb::Create && route.name.is_some() || !resource.verbs.has(verb.as_str()) {
        return Err(not_supported(verb, resource));
    }
    Ok(())
}

/// Whether the path shows a Scale, which is one of the API's own kinds also where the resource is not.
fn shows_scale(resource: &Resource, route: &ResourceRoute) -> bool {
    let subresource = route.subresource.as_deref().and_then(|name| resource.subresource(name));
    subresource.is_some_and(|subresource| matches!(subresource.behaviour, Behaviour::Scale(_)))
}

fn not_supported(verb: Verb, resource: &Resource) -> Refusal {
    let named = resource.group_resource();
    let message = format!("{} is not supported on resources of kind \"{named}\"", verb.as_str());
    Refusal { group: named.group, kind: named.resource, ..Refusal::new(Reason::MethodNotAllowed, message) }
}

fn method_not_allowed(method: &Method) -> Refusal {
    Refusal::new(Reason::MethodNotAllowed, format!("the server does not allow this method on the requested resource: {method}"))
}
