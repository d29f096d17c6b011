//! Paths of replacements: `spec.containers.[name=web].env.0.value`, `data.[app.json].port`.
//!
//! Receives a value and a path, hands on what the path leads to. A step into a text that is JSON goes on inside it. Invariant: nothing is
//! made where that is not asked for.

use regex::Regex;
use serde_json::{Map, Value};

use super::field_spec::split_path;
use super::hash::write_text;
use crate::schema::go_pattern;
use crate::yaml;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathStep {
    /// A member of a mapping.
    Member(String),
    /// The item of a list at a position.
    Index(usize),
    /// The last item of a list, in sources only.
    Last,
    /// Every item of a list.
    Every,
    /// The items of a list one of whose members (or, without one, who themselves) have a value.
    Matching(String, String),
}

/// Splits a path at its dots; what stands in brackets is one step.
pub(super) fn parse(path: &str) -> Vec<PathStep> {
    let mut steps = Vec::new();
    let mut parts = split_path(path, '.').into_iter();
    while let Some(mut part) = parts.next() {
        if part.starts_with('[') {
            while !part.ends_with(']') {
                let Some(more) = parts.next() else { break };
                part = format!("{part}.{more}");
            }
        }
        let inner = part.strip_prefix('[').and_then(|part| part.strip_suffix(']'));
        steps.push(match (inner.and_then(|inner| inner.split_once('=')), inner, part.as_str()) {
            (Some((member, value)), ..) => PathStep::Matching(member.to_owned(), value.to_owned()),
            (None, Some(member), _) => PathStep::Member(member.to_owned()),
            (_, _, "*") => PathStep::Every,
            (_, _, "-") => PathStep::Last,
            (_, _, digits) if digits.parse::<usize>().is_ok() => PathStep::Index(digits.parse().unwrap_or_default()),
            _ => PathStep::Member(part),
        });
    }
    steps.retain(|step| *step != PathStep::Member(String::new()));
    steps
}

/// The value that a source's path leads to.
pub(super) fn look_up<'v>(value: &'v Value, steps: &[PathStep]) -> Result<Option<&'v Value>, String> {
    let mut value = value;
    for step in steps {
        let found = match step {
            PathStep::Member(name) => value.get(name.as_str()),
            PathStep::Index(position) => value.get(*position),
            PathStep::Last => value.as_array().and_then(|items| items.last()),
            PathStep::Every => return Err("`*` leads to several values, and a source is one".to_owned()),
            PathStep::Matching(member, wanted) => {
                let fits =
                    |item: &&Value| text_of(if member.is_empty() { Some(*item) } else { item.get(member) }).as_deref() == Some(wanted);
                value.as_array().and_then(|items| items.iter().find(fits))
            }
        };
        match found.filter(|found| !found.is_null()) {
            Some(found) => value = found,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// A scalar's text.
pub(super) fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
        scalar => Some(scalar.to_string()),
    }
}

/// What is made where a target is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing.
    Stays,
    /// A scalar.
    Scalar,
    /// A mapping.
    Mapping,
    /// A list.
    List,
}

/// Sets one target; `fresh` says that it was made on the way.
pub(super) type SetTarget<'a> = dyn FnMut(&mut Value, bool) -> Result<(), String> + 'a;

/// Hands everything that a target's path leads to on, and answers how many values that were.
pub(super) fn each(value: &mut Value, steps: &[PathStep], missing: Missing, fresh: bool, set: &mut SetTarget<'_>) -> Result<usize, String> {
    let Some((step, rest)) = steps.split_first() else {
        set(value, fresh)?;
        return Ok(1);
    };
    if let Value::String(text) = value {
        let (changed, count) = inside_text(text, steps, missing, set)?;
        *text = changed;
        return Ok(count);
    }
    match step {
        PathStep::Member(name) => each_member(value, name, rest, missing, set),
        PathStep::Last => each_member(value, "-", rest, missing, set),
        PathStep::Index(position) => {
            let items = list(value, missing)?;
            if *position == items.len() && missing != Missing::Stays {
                items.push(made(rest, missing));
                return each(&mut items[*position], rest, missing, true, set);
            }
            match items.get_mut(*position) {
                Some(item) => each(item, rest, missing, false, set),
                None => Err(format!("there is no item {position}")),
            }
        }
        PathStep::Every => {
            let mut count = 0;
            for item in list(value, missing)? {
                count += each(item, rest, missing, false, set)?;
            }
            Ok(count)
        }
        PathStep::Matching(member, pattern) => each_matching(value, member, pattern, rest, missing, set),
    }
}

fn each_member(value: &mut Value, name: &str, rest: &[PathStep], missing: Missing, set: &mut SetTarget<'_>) -> Result<usize, String> {
    if value.is_null() && missing != Missing::Stays {
        *value = Value::Object(Map::new());
    }
    let Value::Object(members) = value else { return Ok(0) };
    let is_there = members.contains_key(name);
    if !is_there && missing == Missing::Stays {
        return Ok(0);
    }
    let member = members.entry(name).or_insert_with(|| made(rest, missing));
    each(member, rest, missing, !is_there, set)
}

fn each_matching(
    value: &mut Value,
    member: &str,
    pattern: &str,
    rest: &[PathStep],
    missing: Missing,
    set: &mut SetTarget<'_>,
) -> Result<usize, String> {
    let regex = go_pattern(pattern).map_err(|error| error.to_string())?;
    let items = list(value, missing)?;
    // A step of list items themselves is the last; kustomize does not look at what follows it.
    let rest = if member.is_empty() { &[] } else { rest };
    let mut count = 0;
    for item in items.iter_mut().filter(|item| fits(item, member, &regex)) {
        count += each(item, rest, missing, false, set)?;
    }
    if count > 0 || missing == Missing::Stays {
        return Ok(count);
    }
    let written = yaml::plain_scalar(pattern).unwrap_or_else(|| pattern.into());
    let mut item = if member.is_empty() { written } else { Value::Object([(member.to_owned(), written)].into_iter().collect()) };
    if !fits(&item, member, &regex) {
        return Err(format!("an item made for {pattern:?} would not match it"));
    }
    let count = each(&mut item, rest, missing, false, set)?;
    items.push(item);
    Ok(count)
}

fn fits(item: &Value, member: &str, regex: &Regex) -> bool {
    text_of(if member.is_empty() { Some(item) } else { item.get(member) }).is_some_and(|text| regex.is_match(&text))
}

fn list(value: &mut Value, missing: Missing) -> Result<&mut Vec<Value>, String> {
    if value.is_null() && missing != Missing::Stays {
        *value = Value::Array(Vec::new());
    }
    value.as_array_mut().ok_or_else(|| "a step of the path needs a list where there is none".to_owned())
}

/// What must be there for the steps that follow.
fn made(rest: &[PathStep], missing: Missing) -> Value {
    match (rest.first(), missing) {
        (Some(PathStep::Index(_) | PathStep::Matching(..)), _) | (None, Missing::List) => Value::Array(Vec::new()),
        (Some(_), _) | (None, Missing::Mapping) => Value::Object(Map::new()),
        (None, _) => Value::Null,
    }
}

/// Changes JSON that stands in a text; its layout stays, compact or indented.
fn inside_text(text: &str, steps: &[PathStep], missing: Missing, set: &mut SetTarget<'_>) -> Result<(String, usize), String> {
    let is_json = text.trim_start().starts_with(['{', '[']);
    let Some(mut inner) = is_json.then(|| serde_json::from_str::<Value>(text).ok()).flatten() else {
        return Err("a path can go on inside a text only where it is JSON".to_owned());
    };
    let count = each(&mut inner, steps, missing, false, set)?;
    let mut written = String::new();
    write(&mut written, &inner, (text.contains('\n') && text.contains("  ")).then_some(0));
    Ok((written, count))
}

/// JSON as Go writes it, in one line, or indented at a level.
fn write(text: &mut String, value: &Value, level: Option<usize>) {
    let deeper = level.map(|level| level + 1);
    match value {
        Value::Array(items) if !items.is_empty() => {
            text.push('[');
            for (position, item) in items.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { "," });
                new_line(text, deeper);
                write(text, item, deeper);
            }
            new_line(text, level);
            text.push(']');
        }
        Value::Object(members) if !members.is_empty() => {
            text.push('{');
            for (position, (name, member)) in members.iter().enumerate() {
                text.push_str(if position == 0 { "" } else { "," });
                new_line(text, deeper);
                write_text(text, name);
                text.push_str(if level.is_some() { ": " } else { ":" });
                write(text, member, deeper);
            }
            new_line(text, level);
            text.push('}');
        }
        Value::String(value) => write_text(text, value),
        scalar => text.push_str(&scalar.to_string()),
    }
}

fn new_line(text: &mut String, level: Option<usize>) {
    if let Some(level) = level {
        text.push('\n');
        text.push_str(&"  ".repeat(level));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_has_members_positions_and_matches() {
        let member = |name: &str| PathStep::Member(name.to_owned());
        assert_eq!(
            parse(r"spec.[name=a.b].0.*.-.[x.y/z].a\.b.[=q]"),
            [
                member("spec"),
                PathStep::Matching("name".to_owned(), "a.b".to_owned()),
                PathStep::Index(0),
                PathStep::Every,
                PathStep::Last,
                member("x.y/z"),
                member("a.b"),
                PathStep::Matching(String::new(), "q".to_owned()),
            ]
        );
        assert_eq!(parse("[never closed.a"), [member("[never closed.a")]);
    }

    #[test]
    fn json_in_a_text_keeps_its_layout() {
        let set = |text: &str| {
            let mut value = json!({"f": text});
            each(&mut value, &parse("f.a.0"), Missing::Stays, false, &mut |value, _| {
                *value = json!("<");
                Ok(())
            })
            .map(|_| value["f"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(set(r#"{"b":{}, "a":["x"]}"#).unwrap(), r#"{"a":["\u003c"],"b":{}}"#);
        assert_eq!(set("{\n  \"a\": [\"x\"]\n}").unwrap(), "{\n  \"a\": [\n    \"\\u003c\"\n  ]\n}");
        assert!(set("a: [x]").is_err());
    }
}
