//! `GET` of a collection: a consistent picture, page by page.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks>.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::body::Body;
use super::call::Call;
use super::compress;
use super::convert;
use super::negotiate::{Encoding, Form};
use super::protobuf_list;
use super::query::{Query, VersionMatch, list_options_checked};
use super::selection::Selection;
use super::view::{self, TableView};
use crate::object::{Cause, CauseKind, Object, Reason, Refusal, Revision};
use crate::schema::Resource;
use crate::store::cache::Cached;
use crate::store::{ListRequest, StoreError};

/// Answers larger than this are streamed in pieces of about this size.
pub(super) const CHUNK: usize = 256 << 10;

/// How many entries are read from the store at a time when most of them may not be selected.
const STORE_PAGE: usize = 2000;

/// One page of a list.
pub(super) struct ListPage {
    pub(super) objects: Vec<Arc<Cached>>,
    pub(super) revision: Revision,
    continue_token: String,
    remaining: Option<u64>,
}

/// Where a list goes on: the revision of its first page, and the last key of the page before (within the resource's prefix).
#[derive(Debug, Serialize, Deserialize)]
struct ContinueToken {
    v: String,
    rv: i64,
    start: String,
}

/// The revision in a token of a list that goes on with whatever is newest, because its first revision has expired.
const INCONSISTENT: i64 = -1;

pub(super) async fn list(call: &Call) -> Result<Answer, Refusal> {
    let selection = Selection::of(call)?;
    answer(call, read(call, &selection).await?).await
}

/// Answers a page in the form asked for.
pub(super) async fn answer(call: &Call, page: ListPage) -> Result<Answer, Refusal> {
    match call.form {
        Form::Object(Encoding::Protobuf) => protobuf_list::answer(call, page).await,
        Form::Object(Encoding::Json) if !call.pretty() => json_list(call, page),
        form => other_form(call, &page, form),
    }
}

/// Reads the page that the query asks for.
pub(super) async fn read(call: &Call, selection: &Selection) -> Result<ListPage, Refusal> {
    let query = &call.query;
    check_options(query)?;
    if let Some(token) = &query.continue_token {
        return continued(call, selection, token).await;
    }
    let revision = query.resource_version.unwrap_or_default();
    let prefix = &call.resource.storage_prefix;
    let cache = &call.api.cache;
    let snapshot = match (query.resource_version, query.version_match) {
        (None, _) => cache.consistent(prefix).await?,
        (Some(Revision::ZERO), _) => cache.not_older(prefix, Revision::ZERO).await?,
        (Some(_), Some(VersionMatch::Exact)) => return pinned(call, selection, revision, None).await,
        (Some(_), None) if query.limit.is_some() => return pinned(call, selection, revision, None).await,
        (Some(_), _) => cache.not_older(prefix, revision).await?,
    };
    page(call, selection, snapshot.objects, snapshot.revision, None).await
}

/// What `resourceVersion`, `resourceVersionMatch` and `continue` may not say together; all that is wrong is told at once.
pub(super) fn check_options(query: &Query) -> Result<(), Refusal> {
    let mut causes = Vec::new();
    let mut forbid = |field: &str, why: &str| causes.push(Cause::new(CauseKind::Forbidden, field, format!("Forbidden: {why}")));
    if query.version_match.is_some() && query.resource_version.is_none() {
        forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if query.version_match.is_some() && query.continue_token.is_some() {
        forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
    }
    if query.version_match == Some(VersionMatch::Exact) && query.resource_version == Some(Revision::ZERO) {
        forbid("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
    if query.send_initial_events.is_some() {
        forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
    }
    list_options_checked(causes)?;
    let of_a_revision = query.resource_version.is_some_and(|revision| revision != Revision::ZERO);
    if query.continue_token.is_some() && of_a_revision {
        return Err(Refusal::bad_request("specifying resource version is not allowed when using continue"));
    }
    Ok(())
}

async fn continued(call: &Call, selection: &Selection, token: &str) -> Result<ListPage, Refusal> {
    let token = ContinueToken::decode(token)?;
    let after = format!("{}{}", call.resource.storage_prefix, token.start);
    match u64::try_from(token.rv) {
        Ok(revision) => {
            let page = pinned(call, selection, Revision(revision), Some(&after)).await;
            page.map_err(|refusal| if refusal.reason == Reason::Expired { expired(&token) } else { refusal })
        }
        Err(_) => {
            let snapshot = call.api.cache.consistent(&call.resource.storage_prefix).await?;
            page(call, selection, snapshot.objects, snapshot.revision, Some(&after)).await
        }
    }
}

/// 410 with a token that lets the client go on without consistency.
fn expired(token: &ContinueToken) -> Refusal {
    let inconsistent = ContinueToken { v: token.v.clone(), rv: INCONSISTENT, start: token.start.clone() };
    let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the \
                   continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing \
                   with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the \
                   time the first chunk was returned and now may show up in the list.";
    Refusal { continue_token: inconsistent.encode(), ..Refusal::new(Reason::Expired, message) }
}

/// The state as of a revision: from the cache where nothing of the resource was written since, otherwise from the store's history.
async fn pinned(call: &Call, selection: &Selection, revision: Revision, after: Option<&str>) -> Result<ListPage, Refusal> {
    let snapshot = call.api.cache.not_older(&call.resource.storage_prefix, revision).await?;
    if snapshot.unchanged_since <= revision {
        return page(call, selection, snapshot.objects, revision, after).await;
    }
    let limit = call.query.limit;
    // Where the scope alone decides, one entry more than asked for tells whether the list goes on.
    let page_size = limit.filter(|_| selection.is_plain()).map_or(STORE_PAGE, |limit| limit.saturating_add(1));
    let mut selected = Vec::new();
    let mut after = after.map(str::to_owned);
    loop {
        let page = store_page(call, selection.scope(), revision, after.take(), page_size).await?;
        after = page.entries.last().map(|entry| entry.key.clone());
        let entries = page.entries.into_iter().map(|entry| Arc::new(Cached::new(&entry.key, entry.value, entry.revision)));
        let entries = if selection.is_plain() { entries.collect() } else { served(call, entries.collect()).await? };
        selected.extend(selection.keep(&call.resource, entries)?);
        let enough = limit.is_some_and(|limit| selected.len() > limit);
        if enough || page.remaining == 0 {
            let mut page = cut(&call.resource, selected, revision, limit, selection.is_plain().then_some(page.remaining));
            page.objects = served(call, page.objects).await?;
            return Ok(page);
        }
    }
}

async fn store_page(call: &Call, scope: &str, at: Revision, after: Option<String>, limit: usize) -> Result<crate::store::Page, StoreError> {
    let request = ListRequest { prefix: scope.to_owned(), after, limit, at: Some(at) };
    call.api.cache.store().list(request).await
}

async fn served(call: &Call, objects: Vec<Arc<Cached>>) -> Result<Vec<Arc<Cached>>, Refusal> {
    convert::served(&call.api, &call.resource, objects).await
}

/// A page of what a picture holds, after the key given. Labels and fields are those of the version asked for, so where they select,
/// objects are converted first; otherwise only those of the page are.
async fn page(
    call: &Call,
    selection: &Selection,
    objects: Vec<Arc<Cached>>,
    revision: Revision,
    after: Option<&str>,
) -> Result<ListPage, Refusal> {
    let resource = &call.resource;
    let is_meant = |object: &Arc<Cached>| object.key.starts_with(selection.scope()) && after.is_none_or(|after| &*object.key > after);
    let mut objects: Vec<Arc<Cached>> = objects.into_iter().filter(is_meant).collect();
    if !selection.is_plain() {
        objects = served(call, objects).await?;
    }
    let selected = selection.keep(resource, objects)?;
    let mut page = cut(resource, selected, revision, call.query.limit, selection.is_plain().then_some(0));
    page.objects = served(call, page.objects).await?;
    Ok(page)
}

/// Cuts a page to the limit and says where the list goes on. `beyond` counts what lies behind `selected`, where that is known.
fn cut(resource: &Resource, mut selected: Vec<Arc<Cached>>, revision: Revision, limit: Option<usize>, beyond: Option<u64>) -> ListPage {
    let limit = limit.unwrap_or(usize::MAX);
    let excess = selected.len().saturating_sub(limit);
    if excess == 0 {
        return ListPage { objects: selected, revision, continue_token: String::new(), remaining: None };
    }
    selected.truncate(limit);
    let start = selected.last().and_then(|last| last.key.strip_prefix(&*resource.storage_prefix)).unwrap_or_default().to_owned();
    let token = ContinueToken { v: "meta.k8s.io/v1".to_owned(), rv: i64::try_from(revision.0).unwrap_or(i64::MAX), start };
    ListPage { objects: selected, revision, continue_token: token.encode(), remaining: beyond.map(|beyond| beyond + excess as u64) }
}

impl ContinueToken {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!({"v": self.v, "rv": self.rv, "start": self.start}).to_string())
    }

    fn decode(text: &str) -> Result<Self, Refusal> {
        let refused = |why: String| Refusal::bad_request(format!("continue key is not valid: {why}"));
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|error| refused(error.to_string()))?;
        let token: Self = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        match (token.v.as_str(), token.rv, token.start.as_str()) {
            ("meta.k8s.io/v1", rv, start) if rv >= INCONSISTENT && rv != 0 && !start.is_empty() => Ok(token),
            ("meta.k8s.io/v1", ..) => Err(refused("incorrect encoded start key or resourceVersion".to_owned())),
            (version, ..) => Err(refused(format!("server does not recognize this encoded version {version:?}"))),
        }
    }
}

/// A token written anew, with its revision and its place; `None` for what is refused.
pub(super) fn fuzzed_token(text: &str) -> Option<(String, i64, String)> {
    let token = ContinueToken::decode(text).ok()?;
    Some((token.encode(), token.rv, token.start))
}

/// `{"kind":…,"metadata":…,"items":[`: what precedes the items of a list.
fn head(kind: &str, api_version: &str, metadata: &Map<String, Value>) -> Vec<u8> {
    let metadata = Value::Object(metadata.clone());
    format!("{{\"kind\":{},\"apiVersion\":{},\"metadata\":{metadata},\"items\":[", Value::from(kind), Value::from(api_version)).into_bytes()
}

/// A list in JSON, concatenated from stored bytes; large ones are made as they are read, and compressed where the client takes it.
fn json_list(call: &Call, page: ListPage) -> Result<Answer, Refusal> {
    let resource = Arc::clone(&call.resource);
    let head = head(&resource.list_kind, &resource.gvk.api_version(), &page.metadata_of_objects(&resource));
    let size: usize = page.objects.iter().map(|object| object.size_hint()).sum();
    if size <= CHUNK {
        let mut out = head;
        out.reserve(size + 4);
        append_items(&resource, &page.objects, true, &mut out)?;
        out.extend_from_slice(b"]}\n");
        return Ok(compress::whole(Answer::json_bytes(StatusCode::OK, out), call.gzip));
    }
    let chunks = stream::unfold(Chunks { resource, objects: page.objects, next: 0, head: Some(head) }, |mut chunks| async move {
        chunks.next().map(|bytes| (bytes, chunks))
    });
    let body = if call.gzip { Body::stream(compress::stream(chunks)) } else { Body::stream(chunks) };
    Ok(Answer { code: StatusCode::OK, content_type: "application/json", body, gzipped: call.gzip, etag: String::new() })
}

/// A list that is encoded piece by piece.
struct Chunks {
    resource: Arc<Resource>,
    objects: Vec<Arc<Cached>>,
    next: usize,
    head: Option<Vec<u8>>,
}

impl Chunks {
    fn next(&mut self) -> Option<Bytes> {
        if self.next > self.objects.len() {
            return None;
        }
        let first = self.head.is_some();
        let mut out = self.head.take().unwrap_or_default();
        let from = self.next;
        let mut size = 0;
        while self.next < self.objects.len() && size < CHUNK {
            size += self.objects[self.next].size_hint();
            self.next += 1;
        }
        out.reserve(size + 4);
        if let Err(refusal) = append_items(&self.resource, &self.objects[from..self.next], first, &mut out) {
            // The answer has begun, so its form is all that can still be broken: the client sees a list that does not end.
            tracing::error!(%refusal, "a list broke off");
            self.next = self.objects.len() + 1;
            return None;
        }
        if self.next == self.objects.len() {
            out.extend_from_slice(b"]}\n");
            self.next += 1;
        }
        Some(out.into())
    }
}

fn append_items(resource: &Resource, objects: &[Arc<Cached>], first: bool, out: &mut Vec<u8>) -> Result<(), Refusal> {
    for (index, object) in objects.iter().enumerate() {
        if index > 0 || !first {
            out.push(b',');
        }
        view::append_item(resource, object, out)?;
    }
    Ok(())
}

impl ListPage {
    /// A whole list of what is nowhere stored.
    pub(super) fn observed(objects: Vec<Arc<Cached>>) -> Self {
        Self { objects, revision: Revision::ZERO, continue_token: String::new(), remaining: None }
    }

    pub(super) fn metadata(&self) -> Map<String, Value> {
        view::list_metadata(self.revision, &self.continue_token, self.remaining)
    }

    /// The metadata of a list of the objects themselves. Those of custom resources always say whether they go on.
    fn metadata_of_objects(&self, resource: &Resource) -> Map<String, Value> {
        let mut metadata = Map::new();
        if resource.custom {
            metadata.insert("continue".to_owned(), self.continue_token.as_str().into());
        }
        metadata.extend(self.metadata());
        metadata
    }
}

/// Tables, partial metadata, YAML and pretty JSON: forms that need the documents themselves.
fn other_form(call: &Call, page: &ListPage, form: Form) -> Result<Answer, Refusal> {
    let resource = &call.resource;
    let metadata = page.metadata();
    let objects: Vec<Object> = page.objects.iter().map(|cached| view::parse(resource, cached)).collect::<Result<_, _>>()?;
    let document = match form {
        Form::Table(version, _) => {
            let table = TableView { resource, version, include: call.query.include_object, now: call.api.ambient.now() };
            table.table(objects, &metadata, true)
        }
        Form::Partial(version, _) | Form::PartialList(version, _) => {
            let items: Vec<Value> = objects.into_iter().map(|mut object| view::partial(&mut object, version)).collect();
            let api_version = format!("meta.k8s.io/{version}");
            json!({"kind": "PartialObjectMetadataList", "apiVersion": api_version, "metadata": metadata, "items": items})
        }
        Form::Object(_) => {
            let items: Vec<Value> = objects.into_iter().map(|object| bare_item(resource, object)).collect();
            json!({"kind": resource.list_kind, "apiVersion": resource.gvk.api_version(), "metadata": metadata, "items": items})
        }
    };
    Ok(compress::whole(Answer::document(StatusCode::OK, &document, form.encoding(), call.pretty()), call.gzip))
}

fn bare_item(resource: &Resource, mut object: Object) -> Value {
    if !resource.custom {
        object.root_mut().remove("apiVersion");
        object.root_mut().remove("kind");
    }
    object.into_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_continue_token_reads_back() {
        let token = ContinueToken { v: "meta.k8s.io/v1".to_owned(), rv: 7, start: "default/a".to_owned() };
        let read = ContinueToken::decode(&token.encode()).expect("valid");
        assert_eq!((read.rv, read.start.as_str()), (7, "default/a"));
    }

    #[test]
    fn a_broken_continue_token_is_refused() {
        for bad in ["x", "e30", &URL_SAFE_NO_PAD.encode(r#"{"v":"meta.k8s.io/v1","rv":0,"start":"a"}"#), &URL_SAFE_NO_PAD.encode("{")] {
            assert_eq!(ContinueToken::decode(bad).expect_err(bad).reason, Reason::BadRequest, "{bad}");
        }
    }
}
