//! What is waited for: `create`, `delete`, `ready`, `condition=…`, `jsonpath=…`.
//!
//! Receives the words after `--for` and objects, hands on verdicts. Pure.

use jiff::Timestamp;
use serde_json::Value;

use crate::object::Object;
use crate::object::json_path::JsonPath;
use crate::readiness::{Readiness, readiness};
use crate::similar::{did_you_mean, nearest};

/// What is waited for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) enum Goal {
    /// That the object exists.
    Create,
    /// That it does not.
    Delete,
    /// That it is what it describes.
    Ready,
    /// That one of its conditions has a status; both are compared without regard to case.
    Condition {
        /// The type of the condition.
        name: String,
        /// The status.
        status: String,
    },
    /// That a path leads to a value.
    JsonPath {
        /// The path as written.
        text: String,
        /// The path.
        path: JsonPath,
        /// The value; any will do where none is given.
        value: Option<String>,
    },
}

/// What can be said of an object and a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum Verdict {
    /// It is there.
    Met,
    /// Not yet; the text says what is missing.
    Unmet(String),
    /// It will not come true by waiting; the text says why.
    Hopeless(String),
}

impl Goal {
    /// Reads what stands after `--for`.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once('=').map_or((text, None), |(word, rest)| (word, Some(rest)));
        match (word.to_lowercase().as_str(), rest) {
            ("create", None) => Ok(Self::Create),
            ("delete", None) => Ok(Self::Delete),
            ("ready", None) => Ok(Self::Ready),
            ("condition", Some(rest)) if !rest.is_empty() => {
                let (name, status) = rest.split_once('=').unwrap_or((rest, "true"));
                Ok(Self::Condition { name: name.to_owned(), status: status.to_owned() })
            }
            ("jsonpath", Some(rest)) => Self::json_path(rest),
            (word, _) => {
                let known = ["create", "delete", "ready", "condition", "jsonpath"];
                let similar = nearest(word, known).filter(|similar| *similar != word);
                let question = similar.map(|similar| format!("; {}", did_you_mean(similar))).unwrap_or_default();
                Err(format!("write create, delete, ready, condition=NAME[=STATUS] or jsonpath='{{PATH}}'[=VALUE]{question}"))
            }
        }
    }

    fn json_path(text: &str) -> Result<Self, String> {
        let (path, value) = split_value(text);
        let value = value.map(|value| value.trim_matches(['\'', '"']).to_owned());
        if path.is_empty() || value.as_ref().is_some_and(String::is_empty) {
            return Err("write jsonpath='{.status.readyReplicas}'=3 or jsonpath='{.status.readyReplicas}'".to_owned());
        }
        let parsed = JsonPath::parse(path).map_err(|error| error.to_string())?;
        Ok(Self::JsonPath { text: path.to_owned(), path: parsed, value })
    }

    /// What can be said of an object; `None` is one that does not exist.
    pub(in crate::cli) fn judge(&self, object: Option<&Object>, now: Timestamp) -> Verdict {
        match (self, object) {
            (Self::Create, Some(_)) | (Self::Delete, None) => Verdict::Met,
            (Self::Delete, Some(object)) => Verdict::Unmet(match readiness(object, now) {
                Readiness::Terminating { reason } => reason,
                _ => "it exists, and nobody has deleted it".to_owned(),
            }),
            (_, None) => Verdict::Unmet("it does not exist".to_owned()),
            (Self::Ready, Some(object)) => match readiness(object, now) {
                Readiness::Ready => Verdict::Met,
                failed if failed.is_final_failure() => Verdict::Hopeless(failed.to_string()),
                other => Verdict::Unmet(other.to_string()),
            },
            (Self::Condition { name, status }, Some(object)) => condition(object, name, status),
            (Self::JsonPath { text, path, value }, Some(object)) => at_path(object, text, path, value.as_deref()),
        }
    }
}

/// Path and value, parted by the first equals sign outside of braces and brackets.
fn split_value(text: &str) -> (&str, Option<&str>) {
    let mut depth = 0_i32;
    for (place, letter) in text.char_indices() {
        match letter {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            '=' if depth <= 0 => return (text[..place].trim_matches('\''), Some(&text[place + 1..])),
            _ => {}
        }
    }
    (text.trim_matches('\''), None)
}

fn condition(object: &Object, name: &str, status: &str) -> Verdict {
    let text = |condition: &Value, member: &str| condition.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let conditions = object.get(&["status", "conditions"]).and_then(Value::as_array).into_iter().flatten();
    let same = |left: &str, right: &str| left.to_lowercase() == right.to_lowercase();
    let Some(found) = conditions.into_iter().find(|condition| same(&text(condition, "type"), name)) else {
        return Verdict::Unmet(format!("it has no condition {name}"));
    };
    // A verdict on an older specification is none on this one.
    let observed = found.get("observedGeneration").or_else(|| object.get(&["status", "observedGeneration"])).and_then(Value::as_i64);
    if let Some(observed) = observed.filter(|observed| *observed < object.generation()) {
        return Verdict::Unmet(format!("generation is {}, the condition {name} is of {observed}", object.generation()));
    }
    let found_status = text(found, "status");
    if same(&found_status, status) {
        return Verdict::Met;
    }
    let words = [text(found, "message"), text(found, "reason")].into_iter().find(|words| !words.is_empty());
    Verdict::Unmet(format!("the condition {name} is {found_status}{}", words.map(|words| format!(": {words}")).unwrap_or_default()))
}

fn at_path(object: &Object, text: &str, path: &JsonPath, value: Option<&str>) -> Verdict {
    let root = Value::Object(object.root().clone());
    // An index outside of its list is like a member that is not there.
    let found = path.all(&root).unwrap_or_default();
    match (found.as_slice(), value) {
        ([], _) => Verdict::Unmet(format!("{text} leads to nothing")),
        ([_, _, ..], _) => Verdict::Hopeless(format!("{text} leads to more than one value")),
        ([_], None) => Verdict::Met,
        ([Value::Object(_) | Value::Array(_)], Some(_)) => {
            Verdict::Hopeless(format!("{text} leads to an object or a list, which cannot be compared with a value"))
        }
        ([found], Some(value)) => {
            let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            if found.trim() == value.trim() { Verdict::Met } else { Verdict::Unmet(format!("{text} is {found}")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(goal: &str, object: Option<Value>) -> String {
        let goal = Goal::parse(goal).expect(goal);
        let object = object.map(|object| Object::from_value(object).expect("an object"));
        match goal.judge(object.as_ref(), "2026-11-22T10:00:00Z".parse().expect("a time")) {
            Verdict::Met => "met".to_owned(),
            Verdict::Unmet(reason) => format!("unmet: {reason}"),
            Verdict::Hopeless(reason) => format!("hopeless: {reason}"),
        }
    }

    fn thing() -> Value {
        json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a", "generation": 2}, "spec": {"n": 3, "on": true, "s": "x y"},
            "status": {"observedGeneration": 2, "list": ["p", "q"], "conditions": [
                {"type": "Ready", "status": "True"}, {"type": "Old", "status": "True", "observedGeneration": 1},
                {"type": "Bad", "status": "False", "reason": "R", "message": "m"}]}})
    }

    #[test]
    fn each_goal_has_its_verdicts() {
        for (goal, present, absent) in [
            ("create", "met", "unmet: it does not exist"),
            ("Delete", "unmet: it exists, and nobody has deleted it", "met"),
            ("ready", "met", "unmet: it does not exist"),
            ("condition=ready", "met", "unmet: it does not exist"),
            ("condition=Ready=false", "unmet: the condition Ready is True", "unmet: it does not exist"),
            ("condition=bad", "unmet: the condition bad is False: m", "unmet: it does not exist"),
            ("condition=old", "unmet: generation is 2, the condition old is of 1", "unmet: it does not exist"),
            ("condition=none", "unmet: it has no condition none", "unmet: it does not exist"),
            ("jsonpath={.spec.n}=3", "met", "unmet: it does not exist"),
            ("jsonpath={.spec.n}=4", "unmet: {.spec.n} is 3", "unmet: it does not exist"),
            ("jsonpath='{.spec.on}'=true", "met", "unmet: it does not exist"),
            ("jsonpath={.spec.s}='x y'", "met", "unmet: it does not exist"),
            ("jsonpath=.spec.n=3", "met", "unmet: it does not exist"),
            ("jsonpath={.spec}", "met", "unmet: it does not exist"),
            ("jsonpath={.spec.none}", "unmet: {.spec.none} leads to nothing", "unmet: it does not exist"),
            ("jsonpath={.status.list[7]}", "unmet: {.status.list[7]} leads to nothing", "unmet: it does not exist"),
            (r#"jsonpath={.status.conditions[?(@.type=="Bad")].status}=False"#, "met", "unmet: it does not exist"),
            ("jsonpath={.status.list[*]}=p", "hopeless: {.status.list[*]} leads to more than one value", "unmet: it does not exist"),
            (
                "jsonpath={.spec}=x",
                "hopeless: {.spec} leads to an object or a list, which cannot be compared with a value",
                "unmet: it does not exist",
            ),
        ] {
            assert_eq!((judged(goal, Some(thing())).as_str(), judged(goal, None).as_str()), (present, absent), "{goal}");
        }
    }

    #[test]
    fn a_failure_for_good_is_hopeless() {
        let stalled =
            json!({"kind": "Thing", "metadata": {}, "status": {"conditions": [{"type": "Stalled", "status": "True", "message": "m"}]}});
        assert_eq!(judged("ready", Some(stalled)), "hopeless: failed: m");
    }

    #[test]
    fn what_is_no_goal_is_refused() {
        for text in ["", "foo", "condition", "condition=", "create=x", "jsonpath=", "jsonpath={.a}=", "jsonpath={.a"] {
            assert!(Goal::parse(text).is_err(), "{text}");
        }
    }
}
