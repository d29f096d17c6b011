//! From the validation keywords to [`Rules`].

use std::sync::Arc;

use serde_json::{Number, Value, json};

use super::{Compiler, JsonObject, Path, flag, text, texts};
use crate::object::{Cause, CauseKind};
use crate::schema::{Bound, Format, Rules, formats, pattern};

/// The schema outside of all junctors, where it is known, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Outside<'a> {
    schema: Option<&'a JsonObject>,
    path: &'a Path<'a>,
    /// Whether the junctors are those of the root: elsewhere kube-apiserver lets them speak of what nobody declared.
    is_root: bool,
}

impl Compiler {
    /// The rules of a node. What its shape already says (`required` of a struct) is left out.
    pub(super) fn rules(&mut self, schema: &JsonObject, path: &Path<'_>, is_struct: bool, is_root: bool) -> Rules {
        let mut rules = self.plain_rules(schema, path);
        if is_struct {
            rules.required.clear();
        } else {
            rules.closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        }
        let outside = Outside { schema: Some(schema), path, is_root };
        rules.all_of = self.junctor(schema, "allOf", outside, true, path);
        rules.any_of = self.junctor(schema, "anyOf", outside, true, path);
        rules.one_of = self.junctor(schema, "oneOf", outside, false, path);
        rules.not = schema.get("not").map(|not| Box::new(self.nested(not, outside, &Path::Member(path, "not"))));
        rules
    }

    /// The rules that a schema puts on an object's name; its other metadata is not the schema's business.
    pub(super) fn metadata_rules(&mut self, metadata: &JsonObject, path: &Path<'_>) -> Rules {
        let properties = metadata.get("properties").and_then(Value::as_object);
        let properties_path = Path::Member(path, "properties");
        let (mut rules, mut stray) = (Rules::default(), false);
        for (name, property) in properties.into_iter().flatten() {
            match property.as_object() {
                Some(property) if matches!(name.as_str(), "name" | "generateName") => {
                    rules.members.push((Arc::from(name.as_str()), self.plain_rules(property, &Path::Key(&properties_path, name))));
                }
                _ => stray = true,
            }
        }
        if stray {
            self.forbid(path, "must not specify anything other than name and generateName, but metadata is implicitly specified");
        }
        rules
    }

    /// The keywords that speak of the value itself.
    fn plain_rules(&mut self, schema: &JsonObject, path: &Path<'_>) -> Rules {
        let mut bound = |keyword: &str, exclusive: &str| {
            let value = self.number(schema, keyword, path)?;
            Some(Bound { value, exclusive: flag(schema, exclusive) })
        };
        let (minimum, maximum) = (bound("minimum", "exclusiveMinimum"), bound("maximum", "exclusiveMaximum"));
        Rules {
            minimum,
            maximum,
            multiple_of: self.number(schema, "multipleOf", path),
            min_length: self.least(schema, "minLength", path),
            max_length: self.count(schema, "maxLength", path),
            pattern: self.pattern(schema, path),
            format: self.format(schema, path),
            min_items: self.least(schema, "minItems", path),
            max_items: self.count(schema, "maxItems", path),
            min_properties: self.least(schema, "minProperties", path),
            max_properties: self.count(schema, "maxProperties", path),
            allowed: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            required: texts(schema, "required"),
            ..Rules::default()
        }
    }

    /// The alternatives below a junctor. The two standard ways of saying that a value is a number or a text say nothing new.
    fn junctor(&mut self, schema: &JsonObject, keyword: &str, outside: Outside<'_>, standard: bool, path: &Path<'_>) -> Vec<Rules> {
        let path = Path::Member(path, keyword);
        let number_or_text = json!([{"type": "integer"}, {"type": "string"}]);
        let given = schema.get(keyword).unwrap_or(&Value::Null);
        if standard && keyword == "anyOf" && *given == number_or_text {
            return Vec::new();
        }
        let mut rules = Vec::new();
        for (index, one) in given.as_array().into_iter().flatten().enumerate() {
            let says_nothing = standard && keyword == "allOf" && index == 0 && *one == json!({ "anyOf": number_or_text });
            if !says_nothing {
                rules.push(self.nested(one, outside, &Path::Item(&path, index)));
            }
        }
        rules
    }

    /// The rules below a junctor, which may speak of nothing that the schema outside of it does not know.
    fn nested(&mut self, schema: &Value, outside: Outside<'_>, path: &Path<'_>) -> Rules {
        let Some(schema) = schema.as_object() else {
            self.causes.push(Cause::invalid(path.to_string(), schema, "must be a schema object"));
            return Rules::default();
        };
        if outside.schema.is_none() && outside.is_root {
            self.causes.push(Cause::required(outside.path.to_string(), &format!("because it is defined in {path}")));
        }
        self.refuse_structure(schema, path);
        let mut rules = self.plain_rules(schema, path);
        rules.all_of = self.junctor(schema, "allOf", outside, false, path);
        rules.any_of = self.junctor(schema, "anyOf", outside, false, path);
        rules.one_of = self.junctor(schema, "oneOf", outside, false, path);
        rules.not = schema.get("not").map(|not| Box::new(self.nested(not, outside, &Path::Member(path, "not"))));
        let (path_properties, known_properties) = (Path::Member(path, "properties"), Path::Member(outside.path, "properties"));
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let known = outside.schema.and_then(|known| known.get("properties")?.get(name)?.as_object());
            let inner = Outside { schema: known, path: &Path::Key(&known_properties, name), ..outside };
            rules.members.push((Arc::from(name.as_str()), self.nested(property, inner, &Path::Key(&path_properties, name))));
        }
        rules.items = schema.get("items").map(|items| {
            let known = outside.schema.and_then(|known| known.get("items")?.as_object());
            let inner = Outside { schema: known, path: &Path::Member(outside.path, "items"), ..outside };
            Box::new(self.nested(items, inner, &Path::Member(path, "items")))
        });
        rules
    }

    fn pattern(&mut self, schema: &JsonObject, path: &Path<'_>) -> Option<(Arc<str>, regex::Regex)> {
        let written = schema.get("pattern")?.as_str().filter(|written| !written.is_empty())?;
        match pattern::compile(written) {
            Ok(regex) => Some((Arc::from(written), regex)),
            Err(error) => {
                let why = format!("must be a valid regular expression, but isn't: {error}");
                self.causes.push(Cause::invalid(Path::Member(path, "pattern").to_string(), &Value::from(written), &why));
                None
            }
        }
    }

    fn format(&mut self, schema: &JsonObject, path: &Path<'_>) -> Option<Format> {
        let name = text(schema, "format");
        if formats::REFUSED.contains(&name) {
            let why = format!("Unsupported value: {name:?}: this server does not enforce the format yet");
            self.refuse(CauseKind::NotSupported, &Path::Member(path, "format"), why);
        }
        // Formats that nobody knows are allowed and mean nothing, as in kube-apiserver.
        Format::parse(name)
    }

    fn number(&mut self, schema: &JsonObject, keyword: &str, path: &Path<'_>) -> Option<Number> {
        match schema.get(keyword)? {
            Value::Number(number) => Some(number.clone()),
            other => {
                self.causes.push(Cause::invalid(Path::Member(path, keyword).to_string(), other, "must be a number"));
                None
            }
        }
    }

    /// A lower bound: what is below zero bounds nothing.
    fn least(&mut self, schema: &JsonObject, keyword: &str, path: &Path<'_>) -> Option<u64> {
        let below_zero = schema.get(keyword).and_then(Value::as_i64).is_some_and(|least| least < 0);
        if below_zero { None } else { self.count(schema, keyword, path) }
    }

    fn count(&mut self, schema: &JsonObject, keyword: &str, path: &Path<'_>) -> Option<u64> {
        let value = schema.get(keyword)?;
        let count = value.as_u64();
        if count.is_none() {
            self.causes.push(Cause::invalid(Path::Member(path, keyword).to_string(), value, "must be a whole number and not negative"));
        }
        count
    }
}
