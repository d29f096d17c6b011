//! A text with the name it is known by in messages.

use std::fmt;
use std::ops::Range;

use crate::yaml::Mark;

/// The most bytes that one file, pipe or URL may give: all of it is held in memory, several times over once it is parsed. A server takes
/// a few megabytes at a time, so that even a dump of a large cluster stays below it; and lines and columns fit 32 bits.
pub(super) const SIZE_MOST: usize = 64 << 20;

/// Bytes that are not UTF-8 from a place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotText {
    /// The text before the place.
    pub(super) before: String,
    pub(super) mark: Mark,
    /// Whether they begin like UTF-16.
    pub(super) utf16: bool,
}

/// A manifest's text: a file, standard input, or what a URL answered.
///
/// Its debug form leaves the text out, since that may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    is_made: bool,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Source {
    /// A source from its name (as the user gave it, such as a path) and its text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), is_made: false }
    }

    /// A source that is nowhere to be read, which `name` says what it is of.
    #[must_use]
    pub fn made(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { is_made: true, ..Self::new(name, text) }
    }

    /// Whether nobody else can read the source under its name.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.is_made
    }

    /// A source from bytes.
    pub(super) fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, NotText> {
        String::from_utf8(bytes).map(|text| Self::new(name, text)).map_err(|error| {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            let before = String::from_utf8_lossy(&bytes[..valid]).into_owned();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let mark = Mark { line: u32::try_from(line).unwrap_or(u32::MAX), column: u32::try_from(column).unwrap_or(u32::MAX) };
            NotText { before, mark, utf16 }
        })
    }

    /// The name: a path as given, a URL, or `standard input`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the name says that the text is JSON and nothing else.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let path = self.name.split(['?', '#']).next().unwrap_or_default();
        std::path::Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
    }

    /// One line without its line break, counted from 1; `None` past the end.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let line = self.text.lines().nth((number as usize).checked_sub(1)?)?;
        Some(if number == 1 { line.trim_start_matches('\u{feff}') } else { line })
    }

    /// Whether a line belongs to a YAML document that says it is a Secret, or that makes one (or to a JSON text that mentions one).
    pub(super) fn may_be_secret(&self, number: u32) -> bool {
        let range = self.document_around(number);
        self.text.lines().skip(range.start).take(range.len()).any(mentions_secret)
    }

    /// The lines, counted from 0, between the `---` before a line and the one after it.
    fn document_around(&self, number: u32) -> Range<usize> {
        let at = (number as usize).saturating_sub(1);
        let mut range = 0..usize::MAX;
        for (index, line) in self.text.lines().enumerate() {
            if line.starts_with("---") {
                if index > at {
                    range.end = index;
                    break;
                }
                range.start = index;
            }
        }
        range
    }
}

fn mentions_secret(line: &str) -> bool {
    line.contains("secretGenerator")
        || line.match_indices("kind").any(|(at, _)| {
            let rest = line[at + 4..].trim_start_matches(['"', '\'', ' ']);
            rest.strip_prefix(':').is_some_and(|value| value.trim_start_matches(['"', '\'', ' ']).starts_with("Secret"))
        })
}
