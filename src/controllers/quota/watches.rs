//! One stream of what happens to quotas and to the objects that they count.
//!
//! Invariant: a watch that ends or cannot go on begins anew, so nothing stays unseen for good.

use futures::stream::{BoxStream, SelectAll};
use futures::{StreamExt as _, stream};
use kube::Client;
use kube::api::Api;
use kube::core::ApiResource;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};

use super::super::gc::until_lost;
use super::super::observed_metadata::ObservedMetadata;
use crate::object::GroupResource;

/// What a watch tells.
#[derive(Debug)]
pub(super) enum Tidings {
    /// An object is there, new or changed.
    There { namespace: String, name: String },
    /// An object is gone.
    Gone { namespace: String, name: String },
}

/// The watches under way, each with the kind that it follows.
#[derive(Default)]
pub(super) struct Watches(SelectAll<BoxStream<'static, (Option<GroupResource>, Tidings)>>);

impl Watches {
    /// Follows a kind from now on.
    pub(super) fn begin(&mut self, client: &Client, kind: Option<GroupResource>, resource: &ApiResource) {
        let api: Api<ObservedMetadata> = Api::all_with(client.clone(), resource);
        let config = watcher::Config::default().streaming_lists();
        let follow = move || until_lost(watcher(api.clone(), config.clone()).default_backoff());
        let events = stream::repeat_with(follow).flatten().filter_map(move |event| {
            let tidings = event.ok().and_then(tidings).map(|tidings| (kind.clone(), tidings));
            futures::future::ready(tidings)
        });
        self.0.push(events.boxed());
    }

    /// The next tidings. Waits for ever where nothing is watched.
    pub(super) async fn next(&mut self) -> (Option<GroupResource>, Tidings) {
        match self.0.next().await {
            Some(tidings) => tidings,
            None => std::future::pending().await,
        }
    }
}

fn tidings(event: Event<ObservedMetadata>) -> Option<Tidings> {
    match event {
        Event::Init | Event::InitDone => None,
        Event::InitApply(object) | Event::Apply(object) => Some(Tidings::There {
            namespace: object.metadata.namespace.unwrap_or_default(),
            name: object.metadata.name.unwrap_or_default(),
        }),
        Event::Delete(object) => {
            Some(Tidings::Gone { namespace: object.metadata.namespace.unwrap_or_default(), name: object.metadata.name.unwrap_or_default() })
        }
    }
}
