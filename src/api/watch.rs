//! `GET` of a collection with `watch`: a stream of what happens.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes>. Events come from the cache; a
//! start further back than the cache remembers is served by a watch on the store, from its history, until the cache can take over.

mod source;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use self::source::{History, Source, Step};
use super::Shared;
use super::answer::Answer;
use super::body::Body;
use super::call::Call;
use super::convert;
use super::negotiate::{Encoding, Form};
use super::query::{IncludeObject, Query, VersionMatch, list_options_checked};
use super::quotas;
use super::selection::Selection;
use super::view::{self, TableView};
use crate::object::{Cause, CauseKind, Object, Reason, Refusal, Revision};
use crate::protobuf;
use crate::schema::Resource;
use crate::store::StoreError;
use crate::store::cache::{Cached, EventKind, WriteEvent};

/// How long a watch lasts at the most where the client names no end, as kube-apiserver's default.
const LONGEST: Duration = Duration::from_secs(3600);

/// How often a watcher that asked for bookmarks is told how far it is.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How long before the end of a watch its last bookmark comes, so that the next watch can go on from there.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

/// Marks the bookmark that ends the initial events.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// Where a watch begins.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    /// With what exists (at least as new as the revision; `None`: as the store's newest), then what happens. The flag asks for a
    /// bookmark between the two.
    Initial { at_least: Option<Revision>, marked: bool },
    /// With what happened after a revision.
    After(Revision),
}

pub(super) async fn watch(call: Call) -> Result<Answer, Refusal> {
    let selection = Selection::of(&call)?;
    let frames = Frames::of(&call)?;
    let mut feed = Feed {
        frames,
        selection,
        source: Source::Ended,
        ready: VecDeque::new(),
        deadline: Instant::now(),
        stopping: call.api.stopping.subscribe(),
        next_bookmark: None,
    };
    match start(&call.query)? {
        Start::Initial { at_least, marked } => feed.begin_with_all(&call, at_least, marked).await?,
        Start::After(revision) => feed.begin_after(&call, revision).await?,
    }
    feed.set_clock(&call.query);
    // A watch that began after all others were ended would hold up the stop. Asked last: what began before has been ended.
    if call.api.stopping() {
        return Err(Refusal::new(Reason::ServiceUnavailable, "the server is shutting down"));
    }
    let content_type = feed.frames.content_type();
    let body = Body::watch(stream::unfold(feed, |mut feed| async move { feed.next().await.map(|frame| (frame, feed)) }));
    Ok(Answer { code: StatusCode::OK, content_type, body, gzipped: false, etag: String::new() })
}

/// Where a watch begins, by its parameters; refuses combinations that contradict each other.
fn start(query: &Query) -> Result<Start, Refusal> {
    check_options(query)?;
    match (query.send_initial_events, query.resource_version) {
        // Without a revision a watch begins like one that asks for initial events, their bookmark included.
        (Some(true), at_least) | (None, at_least @ (None | Some(Revision::ZERO))) => {
            Ok(Start::Initial { at_least, marked: query.bookmarks })
        }
        (Some(false), None) => Ok(Start::After(Revision::ZERO)),
        (Some(false) | None, Some(revision)) => Ok(Start::After(revision)),
    }
}

/// What the parameters of a watch may not say together; all that is wrong is told at once.
fn check_options(query: &Query) -> Result<(), Refusal> {
    let from_anywhere = matches!(query.resource_version, None | Some(Revision::ZERO));
    let plain = query.send_initial_events.is_none() && query.version_match.is_none();
    let matched = query.version_match.or((plain && from_anywhere).then_some(VersionMatch::NotOlderThan));
    let mut causes = Vec::new();
    let mut refuse = |kind, message: &str| causes.push(Cause::new(kind, "resourceVersionMatch", message));
    if query.send_initial_events.is_some() && matched != Some(VersionMatch::NotOlderThan) {
        refuse(CauseKind::Forbidden, "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    }
    if query.send_initial_events.is_none() && query.version_match.is_some() {
        refuse(CauseKind::Forbidden, "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    }
    if matched == Some(VersionMatch::Exact) {
        refuse(CauseKind::NotSupported, "Unsupported value: \"Exact\": supported values: \"NotOlderThan\"");
    }
    if matched.is_some() && query.continue_token.is_some() {
        refuse(CauseKind::Forbidden, "Forbidden: resourceVersionMatch is forbidden when continue is provided");
    }
    list_options_checked(causes)
}

/// When the next bookmark is due: regularly, and once more shortly before the end.
fn next_bookmark(now: Instant, deadline: Instant) -> Instant {
    let regular = now + BOOKMARK_EVERY;
    deadline.checked_sub(BOOKMARK_BEFORE_END).filter(|last| *last > now).map_or(regular, |last| regular.min(last))
}

/// One watcher: where its events come from, and what it is about to be told.
struct Feed {
    frames: Frames,
    selection: Selection,
    source: Source,
    ready: VecDeque<Bytes>,
    deadline: Instant,
    stopping: tokio::sync::watch::Receiver<bool>,
    next_bookmark: Option<Instant>,
}

impl Feed {
    async fn begin_with_all(&mut self, call: &Call, at_least: Option<Revision>, marked: bool) -> Result<(), Refusal> {
        let prefix = &call.resource.storage_prefix;
        let (snapshot, subscription) = match call.api.cache.snapshot_and_follow(prefix, self.selection.scope(), at_least).await {
            Ok(both) => both,
            // As every end of a watch that the store's revisions are the reason of.
            Err(error @ StoreError::Future { .. }) => {
                self.source = self.broken(error);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let objects = convert::served(&call.api, &call.resource, snapshot.objects).await?;
        for object in self.selection.keep(&call.resource, objects)? {
            self.ready.push_back(self.frames.object(EventKind::Added, &object)?);
        }
        if marked {
            self.ready.push_back(self.frames.bookmark(snapshot.revision, true));
        }
        self.source = Source::Cache(Box::new(subscription));
        Ok(())
    }

    /// A start at revision 0 without initial events means: from now on.
    async fn begin_after(&mut self, call: &Call, revision: Revision) -> Result<(), Refusal> {
        let cache = &call.api.cache;
        let prefix = &call.resource.storage_prefix;
        if revision == Revision::ZERO {
            let (_, subscription) = cache.snapshot_and_follow(prefix, self.selection.scope(), None).await?;
            self.source = Source::Cache(Box::new(subscription));
            return Ok(());
        }
        if quotas::share_revisions(call)
            && let Some(history) = History::again(cache, prefix, self.selection.scope(), revision).await?
        {
            self.source = Source::Store(Box::new(history));
            return Ok(());
        }
        let subscription = cache.subscribe(prefix, self.selection.scope(), revision).await?;
        self.source = match subscription {
            Some(subscription) => Source::Cache(Box::new(subscription)),
            None => match cache.store().watch(self.selection.scope(), revision).await {
                Ok(stream) => Source::Store(Box::new(History::new(cache, prefix, self.selection.scope(), revision, stream))),
                Err(error) => self.broken(error),
            },
        };
        Ok(())
    }

    /// Counts the time from here on: what it took to begin is not the watcher's, who would hardly hear of anything in the rest of it.
    fn set_clock(&mut self, query: &Query) {
        let lasts = query.timeout_seconds.filter(|seconds| *seconds > 0).map_or(LONGEST, Duration::from_secs).min(LONGEST * 24);
        let now = Instant::now();
        self.deadline = now + lasts;
        self.next_bookmark = query.bookmarks.then(|| next_bookmark(now, self.deadline));
    }

    /// The next frame; `None` when the watch is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(self.drain(frame));
            }
            let wake = self.next_bookmark.map_or(self.deadline, |at| at.min(self.deadline));
            // In this order, so that what is queued is told before a stop ends the watch.
            let step = tokio::select! {
                biased;
                step = self.source.next() => step,
                _ = self.stopping.wait_for(|stopping| *stopping) => Step::Over,
                () = tokio::time::sleep_until(wake) => Step::Time,
            };
            match step {
                Step::Event(event) => {
                    // A webhook may take its time, and nobody who stops waits for it.
                    let mut stopping = self.stopping.clone();
                    tokio::select! {
                        biased;
                        () = self.take(&event) => {}
                        _ = stopping.wait_for(|stopping| *stopping) => return None,
                    }
                }
                Step::Broken(error) => self.source = self.broken(error),
                Step::Joined => {}
                Step::Over => return None,
                Step::Time if Instant::now() >= self.deadline => return None,
                Step::Time => self.bookmark().await,
            }
        }
    }

    /// Joins what else is ready to a frame, so that a burst costs one write and not one each.
    fn drain(&mut self, frame: Bytes) -> Bytes {
        if self.ready.is_empty() {
            return frame;
        }
        let mut joined = Vec::from(frame);
        while let Some(more) = self.ready.pop_front() {
            joined.extend_from_slice(&more);
            if joined.len() > 64 << 10 {
                break;
            }
        }
        joined.into()
    }

    async fn take(&mut self, event: &WriteEvent) {
        let frames = &self.frames;
        let turned = match convert::served_event(&frames.api, &frames.resource, event).await {
            Ok(Some(converted)) => self.turn(&converted),
            Ok(None) => self.turn(event),
            Err(refusal) => Err(refusal),
        };
        match turned {
            Ok(Some(frame)) => self.ready.push_back(frame),
            Ok(None) => {}
            Err(refusal) => {
                self.ready.push_back(self.frames.error(&refusal));
                self.source = Source::Ended;
            }
        }
    }

    fn turn(&self, event: &WriteEvent) -> Result<Option<Bytes>, Refusal> {
        let resource = &self.frames.resource;
        let holds = |object: &Option<Arc<Cached>>| object.as_ref().map_or(Ok(false), |object| self.selection.holds(resource, object));
        let Some((kind, object)) = event.turn(holds(&event.previous)?, holds(&event.current)?) else { return Ok(None) };
        if self.frames.shared && view::served_as_stored(resource, object) {
            if self.frames.form == Form::Object(Encoding::Json) {
                return Ok(Some(event.json_frame(kind)));
            }
            return event.protobuf_frame(kind, |object| self.frames.object(kind, object)).map(Some);
        }
        self.frames.object(kind, object).map(Some)
    }

    /// Tells how far the watcher is, after what was queued up to there.
    async fn bookmark(&mut self) {
        self.next_bookmark = Some(next_bookmark(Instant::now(), self.deadline));
        let (queued, reached) = match &mut self.source {
            Source::Cache(subscription) => subscription.take_queued(),
            Source::Store(history) => (Vec::new(), history.reached()),
            Source::Ended => return,
        };
        for event in queued {
            self.take(&event).await;
        }
        // An event that could not be told has ended the watch.
        if let Some(reached) = reached.filter(|_| !matches!(self.source, Source::Ended)) {
            self.ready.push_back(self.frames.bookmark(reached, false));
        }
    }

    /// The watch ends with an ERROR event that says why.
    fn broken(&mut self, error: StoreError) -> Source {
        self.ready.push_back(self.frames.error(&Refusal::from(error)));
        Source::Ended
    }
}

/// How a watcher's events are written.
struct Frames {
    api: Arc<Shared>,
    resource: Arc<Resource>,
    form: Form,
    include: IncludeObject,
    /// Whether frames are the plain ones that all watchers of a media type share.
    shared: bool,
    /// Whether a Table's columns have been sent.
    headed: std::sync::atomic::AtomicBool,
}

impl Frames {
    fn of(call: &Call) -> Result<Self, Refusal> {
        if call.form.encoding() == Encoding::Yaml {
            return Err(Refusal::new(Reason::NotAcceptable, "watches are served as application/json"));
        }
        Ok(Self {
            api: Arc::clone(&call.api),
            resource: Arc::clone(&call.resource),
            form: call.form,
            include: call.query.include_object,
            shared: matches!(call.form, Form::Object(_)),
            headed: false.into(),
        })
    }

    fn content_type(&self) -> &'static str {
        match self.form.encoding() {
            Encoding::Protobuf => protobuf::WATCH_MEDIA_TYPE,
            Encoding::Json | Encoding::Yaml => "application/json",
        }
    }

    fn object(&self, kind: EventKind, cached: &Cached) -> Result<Bytes, Refusal> {
        if self.form == Form::Object(Encoding::Protobuf) {
            let mut object = Vec::with_capacity(cached.size_hint());
            view::append_protobuf(&self.resource, cached, &mut object)?;
            return Ok(protobuf::frame(kind.as_str(), &object).into());
        }
        if self.shared {
            let mut out = Vec::with_capacity(cached.size_hint() + 32);
            out.extend_from_slice(format!("{{\"type\":\"{}\",\"object\":", kind.as_str()).as_bytes());
            view::append_document(&self.resource, cached, &mut out)?;
            out.extend_from_slice(b"}\n");
            return Ok(out.into());
        }
        if let Form::Partial(version, Encoding::Json) | Form::PartialList(version, Encoding::Json) = self.form
            && view::served_as_stored(&self.resource, cached)
        {
            let mut out = Vec::with_capacity(cached.size_hint() + 128);
            out.extend_from_slice(format!("{{\"type\":\"{}\",\"object\":", kind.as_str()).as_bytes());
            if view::append_partial(cached, version, &mut out) {
                out.extend_from_slice(b"}\n");
                return Ok(out.into());
            }
        }
        let mut object = view::parse(&self.resource, cached)?;
        let document = match self.form {
            Form::Table(version, _) => {
                let headers = !self.headed.swap(true, std::sync::atomic::Ordering::Relaxed);
                self.table(version).table(vec![object], &view::list_metadata(cached.revision, "", None), headers)
            }
            Form::Partial(version, _) | Form::PartialList(version, _) => view::partial(&mut object, version),
            Form::Object(_) => object.into_value(),
        };
        Ok(self.frame(kind.as_str(), &document))
    }

    /// An ERROR event, whose object is a `Status`.
    fn error(&self, refusal: &Refusal) -> Bytes {
        self.frame("ERROR", &refusal.to_json())
    }

    fn frame(&self, event: &str, document: &Value) -> Bytes {
        let protobuf = (self.form.encoding() == Encoding::Protobuf).then(|| protobuf::document(document)).flatten();
        match protobuf {
            Some(object) => protobuf::frame(event, &object).into(),
            // The type first: readers that know it read the object as what it is, the others have to keep it until they know.
            None => format!("{{\"type\":\"{event}\",\"object\":{document}}}\n").into(),
        }
    }

    fn table(&self, version: &'static str) -> TableView<'_> {
        TableView { resource: &self.resource, version, include: self.include, now: self.api.ambient.now() }
    }

    /// An object of the watched kind that carries nothing but a revision.
    fn bookmark(&self, revision: Revision, initial: bool) -> Bytes {
        let mut metadata = Map::from_iter([("resourceVersion".to_owned(), Value::from(revision.to_string()))]);
        if initial {
            metadata.insert("annotations".to_owned(), json!({INITIAL_EVENTS_END: "true"}));
        }
        let gvk = &self.resource.gvk;
        let document = match self.form {
            Form::Table(version, _) => {
                let empty = [("kind", gvk.kind.clone().into()), ("apiVersion", gvk.api_version().into()), ("metadata", metadata.into())];
                let mut object = Object::default();
                object.root_mut().extend(empty.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
                // Who is told of the end of the initial events is told by the row's object, whatever rows carry otherwise.
                let include = if initial && self.include == IncludeObject::None { IncludeObject::Metadata } else { self.include };
                TableView { include, ..self.table(version) }.table(vec![object], &view::list_metadata(revision, "", None), false)
            }
            Form::Partial(version, _) | Form::PartialList(version, _) => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": metadata})
            }
            Form::Object(_) => json!({"kind": gvk.kind, "apiVersion": gvk.api_version(), "metadata": metadata}),
        };
        self.frame("BOOKMARK", &document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bookmark_comes_shortly_before_the_end() {
        let now = Instant::now();
        let at = |lasts: u64| (next_bookmark(now, now + Duration::from_secs(lasts)) - now).as_secs();
        assert_eq!((at(3600), at(60), at(5), at(2)), (60, 58, 3, 60));
    }

    #[test]
    fn bookmarks_come_each_minute_as_long_as_a_watch_lasts() {
        let begun = Instant::now();
        let deadline = begun + LONGEST;
        let due = std::iter::successors(Some(begun), |last| Some(next_bookmark(*last, deadline))).skip(1).take_while(|due| *due < deadline);
        let due: Vec<u64> = due.map(|due| (due - begun).as_secs()).collect();
        let each_minute: Vec<u64> = (1..60).map(|minute| minute * 60).chain([3598]).collect();
        assert_eq!(due, each_minute);
    }

    #[test]
    fn a_watch_begins_where_its_parameters_say() {
        let begin = |raw: &str| start(&Query::parse(raw, &http::Method::GET).expect("valid")).map_err(|refusal| refusal.message);
        assert_eq!(begin(""), Ok(Start::Initial { at_least: None, marked: false }));
        assert_eq!(begin("resourceVersion=0"), Ok(Start::Initial { at_least: Some(Revision(0)), marked: false }));
        assert_eq!(begin("allowWatchBookmarks=true"), Ok(Start::Initial { at_least: None, marked: true }));
        assert_eq!(begin("resourceVersion=0&allowWatchBookmarks=true"), Ok(Start::Initial { at_least: Some(Revision(0)), marked: true }));
        assert_eq!(begin("resourceVersion=7&allowWatchBookmarks=true&continue=x"), Ok(Start::After(Revision(7))));
        assert_eq!(begin("sendInitialEvents=false&resourceVersionMatch=NotOlderThan"), Ok(Start::After(Revision(0))));
        assert_eq!(begin("resourceVersion=7"), Ok(Start::After(Revision(7))));
        let list = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        assert_eq!(begin(list), Ok(Start::Initial { at_least: None, marked: true }));
    }

    #[test]
    fn contradictions_among_the_parameters_are_told_at_once() {
        let causes = |raw: &str| {
            let refused = start(&Query::parse(raw, &http::Method::GET).expect("valid")).expect_err(raw);
            refused.causes.into_iter().map(|cause| cause.message).collect::<Vec<_>>()
        };
        let needs = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        let alone = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
        let exact = "Unsupported value: \"Exact\": supported values: \"NotOlderThan\"";
        let pages = "Forbidden: resourceVersionMatch is forbidden when continue is provided";
        assert_eq!(causes("sendInitialEvents=true"), [needs]);
        assert_eq!(causes("resourceVersionMatch=NotOlderThan"), [alone]);
        assert_eq!(causes("resourceVersionMatch=Exact&resourceVersion=0"), [alone, exact]);
        assert_eq!(causes("resourceVersionMatch=Exact&sendInitialEvents=1&continue=x"), [needs, exact, pages]);
        assert_eq!(causes("continue=x"), [pages]);
    }
}
