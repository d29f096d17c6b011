//! The documents of a YAML or JSON text, with every problem that is found on the way.
//!
//! Receives text, hands on [`Documents`]. Built on granit-parser's events, because it gives a place for each and we resolve scalars
//! ourselves. Invariant: reading takes time and memory in proportion to the text: aliases are paid for from a budget, and nesting is
//! bounded before anything recurses over it.

use std::collections::HashMap;

use granit_parser::{Event, Marker, Options, Parser, ScalarStyle, ScanError, options};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::error::{DEPTH_LIMIT, YamlError, YamlProblem};
use super::node::{Mark, Member, Node, NodeKind};
use super::resolve::Dialect;
use super::scalar::WrittenScalar;

/// How many bytes the anchors and aliases of one document may stand for.
const ALIAS_BUDGET: usize = 16 << 20;
/// How many problems of one text are told; whoever has that many has one cause for most of them.
const ERROR_LIMIT: usize = 100;

/// What a text holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Documents {
    /// The documents that could be read, null ones left out.
    pub nodes: Vec<Node>,
    /// What is wrong, the first hundred of it, document by document; a document that is wrong in part may still be among the nodes.
    pub errors: Vec<YamlError>,
}

/// Reads every document of a text.
///
/// A text that is one or several JSON objects is read as JSON; with `json_only` anything else is refused.
#[must_use]
pub fn read(text: &str, json_only: bool) -> Documents {
    read_as(text, json_only, Dialect::Kubectl)
}

/// Reads every document of a text, whose unquoted words mean what they mean to another reader.
pub(crate) fn read_as(text: &str, json_only: bool, dialect: Dialect) -> Documents {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut documents = Documents::default();
    if json_only || text.trim_start().starts_with('{') {
        match json_documents(text) {
            Ok(slices) => {
                for (slice, start) in slices {
                    read_stream(slice, start, dialect, &mut documents);
                }
                return documents;
            }
            Err(error) if json_only => {
                documents.errors.push(error);
                return documents;
            }
            // Flow-style YAML begins with a brace too.
            Err(_) => {}
        }
    }
    read_stream(text, Mark { line: 1, column: 1 }, dialect, &mut documents);
    documents
}

/// Cuts a text into its JSON values, each with the place it begins at; the values are checked against JSON's grammar.
fn json_documents(text: &str) -> Result<Vec<(&str, Mark)>, YamlError> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut slices = Vec::new();
    let (mut counted, mut mark) = (0, Mark { line: 1, column: 1 });
    loop {
        let before = stream.byte_offset();
        let start = before + text[before..].len() - text[before..].trim_start().len();
        match stream.next() {
            None => return Ok(slices),
            Some(Ok(_)) => {
                mark = advance(mark, &text[counted..start]);
                counted = start;
                slices.push((&text[start..stream.byte_offset()], mark));
            }
            Some(Err(error)) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default().to_owned();
                let mark = Mark { line: narrow(error.line()), column: narrow(error.column().max(1)) };
                return Err(YamlError { problem: YamlProblem::Json(message), mark });
            }
        }
    }
}

fn advance(mark: Mark, passed: &str) -> Mark {
    match passed.rsplit_once('\n') {
        None => Mark { column: mark.column + narrow(passed.chars().count()), ..mark },
        Some((above, last)) => Mark { line: mark.line + narrow(above.matches('\n').count()) + 1, column: narrow(last.chars().count()) + 1 },
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn reader_options() -> Options {
    options! {
        disallow_directives: true,
        emit_comments: false,
        // The parser's own bounds only need to be out of our way; ours comes first.
        simple_key_max_lookahead: 1 << 16,
    }
}

/// Reads one YAML stream that begins at `start` of the whole text; after a broken document it goes on with the next one.
fn read_stream(text: &str, start: Mark, dialect: Dialect, documents: &mut Documents) {
    let mut parser = Parser::new_from_str_with_options(text, reader_options());
    let mut reader = Reader { start, dialect, ..Reader::default() };
    while let Some(next) = parser.next_event() {
        let step = match next {
            Ok((event, span)) => reader.step(event, span.start),
            Err(error) => Err(reader.syntax_error(&error)),
        };
        documents.nodes.extend(reader.root.take().filter(|node| !node.is_null()));
        documents.errors.append(&mut reader.errors);
        if let Err(error) = step {
            documents.errors.push(error);
            reader.forget();
            if !parser.proceed_next_document().unwrap_or(false) {
                return;
            }
        }
        if documents.errors.len() >= ERROR_LIMIT {
            return documents.errors.truncate(ERROR_LIMIT);
        }
    }
}

/// A list or mapping that is not yet complete.
struct Frame {
    mark: Mark,
    anchor: usize,
    kind: FrameKind,
}

enum FrameKind {
    Sequence(Vec<Node>),
    Mapping { members: Vec<Written>, key: Option<Key> },
}

/// A member in the order it was written, and whether it came through `<<`.
struct Written {
    member: Member,
    merged: bool,
}

struct Key {
    text: String,
    mark: Mark,
    merge: bool,
}

/// A finished value that aliases may refer to, with what a copy costs.
struct Anchored {
    node: Node,
    cost: usize,
    height: usize,
}

struct Reader {
    start: Mark,
    dialect: Dialect,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    spent: usize,
    root: Option<Node>,
    errors: Vec<YamlError>,
}

impl Default for Reader {
    fn default() -> Self {
        let start = Mark { line: 1, column: 1 };
        Self { start, dialect: Dialect::Kubectl, frames: Vec::new(), anchors: HashMap::new(), spent: 0, root: None, errors: Vec::new() }
    }
}

impl Reader {
    fn forget(&mut self) {
        self.frames.clear();
        self.anchors.clear();
        self.spent = 0;
        self.root = None;
    }

    fn mark(&self, marker: Marker) -> Mark {
        let (line, column) = (narrow(marker.line()), narrow(marker.col()));
        let shift = if line == 1 { self.start.column } else { 1 };
        Mark { line: line + self.start.line - 1, column: column + shift }
    }

    fn syntax_error(&self, error: &ScanError) -> YamlError {
        let problem = match error.kind() {
            granit_parser::ErrorKind::DirectiveDisallowed => YamlProblem::Directive,
            granit_parser::ErrorKind::RecursionLimitExceeded => YamlProblem::TooDeep,
            _ => YamlProblem::Syntax(error.info()),
        };
        YamlError { problem, mark: self.mark(*error.marker()) }
    }

    /// Takes one event; an error ends the document.
    fn step(&mut self, event: Event<'_>, marker: Marker) -> Result<(), YamlError> {
        let mark = self.mark(marker);
        match event {
            Event::DocumentStart(..) => self.forget(),
            Event::SequenceStart(_, anchor, _) => self.open(mark, anchor, FrameKind::Sequence(Vec::new()))?,
            Event::MappingStart(_, anchor, _) => self.open(mark, anchor, FrameKind::Mapping { members: Vec::new(), key: None })?,
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            Event::Scalar(text, style, anchor, tag) => {
                let written = WrittenScalar { text: &text, plain: style == ScalarStyle::Plain, tag: tag.as_deref(), dialect: self.dialect };
                self.scalar(&written, anchor, mark)?;
            }
            Event::Alias(anchor) => self.alias(anchor, mark)?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, mark: Mark, anchor: usize, kind: FrameKind) -> Result<(), YamlError> {
        if self.expects_key() {
            return Err(YamlError { problem: YamlProblem::BadKey, mark });
        }
        if self.frames.len() >= DEPTH_LIMIT {
            return Err(YamlError { problem: YamlProblem::TooDeep, mark });
        }
        self.frames.push(Frame { mark, anchor, kind });
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { kind: FrameKind::Mapping { key: None, .. }, .. }))
    }

    fn close(&mut self) -> Result<(), YamlError> {
        let Some(Frame { mark, anchor, kind }) = self.frames.pop() else { return Ok(()) };
        let kind = match kind {
            FrameKind::Sequence(items) => NodeKind::Sequence(items),
            FrameKind::Mapping { members, .. } => NodeKind::Mapping(settle(members, &mut self.errors)),
        };
        self.finish(Node { mark, kind }, anchor)
    }

    fn scalar(&mut self, written: &WrittenScalar<'_>, anchor: usize, mark: Mark) -> Result<(), YamlError> {
        if self.expects_key() {
            return self.scalar_key(written, anchor, mark);
        }
        let value = written.value().unwrap_or_else(|problem| {
            self.errors.push(YamlError { problem, mark });
            Value::Null
        });
        self.finish(Node { mark, kind: NodeKind::Scalar(value) }, anchor)
    }

    fn scalar_key(&mut self, written: &WrittenScalar<'_>, anchor: usize, mark: Mark) -> Result<(), YamlError> {
        let error = |problem| YamlError { problem, mark };
        let text = written.key().map_err(error)?;
        if anchor != 0 {
            let value = written.value().map_err(error)?;
            self.remember(anchor, &Node { mark, kind: NodeKind::Scalar(value) })?;
        }
        self.set_key(Key { text, mark, merge: written.is_merge_key() });
        Ok(())
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Frame { kind: FrameKind::Mapping { key, .. }, .. }) = self.frames.last_mut() {
            *key = Some(new);
        }
    }

    fn alias(&mut self, anchor: usize, mark: Mark) -> Result<(), YamlError> {
        let error = |problem| YamlError { problem, mark };
        let cost = self.anchors.get(&anchor).map(|anchored| anchored.cost).ok_or_else(|| error(YamlProblem::RecursiveAlias))?;
        self.spend(cost, mark)?;
        let anchored = &self.anchors[&anchor];
        if self.frames.len() + anchored.height > DEPTH_LIMIT {
            return Err(error(YamlProblem::TooDeep));
        }
        let node = Node { mark, ..anchored.node.clone() };
        if !self.expects_key() {
            return self.finish(node, 0);
        }
        let text = match node.kind {
            NodeKind::Scalar(Value::String(text)) => text,
            NodeKind::Scalar(Value::Null) => return Err(error(YamlProblem::NullKey)),
            NodeKind::Scalar(value) => value.to_string(),
            NodeKind::Sequence(_) | NodeKind::Mapping(_) => return Err(error(YamlProblem::BadKey)),
        };
        self.set_key(Key { text, mark, merge: false });
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        if anchor != 0 {
            self.remember(anchor, &node)?;
        }
        match self.frames.last_mut().map(|frame| &mut frame.kind) {
            None => self.root = Some(node),
            Some(FrameKind::Sequence(items)) => items.push(node),
            Some(FrameKind::Mapping { members, key }) => match key.take() {
                Some(Key { merge: true, mark, .. }) => merge(node, mark, members)?,
                Some(Key { text, mark, .. }) => members.push(Written { member: Member { key: text, mark, node }, merged: false }),
                None => return Err(YamlError { problem: YamlProblem::BadKey, mark: node.mark }),
            },
        }
        Ok(())
    }

    /// Keeps a copy of an anchored value; the copy is paid for too, since anchors may nest.
    fn remember(&mut self, anchor: usize, node: &Node) -> Result<(), YamlError> {
        let (cost, height) = node.measure();
        self.spend(cost, node.mark)?;
        self.anchors.insert(anchor, Anchored { node: node.clone(), cost, height });
        Ok(())
    }

    fn spend(&mut self, cost: usize, mark: Mark) -> Result<(), YamlError> {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > ALIAS_BUDGET { Err(YamlError { problem: YamlProblem::AliasBudget, mark }) } else { Ok(()) }
    }
}

/// Adds what `<<` brings. As in kubectl it takes the place of equal keys written before it, and yields to those written after.
fn merge(node: Node, mark: Mark, members: &mut Vec<Written>) -> Result<(), YamlError> {
    match node.kind {
        NodeKind::Mapping(merged) => {
            members.extend(merged.into_iter().map(|member| Written { member, merged: true }));
            Ok(())
        }
        NodeKind::Sequence(items) if items.iter().all(|item| matches!(item.kind, NodeKind::Mapping(_))) => {
            // The first of several mappings wins, so it comes last.
            items.into_iter().rev().try_for_each(|item| merge(item, mark, members))
        }
        NodeKind::Sequence(_) | NodeKind::Scalar(_) => Err(YamlError { problem: YamlProblem::BadMerge, mark }),
    }
}

/// Sorts the members of a mapping and keeps the last of each key; a key that was written twice is reported.
fn settle(mut written: Vec<Written>, errors: &mut Vec<YamlError>) -> Vec<Member> {
    let in_order = written.is_sorted_by(|before, after| before.member.key < after.member.key);
    if in_order {
        return written.into_iter().map(|written| written.member).collect();
    }
    written.sort_by(|before, after| before.member.key.cmp(&after.member.key));
    let mut members: Vec<Member> = Vec::with_capacity(written.len());
    // Where the key at hand was last written outright.
    let mut explicit: Option<Mark> = None;
    for Written { member, merged } in written {
        let repeated = members.last().is_some_and(|last| last.key == member.key);
        if !repeated {
            explicit = None;
        }
        if !merged {
            if let Some(first) = explicit {
                errors.push(YamlError { problem: YamlProblem::DuplicateKey { key: member.key.clone(), first }, mark: member.mark });
            } else {
                explicit = Some(member.mark);
            }
        }
        match members.last_mut() {
            Some(last) if repeated => *last = member,
            _ => members.push(member),
        }
    }
    members
}
