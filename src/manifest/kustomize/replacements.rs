//! `replacements`: one object's field, copied into others.
//!
//! Invariant: a field keeps its type where it has one, so that a port stays a number; one that cannot take the text is an error.

use serde_json::Value;

use super::error::KustomizeProblem;
use super::field_path::{Missing, each, look_up, parse, text_of};
use super::identity::Id;
use super::item::Item;
use super::kustomization::{FieldOptions, Replacement, ReplacementSource, ReplacementTarget, Selector};
use super::selector::Matcher;
use super::set::Set;
use crate::object::{Object, kind_of};
use crate::yaml;

const DEFAULT_PATH: &str = "metadata.name";

/// Copies the source's value into every target.
pub(super) fn replace(set: &mut Set, replacement: &Replacement) -> Result<(), KustomizeProblem> {
    let value = match (&replacement.source, &replacement.value) {
        (Some(_), Some(_)) => return Err(KustomizeProblem::Incomplete("a replacement has a `source` or a `sourceValue`, not both")),
        (None, None) => return Err(KustomizeProblem::Incomplete("a replacement needs a `source` or a `sourceValue`")),
        (None, Some(text)) => Value::String(text.clone()),
        (Some(source), None) => read(set, source)?,
    };
    if replacement.targets.is_empty() {
        return Err(KustomizeProblem::Incomplete("a replacement needs `targets`"));
    }
    for target in &replacement.targets {
        write(set, target, &value)?;
    }
    Ok(())
}

fn read(set: &Set, source: &ReplacementSource) -> Result<Value, KustomizeProblem> {
    let selected: Vec<&Item> = set.items.iter().filter(|item| item.ids().any(|id| is_selected(&id, &source.object))).collect();
    let what = || format!("the source of a replacement ({})", describe(&source.object));
    let item = match selected[..] {
        [item] => item,
        [] => return Err(KustomizeProblem::NoTarget(what())),
        _ => {
            let objects = selected.iter().map(|item| item.id().to_string()).collect::<Vec<_>>().join(", ");
            return Err(KustomizeProblem::Ambiguous { what: what(), objects });
        }
    };
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let fails = |why: String| KustomizeProblem::CannotSet { object: item.id().to_string(), field: path.to_owned(), why };
    let root = Value::Object(item.object.root().clone());
    let found = look_up(&root, &parse(path)).map_err(fails)?;
    let is_empty = |value: &&Value| match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        value => value.is_null(),
    };
    let Some(found) = found.filter(|found| !is_empty(found)) else {
        return Err(KustomizeProblem::NoTarget(format!("the field {path:?} of {}", item.id())));
    };
    part_of(found, &source.options).map_err(fails)
}

/// The part of a text that the options name.
fn part_of(value: &Value, options: &FieldOptions) -> Result<Value, String> {
    if options.delimiter.is_empty() {
        return Ok(value.clone());
    }
    let text = text_of(Some(value)).ok_or_else(|| format!("a delimiter is for text, not for {}", kind_of(value)))?;
    let part = usize::try_from(options.index).ok().and_then(|index| text.split(options.delimiter.as_str()).nth(index));
    part.map(Value::from).ok_or_else(|| format!("there is no part {} between {:?}", options.index, options.delimiter))
}

/// Whether an identity is what a source names; nothing in it is a pattern.
fn is_selected(id: &Id, selector: &Selector) -> bool {
    let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    fits(&selector.group, &id.group)
        && fits(&selector.version, &id.version)
        && fits(&selector.kind, &id.kind)
        && fits(&selector.name, &id.name)
        && fits(&selector.namespace, id.effective_namespace())
}

fn describe(selector: &Selector) -> String {
    let fields = [
        ("group", &selector.group),
        ("version", &selector.version),
        ("kind", &selector.kind),
        ("name", &selector.name),
        ("namespace", &selector.namespace),
    ];
    fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn write(set: &mut Set, target: &ReplacementTarget, value: &Value) -> Result<(), KustomizeProblem> {
    let Some(select) = &target.select else {
        return Err(KustomizeProblem::Incomplete("a target of a replacement needs `select`"));
    };
    let select = Matcher::new(select)?;
    let reject = target.reject.iter().map(Matcher::new).collect::<Result<Vec<_>, _>>()?;
    for item in &mut set.items {
        let ids: Vec<Id> = item.ids().collect();
        let rejects = |matcher: &Matcher| {
            let by_name = !matcher.names_nothing() && ids.iter().any(|id| matcher.fits_id(id));
            by_name || (!matcher.asks_no_metadata() && matcher.fits_metadata(item))
        };
        if select.fits_metadata(item) && ids.iter().any(|id| select.fits_id(id)) && !reject.iter().any(rejects) {
            write_into(item, target, value)?;
        }
    }
    Ok(())
}

fn write_into(item: &mut Item, target: &ReplacementTarget, value: &Value) -> Result<(), KustomizeProblem> {
    let missing = match value {
        _ if !target.options.create => Missing::Stays,
        Value::Object(_) => Missing::Mapping,
        Value::Array(_) => Missing::List,
        _ => Missing::Scalar,
    };
    let name = [DEFAULT_PATH.to_owned()];
    let paths: &[String] = if target.field_paths.is_empty() { &name } else { &target.field_paths };
    for path in paths {
        let id = item.id();
        let mut root = std::mem::take(&mut item.object).into_value();
        let count = each(&mut root, &parse(path), missing, false, &mut |field, fresh| set_field(field, fresh, value, &target.options));
        item.object = Object::from_value(root).unwrap_or_default();
        let why = match count {
            Ok(0) => "there is no such field; `create: true` makes one".to_owned(),
            Ok(_) => continue,
            Err(why) => why,
        };
        return Err(KustomizeProblem::CannotSet { object: id.to_string(), field: path.clone(), why });
    }
    Ok(())
}

fn set_field(field: &mut Value, fresh: bool, value: &Value, options: &FieldOptions) -> Result<(), String> {
    let joined;
    let value = match options.delimiter.as_str() {
        "" => value,
        delimiter => {
            joined = join(field, fresh, value, delimiter, options.index)?;
            &joined
        }
    };
    match (text_of(Some(value)), field.is_object() || field.is_array()) {
        (_, true) => *field = value.clone(),
        (None, false) => return Err(format!("it is {}, and the source {}", kind_of(field), kind_of(value))),
        (Some(text), false) if fresh => *field = yaml::plain_scalar(&text).unwrap_or(Value::String(text)),
        (Some(text), false) => *field = typed(field, text)?,
    }
    Ok(())
}

/// The field's text with one part replaced, or with one more before or behind.
fn join(field: &Value, fresh: bool, value: &Value, delimiter: &str, index: i64) -> Result<Value, String> {
    let no_text = |value: &Value| format!("a delimiter is for text, not for {}", kind_of(value));
    let old = if fresh { String::new() } else { text_of(Some(field)).ok_or_else(|| no_text(field))? };
    let new = text_of(Some(value)).ok_or_else(|| no_text(value))?;
    let mut parts: Vec<&str> = old.split(delimiter).collect();
    match usize::try_from(index) {
        Err(_) => parts.insert(0, &new),
        Ok(index) if index < parts.len() => parts[index] = &new,
        Ok(_) => parts.push(&new),
    }
    Ok(parts.join(delimiter).into())
}

/// A text as a value of the type that a field has.
fn typed(field: &Value, text: String) -> Result<Value, String> {
    let read = yaml::plain_scalar(&text);
    match (field, read) {
        (Value::String(_), _) => Ok(Value::String(text)),
        (Value::Number(_), Some(number @ Value::Number(_))) => Ok(number),
        (Value::Bool(_), Some(truth @ Value::Bool(_))) => Ok(truth),
        _ => Err(format!("it is {}, which the source's value is not", kind_of(field))),
    }
}
