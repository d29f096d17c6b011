//! One write, shared by all who watch it, with its wire frames encoded once.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::Cached;
use crate::object::Revision;

/// What a watcher is told of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// It came, or entered the selection.
    Added,
    /// It changed.
    Modified,
    /// It went, or left the selection.
    Deleted,
}

impl EventKind {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

/// One write of one key.
#[derive(Debug)]
pub struct WriteEvent {
    key: Box<str>,
    /// The revision of the write.
    pub revision: Revision,
    /// The object after the write; `None` where it was removed.
    pub current: Option<Arc<Cached>>,
    /// The object before the write, carrying the revision of this write, as watchers are told of what went; `None` where there was none.
    pub previous: Option<Arc<Cached>>,
    frames: [OnceLock<Bytes>; 3],
    protobuf_frames: [OnceLock<Bytes>; 3],
}

impl WriteEvent {
    /// Takes a store event.
    #[must_use]
    pub fn new(event: super::super::Event) -> Self {
        let super::super::Event { key, revision, value, previous } = event;
        let cached = |value: Bytes| Arc::new(Cached::new(&key, value, revision));
        Self {
            current: value.map(cached),
            previous: previous.map(cached),
            key: key.into(),
            revision,
            frames: Default::default(),
            protobuf_frames: Default::default(),
        }
    }

    /// This write as others are told of it, where its objects have another form than the stored one.
    #[must_use]
    pub fn told_as(&self, previous: Option<Arc<Cached>>, current: Option<Arc<Cached>>) -> Self {
        let (key, revision) = (self.key.clone(), self.revision);
        Self { key, revision, current, previous, frames: Default::default(), protobuf_frames: Default::default() }
    }

    /// What the objects of the event take, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        [&self.current, &self.previous].into_iter().flatten().map(|object| object.size_hint()).sum()
    }

    /// Takes what the cache holds for the object before the write, which it is: the events of a resource come in order and whole.
    pub(super) fn came_after(&mut self, cached: &Cached) {
        self.previous = Some(Arc::new(Cached::new(&cached.key, cached.value.clone(), self.revision)));
    }

    /// The full key written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What a watcher is told whose selection held the object before (`was`) and holds it now (`is`).
    #[must_use]
    pub fn turn(&self, was: bool, is: bool) -> Option<(EventKind, &Arc<Cached>)> {
        match (was && self.previous.is_some(), is, &self.current) {
            (false, true, Some(current)) => Some((EventKind::Added, current)),
            (true, true, Some(current)) => Some((EventKind::Modified, current)),
            (true, _, _) => self.previous.as_ref().map(|previous| (EventKind::Deleted, previous)),
            _ => None,
        }
    }

    /// The JSON frame of a turn, encoded once and shared by every watcher of this media type.
    pub fn json_frame(&self, kind: EventKind) -> Bytes {
        let object = if kind == EventKind::Deleted { &self.previous } else { &self.current };
        let Some(object) = object else { return Bytes::new() };
        self.frames[kind as usize].get_or_init(|| json_frame(kind, object)).clone()
    }

    /// The protobuf frame of a turn, encoded by the first watcher of this media type and shared by the others. Watchers that are
    /// served another version than the stored one must not ask for it.
    pub fn protobuf_frame<E>(&self, kind: EventKind, encode: impl FnOnce(&Cached) -> Result<Bytes, E>) -> Result<Bytes, E> {
        let object = if kind == EventKind::Deleted { &self.previous } else { &self.current };
        let Some(object) = object else { return Ok(Bytes::new()) };
        let shared = &self.protobuf_frames[kind as usize];
        match shared.get() {
            Some(frame) => Ok(frame.clone()),
            None => encode(object).map(|frame| shared.get_or_init(|| frame).clone()),
        }
    }
}

/// A watch frame in JSON: `{"type":…,"object":…}` and a line feed.
fn json_frame(kind: EventKind, object: &Cached) -> Bytes {
    let mut frame = Vec::with_capacity(object.size_hint() + 32);
    frame.extend_from_slice(b"{\"type\":\"");
    frame.extend_from_slice(kind.as_str().as_bytes());
    frame.extend_from_slice(b"\",\"object\":");
    object.append_document(&mut frame);
    frame.extend_from_slice(b"}\n");
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Event;

    fn event(value: Option<&'static str>, previous: Option<&'static str>) -> WriteEvent {
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        WriteEvent::new(Event { key: "/k".to_owned(), revision: Revision(9), value: value.map(bytes), previous: previous.map(bytes) })
    }

    #[test]
    fn a_turn_depends_on_the_selection_before_and_after() {
        let kind = |event: &WriteEvent, was, is| event.turn(was, is).map(|(kind, _)| kind);
        let update = event(Some("{}"), Some("{}"));
        assert_eq!(kind(&update, true, true), Some(EventKind::Modified));
        assert_eq!(kind(&update, false, true), Some(EventKind::Added));
        assert_eq!(kind(&update, true, false), Some(EventKind::Deleted));
        assert_eq!(kind(&update, false, false), None);
        assert_eq!(kind(&event(Some("{}"), None), true, true), Some(EventKind::Added));
        assert_eq!(kind(&event(None, Some("{}")), true, true), Some(EventKind::Deleted));
        assert_eq!(kind(&event(None, Some("{}")), false, false), None);
    }

    #[test]
    fn what_went_carries_the_revision_of_its_going() {
        let gone = event(None, Some(r#"{"metadata":{"name":"x"}}"#));
        let frame = gone.json_frame(EventKind::Deleted);
        assert_eq!(frame, r#"{"type":"DELETED","object":{"metadata":{"resourceVersion":"9","name":"x"}}}"#.to_owned() + "\n");
    }
}
