//! A scalar as the parser finds it, and what it means given its quotes and its tag.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use granit_parser::Tag;
use serde_json::Value;

use super::error::YamlProblem;
use super::resolve::{Dialect, Scalar, resolve, resolve_as};

/// Where YAML's own tags live, the ones written `!!int`.
const CORE_TAGS: &str = "tag:yaml.org,2002:";

/// A scalar with escapes undone, but not yet read as a number or the like.
pub(super) struct WrittenScalar<'a> {
    pub(super) text: &'a str,
    /// Whether it stands without quotes, and in no block.
    pub(super) plain: bool,
    pub(super) tag: Option<&'a Tag>,
    pub(super) dialect: Dialect,
}

impl WrittenScalar<'_> {
    /// The JSON value.
    pub(super) fn value(&self) -> Result<Value, YamlProblem> {
        if self.core_tag().as_deref() == Some("binary") {
            return self.binary();
        }
        self.meaning()?.into_value(|| self.text.to_owned()).ok_or(YamlProblem::NotFinite)
    }

    /// The text of a mapping key.
    pub(super) fn key(&self) -> Result<String, YamlProblem> {
        match self.meaning()? {
            Scalar::Null => Err(YamlProblem::NullKey),
            scalar => scalar.into_key(|| self.text.to_owned()).ok_or(YamlProblem::BadKey),
        }
    }

    /// Whether, as a key, it stands for the members of another mapping.
    pub(super) fn is_merge_key(&self) -> bool {
        self.text == "<<" && if self.tag.is_none() { self.plain } else { self.core_tag().as_deref() == Some("merge") }
    }

    fn meaning(&self) -> Result<Scalar, YamlProblem> {
        if self.tag.is_none() {
            return Ok(if self.plain { resolve_as(self.text, self.dialect) } else { Scalar::Text });
        }
        let tag = self.core_tag().unwrap_or_default();
        let scalar = resolve(self.text);
        match (tag.as_ref(), scalar) {
            ("int", Scalar::Int(_) | Scalar::Wide(_))
            | ("float", Scalar::Float(_) | Scalar::Int(_))
            | ("bool", Scalar::Bool(_))
            | ("null", Scalar::Null) => Ok(scalar),
            ("int" | "float" | "bool" | "null", _) => Err(YamlProblem::TagMismatch(tag.into_owned())),
            // kubectl ignores every other tag, and with it the question what the text would be without one.
            _ => Ok(Scalar::Text),
        }
    }

    fn binary(&self) -> Result<Value, YamlProblem> {
        let compact: String = self.text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
        let bytes = STANDARD.decode(compact).map_err(|_| YamlProblem::BadBase64)?;
        String::from_utf8(bytes).map(Value::from).map_err(|_| YamlProblem::BinaryNotText)
    }

    fn core_tag(&self) -> Option<Cow<'_, str>> {
        self.tag?.suffix_in_namespace(CORE_TAGS)
    }
}
