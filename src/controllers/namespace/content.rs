//! Emptying a namespace: what was tried, and what is left.
//!
//! Receives a namespace's name; hands on the [`Content`] that is left after everything was told to go. Invariant: a kind that could not
//! be asked never counts as empty.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::api::{DynamicObject, ListParams, PartialObjectMeta};
use kube::client::Body;
use kube::core::{Request, Status};

use super::super::resources::{Resources, Served};
use super::super::{FOREGROUND, ORPHAN};

/// How many kinds are emptied at the same time.
const AT_ONCE: usize = 8;

/// How many objects a page of a list holds.
const PAGE: u32 = 500;

/// What is left in a namespace, and what went wrong in emptying it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Content {
    /// How many objects are left, by `plural.group`.
    pub(super) remaining: BTreeMap<String, usize>,
    /// How many of them each finalizer holds.
    pub(super) finalizers: BTreeMap<String, usize>,
    /// Groups whose kinds are not known for sure, with the reason.
    pub(super) undiscovered: Vec<String>,
    /// Kinds that could not be emptied or asked, with the reason.
    pub(super) failures: Vec<String>,
}

impl Content {
    /// Whether the namespace may go.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, served: &Served, objects: &[PartialObjectMeta<DynamicObject>]) {
        if objects.is_empty() {
            return;
        }
        *self.remaining.entry(served.group_resource().to_owned()).or_default() += objects.len();
        for finalizer in objects.iter().flat_map(|object| object.metadata.finalizers.iter().flatten()) {
            *self.finalizers.entry(finalizer.clone()).or_default() += 1;
        }
    }
}

/// Tells everything in a namespace to go, and says what is left.
pub(super) async fn empty(client: &Client, namespace: &str) -> Content {
    let mut content = Content::default();
    let resources = match Resources::discover(client).await {
        Ok(resources) => resources,
        Err(error) => {
            content.undiscovered.push(error.to_string());
            return content;
        }
    };
    content.undiscovered.extend(resources.stale().iter().map(|group| format!("{group}: the group's server does not answer")));
    let in_question = |served: &&Arc<Served>| served.namespaced && served.can(&["list", "delete"]);
    let kinds: Vec<Arc<Served>> = resources.preferred().filter(in_question).cloned().collect();
    let emptied = kinds.into_iter().map(|served| async move { (empty_kind(client, &served, namespace).await, served) });
    let mut emptied = stream::iter(emptied).buffer_unordered(AT_ONCE);
    while let Some((left, served)) = emptied.next().await {
        match left {
            Ok(objects) => content.add(&served, &objects),
            Err(error) => content.failures.push(format!("{}: {error}", served.group_resource())),
        }
    }
    content.failures.sort();
    content
}

/// Empties one kind and lists what is left of it.
async fn empty_kind(client: &Client, served: &Served, namespace: &str) -> Result<Vec<PartialObjectMeta<DynamicObject>>, kube::Error> {
    let found = list(client, served, namespace).await?;
    if found.iter().all(is_told) {
        // Empty, as most kinds are, or told before.
        return Ok(found);
    }
    if served.can(&["deletecollection"]) {
        delete_all(client, served, namespace).await?;
    } else {
        delete_each(client, served, namespace, &found).await?;
    }
    list(client, served, namespace).await
}

/// Whether there is nothing to add to what an object was told: it is being deleted, and waits for no dependents of its own, which a
/// deletion in the background makes it stop doing.
fn is_told(object: &PartialObjectMeta<DynamicObject>) -> bool {
    let waits = object.metadata.finalizers.iter().flatten().any(|finalizer| [FOREGROUND, ORPHAN].contains(&finalizer.as_str()));
    object.metadata.deletion_timestamp.is_some() && !waits
}

async fn list(client: &Client, served: &Served, namespace: &str) -> Result<Vec<PartialObjectMeta<DynamicObject>>, kube::Error> {
    let api = served.in_namespace(client, Some(namespace));
    let mut parameters = ListParams::default().limit(PAGE);
    let mut objects = Vec::new();
    loop {
        let page = api.list_metadata(&parameters).await?;
        objects.extend(page.items);
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => parameters.continue_token = Some(token),
            None => return Ok(objects),
        }
    }
}

/// One request for the whole kind. The answer holds all that was deleted; nobody reads it.
async fn delete_all(client: &Client, served: &Served, namespace: &str) -> Result<(), kube::Error> {
    let api = served.in_namespace(client, Some(namespace));
    let request = Request::new(api.resource_url()).delete_collection(&background(), &ListParams::default());
    let request = request.map_err(kube::Error::BuildRequest)?;
    let response = client.send(request.map(Body::from)).await?;
    let code = response.status();
    if code.is_success() {
        return Ok(());
    }
    let body = response.into_body().collect().await?.to_bytes();
    let status: Status = serde_json::from_slice(&body)
        .unwrap_or_else(|_| Status::failure(&format!("the server answered {code}"), "").with_code(code.as_u16()));
    Err(kube::Error::Api(status.boxed()))
}

async fn delete_each(
    client: &Client,
    served: &Served,
    namespace: &str,
    objects: &[PartialObjectMeta<DynamicObject>],
) -> Result<(), kube::Error> {
    let api = served.in_namespace(client, Some(namespace));
    let names: Vec<String> = objects.iter().filter_map(|object| object.metadata.name.clone()).collect();
    let deletions = names.into_iter().map(|name| {
        let api = &api;
        async move {
            match api.delete(&name, &background()).await {
                Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
                other => other.map(drop),
            }
        }
    });
    let mut deletions = stream::iter(deletions).buffer_unordered(AT_ONCE);
    while let Some(deleted) = deletions.next().await {
        deleted?;
    }
    Ok(())
}

fn background() -> kube::api::DeleteParams {
    kube::api::DeleteParams::background()
}
