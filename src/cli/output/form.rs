//! `-o` and the flags beside it: in which form objects are printed.

use std::fs;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Args, Command};
use serde::Serialize;
use serde_json::Value;

use super::custom_columns::CustomColumns;
use super::go::GoTemplate;
use super::table::TableOptions;
use crate::client::{Form, Selection};
use crate::object::json_path::Template;
use crate::similar::nearest;
use crate::yaml;

/// How objects are printed.
#[derive(Debug, Clone, Default, Args)]
pub struct OutputArgs {
    /// Print objects in this form
    #[arg(long, short = 'o', value_parser = OutputFormParser, value_name = "FORM")]
    pub output: Option<OutputForm>,
    /// Leave the headers of tables out
    #[arg(long)]
    pub no_headers: bool,
    /// Show these labels as columns of tables
    #[arg(long, short = 'L', value_name = "KEYS", value_delimiter = ',')]
    pub label_columns: Vec<String>,
    /// Show labels as the last column of tables
    #[arg(long)]
    pub show_labels: bool,
    /// Show the kind before each name in tables
    #[arg(long)]
    pub show_kind: bool,
    /// Keep metadata.managedFields in JSON and YAML
    #[arg(long)]
    pub show_managed_fields: bool,
}

/// What `-o` takes.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputForm {
    /// Whole objects as JSON.
    Json,
    /// Whole objects as YAML.
    Yaml,
    /// Tables with more columns.
    Wide,
    /// One TYPE/NAME a line.
    Name,
    /// A table of the caller's own columns.
    CustomColumns(CustomColumns),
    /// What a JSONPath template makes of all objects.
    JsonPath(Template),
    /// The values of a JSONPath template, as a JSON list.
    JsonPathAsJson(Template),
    /// What a Go template makes of all objects.
    GoTemplate(GoTemplate),
}

/// The words before `=`, and what is told of each in the help.
const FORMS: &[(&str, &str)] = &[
    ("json", "Whole objects as JSON"),
    ("yaml", "Whole objects as YAML"),
    ("wide", "Tables with more columns"),
    ("name", "One TYPE/NAME a line"),
    ("custom-columns=HEADER:JSONPATH,...", "A table of these columns"),
    ("custom-columns-file=FILE", "The same, headers and paths in two lines of a file"),
    ("jsonpath=TEMPLATE", "What a JSONPath template makes of them"),
    ("jsonpath-file=FILE", "The same, from a file"),
    ("jsonpath-as-json=TEMPLATE", "The values of a JSONPath template as a JSON list"),
    ("go-template=TEMPLATE", "What a Go template makes of them"),
    ("go-template-file=FILE", "The same, from a file"),
];

impl OutputForm {
    /// Reads what `-o` takes, files included.
    ///
    /// Errors say what is wrong with the word, the template or the file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once('=').map_or((text, None), |(word, rest)| (word, Some(rest)));
        let argument = || rest.filter(|rest| !rest.is_empty()).ok_or_else(|| format!("{word} needs a value: -o {word}=..."));
        let file = || argument().and_then(|path| fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}")));
        let path = |text: &str| Template::parse(text).map_err(|error| error.to_string());
        match word {
            "json" | "yaml" | "wide" | "name" if rest.is_some() => Err(format!("{word} takes no value")),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "wide" => Ok(Self::Wide),
            "name" => Ok(Self::Name),
            "custom-columns" => CustomColumns::parse(argument()?).map(Self::CustomColumns),
            "custom-columns-file" => CustomColumns::parse_file(&file()?).map(Self::CustomColumns),
            "jsonpath" => path(argument()?).map(Self::JsonPath),
            "jsonpath-file" => path(&file()?).map(Self::JsonPath),
            "jsonpath-as-json" => path(argument()?).map(Self::JsonPathAsJson),
            "go-template" | "template" => GoTemplate::parse(argument()?).map(Self::GoTemplate),
            "go-template-file" | "templatefile" => GoTemplate::parse(&file()?).map(Self::GoTemplate),
            _ => Err(format!("there is no form {word:?}")),
        }
    }
}

impl OutputForm {
    /// A document in this form; tables are not made here and come out as JSON.
    ///
    /// Errors where a template does not fit the document.
    pub fn text(&self, document: &Value) -> Result<String, String> {
        match self {
            Self::Json | Self::Wide | Self::Name | Self::CustomColumns(_) => Ok(pretty(document)),
            Self::Yaml => Ok(yaml::emit(document)),
            Self::JsonPath(template) => template.render(document).map_err(|error| error.to_string()),
            Self::JsonPathAsJson(template) => {
                template.values(document).map(|values| pretty(&values.into())).map_err(|error| error.to_string())
            }
            Self::GoTemplate(template) => template.render(document),
        }
    }
}

/// Reads [`OutputForm`]s for clap, which shows the possible ones in help and completions.
#[derive(Clone)]
pub(in crate::cli) struct OutputFormParser;

impl TypedValueParser for OutputFormParser {
    type Value = OutputForm;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &std::ffi::OsStr) -> Result<OutputForm, clap::Error> {
        let text = value.to_string_lossy();
        OutputForm::parse(&text).map_err(|reason| {
            let flag = argument.map(ToString::to_string).unwrap_or_default();
            let words: Vec<&str> = FORMS.iter().map(|(word, _)| word.split('=').next().unwrap_or(word)).collect();
            let word = text.split('=').next().unwrap_or_default();
            // In the words and the layout in which clap guesses at its own values.
            let similar = nearest(word, words.iter().copied()).filter(|similar| *similar != word);
            let tip = similar.map(|similar| format!("\n\n  tip: a similar form exists: '{similar}'")).unwrap_or_default();
            let message = format!("invalid value '{text}' for '{flag}': {reason}\n  [possible forms: {}]{tip}", words.join(", "));
            clap::Error::raw(ErrorKind::InvalidValue, format!("{message}\n")).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(FORMS.iter().map(|(word, help)| PossibleValue::new(*word).help(*help))))
    }
}

impl OutputArgs {
    /// What to ask the server for.
    #[must_use]
    pub fn form(&self) -> Form {
        if self.is_table() { Form::Table } else { Form::Objects }
    }

    /// Whether the server makes the table that is printed.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.output, None | Some(OutputForm::Wide))
    }

    /// How the tables of one resource are laid out.
    #[must_use]
    pub fn table(&self, selection: &Selection, several: bool, all_namespaces: bool) -> TableOptions {
        TableOptions {
            with_event: false,
            wide: self.output == Some(OutputForm::Wide),
            no_headers: self.no_headers,
            with_namespace: all_namespaces && selection.resource.namespaced,
            name_prefix: (several || self.show_kind).then(|| selection.resource.display_kind()),
            label_columns: self.label_columns.clone(),
            show_labels: self.show_labels,
        }
    }

    /// An object ready to be printed whole: its kind stated, its bookkeeping of owners left out unless asked for. Columns and templates of
    /// the user's own ask for what they name.
    #[must_use]
    pub fn whole(&self, mut object: Value, selection: &Selection) -> Value {
        if let Some(members) = object.as_object_mut() {
            // The items of a list of built-in kinds leave their kind to the list.
            members.entry("apiVersion").or_insert_with(|| selection.resource.gvk().api_version().into());
            members.entry("kind").or_insert_with(|| selection.resource.kind.clone().into());
        }
        let is_read = matches!(self.output, None | Some(OutputForm::Json | OutputForm::Yaml | OutputForm::Wide | OutputForm::Name));
        if is_read
            && !self.show_managed_fields
            && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.remove("managedFields");
        }
        object
    }
}

/// JSON as kubectl lays it out: four blanks a level, ending in a line break.
#[must_use]
pub fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, serde_json::ser::PrettyFormatter::with_indent(b"    "));
    // Writing a JSON value to memory has no way to fail.
    let _ = value.serialize(&mut serializer);
    bytes.push(b'\n');
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `deployment.apps/web`.
#[must_use]
pub fn short_name(object: &Value, selection: &Selection) -> String {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    format!("{}/{name}", selection.resource.display_kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_help_is_read() {
        for (word, _) in FORMS {
            let word = word.split('=').next().unwrap_or(word);
            let reason = OutputForm::parse(&format!("{word}=")).expect_err("an empty or needless value");
            assert!(!reason.contains("there is no form"), "{word}: {reason}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused_with_the_reason() {
        for (text, expected) in [
            ("jsn", "there is no form \"jsn\""),
            ("json=x", "json takes no value"),
            ("jsonpath", "jsonpath needs a value: -o jsonpath=..."),
            ("jsonpath={.a", "a closing brace is expected at character 3 of \"{.a\""),
            ("jsonpath-file=/nonexistent", "cannot read /nonexistent: No such file or directory (os error 2)"),
        ] {
            assert_eq!(OutputForm::parse(text).expect_err(text), expected);
        }
    }
}
