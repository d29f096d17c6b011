//! A watch that goes on: list, watch from there, and again from where it broke off.
//!
//! Receives what to watch, hands on [`WatchStep`]s. Invariant: whoever follows the steps knows the state of the server as of the last
//! step, across broken connections, server restarts and history that was compacted away.

use std::time::Duration;

use serde_json::Value;

use super::{ApiRequest, Client, ClientError, Form, Lines, ListParameters, ServedResource, list_pages};
use crate::object::{Reason, Refusal};

/// What happened to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It came into being, or into the selection.
    Added,
    /// It changed.
    Modified,
    /// It went, or left the selection.
    Deleted,
}

impl ChangeKind {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Added, Self::Modified, Self::Deleted].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One change as the server told it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The object, or a table whose rows show it, as asked for.
    pub object: Value,
}

/// What a watcher tells.
#[derive(Debug)]
pub enum WatchStep {
    /// The whole state: the first list, or a new one after the history between was lost. The pages are list or table documents.
    State(Vec<Value>),
    /// One change since.
    Change(Change),
    /// The connection was lost, or is still; the watcher waits this long and goes on. What happens meanwhile is not missed.
    Lost(ClientError, Duration),
    /// The connection that was lost is there again; a new state says so as well.
    Back,
}

/// Follows one resource in one namespace or in all.
pub struct Watcher {
    client: Client,
    resource: ServedResource,
    namespace: Option<String>,
    parameters: ListParameters,
    form: Form,
    state: State,
    /// Failures in a row, which set the next pause.
    failures: u32,
    /// Whether the state was ever told.
    listed: bool,
    /// Whether the history was lost since the last event.
    relisted: bool,
    /// Whether a loss was told and no return yet.
    away: bool,
    first_pause: Duration,
}

enum State {
    /// Nothing is known, or what was known is too old.
    Unlisted,
    /// The state as of a resource version is known; no watch is open.
    Listed(String),
    /// A watch is open; the resource version of the last event is kept for the next one.
    Watching(String, Box<Lines>),
    /// A loss was reported; the pause comes before the next attempt.
    Pausing(Box<Self>, Duration),
}

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Watcher {
    /// A watcher that has asked nothing yet.
    #[must_use]
    pub fn new(client: Client, resource: ServedResource, namespace: Option<String>, parameters: ListParameters, form: Form) -> Self {
        Self {
            client,
            resource,
            namespace,
            parameters,
            form,
            state: State::Unlisted,
            failures: 0,
            listed: false,
            relisted: false,
            away: false,
            first_pause: FIRST_PAUSE,
        }
    }

    /// The resource that is followed.
    #[must_use]
    pub fn resource(&self) -> &ServedResource {
        &self.resource
    }

    /// The next thing to know; waits for it. An error is one that trying again will not cure, and ends the watch.
    pub async fn next(&mut self) -> Result<WatchStep, ClientError> {
        loop {
            let (step, state) = match std::mem::replace(&mut self.state, State::Unlisted) {
                State::Unlisted => self.list().await?,
                State::Listed(version) => self.open(version).await?,
                State::Watching(version, lines) => self.read(version, lines).await?,
                State::Pausing(next, pause) => {
                    tokio::time::sleep(pause).await;
                    (None, *next)
                }
            };
            self.state = state;
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }

    async fn list(&mut self) -> Result<(Option<WatchStep>, State), ClientError> {
        let listed = list_pages(&self.client, &self.resource, self.namespace.as_deref(), &self.parameters, self.form).await;
        let pages = match listed {
            Ok(pages) => pages,
            Err(error) => return self.lost(error, State::Unlisted),
        };
        let request = ApiRequest::list(&self.resource, self.namespace.as_deref(), &self.parameters, "", self.form);
        let pages: Vec<Value> = pages.iter().map(|page| self.client.parse(&request, page)).collect::<Result<_, _>>()?;
        let version = pages.last().and_then(resource_version).unwrap_or_default().to_owned();
        if !self.relisted {
            self.failures = 0;
        }
        self.listed = true;
        self.away = false;
        Ok((Some(WatchStep::State(pages)), State::Listed(version)))
    }

    async fn open(&mut self, version: String) -> Result<(Option<WatchStep>, State), ClientError> {
        match self.client.stream(&self.request(&version)).await {
            Ok(lines) => {
                let back = std::mem::take(&mut self.away).then_some(WatchStep::Back);
                Ok((back, State::Watching(version, Box::new(lines))))
            }
            Err(error) if error.refusal().is_some_and(history_is_lost) => Ok((None, self.relist())),
            Err(error) => self.lost(error, State::Listed(version)),
        }
    }

    async fn read(&mut self, version: String, mut lines: Box<Lines>) -> Result<(Option<WatchStep>, State), ClientError> {
        let request = self.request(&version);
        let line = match lines.next().await {
            Ok(Some(line)) => line,
            // A server ends each watch after a while; that is no failure.
            Ok(None) => return Ok((None, self.again(State::Listed(version)))),
            Err(error) => return self.lost(self.client.unreachable(&request, error), State::Listed(version)),
        };
        match serde_json::from_slice::<Value>(&line) {
            Ok(event) => self.take(event, version, lines),
            // A connection cut in the middle of a line; the event comes again with the next watch.
            Err(error) if error.is_eof() => Ok((None, self.again(State::Listed(version)))),
            Err(error) => Err(self.client.unreadable(&request, error.to_string())),
        }
    }

    fn take(&mut self, mut event: Value, version: String, lines: Box<Lines>) -> Result<(Option<WatchStep>, State), ClientError> {
        let object = event.get_mut("object").map(Value::take).unwrap_or_default();
        let word = event.get("type").and_then(Value::as_str).unwrap_or_default();
        if word == "ERROR" {
            return self.refused(&object, version);
        }
        self.failures = 0;
        self.relisted = false;
        let version = resource_version(&object).map_or(version, str::to_owned);
        let state = State::Watching(version, lines);
        Ok((ChangeKind::parse(word).map(|kind| WatchStep::Change(Change { kind, object })), state))
    }

    fn refused(&mut self, status: &Value, version: String) -> Result<(Option<WatchStep>, State), ClientError> {
        let refusal = Refusal::from_json(status).unwrap_or_else(|| Refusal::internal("the watch ended with an error that is no Status"));
        if history_is_lost(&refusal) {
            return Ok((None, self.relist()));
        }
        let error = ClientError::Refused { attempted: self.request("").describe(), refusal: Box::new(refusal), credentials: None };
        self.lost(error, State::Listed(version))
    }

    fn lost(&mut self, error: ClientError, next: State) -> Result<(Option<WatchStep>, State), ClientError> {
        // Before anything was seen a failure is the answer to the question; later it is an interruption.
        if !error.is_passing() || !self.listed {
            return Err(error);
        }
        let pause = self.pause();
        self.away = true;
        Ok((Some(WatchStep::Lost(error, pause)), State::Pausing(Box::new(next), pause)))
    }

    /// At once, but a server, or a proxy, that ends every watch without an event must not be hammered.
    fn again(&mut self, next: State) -> State {
        if self.failures == 0 {
            self.failures = 1;
            return next;
        }
        let pause = self.pause();
        State::Pausing(Box::new(next), pause)
    }

    /// The same where a list is needed, after which a server that says so again and again would find the failures forgotten.
    fn relist(&mut self) -> State {
        if !std::mem::replace(&mut self.relisted, true) {
            return State::Unlisted;
        }
        let pause = self.pause();
        State::Pausing(Box::new(State::Unlisted), pause)
    }

    fn pause(&mut self) -> Duration {
        let pause = self.first_pause.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures += 1;
        pause
    }

    fn request(&self, version: &str) -> ApiRequest {
        ApiRequest::watch(&self.resource, self.namespace.as_deref(), &self.parameters, version, self.form)
    }
}

/// The server no longer holds the history from our version on, or has never reached it (it was restored from an older copy).
fn history_is_lost(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::Expired | Reason::Gone)
        || (refusal.reason == Reason::Timeout && refusal.message.contains("Too large resource version"))
}

/// The resource version of an object, a list or a table; a table that does not say takes it from its row.
fn resource_version(document: &Value) -> Option<&str> {
    let of = |path: &str| document.pointer(path).and_then(Value::as_str).filter(|version| !version.is_empty());
    of("/metadata/resourceVersion").or_else(|| of("/rows/0/object/metadata/resourceVersion"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::client::testing::{Asked, answer, scripted, text_answer};

    fn list(version: &str) -> Value {
        json!({"kind": "ConfigMapList", "metadata": {"resourceVersion": version}, "items": []})
    }

    fn event(kind: &str, version: &str) -> String {
        json!({"type": kind, "object": {"metadata": {"name": "a", "resourceVersion": version}}}).to_string()
    }

    /// A server that gives one list and, for each watch in turn, one of the bodies; after the last it refuses for good.
    fn watcher(bodies: &'static [&'static str]) -> (Watcher, Asked) {
        let turn = AtomicUsize::new(0);
        let (client, asked) = scripted(move |request| {
            if !request.uri().query().unwrap_or_default().contains("watch=true") {
                return answer(200, list("5"));
            }
            match bodies.get(turn.fetch_add(1, Ordering::SeqCst)) {
                Some(&"503") => answer(503, json!({})),
                Some(&"410") => answer(410, Refusal::new(Reason::Expired, "too old").to_json()),
                Some(body) => text_answer(200, (*body).to_owned()),
                None => answer(403, Refusal::new(Reason::Forbidden, "no").to_json()),
            }
        });
        let resource = ServedResource::named("", "v1", "ConfigMap", "configmaps", true);
        let mut watcher = Watcher::new(client, resource, Some("a".to_owned()), ListParameters::default(), Form::Objects);
        watcher.first_pause = Duration::ZERO;
        (watcher, asked)
    }

    async fn steps(mut watcher: Watcher) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            told.push(match watcher.next().await {
                Ok(WatchStep::State(_)) => "state".to_owned(),
                Ok(WatchStep::Change(change)) => {
                    format!("{} {}", change.kind.as_str(), resource_version(&change.object).unwrap_or_default())
                }
                Ok(WatchStep::Lost(..)) => "lost".to_owned(),
                Ok(WatchStep::Back) => "back".to_owned(),
                Err(error) => {
                    told.push(error.to_string());
                    return told;
                }
            });
        }
    }

    fn versions(asked: &Asked) -> Vec<String> {
        let lines = asked.lines();
        lines.iter().map(|line| line.split_once("resourceVersion=").map_or("list".to_owned(), |(_, version)| version.to_owned())).collect()
    }

    #[tokio::test]
    async fn a_watch_goes_on_from_the_last_event_or_bookmark() {
        let body: &'static str = Box::leak(format!("{}\n{}\n", event("ADDED", "6"), event("BOOKMARK", "9")).into_boxed_str());
        let (watcher, asked) = watcher(Box::leak(Box::new([body])));
        assert_eq!(steps(watcher).await, ["state", "ADDED 6", "no"]);
        assert_eq!(versions(&asked), ["list", "5", "9"]);
    }

    #[tokio::test]
    async fn lost_history_is_listed_anew() {
        let gone = json!({"type": "ERROR", "object": Refusal::new(Reason::Expired, "too old").to_json()}).to_string();
        let body: &'static str = Box::leak(gone.into_boxed_str());
        let (watcher, asked) = watcher(Box::leak(Box::new([body, "410"])));
        assert_eq!(steps(watcher).await, ["state", "state", "state", "no"]);
        assert_eq!(versions(&asked), ["list", "5", "list", "5", "list", "5"]);
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_waited_for() {
        let (watcher, asked) = watcher(&["503", "503", "", ""]);
        assert_eq!(steps(watcher).await, ["state", "lost", "lost", "back", "no"]);
        assert_eq!(versions(&asked), ["list", "5", "5", "5", "5", "5"]);
    }

    #[tokio::test]
    async fn a_server_that_ends_every_watch_is_asked_in_longer_and_longer_pauses() {
        let (mut watcher, _) = watcher(&[]);
        watcher.first_pause = FIRST_PAUSE;
        let mut waits = |next: &dyn Fn(&mut Watcher) -> State| match next(&mut watcher) {
            State::Pausing(_, pause) => Some(pause),
            _ => None,
        };
        let cut = |watcher: &mut Watcher| watcher.again(State::Listed("5".to_owned()));
        assert_eq!([waits(&cut), waits(&cut), waits(&cut)], [None, Some(FIRST_PAUSE * 2), Some(FIRST_PAUSE * 4)]);
        let event = |watcher: &mut Watcher| {
            let lines = Box::new(Lines::new(kube::client::Body::empty()));
            watcher.take(json!({"type": "BOOKMARK", "object": {}}), "5".to_owned(), lines).expect("an event").1
        };
        assert_eq!([waits(&event), waits(&cut)], [None, None]);
        let lost = |watcher: &mut Watcher| watcher.relist();
        assert_eq!([waits(&lost), waits(&lost), waits(&lost)], [None, Some(FIRST_PAUSE * 2), Some(FIRST_PAUSE * 4)]);
    }

    #[tokio::test]
    async fn an_event_cut_in_the_middle_is_asked_for_again() {
        let (watcher, asked) = watcher(&[r#"{"type":"ADDED","obj"#]);
        assert_eq!(steps(watcher).await, ["state", "no"]);
        assert_eq!(versions(&asked), ["list", "5", "5"]);
    }
}
