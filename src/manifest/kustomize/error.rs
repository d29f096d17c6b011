//! What can be wrong with a kustomization.

use super::limits::{DEPTH_MOST, FILES_MOST};
use crate::manifest::source::SIZE_MOST;
use crate::merge::JsonPatchError;

/// What is wrong with a kustomization, or with what it does to its objects.
#[derive(Debug, thiserror::Error)]
pub enum KustomizeProblem {
    /// A folder without the file.
    #[error("there is no kustomization.yaml, kustomization.yml or Kustomization in this folder")]
    NoFile,
    /// A folder with several of the files.
    #[error("this folder has both {0} and {1}; only one of them can be meant")]
    TwoFiles(&'static str, &'static str),
    /// A kustomization where a manifest is expected.
    #[error("this is a kustomization, not a manifest")]
    NotAManifest,
    /// A kustomization in a folder that is only passed through.
    #[error("this folder holds a kustomization, which -R does not build")]
    MetOnTheWay,
    /// A file without any content, or with several documents.
    #[error("a kustomization must be one YAML document that says something; this file has {0}")]
    NotOneDocument(&'static str),
    /// A value of another type.
    #[error("`{field}` must be {wanted}, not {found}")]
    WrongType {
        /// The field.
        field: String,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A field that no kustomization has.
    #[error("there is no field `{}` in {within}{}", .field.escape_debug(), .similar.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default())]
    UnknownField {
        /// The field.
        field: String,
        /// Where it stands.
        within: &'static str,
        /// A field that is spelled much like it.
        similar: Option<&'static str>,
    },
    /// A field of kustomize's that is not supported here.
    #[error("the field `{field}` is not supported: {why}")]
    Unsupported {
        /// The field.
        field: &'static str,
        /// Why, or what to use in its place.
        why: &'static str,
    },
    /// `kind` or `apiVersion` is another.
    #[error("`{field}` must be {wanted} here")]
    WrongForm {
        /// The field.
        field: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// A required field is missing, or several that exclude each other are there.
    #[error("{0}")]
    Incomplete(&'static str),
    /// A value that is not one of those there are.
    #[error("`{field}` is {value:?}, but must be {wanted}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// The value.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// A regular expression or a selector that cannot be read.
    #[error("`{field}`: {why}")]
    BadSelector {
        /// The field.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A path that leads out of the folder.
    #[error("{path:?} is not in or below the folder of this kustomization")]
    Outside {
        /// The path.
        path: String,
    },
    /// An absolute path of a folder.
    #[error("{path:?} is absolute; a folder is named relative to the kustomization")]
    Absolute {
        /// The path.
        path: String,
    },
    /// A folder that is, or contains, one that is being built.
    #[error("{path:?} leads back to {to}, which is being built: this is a cycle")]
    Cycle {
        /// The path.
        path: String,
        /// The folder.
        to: String,
    },
    /// A path where nothing is.
    #[error("{path:?} does not exist")]
    NotFound {
        /// The path.
        path: String,
    },
    /// A path whose content cannot be had.
    #[error("{path:?} cannot be read: {why}")]
    CannotRead {
        /// The path.
        path: String,
        /// Why.
        why: String,
    },
    /// A git repository.
    #[error("{path:?} is a git repository, and repositories are not fetched")]
    Repository {
        /// The URL.
        path: String,
    },
    /// Kustomizations in kustomizations without end.
    #[error("kustomizations are nested more than {DEPTH_MOST} levels deep")]
    TooDeep,
    /// Very many files.
    #[error("this kustomization reads more than {FILES_MOST} files")]
    TooManyFiles,
    /// Very large files.
    #[error("this kustomization reads more than {} MiB", SIZE_MOST >> 20)]
    TooLarge,
    /// A component among resources, or the reverse.
    #[error("{path:?} is a {found}, and {place} takes a {wanted}")]
    WrongKind {
        /// The path.
        path: String,
        /// What it is.
        found: &'static str,
        /// Where it is named.
        place: &'static str,
        /// What belongs there.
        wanted: &'static str,
    },
    /// Two objects of one identity.
    #[error("{object} is already there, from {first}")]
    Duplicate {
        /// The object.
        object: String,
        /// Where the first is from.
        first: String,
    },
    /// A generated object meets one that is there, without a behaviour that allows for it, or the reverse.
    #[error("{object} {why}")]
    Behaviour {
        /// The object.
        object: String,
        /// What does not fit.
        why: &'static str,
    },
    /// A source of a generator's that has not the form it must have.
    #[error("{given:?} {why}")]
    BadPair {
        /// The source; for an environment file the file and line.
        given: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A patch or a transformer that fits no object.
    #[error("no object fits: {0}")]
    NoTarget(String),
    /// A patch, replacement or reference that fits several objects.
    #[error("several objects fit {what}: {objects}")]
    Ambiguous {
        /// What is looked for.
        what: String,
        /// The objects.
        objects: String,
    },
    /// A patch that is none.
    #[error("this is neither a strategic merge patch (an object with `kind` and `metadata.name`) nor a JSON patch (a list of operations)")]
    NotAPatch,
    /// A patch that cannot be applied to an object.
    #[error("the patch does not fit {object}: {why}")]
    PatchFails {
        /// The object.
        object: String,
        /// Why not.
        why: String,
    },
    /// A JSON patch that cannot be applied to an object.
    #[error("the patch does not fit {object}: {cause}")]
    JsonPatch {
        /// The object.
        object: String,
        /// Why not.
        #[source]
        cause: JsonPatchError,
    },
    /// A field that cannot be set, because something else is in the way.
    #[error("cannot set {field} of {object}: {why}")]
    CannotSet {
        /// The object.
        object: String,
        /// The field.
        field: String,
        /// Why not.
        why: String,
    },
    /// Rules about one field that contradict each other.
    #[error("two rules for the field {0:?} differ in `create`")]
    RulesDiffer(String),
}

impl KustomizeProblem {
    /// What to do next, where that can be said.
    pub(in crate::manifest) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotAManifest => "give its folder: -k DIR, or -f DIR",
            Self::MetOnTheWay => "build it with -k, or give -f for each folder of plain manifests",
            Self::NoFile => "check the path; a folder of plain manifests is given with -f",
            Self::Outside { .. } => "put the file below the folder, or make its folder a kustomization and name that as a resource",
            Self::Repository { .. } => "clone it beside this folder and name the clone's folder",
            Self::WrongType { wanted: "text", .. } => {
                "put quotes around the value; without them YAML reads 123, 1e3, yes, on and null as something else"
            }
            Self::Behaviour { .. } => "`behavior: create`, the default, makes a new one; merge and replace change one that is there",
            Self::Cycle { .. } => "a kustomization may name folders beside and below it, but none that it lies in",
            _ => return None,
        })
    }
}
