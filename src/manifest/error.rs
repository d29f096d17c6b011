//! What can be wrong with a set of manifests, and how it is told.
//!
//! Each error is `file:line:column: message`, then the line with a caret, then a hint where there is one.

use std::fmt;
use std::sync::Arc;

use super::excerpt::excerpt;
use super::fetch::FetchError;
use super::kustomize::KustomizeProblem;
use super::source::{NotText, SIZE_MOST};
use super::{Desired, Origin, Source};
use crate::yaml::{Mark, YamlError, YamlProblem};

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The text is not YAML or JSON as kubectl reads it.
    #[error(transparent)]
    Yaml(YamlProblem),
    /// A document, or a list's item, is text or a list or the like, or has nothing that every object has.
    #[error("an object must be a mapping with `apiVersion`, `kind` and `metadata`")]
    NotAMapping,
    /// A list's `items` is no list.
    #[error("`items` must be a list of objects")]
    ItemsNotAList,
    /// `apiVersion` is missing or empty.
    #[error("`apiVersion` is missing")]
    NoApiVersion,
    /// `kind` is missing or empty.
    #[error("`kind` is missing")]
    NoKind,
    /// Neither `metadata.name` nor `metadata.generateName` is there.
    #[error("`metadata.name` is missing")]
    NoName,
    /// A field that identifies the object holds a number, a boolean or the like.
    #[error("`{0}` must be text, but this is not read as text")]
    NotText(&'static str),
    /// `metadata` is text or a list or the like.
    #[error("`metadata` must be a mapping")]
    MetadataNotAMapping,
    /// Two documents describe one object.
    #[error("{object} is already described at {first}")]
    DuplicateObject {
        /// Kind and name.
        object: String,
        /// The place of the first.
        first: String,
    },
    /// The bytes are no text in UTF-8.
    #[error("this is not UTF-8 text")]
    NotUtf8 {
        /// Whether they begin like UTF-16.
        utf16: bool,
    },
    /// A file, a pipe or an answer that goes on for longer than anything is read.
    #[error("this is larger than {} MiB, the most that is read of one file, pipe or URL", SIZE_MOST >> 20)]
    TooLarge,
    /// A device or a socket.
    #[error("this is a device or a socket, not a file")]
    NotAFile,
    /// The same file, URL or standard input once more.
    #[error("this is given twice{}", .first.as_ref().map(|first| format!(", first as {first}")).unwrap_or_default())]
    GivenTwice {
        /// The name it had before, where that was another.
        first: Option<String>,
    },
    /// A URL of a kind that is not fetched.
    #[error("URLs that begin with {0}:// cannot be fetched")]
    Scheme(String),
    /// A path that does not exist.
    #[error("there is no such file or folder")]
    NotFound,
    /// A path that cannot be read.
    #[error("cannot be read: {0}")]
    CannotRead(#[source] std::io::Error),
    /// A folder without manifests.
    #[error("there is no file that ends in .yaml, .yml or .json in this folder")]
    NoManifestFiles {
        /// Whether folders below it were not looked into.
        has_folders: bool,
    },
    /// A URL that does not answer with a manifest.
    #[error(transparent)]
    Fetch(FetchError),
    /// Nothing to work on.
    #[error("no objects found in {0}")]
    NothingFound(String),
    /// A kustomization that cannot be built.
    #[error(transparent)]
    Kustomize(#[from] KustomizeProblem),
}

/// Where a problem is.
#[derive(Debug, Clone)]
enum Place {
    /// In a text.
    At(Arc<Source>, Mark),
    /// At a path or URL as a whole.
    Whole(String),
    /// In the set as a whole.
    Set,
}

/// A problem and its place; displays over several lines, without a line break at the end.
#[derive(Debug)]
pub struct ManifestError {
    /// What is wrong.
    pub problem: Problem,
    place: Place,
}

/// Everything that is wrong with a set; displays as its errors with a blank line between them. Never empty.
#[derive(Debug)]
pub struct ManifestErrors(pub Vec<ManifestError>);

impl std::error::Error for ManifestError {}
impl std::error::Error for ManifestErrors {}

impl fmt::Display for ManifestErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n\n" })?;
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl ManifestErrors {
    /// Whether nothing else is wrong but that there is no object.
    #[must_use]
    pub fn is_empty_input(&self) -> bool {
        let empty =
            |error: &ManifestError| matches!(error.problem, Problem::NothingFound(_) | Problem::NoManifestFiles { has_folders: false });
        self.0.iter().all(empty)
    }
}

impl ManifestError {
    /// A problem at a place of a source.
    #[must_use]
    pub fn at(source: &Arc<Source>, mark: Mark, problem: Problem) -> Self {
        Self { problem, place: Place::At(Arc::clone(source), mark) }
    }

    /// Two desired objects that turn out to be one, such as after the default namespace was filled in.
    #[must_use]
    pub fn duplicate(first: &Desired, second: &Desired) -> Self {
        let object = &second.object;
        let object = format!("{} {}", object.kind().escape_debug(), object.key().to_string().escape_debug());
        let problem = Problem::DuplicateObject { object, first: first.origin.to_string() };
        Self::at(&second.origin.source, second.origin.mark, problem)
    }

    pub(super) fn yaml(source: &Arc<Source>, error: YamlError) -> Self {
        Self::at(source, error.mark, Problem::Yaml(error.problem))
    }

    pub(super) fn whole(name: &str, problem: Problem) -> Self {
        Self { problem, place: Place::Whole(name.to_owned()) }
    }

    pub(super) fn not_text(name: &str, error: NotText) -> Self {
        let NotText { before, mark, utf16 } = error;
        Self::at(&Arc::new(Source::new(name, before)), mark, Problem::NotUtf8 { utf16 })
    }

    /// A set without any object.
    #[must_use]
    pub fn nothing_found(sources: &[Arc<Source>]) -> Self {
        let names: Vec<&str> = sources.iter().take(3).map(|source| source.name()).collect();
        let mut list = names.join(", ");
        if sources.len() > names.len() {
            list.push_str(&format!(" and {} more", sources.len() - names.len()));
        }
        Self { problem: Problem::NothingFound(list), place: Place::Set }
    }

    /// The place in its text, for the order in which a text's errors are told; none comes first.
    pub(super) fn mark(&self) -> Option<Mark> {
        match &self.place {
            Place::At(_, mark) => Some(*mark),
            Place::Whole(_) | Place::Set => None,
        }
    }

    /// The place in its text; `None` where the problem is not in a text.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        match &self.place {
            Place::At(source, mark) => Some(Origin { source: Arc::clone(source), mark: *mark }),
            Place::Whole(_) | Place::Set => None,
        }
    }

    /// The file, pipe or URL; `None` where the problem is the whole set's.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match &self.place {
            Place::At(source, _) => Some(source.name()),
            Place::Whole(name) => Some(name),
            Place::Set => None,
        }
    }

    /// What is wrong, without the place, the excerpt and the hint.
    #[must_use]
    pub fn message(&self) -> String {
        match (&self.problem, self.file()) {
            (Problem::Yaml(YamlProblem::DuplicateKey { first, .. }), Some(file)) => {
                format!("{}, first at {file}:{}:{}", self.problem, first.line, first.column)
            }
            (problem, _) => problem.to_string(),
        }
    }

    /// What to do next, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let line = match &self.place {
            Place::At(source, mark) => source.line(mark.line).unwrap_or_default(),
            Place::Whole(_) | Place::Set => "",
        };
        Some(match &self.problem {
            Problem::Yaml(_) if line.contains("{{") => "this looks like a template; render it first",
            Problem::Yaml(YamlProblem::Syntax(_)) if indented_by_tab(line) => "YAML is indented with spaces; this line begins with a tab",
            Problem::Yaml(YamlProblem::Syntax(_) | YamlProblem::Json(_)) => return None,
            Problem::Yaml(YamlProblem::Directive) => "remove the line",
            Problem::Yaml(YamlProblem::DuplicateKey { .. }) => "keep one of the two; kubectl would take the last without a word",
            Problem::Yaml(YamlProblem::NullKey | YamlProblem::BadKey) => "put quotes around the key",
            Problem::Yaml(YamlProblem::NotFinite) => "put quotes around the value if text is meant",
            Problem::NoApiVersion => "add the API the object belongs to, such as `apiVersion: v1` or `apiVersion: apps/v1`",
            Problem::NotAMapping => "files that are no manifests do not belong to the set",
            Problem::NoKind => "add the object's kind, such as `kind: ConfigMap`; files that are no manifests do not belong to the set",
            Problem::NoName => "add `name:` below `metadata:`",
            Problem::NotText(_) => "put quotes around the value; without them YAML reads 123, 1e3, yes, on and null as something else",
            Problem::DuplicateObject { .. } => "remove one of the two, or give it another name or namespace",
            Problem::NotUtf8 { utf16: true } => "this looks like UTF-16; save the file as UTF-8",
            Problem::NotUtf8 { utf16: false } => "save the file as UTF-8",
            Problem::NotFound => "check the path given with -f",
            Problem::TooLarge => "split it into several files, and give each with -f, or the folder they are in",
            Problem::NotAFile => "give a file, a folder or a pipe; standard input is written -f -",
            Problem::GivenTwice { .. } => "give it once; a folder stands for every manifest in it",
            Problem::Scheme(_) => "give an http:// or https:// URL, or download it and give the file",
            Problem::NoManifestFiles { has_folders: true } => "add -R to look into the folders below it",
            Problem::Kustomize(problem) => return problem.hint(),
            Problem::NothingFound(_) => "check the path given with -f; documents without content do not count",
            _ => return None,
        })
    }
}

fn indented_by_tab(line: &str) -> bool {
    line[..line.len() - line.trim_start().len()].contains('\t')
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::At(source, mark) => write!(f, "{}:{}:{}: ", source.name(), mark.line, mark.column)?,
            Place::Whole(name) => write!(f, "{name}: ")?,
            Place::Set => {}
        }
        f.write_str(&self.message())?;
        if let Place::At(source, mark) = &self.place {
            f.write_str(&excerpt(source, *mark))?;
        }
        match self.hint() {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}
