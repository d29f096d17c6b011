//! What can be wrong with a text.

use super::Mark;

/// How deep lists and mappings may nest; serde_json, which reads what we send, goes no deeper.
pub(super) const DEPTH_LIMIT: usize = 127;

/// What is wrong with a text. No variant quotes a value, because values may be secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlProblem {
    /// The text is not YAML.
    #[error("this is not YAML: {0}")]
    Syntax(String),
    /// The text is not JSON, though its name says so.
    #[error("this is not JSON: {0}")]
    Json(String),
    /// A `%YAML` or another directive, which kubectl refuses.
    #[error("YAML directives (lines that begin with `%`) are not supported, in kubectl as here")]
    Directive,
    /// One key stands twice in one mapping.
    #[error("the key `{}` stands twice in this mapping", .key.escape_debug())]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it stood first.
        first: Mark,
    },
    /// Null as a key.
    #[error("a key is null")]
    NullKey,
    /// A list, a mapping or a number that is not finite as a key.
    #[error("a key must be text, a number or a boolean")]
    BadKey,
    /// Infinity or not-a-number, which JSON cannot express.
    #[error("infinity and not-a-number have no place in an API object")]
    NotFinite,
    /// A scalar that does not fit its explicit tag.
    #[error("this value is not what its tag `!!{0}` says")]
    TagMismatch(String),
    /// Bad base64 after `!!binary`.
    #[error("this `!!binary` value is not base64")]
    BadBase64,
    /// Bytes after `!!binary` that JSON text cannot hold.
    #[error("this `!!binary` value is not UTF-8 text once decoded")]
    BinaryNotText,
    /// `<<` with something else than mappings.
    #[error("the merge key `<<` takes a mapping or a list of mappings")]
    BadMerge,
    /// An anchor whose value contains an alias to it.
    #[error("this alias stands inside the value it refers to")]
    RecursiveAlias,
    /// Aliases that multiply beyond the budget.
    #[error("the anchors and aliases of this document stand for more than 16 MiB")]
    AliasBudget,
    /// Nesting beyond the limit.
    #[error("this is nested more than {DEPTH_LIMIT} levels deep")]
    TooDeep,
}

/// A problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {problem}", .mark.line, .mark.column)]
pub struct YamlError {
    /// What is wrong.
    pub problem: YamlProblem,
    /// Where.
    pub mark: Mark,
}
