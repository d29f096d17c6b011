//! What an OpenAPI document says of a kind or of one of its fields, as kubectl prints it.
//!
//! Receives the version 3 document of one group and version, hands on text. Invariant: the same document gives the same bytes as
//! `kubectl explain` of Kubernetes 1.36, the quirks of its wrapping included, so that scripts and eyes need not get used to another form.

use serde_json::{Map, Value, json};

use crate::object::Gvk;
use crate::similar::{did_you_mean, nearest};

/// The columns of a description.
const WIDTH: usize = 76;

/// The most values of an enumeration in a list of fields.
const ENUM_MOST: usize = 4;

/// The most descriptions that one field gathers from the schemas it is made of.
const PARTS_MOST: usize = 32;

/// Why something cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// The document describes no such kind.
    #[error("the server's OpenAPI document does not describe kind {kind:?} in version {version:?}")]
    NoKind {
        /// The kind.
        kind: String,
        /// Its group and version.
        version: String,
    },
    /// There is no such field.
    #[error("field {field:?} does not exist")]
    NoField {
        /// The field.
        field: String,
        /// One that may be meant.
        similar: Option<String>,
    },
}

impl ExplainError {
    /// The question that follows.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoField { similar, .. } => similar.as_deref().map(did_you_mean),
            Self::NoKind { .. } => None,
        }
    }
}

/// A kind, or a field of it, in its OpenAPI document.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    document: &'a Value,
    gvk: &'a Gvk,
    /// The last step of the path and the schema that describes it; `None` for the kind as a whole.
    field: Option<(&'a str, &'a Value)>,
    schema: &'a Value,
}

impl<'a> Explanation<'a> {
    /// Looks a field up; an empty path is the kind.
    ///
    /// Errors where the document has no such kind or field.
    pub fn find(document: &'a Value, gvk: &'a Gvk, path: &'a [String]) -> Result<Self, ExplainError> {
        let wanted = json!({"group": gvk.group, "kind": gvk.kind, "version": gvk.version});
        let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
        let is_kind = |schema: &&Value| list(schema, "x-kubernetes-group-version-kind").contains(&wanted);
        let root = schemas.into_iter().flat_map(Map::values).find(is_kind);
        let no_kind = || ExplainError::NoKind { kind: gvk.kind.clone(), version: gvk.api_version() };
        let mut found = Self { document, gvk, field: None, schema: root.ok_or_else(no_kind)? };
        for step in path {
            let schema = found.member(found.schema, step, &mut Vec::new()).ok_or_else(|| found.no_field(step))?;
            found = Self { field: Some((step, schema)), schema, ..found };
        }
        Ok(found)
    }

    /// As kubectl prints it; `recursive` shows the names of all fields below.
    #[must_use]
    pub fn text(&self, recursive: bool) -> String {
        let mut text = String::new();
        if !self.gvk.group.is_empty() {
            text.push_str(&format!("GROUP:      {}\n", self.gvk.group));
        }
        text.push_str(&format!("KIND:       {}\nVERSION:    {}\n\n", self.gvk.kind, self.gvk.version));
        if let Some((name, schema)) = self.field {
            text.push_str(&format!("FIELD: {name} <{}>\n", self.type_name(schema)));
            let values = list(schema, "enum");
            if !values.is_empty() {
                text.push_str("ENUM:");
                values.iter().for_each(|value| text.push_str(&format!("\n    {}", enum_value(value))));
            }
            text.push_str("\n\n");
        }
        let mut parts = 0;
        let description = self.description(self.schema, &mut parts);
        let description = if description.is_empty() { "<empty>" } else { &description };
        text.push_str(&format!("DESCRIPTION:\n{}\n", indent(4, &wrap(WIDTH, description))));
        text.push_str(&external_docs(self.resolved(self.schema), 0, 4, WIDTH));
        let mut fields = Fields { explanation: self, recursive, text: String::new() };
        fields.list(self.schema, 1, &mut Vec::new());
        if !fields.text.is_empty() {
            text.push_str(&format!("FIELDS:\n{}", fields.text));
        }
        text.push('\n');
        text
    }

    /// The same facts as a document of kind `Explanation`.
    #[must_use]
    pub fn document(&self, path: &[String]) -> Value {
        let mut parts = 0;
        let mut members = json!({
            "apiVersion": crate::plan::render::API_VERSION,
            "kind": "Explanation",
            "of": {"group": self.gvk.group, "version": self.gvk.version, "kind": self.gvk.kind},
            "path": path,
            "description": self.description(self.schema, &mut parts).trim_end(),
            "fields": self.fields(),
        });
        if let Some((_, schema)) = self.field {
            members["type"] = self.type_name(schema).into();
            members["enum"] = list(schema, "enum").into();
        }
        members
    }

    fn fields(&self) -> Vec<Value> {
        let mut fields = Vec::new();
        self.each_struct(self.schema, &mut Vec::new(), &mut |owner: &Value| {
            for (name, schema) in properties(owner) {
                fields.push(json!({
                    "name": name,
                    "type": self.type_name(schema),
                    "required": list(owner, "required").iter().any(|required| required == name),
                    "enum": list(schema, "enum"),
                    "description": text_of(schema, "description"),
                }));
            }
        });
        fields
    }

    /// Calls for each schema with members that a value is made of: its own, those of its parts, of its items, of its values.
    fn each_struct(&self, schema: &'a Value, known: &mut Vec<&'a str>, visit: &mut impl FnMut(&'a Value)) {
        let reference = text_of(schema, "$ref");
        if known.contains(&reference) {
            return;
        }
        known.extend(Some(reference).filter(|reference| !reference.is_empty()));
        let resolved = self.resolved(schema);
        visit(resolved);
        for part in parts_of(resolved) {
            self.each_struct(part, known, visit);
        }
        known.truncate(known.len() - usize::from(!reference.is_empty()));
    }

    /// The schema of a member, which may stand in the items, the values or one of the parts of a schema.
    fn member(&self, schema: &'a Value, name: &str, known: &mut Vec<&'a str>) -> Option<&'a Value> {
        let reference = text_of(schema, "$ref");
        if !reference.is_empty() {
            if known.contains(&reference) {
                return None;
            }
            known.push(reference);
        }
        let resolved = self.resolved(schema);
        let own = resolved.get("properties").and_then(|properties| properties.get(name));
        own.or_else(|| match (resolved.get("items"), values_of(resolved)) {
            (Some(items), _) => self.member(items, name, known),
            (None, Some(values)) => self.member(values, name, known),
            (None, None) => list(resolved, "allOf").iter().find_map(|part| self.member(part, name, &mut known.clone())),
        })
    }

    fn no_field(&self, name: &str) -> ExplainError {
        let mut names: Vec<&str> = Vec::new();
        self.each_struct(self.schema, &mut Vec::new(), &mut |owner| names.extend(properties(owner).map(|(name, _)| name.as_str())));
        ExplainError::NoField { field: name.to_owned(), similar: nearest(name, names).map(str::to_owned) }
    }

    /// The definition that a schema refers to, or the schema itself.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        self.definition(text_of(schema, "$ref")).unwrap_or(schema)
    }

    fn definition(&self, reference: &str) -> Option<&'a Value> {
        self.document.pointer(reference.strip_prefix('#').filter(|pointer| !pointer.is_empty())?)
    }

    /// The description of a schema and those of what it is made of.
    fn description(&self, schema: &'a Value, parts: &mut usize) -> String {
        *parts += 1;
        if *parts > PARTS_MOST {
            return String::new();
        }
        let resolved = self.resolved(schema);
        let own = text_of(resolved, "description");
        let mut text = if own.is_empty() { String::new() } else { format!("{own}\n") };
        for part in parts_of(resolved) {
            text.push_str(&self.description(part, parts));
        }
        text
    }

    /// `string`, `[]Container`, `map[string]string`.
    fn type_name(&self, schema: &'a Value) -> String {
        let parts = list(schema, "allOf");
        if let Some(items) = schema.get("items") {
            return format!("[]{}", self.type_name(items));
        }
        if let Some(values) = values_of(schema) {
            return format!("map[string]{}", self.type_name(values));
        }
        if let ([part], None) = (parts, schema.get("properties")) {
            return self.type_name(part);
        }
        let reference = text_of(schema, "$ref");
        let type_of = |schema: &Value| text_of(schema, "type").to_owned();
        if reference.is_empty() {
            let name = type_of(schema);
            return if name.is_empty() || name == "object" { "Object".to_owned() } else { name };
        }
        match self.definition(reference).map(type_of) {
            Some(name) if !name.is_empty() && name != "object" => name,
            _ => reference.rsplit(['/', '.']).next().filter(|name| !name.is_empty()).unwrap_or("Object").to_owned(),
        }
    }
}

/// A list of fields in the making.
struct Fields<'e, 'a> {
    explanation: &'e Explanation<'a>,
    recursive: bool,
    text: String,
}

impl<'a> Fields<'_, 'a> {
    /// Adds the fields of a schema; `known` are the definitions around it, in which it cannot stand again.
    fn list(&mut self, schema: &'a Value, level: usize, known: &mut Vec<&'a str>) {
        let reference = text_of(schema, "$ref");
        if known.contains(&reference) {
            return;
        }
        known.extend(Some(reference).filter(|reference| !reference.is_empty()));
        let resolved = self.explanation.resolved(schema);
        for (name, field) in properties(resolved) {
            self.one(name, field, list(resolved, "required").iter().any(|required| required == name), level);
            if self.recursive {
                self.list(field, level + 1, known);
            }
        }
        for part in parts_of(resolved) {
            self.list(part, level, known);
        }
        known.truncate(known.len() - usize::from(!reference.is_empty()));
    }

    fn one(&mut self, name: &str, schema: &'a Value, required: bool, level: usize) {
        let margin = level * 2;
        let required = if required { " -required-" } else { "" };
        self.text.push_str(&format!("{:margin$}{name}\t<{}>{required}", "", self.explanation.type_name(schema)));
        let values = list(schema, "enum");
        if !values.is_empty() {
            let shown: Vec<String> = values.iter().take(ENUM_MOST).map(enum_value).collect();
            let more = if values.len() > ENUM_MOST { ", ...." } else { "" };
            self.text.push_str(&format!("\n{:margin$}enum: {}{more}", "", shown.join(", ")));
        }
        self.text.push('\n');
        if self.recursive {
            return;
        }
        let description = text_of(schema, "description");
        let description = if description.is_empty() { "<no description>" } else { description };
        self.text.push_str(&format!("{}\n", indent(margin + 2, &wrap(78 - margin, description))));
        self.text.push_str(&external_docs(schema, margin + 2, margin + 4, WIDTH - margin));
        self.text.push('\n');
    }
}

/// What a schema is made of besides members of its own.
fn parts_of(schema: &Value) -> impl Iterator<Item = &Value> {
    list(schema, "allOf").iter().chain(schema.get("items")).chain(values_of(schema))
}

/// The schema of a map's values.
fn values_of(schema: &Value) -> Option<&Value> {
    schema.get("additionalProperties").filter(|values| values.as_object().is_some_and(|values| !values.is_empty()))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn list<'v>(schema: &'v Value, keyword: &str) -> &'v [Value] {
    schema.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_of<'v>(schema: &'v Value, keyword: &str) -> &'v str {
    schema.get(keyword).and_then(Value::as_str).unwrap_or_default()
}

fn enum_value(value: &Value) -> String {
    match value.as_str() {
        Some("") => "\"\"".to_owned(),
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

/// Where more is written, with a blank line before it, at these margins for the heading and the rest; nothing where nobody says.
fn external_docs(schema: &Value, heading: usize, margin: usize, width: usize) -> String {
    let Some(docs) = schema.get("externalDocs").filter(|docs| docs.is_object()) else { return String::new() };
    let mut text = format!("\n{:heading$}EXTERNAL DOCS:\n", "");
    let description = text_of(docs, "description");
    if !description.is_empty() {
        text.push_str(&format!("{}\n", indent(margin, &wrap(width, description))));
    }
    let url = text_of(docs, "url");
    if !url.is_empty() {
        text.push_str(&format!("{:margin$}URL: {url}\n", ""));
    }
    text
}

/// Puts a margin before every line, the empty ones too.
fn indent(margin: usize, text: &str) -> String {
    let margin = " ".repeat(margin);
    format!("{margin}{}", text.replace('\n', &format!("\n{margin}")))
}

/// Breaks lines at blanks so that they have at most `limit` characters; a word that is longer stands where it is. Line breaks of the text
/// stay.
fn wrap(limit: usize, text: &str) -> String {
    text.split('\n').map(|line| wrap_line(limit, line)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(limit: usize, line: &str) -> String {
    let mut wrapped = String::with_capacity(line.len() + 8);
    let mut width = 0;
    let mut rest = line;
    let is_blank = |c: char| c.is_whitespace() && c != '\u{a0}';
    while !rest.is_empty() {
        let (blanks, after) = rest.split_at(rest.find(|c| !is_blank(c)).unwrap_or(rest.len()));
        let (word, after) = after.split_at(after.find(is_blank).unwrap_or(after.len()));
        let (gap, length) = (blanks.chars().count(), word.chars().count());
        // The shortest beginning of the word that no longer fits.
        let overflow = (limit + 1).saturating_sub(width + gap).max(1);
        if word.is_empty() && width + gap > limit {
            break;
        }
        if overflow <= length && overflow < limit && !word.is_empty() {
            wrapped.push('\n');
            width = length;
        } else {
            wrapped.push_str(blanks);
            width += gap + length;
        }
        wrapped.push_str(word);
        rest = after;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({"components": {"schemas": {
            "io.x.Shop": {
                "type": "object",
                "description": "A shop.",
                "required": ["spec"],
                "x-kubernetes-group-version-kind": [{"group": "x.io", "kind": "Shop", "version": "v1"}],
                "properties": {
                    "spec": {"allOf": [{"$ref": "#/components/schemas/io.x.Spec"}], "description": "What it sells.", "default": {}},
                    "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
            "io.x.Spec": {
                "type": "object",
                "description": "Spec of a shop.",
                "properties": {
                    "mode": {"type": "string", "enum": ["", "a", "b", "c", "d"]},
                    "branches": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/io.x.Spec"}]}},
                },
            },
        }}})
    }

    #[test]
    fn a_kind_that_the_document_lacks_is_told() {
        let (document, gvk) = (document(), Gvk::new("x.io", "v1", "Cart"));
        let error = Explanation::find(&document, &gvk, &[]).expect_err("no such kind");
        assert_eq!(error.to_string(), "the server's OpenAPI document does not describe kind \"Cart\" in version \"x.io/v1\"");
        assert_eq!(error.hint(), None);
    }

    fn explained(path: &[&str], recursive: bool) -> Result<String, ExplainError> {
        let (document, gvk) = (document(), Gvk::new("x.io", "v1", "Shop"));
        let path: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
        Explanation::find(&document, &gvk, &path).map(|found| found.text(recursive))
    }

    #[test]
    fn a_kind_is_shown_with_its_fields() {
        let expected = "GROUP:      x.io\nKIND:       Shop\nVERSION:    v1\n\nDESCRIPTION:\n    A shop.\n    \nFIELDS:\n  spec\t<Spec> -required-\n    \
                        What it sells.\n\n  tags\t<map[string]string>\n    <no description>\n\n\n";
        assert_eq!(explained(&[], false).expect("a kind"), expected);
    }

    #[test]
    fn a_field_is_looked_for_in_items_and_parts() {
        let text = explained(&["spec", "branches", "mode"], false).expect("a field");
        assert!(
            text.contains("\n\nFIELD: mode <string>\nENUM:\n    \"\"\n    a\n    b\n    c\n    d\n\nDESCRIPTION:\n    <empty>\n\n"),
            "{text}"
        );
    }

    #[test]
    fn a_type_that_holds_itself_ends() {
        let text = explained(&[], true).expect("a kind");
        let fields = text.split_once("FIELDS:\n").expect("fields").1;
        let expected = "  spec\t<Spec> -required-\n    branches\t<[]Spec>\n    mode\t<string>\n    enum: \"\", a, b, c, ....\n  tags\t<map[string]string>\n\n";
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_misspelled_field_comes_with_a_guess() {
        let error = explained(&["spec", "branchs"], false).expect_err("no such field");
        assert_eq!(
            (error.to_string().as_str(), error.hint().as_deref()),
            ("field \"branchs\" does not exist", Some("did you mean \"branches\"?"))
        );
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_stay_whole() {
        assert_eq!(wrap(10, "one two three four"), "one two\nthree four");
        assert_eq!(wrap(5, "a https://example.com b"), "a\nhttps://example.com\nb");
        assert_eq!(wrap(10, "one\n\ntwo "), "one\n\ntwo ");
    }
}
