//! One stream of what happens to the metadata of objects of all kinds, polled by one task.

use std::collections::HashMap;
use std::sync::Arc;

use futures::stream::{AbortHandle, Abortable, BoxStream, SelectAll, abortable};
use futures::{Stream, StreamExt as _};
use kube::Client;
use kube::api::Api;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Error, Event, watcher};

use super::super::complaints::Complaints;
use super::super::observed_metadata::ObservedMetadata;
use super::super::resources::Served;
use super::graph::ResourceId;
use super::observed::{Observed, Uid};

/// What a watch tells.
#[derive(Debug)]
pub(super) enum Tidings {
    /// The resource is being read from its beginning.
    Begin,
    /// An object is there, new or changed.
    There(Observed),
    /// An object is gone.
    Gone(Uid),
    /// The resource has been read to its end.
    Read,
}

/// The watches under way.
#[derive(Default)]
pub(super) struct Watches {
    streams: SelectAll<Abortable<BoxStream<'static, (ResourceId, Tidings)>>>,
    handles: HashMap<ResourceId, AbortHandle>,
    complaints: Arc<Complaints>,
}

impl Watches {
    /// Follows a resource from now on.
    pub(super) fn begin(&mut self, client: &Client, id: ResourceId, served: &Served) {
        let api: Api<ObservedMetadata> = Api::all_with(client.clone(), &served.api);
        // The first reading is a watch too: no list of all objects is ever held in memory.
        let config = watcher::Config::default().streaming_lists();
        let follow = move || until_lost(watcher(api.clone(), config.clone()).default_backoff());
        let (resource, complaints) = (served.group_resource().to_owned(), Arc::clone(&self.complaints));
        let tidings = futures::stream::repeat_with(follow).flatten().filter_map(move |event| {
            let tidings = match event {
                Ok(event) => tidings(event),
                Err(error) => {
                    complaints.tell(&format!("the watch of {resource} for the garbage collector goes on after a pause"), &error);
                    None
                }
            };
            futures::future::ready(tidings.map(|tidings| (id, tidings)))
        });
        let (stream, handle) = abortable(tidings.boxed());
        self.streams.push(stream);
        if let Some(before) = self.handles.insert(id, handle) {
            before.abort();
        }
    }

    /// Follows a resource no longer.
    pub(super) fn end(&mut self, id: ResourceId) {
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
        }
    }

    /// The next tidings. Waits for ever where nothing is watched.
    pub(super) async fn next(&mut self) -> (ResourceId, Tidings) {
        loop {
            match self.streams.next().await {
                Some((id, tidings)) if self.handles.contains_key(&id) => return (id, tidings),
                Some(_) => {}
                None => futures::future::pending().await,
            }
        }
    }
}

pub(in super::super) type Watched = Result<Event<ObservedMetadata>, Error>;

/// Ends a stream at an error that it would meet for ever: it would ask again for a revision that the server has forgotten, or never
/// had because it was restored from an older copy.
pub(in super::super) fn until_lost(stream: impl Stream<Item = Watched>) -> impl Stream<Item = Watched> {
    stream.take_while(|event| futures::future::ready(!matches!(event, Err(Error::WatchStartFailed(error)) if is_lost(error))))
}

fn is_lost(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => status.code == 410 || status.message.starts_with("Too large resource version"),
        _ => false,
    }
}

fn tidings(event: Event<ObservedMetadata>) -> Option<Tidings> {
    match event {
        Event::Init => Some(Tidings::Begin),
        Event::InitDone => Some(Tidings::Read),
        Event::InitApply(object) | Event::Apply(object) => Observed::of(&object.metadata).map(Tidings::There),
        Event::Delete(object) => object.metadata.uid.as_deref().map(|uid| Tidings::Gone(uid.into())),
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn refused(code: u16, message: &str) -> Watched {
        Err(Error::WatchStartFailed(kube::Error::Api(Status::failure(message, "").with_code(code).boxed())))
    }

    #[tokio::test]
    async fn a_watch_whose_revision_is_lost_begins_anew_and_any_other_goes_on() {
        let lost = [refused(410, "too old"), refused(504, "Too large resource version: 9, current: 5")];
        for error in lost {
            let events = futures::stream::iter([Ok(Event::Init), error, Ok(Event::InitDone)]);
            assert_eq!(until_lost(events).count().await, 1);
        }
        let events = futures::stream::iter([Ok(Event::Init), refused(503, "busy"), Ok(Event::InitDone)]);
        assert_eq!(until_lost(events).count().await, 3);
    }
}
