//! Deleting the objects of a definition, however many there are.
//!
//! Receives the resource; hands on how many objects are left. Invariant: no more than a page of objects is held at a time.

use std::collections::BTreeSet;

use http::Request;
use http::header::{ACCEPT, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, PartialObjectMeta};
use kube::client::Body;
use kube::core::{ApiResource, Status};
use serde_json::Value;

use crate::object::Object;

/// How many objects a page holds.
const PAGE: u32 = 500;

/// The objects' resource in the version in which they are stored, which is served for as long as the definition goes: it asks nothing
/// of a conversion webhook, and may be served to nobody else.
pub(super) fn api_resource(definition: &Object) -> Option<ApiResource> {
    let versions = definition.get(&["spec", "versions"])?.as_array()?;
    let version = versions.iter().find(|version| version["storage"] == true)?.get("name")?.as_str()?.to_owned();
    let text = |path: &[&str]| definition.get_str(path).map(str::to_owned);
    let group = text(&["spec", "group"])?;
    Some(ApiResource {
        api_version: format!("{group}/{version}"),
        group,
        version,
        kind: text(&["spec", "names", "kind"])?,
        plural: text(&["spec", "names", "plural"])?,
    })
}

/// Tells every object to go that was not told yet; answers how many are left.
pub(super) async fn delete(client: &Client, resource: &ApiResource) -> Result<u64, kube::Error> {
    for namespace in untold(client, resource).await? {
        delete_in(client, resource, namespace.as_deref()).await?;
    }
    let everywhere: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(client.clone(), resource);
    let first = everywhere.list_metadata(&ListParams::default().limit(1)).await?;
    let behind = first.metadata.remaining_item_count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    Ok(first.items.len() as u64 + behind)
}

/// The namespaces of objects that were not told to go; `None` stands for objects outside of namespaces.
async fn untold(client: &Client, resource: &ApiResource) -> Result<BTreeSet<Option<String>>, kube::Error> {
    let everywhere: Api<PartialObjectMeta<DynamicObject>> = Api::all_with(client.clone(), resource);
    let mut parameters = ListParams::default().limit(PAGE);
    let mut namespaces = BTreeSet::new();
    loop {
        let page = everywhere.list_metadata(&parameters).await?;
        let untold = page.items.into_iter().filter(|object| object.metadata.deletion_timestamp.is_none());
        namespaces.extend(untold.map(|object| object.metadata.namespace));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => parameters.continue_token = Some(token),
            None => return Ok(namespaces),
        }
    }
}

/// Deletes the objects of a namespace, a page with each request.
async fn delete_in(client: &Client, resource: &ApiResource, namespace: Option<&str>) -> Result<(), kube::Error> {
    let api: Api<DynamicObject> = match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, resource),
        None => Api::all_with(client.clone(), resource),
    };
    let mut token = None;
    loop {
        token = delete_page(client, api.resource_url(), token).await?;
        if token.is_none() {
            return Ok(());
        }
    }
}

/// Deletes one page; answers where the next one begins.
async fn delete_page(client: &Client, url: &str, token: Option<String>) -> Result<Option<String>, kube::Error> {
    let page = [("limit", PAGE.to_string())].into_iter().chain(token.map(|token| ("continue", token)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(page).finish();
    let options = serde_json::to_vec(&DeleteParams::background()).map_err(kube::Error::SerdeError)?;
    let request = Request::delete(format!("{url}?{query}"))
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
        .body(Body::from(options));
    let response = client.send(request.map_err(kube::Error::HttpError)?).await?;
    let code = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    if !code.is_success() {
        let status: Status = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Status::failure(&format!("the server answered {code}"), "").with_code(code.as_u16()));
        return Err(kube::Error::Api(status.boxed()));
    }
    let answer: Value = serde_json::from_slice(&body).map_err(kube::Error::SerdeError)?;
    let token = answer.pointer("/metadata/continue").and_then(Value::as_str).filter(|token| !token.is_empty());
    Ok(token.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_deleted_in_the_version_in_which_they_are_stored() {
        let versions = json!([{"name": "v2", "served": true, "storage": false}, {"name": "v1", "served": false, "storage": true}]);
        let names = json!({"plural": "widgets", "kind": "Widget"});
        let definition = json!({"spec": {"group": "example.com", "names": names, "versions": versions}});
        let resource = api_resource(&Object::from_value(definition).expect("an object")).expect("all is said");
        assert_eq!((resource.api_version.as_str(), resource.plural.as_str()), ("example.com/v1", "widgets"));
    }
}
