//! A list in protobuf.
//!
//! Receives a page of objects and hands on the answer. The list's length stands before everything else, so all of it is encoded before the
//! first byte goes out; that is done in pieces, on all processors, and other requests get their turn between them. Invariant: the items
//! come in the order of the page.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde_json::Value;

use super::answer::Answer;
use super::body::Body;
use super::call::Call;
use super::compress;
use super::list::{CHUNK, ListPage};
use super::view;
use crate::object::Refusal;
use crate::protobuf::{self, Message};
use crate::schema::Resource;
use crate::store::cache::Cached;

/// How many bytes of stored objects are encoded at a time.
const PIECE: usize = 64 << 10;

/// Answers a page in protobuf.
pub(super) async fn answer(call: &Call, page: ListPage) -> Result<Answer, Refusal> {
    let resource = &call.resource;
    let message = view::protobuf_message(resource)?;
    let metadata = Value::Object(page.metadata());
    let parallel = std::thread::available_parallelism().map_or(1, usize::from);
    let pieces = stream::iter(Pieces(page.objects.into_iter()))
        .map(|objects| encoded(Arc::clone(resource), message, objects))
        .buffered(2 * parallel)
        .try_collect()
        .await?;
    let pieces = protobuf::list(&resource.gvk.api_version(), &resource.list_kind, &metadata, pieces);
    let (content_type, size) = (protobuf::MEDIA_TYPE, pieces.iter().map(Bytes::len).sum::<usize>());
    if size <= CHUNK {
        let answer = Answer { code: StatusCode::OK, content_type, body: Body::whole(pieces.concat()), gzipped: false, etag: String::new() };
        return Ok(compress::whole(answer, call.gzip));
    }
    let pieces = stream::iter(pieces);
    let body = if call.gzip { Body::stream(compress::stream(pieces)) } else { Body::stream(pieces) };
    Ok(Answer { code: StatusCode::OK, content_type, body, gzipped: call.gzip, etag: String::new() })
}

/// The objects of a page, so many at a time that they are about [`PIECE`] bytes.
struct Pieces(std::vec::IntoIter<Arc<Cached>>);

impl Iterator for Pieces {
    type Item = Vec<Arc<Cached>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut size = 0;
        let mut not_full = |object: &Arc<Cached>| {
            let before = size;
            size += object.size_hint();
            before < PIECE
        };
        let count = self.0.as_slice().iter().take_while(|object| not_full(object)).count();
        (count > 0).then(|| self.0.by_ref().take(count).collect())
    }
}

/// Encodes the objects in a task of its own.
async fn encoded(resource: Arc<Resource>, message: &'static Message, objects: Vec<Arc<Cached>>) -> Result<Bytes, Refusal> {
    let encoding = tokio::spawn(async move { piece(&resource, message, &objects) });
    encoding.await.map_err(|error| Refusal::internal(format!("a list could not be encoded: {error}")))?
}

fn piece(resource: &Resource, message: &'static Message, objects: &[Arc<Cached>]) -> Result<Bytes, Refusal> {
    // A message takes less than its JSON, but for what little an object without values does.
    let mut out = Vec::with_capacity(objects.iter().map(|object| object.size_hint()).sum());
    let mut json = Vec::new();
    for object in objects {
        json.clear();
        view::append_item(resource, object, &mut json)?;
        protobuf::list_item(message, &json, &mut out).map_err(|error| view::unreadable(object, &error.to_string()))?;
    }
    out.shrink_to_fit();
    Ok(out.into())
}
