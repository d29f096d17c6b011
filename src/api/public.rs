//! Paths that are no resources: discovery, OpenAPI, version, health, metrics.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::ACCEPT;
use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::Answer;
use super::body::Body;
use super::catalogs::unknown_path;
use super::negotiate::{self, Offer};
use super::query::Query;
use super::route::Route;
use super::{Shared, compress, discovery, health, tokens};
use crate::auth::{self, Identity};
use crate::object::{GroupVersion, Reason, Refusal};
use crate::openapi;
use crate::schema::Catalog;

/// The Kubernetes version whose API is served.
const KUBERNETES_MINOR: &str = "36";

/// Documents that are costly to make, kept until the kinds served change.
#[derive(Default)]
pub(super) struct Documents(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    edition: u64,
    by_path: HashMap<String, Document>,
}

/// A document as it is sent: whole, and compressed where that is worth it. Each kubectl command reads the largest of them anew.
#[derive(Clone)]
struct Document {
    etag: String,
    plain: Bytes,
    packed: Option<Bytes>,
}

pub(super) async fn answer(api: &Arc<Shared>, identity: &Identity, parts: &Parts, route: &Route) -> Result<Answer, Refusal> {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(Refusal::new(Reason::MethodNotAllowed, "the server does not allow this method on the requested resource"));
    }
    // Asked before anything is looked for, so that strangers do not learn which kinds there are.
    auth::authorize_path(identity, parts.uri.path())?;
    let query = Query::parse(parts.uri.query().unwrap_or_default(), &parts.method).unwrap_or_default();
    match route {
        Route::Other(path) => other(api, parts, path, &query).await,
        route => discover(api, parts, route, negotiate::pretty(&parts.headers, query.pretty)).await,
    }
}

async fn other(api: &Arc<Shared>, parts: &Parts, path: &str, query: &Query) -> Result<Answer, Refusal> {
    if let Some(answer) = health::answer(api, path, query.verbose).await {
        return Ok(answer);
    }
    if path == "/version" || path == "/version/" {
        return Ok(Answer::document(StatusCode::OK, &version(), negotiate::form(&parts.headers, Offer::Documents)?.encoding(), true));
    }
    match path {
        "/" => Ok(Answer::document(StatusCode::OK, &json!({"paths": PATHS}), negotiate::Encoding::Json, true)),
        "/metrics" => {
            let text = Answer::text(StatusCode::OK, api.metrics.text(&api.cache).await);
            Ok(Answer { content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8", ..text })
        }
        OPENID | KEYS => {
            let key = api.token_key.get().ok_or_else(unknown_path)?;
            if path == KEYS {
                let keys = Answer::document(StatusCode::OK, &key.public(), negotiate::Encoding::Json, false);
                return Ok(Answer { content_type: "application/jwk-set+json", ..keys });
            }
            Ok(Answer::document(StatusCode::OK, &open_id(host(parts)), negotiate::Encoding::Json, false))
        }
        _ if path == "/openapi/v2" || path == "/openapi/v3" || path.starts_with("/openapi/v3/") => open_api(api, parts, path).await,
        _ => Err(unknown_path()),
    }
}

/// Where others learn with which keys tokens of service accounts are checked.
const OPENID: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/openid/v1/jwks";

const PATHS: [&str; 12] =
    [OPENID, "/api", "/api/v1", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", KEYS, "/readyz", "/version"];

/// See <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>.
fn open_id(host: &str) -> Value {
    json!({
        "issuer": tokens::ISSUER, "jwks_uri": format!("https://{host}{KEYS}"), "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
    })
}

fn version() -> Value {
    json!({
        "major": "1",
        "minor": KUBERNETES_MINOR,
        "gitVersion": format!("v1.{KUBERNETES_MINOR}.0+trueup-{}", env!("CARGO_PKG_VERSION")),
        "gitCommit": "",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "rustc",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

async fn discover(api: &Shared, parts: &Parts, route: &Route, pretty: bool) -> Result<Answer, Refusal> {
    let (catalog, _) = api.catalogs.newest(&api.cache).await?;
    let aggregated = aggregated_version(parts);
    if let (Some(version), Route::CoreVersions | Route::Groups) = (aggregated, route) {
        let document = match route {
            Route::CoreVersions => discovery::aggregated_core(&catalog, version),
            _ => discovery::aggregated_groups(&catalog, version),
        };
        let content_type = match version {
            "v2" => "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
            _ => "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        };
        let answer = Answer { content_type, ..Answer::document(StatusCode::OK, &document, negotiate::Encoding::Json, pretty) };
        let etag = answer.body.as_whole().map(|bytes| openapi::fingerprint(bytes)).unwrap_or_default();
        return Ok(compress::whole(answer, negotiate::accepts_gzip(&parts.headers)).kept(etag, &parts.headers));
    }
    let document = match route {
        Route::CoreVersions => Some(discovery::api_versions(host(parts))),
        Route::Groups => Some(discovery::group_list(&catalog)),
        Route::Group(group) => discovery::group(&catalog, group),
        Route::Resources(GroupVersion { group, version }) => discovery::resource_list(&catalog, group, version),
        Route::Resource(_) | Route::Other(_) => None,
    };
    let encoding = negotiate::form(&parts.headers, Offer::Documents)?.encoding();
    Ok(Answer::document(StatusCode::OK, &document.ok_or_else(unknown_path)?, encoding, pretty))
}

/// The address under which the client reached the server.
fn host(parts: &Parts) -> &str {
    let header = parts.headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    header.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str)).unwrap_or("localhost")
}

/// The version of aggregated discovery that the client prefers over the plain documents, if it does.
fn aggregated_version(parts: &Parts) -> Option<&'static str> {
    let accept = parts.headers.get(ACCEPT)?.to_str().ok()?;
    accept.split(',').find_map(|entry| {
        let words: Vec<&str> = entry.split(';').map(str::trim).collect();
        // In JSON alone: whoever asks for it in protobuf gets the plain documents, or what the next entry asks for.
        let json = words.first() != Some(&crate::protobuf::MEDIA_TYPE);
        let known = json && words.contains(&"g=apidiscovery.k8s.io") && words.contains(&"as=APIGroupDiscoveryList");
        discovery::AGGREGATED_VERSIONS.into_iter().find(|version| known && words.contains(&format!("v={version}").as_str()))
    })
}

async fn open_api(api: &Arc<Shared>, parts: &Parts, path: &str) -> Result<Answer, Refusal> {
    let accept = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let protobuf = path == "/openapi/v2"
        && [openapi::V2_PROTOBUF_MEDIA_TYPE, openapi::V2_PROTOBUF_OLD_MEDIA_TYPE].iter().any(|known| accept.contains(known));
    let kept_as = if protobuf { format!("{path} protobuf") } else { path.to_owned() };
    let (catalog, edition) = api.catalogs.newest(&api.cache).await?;
    let document = match api.documents.kept(edition, &kept_as) {
        Some(document) => document,
        None => {
            // Making one compiles every schema of a group, which must not hold up other requests.
            let path = path.to_owned();
            let made = tokio::task::spawn_blocking(move || make(&catalog, &path, protobuf)).await;
            let made = made.map_err(|error| Refusal::internal(error.to_string()))?.ok_or_else(unknown_path)?;
            api.documents.keep(edition, kept_as, made)
        }
    };
    let content_type = if protobuf { openapi::V2_PROTOBUF_MEDIA_TYPE } else { "application/json" };
    let packed = document.packed.filter(|_| negotiate::accepts_gzip(&parts.headers));
    let gzipped = packed.is_some();
    let body = Body::whole(packed.unwrap_or(document.plain));
    let answer = Answer { code: StatusCode::OK, content_type, body, gzipped, etag: String::new() };
    Ok(answer.kept(document.etag, &parts.headers))
}

fn make(catalog: &Catalog, path: &str, protobuf: bool) -> Option<Document> {
    let plain = make_plain(catalog, path, protobuf)?;
    let packed = compress::packed(&plain);
    Some(Document { etag: openapi::fingerprint(&plain), plain, packed })
}

fn make_plain(catalog: &Catalog, path: &str, protobuf: bool) -> Option<Bytes> {
    let text = |document: Value| Some(Bytes::from(document.to_string()));
    match path {
        "/openapi/v2" if protobuf => Some(openapi::v2_protobuf(&openapi::v2_document(catalog)).into()),
        "/openapi/v2" => text(openapi::v2_document(catalog)),
        "/openapi/v3" => text(openapi::v3_index(catalog)),
        _ => openapi::v3_document(catalog, &open_api_group(path.strip_prefix("/openapi/v3/")?)?).and_then(text),
    }
}

/// `api/v1` or `apis/<group>/<version>`, as the index of version 3 names its documents.
fn open_api_group(path: &str) -> Option<GroupVersion> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["api", version] => Some(GroupVersion { group: String::new(), version: (*version).to_owned() }),
        ["apis", group, version] => Some(GroupVersion { group: (*group).to_owned(), version: (*version).to_owned() }),
        _ => None,
    }
}

impl Documents {
    fn kept(&self, edition: u64, path: &str) -> Option<Document> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.edition == edition).then(|| kept.by_path.get(path).cloned()).flatten()
    }

    fn keep(&self, edition: u64, path: String, document: Document) -> Document {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.edition < edition {
            *kept = Kept { edition, by_path: HashMap::new() };
        }
        if kept.edition == edition {
            kept.by_path.insert(path, document.clone());
        }
        document
    }
}
