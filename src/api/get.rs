//! `GET` of one object.

use http::StatusCode;
use serde_json::Map;

use super::answer::Answer;
use super::body::Body;
use super::call::Call;
use super::compress;
use super::convert;
use super::negotiate::{Encoding, Form};
use super::scale;
use super::view::{self, TableView};
use crate::object::Refusal;
use crate::protobuf;
use crate::schema::Behaviour;
use crate::store::cache::Cached;

pub(super) async fn get(call: &Call) -> Result<Answer, Refusal> {
    let prefix = &call.resource.storage_prefix;
    let key = call.key_of(call.name());
    let found = match call.query.resource_version {
        Some(revision) => call.api.cache.object_not_older(prefix, &key, revision).await?,
        None => call.api.cache.consistent_object(prefix, &key).await?,
    };
    let object = found.ok_or_else(|| call.not_found())?;
    let object = convert::served_one(&call.api, &call.resource, object).await?;
    match call.resource.subresource(call.subresource()).map(|subresource| &subresource.behaviour) {
        Some(Behaviour::Scale(paths)) => {
            let object = view::parse(&call.resource, &object)?;
            scale::check_shown(&call.resource, &object, paths)?;
            scale::answer(call, &object, paths)
        }
        _ => one(call, StatusCode::OK, &object),
    }
}

/// Answers one object in the form asked for.
pub(super) fn one(call: &Call, code: StatusCode, cached: &Cached) -> Result<Answer, Refusal> {
    let resource = &call.resource;
    if call.form == Form::Object(Encoding::Json) && !call.pretty() {
        let mut out = Vec::with_capacity(cached.size_hint() + 1);
        view::append_document(resource, cached, &mut out)?;
        out.push(b'\n');
        return Ok(compress::whole(Answer::json_bytes(code, out), call.gzip));
    }
    if call.form == Form::Object(Encoding::Protobuf) {
        let mut out = Vec::with_capacity(cached.size_hint());
        view::append_protobuf(resource, cached, &mut out)?;
        let answer = Answer { code, content_type: protobuf::MEDIA_TYPE, body: Body::whole(out), gzipped: false, etag: String::new() };
        return Ok(compress::whole(answer, call.gzip));
    }
    let mut object = view::parse(resource, cached)?;
    let document = match call.form {
        Form::Object(_) => object.into_value(),
        Form::Partial(version, _) | Form::PartialList(version, _) => view::partial(&mut object, version),
        Form::Table(version, _) => {
            let table = TableView { resource, version, include: call.query.include_object, now: call.api.ambient.now() };
            let metadata = view::list_metadata(cached.revision, "", None);
            table.table(vec![object], &if cached.revision.0 == 0 { Map::new() } else { metadata }, true)
        }
    };
    Ok(compress::whole(Answer::document(code, &document, call.form.encoding(), call.pretty()), call.gzip))
}
