//! What is wrong with one place of a set of manifests, as data.

use std::fmt;
use std::sync::Arc;

use crate::manifest::{ManifestError, Origin, Problem};
use crate::object::{CauseKind, GroupResource, Gvk, Object};
use crate::yaml::YamlProblem;

/// How much a fault weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The server would refuse the object, or drop a part of it.
    Error,
    /// The server would take the object and warn.
    Warning,
}

impl Severity {
    /// The word in outputs: `error` or `warning`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Which rule a fault breaks; the words are stable, for programs that sort or silence faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A file, pipe or URL that cannot be read, or where nothing is found that counts.
    Unreadable,
    /// Text that is not YAML or JSON.
    Syntax,
    /// One key twice in one mapping.
    DuplicateKey,
    /// A document that is no API object: `apiVersion`, `kind` or the name is missing.
    NotAnObject,
    /// One object twice in one set.
    DuplicateObject,
    /// A kind that nothing describes.
    UnknownKind,
    /// A version of a kind that is served no more.
    RemovedVersion,
    /// A version of a kind that is to go.
    DeprecatedVersion,
    /// An object in another namespace than the one asked for.
    OtherNamespace,
    /// A field that the kind does not have.
    UnknownField,
    /// A value of the wrong JSON type, or in the wrong form.
    WrongType,
    /// A value that the server would refuse, with the reason it would give.
    Cause(CauseKind),
    /// What the server would warn of.
    Advice,
}

impl Rule {
    /// The word for programs, such as `UnknownField`; of causes, the server's, such as `FieldValueRequired`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "Unreadable",
            Self::Syntax => "Syntax",
            Self::DuplicateKey => "DuplicateKey",
            Self::NotAnObject => "NotAnObject",
            Self::DuplicateObject => "DuplicateObject",
            Self::UnknownKind => "UnknownKind",
            Self::RemovedVersion => "RemovedVersion",
            Self::DeprecatedVersion => "DeprecatedVersion",
            Self::OtherNamespace => "OtherNamespace",
            Self::UnknownField => "UnknownField",
            Self::WrongType => "WrongType",
            Self::Cause(kind) => kind.as_str(),
            Self::Advice => "Advice",
        }
    }
}

/// Where a fault is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a text.
    At(Origin),
    /// At a path or URL as a whole.
    File(Arc<str>),
    /// In the set as a whole.
    Set,
}

impl Place {
    /// The file, URL or `standard input`; `None` for the set.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::At(origin) => Some(origin.source.name()),
            Self::File(name) => Some(name),
            Self::Set => None,
        }
    }

    /// The place in a text.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            Self::At(origin) => Some(origin),
            Self::File(_) | Self::Set => None,
        }
    }
}

/// Displays as `deploy/web.yaml:12:3`, as the file alone, or as nothing.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(origin) => origin.fmt(f),
            Self::File(name) => f.write_str(name),
            Self::Set => Ok(()),
        }
    }
}

/// Which object something is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Group, version and kind as the manifest writes them.
    pub gvk: Gvk,
    /// The namespace that the manifest or the command line states.
    pub namespace: Option<String>,
    /// The name, or what `generateName` begins it with.
    pub name: String,
    /// Whether the server makes the name up.
    pub generated: bool,
}

impl Subject {
    /// The subject that an object is. `namespace` is the one to take where the object states none.
    #[must_use]
    pub fn of(object: &Object, namespace: Option<&str>) -> Self {
        let generated = object.name().is_empty();
        Self {
            gvk: object.gvk().unwrap_or_else(|| Gvk::new("", object.api_version(), object.kind())),
            namespace: object.namespace().or(namespace).map(str::to_owned),
            name: if generated { object.meta_str("generateName").unwrap_or_default() } else { object.name() }.to_owned(),
            generated,
        }
    }
}

/// Displays as kubectl writes objects, such as `deployment.apps/web`, and where it is.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", GroupResource::new(&self.gvk.group, &self.gvk.kind.to_lowercase()), self.name)?;
        self.namespace.as_ref().map_or(Ok(()), |namespace| write!(f, " in namespace {namespace}"))
    }
}

/// One thing that is wrong with a set of manifests. No member holds a value of a Secret.
#[derive(Debug, Clone)]
pub struct Fault {
    /// How much it weighs.
    pub severity: Severity,
    /// The rule that is broken.
    pub rule: Rule,
    /// Where it is.
    pub place: Place,
    /// The object; `None` where no object could be read.
    pub object: Option<Subject>,
    /// The field as the server names it, such as `spec.template.spec.containers[0].image`; empty where it is about the whole.
    pub field: String,
    /// What is wrong, in one line as a rule.
    pub message: String,
    /// What to do next, where that can be said.
    pub suggestion: Option<String>,
}

impl Fault {
    /// The excerpt of the manifest: two lines, each after a line break; empty where there is nothing to see.
    #[must_use]
    pub fn excerpt(&self) -> String {
        self.place.origin().map(Origin::excerpt).unwrap_or_default()
    }
}

/// An error of the set as a whole.
pub(super) fn of_set(message: &str) -> Fault {
    Fault {
        severity: Severity::Error,
        rule: Rule::Unreadable,
        place: Place::Set,
        object: None,
        field: String::new(),
        message: message.to_owned(),
        suggestion: None,
    }
}

impl From<&ManifestError> for Fault {
    fn from(error: &ManifestError) -> Self {
        Self {
            severity: Severity::Error,
            rule: rule_of(&error.problem),
            place: match (error.origin(), error.file()) {
                (Some(origin), _) => Place::At(origin),
                (None, Some(name)) => Place::File(name.into()),
                (None, None) => Place::Set,
            },
            object: None,
            field: String::new(),
            message: error.message(),
            suggestion: error.hint().map(str::to_owned),
        }
    }
}

fn rule_of(problem: &Problem) -> Rule {
    match problem {
        Problem::Yaml(YamlProblem::DuplicateKey { .. }) => Rule::DuplicateKey,
        Problem::Yaml(_) => Rule::Syntax,
        Problem::NotAMapping
        | Problem::ItemsNotAList
        | Problem::NoApiVersion
        | Problem::NoKind
        | Problem::NoName
        | Problem::MetadataNotAMapping => Rule::NotAnObject,
        Problem::NotText(_) => Rule::WrongType,
        Problem::DuplicateObject { .. } => Rule::DuplicateObject,
        _ => Rule::Unreadable,
    }
}
