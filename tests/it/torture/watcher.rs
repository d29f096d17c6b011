//! A watcher as client libraries have it: it lists, watches from there, goes on from where it was, and lists anew where it is told to.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;
use trueup::protobuf;

use super::interest::{Form, Interest};
use super::model::{Seen, Turn, Version};
use super::plane::Doors;
use super::{ANSWER, Key, Patience, Why};

/// The annotation of the bookmark that ends the initial events.
const INITIAL_EVENTS_END: &str = "k8s.io/initial-events-end";

/// How a watcher learns what exists before it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    List,
    /// A watch with the initial events.
    Stream,
}

/// Everything that a watcher learned.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// One more than the times it had to begin anew.
    pub(super) segments: Vec<Segment>,
    /// How many watches it took.
    pub(super) watches: usize,
    pub(super) bookmarks: usize,
}

/// What a watcher was told from one list on.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// The revision of the list.
    pub(super) from: u64,
    pub(super) found: BTreeMap<Key, (u64, String)>,
    pub(super) events: Vec<(Seen, Version)>,
    /// How far the watcher was told that it is.
    pub(super) until: u64,
    /// What exists now, as it was told.
    documents: BTreeMap<Key, Value>,
}

/// A watcher's orders.
#[derive(Clone)]
pub(super) struct Orders {
    pub(super) doors: Arc<Doors>,
    /// How long each of its watches lasts.
    pub(super) lasts: usize,
    pub(super) begin: Begin,
    /// It goes away after its first events until this holds.
    pub(super) absent_until: Option<watch::Receiver<bool>>,
    /// The revision with which it is done.
    pub(super) done_at: watch::Receiver<Option<u64>>,
    /// Where it tells which turn of the server it has watched, and how far it is.
    pub(super) tells: Option<watch::Sender<(u64, u64)>>,
}

/// One event, of any form.
struct Frame {
    kind: String,
    object: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Metadata {
    name: String,
    namespace: String,
    uid: String,
    resource_version: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

/// Why a watch is over.
enum End {
    /// It ran out, or its connection did.
    Over,
    /// The past that it asks for is gone.
    Expired,
    Done,
}

pub(super) struct Watcher {
    pub(super) number: usize,
    pub(super) interest: Interest,
    pub(super) orders: Orders,
    log: Log,
    patience: Patience,
}

impl Watcher {
    pub(super) fn new(number: usize, interest: Interest, orders: Orders) -> Self {
        Self { number, interest, orders, log: Log::default(), patience: Patience::default() }
    }

    /// Watches until it is done, and checks that what it then holds is what a list gives.
    pub(super) async fn run(mut self) -> (Interest, Log) {
        self.begin().await;
        loop {
            self.stay_away().await;
            match self.follow().await {
                Ok(End::Done) => break,
                Ok(End::Over) => self.patience.answered(),
                Ok(End::Expired) => self.begin().await,
                Err(why) => self.pause(&why).await,
            }
        }
        self.compare().await;
        (self.interest, self.log)
    }

    async fn pause(&mut self, why: &str) {
        self.patience.unanswered(why);
        self.orders.doors.pause().await;
    }

    fn segment(&mut self) -> &mut Segment {
        self.log.segments.last_mut().unwrap()
    }

    async fn stay_away(&mut self) {
        let is_busy = !self.segment().events.is_empty();
        if let Some(mut back) = self.orders.absent_until.take_if(|_| is_busy) {
            back.wait_for(|back| *back).await.unwrap();
        }
    }

    /// Learns what exists, as often as it takes.
    async fn begin(&mut self) {
        loop {
            let begun = match self.orders.begin {
                Begin::List => self.list().await,
                Begin::Stream => self.stream().await,
            };
            match begun {
                Ok(segment) => {
                    self.patience.answered();
                    self.log.segments.push(segment);
                    self.tell();
                    return;
                }
                Err(why) => self.pause(&why).await,
            }
        }
    }

    fn tell(&mut self) {
        let (turn, until) = (self.orders.doors.turn(), self.segment().until);
        if let Some(tells) = &self.orders.tells {
            tells.send_replace((turn, until));
        }
    }

    /// Sends a request. Errors where the server is not there or about to go.
    async fn ask(&self, query: &str, accept: &str) -> Result<Response, Why> {
        let door = self.orders.doors.of(self.number);
        let url = door.url(&format!("{}{query}", self.interest.path()));
        let asking = tokio::time::timeout(ANSWER, door.client.get(&url).header("accept", accept).send()).await;
        let answer = asking.unwrap_or_else(|_| panic!("{url} was never answered")).map_err(|error| error.to_string())?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let why = format!("{status}: {}", answer.text().await.unwrap_or_default());
        assert!(status.is_server_error(), "{:?}: {why}", self.interest);
        Err(why)
    }

    async fn list(&self) -> Result<Segment, Why> {
        let form = self.interest.form;
        let answer = self.ask("", form.accept(true)).await?;
        let body = tokio::time::timeout(ANSWER, answer.bytes()).await.unwrap_or_else(|_| panic!("{:?}: a list has no end", self.interest));
        let mut list: Value = serde_json::from_slice(&body.map_err(|error| error.to_string())?).unwrap();
        let items = if form == Form::Table { "rows" } else { "items" };
        let from = list["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        let mut segment = Segment { from, until: from, ..Segment::default() };
        let Some(items) = list[items].as_array_mut() else { return Ok(segment) };
        for mut item in items.drain(..) {
            let subject = if form == Form::Table { &item["object"] } else { &item };
            let Some(version) = version(&metadata(subject)) else { continue };
            segment.found.insert(version.key.clone(), (version.revision, version.mark));
            segment.documents.insert(version.key, comparable(form, &mut item));
        }
        Ok(segment)
    }

    async fn stream(&self) -> Result<Segment, Why> {
        let query = "&watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        let mut frames = Frames::of(self.interest.form, self.ask(query, self.interest.form.accept(false)).await?);
        let mut segment = Segment::default();
        loop {
            let next = tokio::time::timeout(ANSWER, frames.next()).await;
            let next = next.unwrap_or_else(|_| panic!("{} {:?}: the initial events have no end", self.number, self.interest));
            let frame = next.ok_or("the initial events broke off")?;
            let about = metadata(subject(self.interest.form, &frame.object));
            match frame.kind.as_str() {
                "ADDED" => {
                    let Some(version) = version(&about) else { continue };
                    let last = segment.found.insert(version.key.clone(), (version.revision, version.mark));
                    assert_eq!(last, None, "{:?}: an initial event comes once", self.interest);
                    segment.documents.insert(version.key, document(self.interest.form, frame.object));
                }
                "BOOKMARK" => {
                    assert!(about.annotations.contains_key(INITIAL_EVENTS_END), "{:?}", frame.object);
                    segment.from = about.resource_version.parse().unwrap();
                    segment.until = segment.from;
                    return Ok(segment);
                }
                "ERROR" => return Err(frame.object.to_string()),
                other => panic!("{other} among the initial events: {}", frame.object),
            }
        }
    }

    /// Watches once from where it is. Errors where nobody answered.
    async fn follow(&mut self) -> Result<End, Why> {
        let until = self.segment().until;
        let query = format!("&watch=true&resourceVersion={until}&allowWatchBookmarks=true&timeoutSeconds={}", self.orders.lasts);
        let form = self.interest.form;
        let mut frames = Frames::of(form, self.ask(&query, form.accept(false)).await?);
        self.log.watches += 1;
        loop {
            let until = self.segment().until;
            if self.orders.done_at.borrow().is_some_and(|done| until >= done) {
                return Ok(End::Done);
            }
            let next = tokio::time::timeout(ANSWER, frames.next()).await;
            let next = next.unwrap_or_else(|_| panic!("{} {:?} from {until} on: neither event nor end", self.number, self.interest));
            let Some(frame) = next else { return Ok(End::Over) };
            if frame.kind == "ERROR" {
                // A server that is about to go may say so.
                let code = frame.object["code"].as_u64().unwrap();
                assert!(code == 410 || code >= 500, "{:?}: {}", self.interest, frame.object);
                return if code == 410 { Ok(End::Expired) } else { Err(frame.object.to_string()) };
            }
            self.take(frame);
        }
    }

    fn take(&mut self, frame: Frame) {
        let form = self.interest.form;
        let wanted = match form {
            Form::Object | Form::Protobuf => self.interest.kind.name(),
            Form::Metadata => "PartialObjectMetadata",
            Form::Table => "Table",
        };
        assert_eq!(frame.object["kind"], wanted, "{:?}: {}", self.interest, frame.object);
        let about = metadata(subject(form, &frame.object));
        let revision = about.resource_version.parse().unwrap();
        let turn = match frame.kind.as_str() {
            "ADDED" => Turn::Added,
            "MODIFIED" => Turn::Modified,
            "DELETED" => Turn::Deleted,
            "BOOKMARK" => {
                self.log.bookmarks += 1;
                let until = self.segment().until;
                assert!(revision >= until, "{:?}: a bookmark of {revision} after {until}", self.interest);
                self.segment().until = revision;
                return self.tell();
            }
            other => panic!("{other}: {}", frame.object),
        };
        let Some(version) = version(&about) else {
            // The certificates that a controller puts into each namespace.
            self.segment().until = revision;
            return self.tell();
        };
        let key = version.key.clone();
        let seen = Seen { turn, revision, key: key.clone(), mark: version.mark.clone() };
        let document = document(form, frame.object);
        let (number, interest) = (self.number, self.interest.clone());
        let segment = self.segment();
        let until = segment.until;
        assert!(revision > until, "{number} {interest:?}: {seen:?} after {until}");
        match turn {
            Turn::Deleted => segment.documents.remove(&key),
            Turn::Added | Turn::Modified => segment.documents.insert(key, document),
        };
        segment.until = revision;
        segment.events.push((seen, version));
        self.tell();
    }

    /// What was replayed is, to the last member, what a list gives.
    async fn compare(&mut self) {
        let listed = loop {
            match self.list().await {
                Ok(listed) => break listed,
                Err(why) => self.pause(&why).await,
            }
        };
        let interest = self.interest.clone();
        assert_eq!(self.segment().documents, listed.documents, "{interest:?}");
    }
}

/// The events of one answer.
struct Frames {
    form: Form,
    answer: Response,
    buffer: Vec<u8>,
    read: usize,
}

impl Frames {
    fn of(form: Form, answer: Response) -> Self {
        Self { form, answer, buffer: Vec::new(), read: 0 }
    }

    /// The next event; `None` where the watch is over, or broke off.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.buffered() {
                return Some(frame);
            }
            self.buffer.drain(..self.read);
            self.read = 0;
            self.buffer.extend_from_slice(&self.answer.chunk().await.ok()??);
        }
    }

    fn buffered(&mut self) -> Option<Frame> {
        let rest = &self.buffer[self.read..];
        if self.form == Form::Protobuf {
            let (length, rest) = rest.split_first_chunk()?;
            let length = u32::from_be_bytes(*length) as usize;
            let frame = protobuf_frame(rest.get(..length)?);
            self.read += 4 + length;
            return Some(frame);
        }
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let mut event: Value = serde_json::from_slice(&rest[..end]).unwrap();
        self.read += end + 1;
        Some(Frame { kind: event["type"].as_str().unwrap().to_owned(), object: event["object"].take() })
    }
}

/// Reads `WatchEvent { type = 1, object = 2 { raw = 1 } }` by hand.
fn protobuf_frame(bytes: &[u8]) -> Frame {
    assert_eq!(bytes[0], 0x0a);
    let (kind, rest) = bytes[2..].split_at(bytes[1] as usize);
    let start = rest.windows(4).position(|window| window == b"k8s\0").unwrap();
    let envelope = protobuf::open(&rest[start..]).unwrap();
    let message = protobuf::message_of(envelope.api_version, envelope.kind).unwrap();
    Frame { kind: String::from_utf8(kind.to_vec()).unwrap(), object: envelope.decode(message).unwrap() }
}

/// What an event is about, in a Table the object of its row.
fn subject(form: Form, object: &Value) -> &Value {
    if form == Form::Table { &object["rows"][0]["object"] } else { object }
}

fn metadata(object: &Value) -> Metadata {
    Metadata::deserialize(&object["metadata"]).unwrap_or_else(|error| panic!("{error}: {object}"))
}

/// The version that metadata tell of; `None` for what no writer of the test made.
fn version(about: &Metadata) -> Option<Version> {
    Some(Version {
        key: (about.namespace.clone(), about.name.clone()),
        uid: about.uid.clone(),
        revision: about.resource_version.parse().ok()?,
        mark: about.annotations.get("mark")?.clone(),
        labels: about.labels.clone(),
    })
}

/// An event's document as a list has it among its items.
fn document(form: Form, mut object: Value) -> Value {
    if form == Form::Table { comparable(form, &mut object["rows"][0]) } else { comparable(form, &mut object) }
}

/// An item without what lists leave out and what goes with the time.
fn comparable(form: Form, item: &mut Value) -> Value {
    let mut item = item.take();
    if form == Form::Table {
        // The last column is the age.
        item["cells"].as_array_mut().unwrap().pop();
    } else {
        let members = item.as_object_mut().unwrap();
        members.remove("kind");
        members.remove("apiVersion");
    }
    item
}
