//! Lists, page by page.

use bytes::Bytes;
use serde::Deserialize;

use super::{ApiRequest, Client, ClientError, Form, ListParameters, ServedResource};
use crate::object::Reason;

/// One page of a list, as bytes: most of its objects may never be looked at.
pub type Page = Bytes;

#[derive(Deserialize, Default)]
struct Head {
    #[serde(default)]
    metadata: ListMetadata,
}

#[derive(Deserialize, Default)]
struct ListMetadata {
    #[serde(rename = "continue", default)]
    continue_token: String,
}

/// Reads a list to its end, following `continue`.
///
/// Where the pages' revision is compacted away in between (410 Expired), the list is read again in one piece, so that what comes
/// back is always the state of one revision.
pub async fn list_pages(
    client: &Client,
    resource: &ServedResource,
    namespace: Option<&str>,
    parameters: &ListParameters,
    form: Form,
) -> Result<Vec<Page>, ClientError> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let request = ApiRequest::list(resource, namespace, parameters, &token, form);
        let answer = match client.send(&request).await {
            Err(error) if error.is(Reason::Expired) && !token.is_empty() => {
                let whole = ListParameters { limit: 0, ..parameters.clone() };
                let request = ApiRequest::list(resource, namespace, &whole, "", form);
                return Ok(vec![client.send(&request).await?.body]);
            }
            other => other?,
        };
        let head: Head = client.parse(&request, &answer.body)?;
        pages.push(answer.body);
        token = head.metadata.continue_token;
        if token.is_empty() {
            return Ok(pages);
        }
    }
}
