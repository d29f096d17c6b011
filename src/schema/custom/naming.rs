//! Which names a CustomResourceDefinition gets: the first that asks for a name in a group has it until it goes.
//!
//! Receives a definition and the names that others of its group hold; hands on its `status`. Invariant: two definitions of one group
//! that were judged one after the other never hold the same name.
//!
//! Facts from
//! <https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/controller/status/naming_controller.go>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::object::{Object, Time};

/// The names of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The plural, which stands in paths.
    pub plural: String,
    /// The singular.
    pub singular: String,
    /// The kind.
    pub kind: String,
    /// The kind of lists.
    pub list_kind: String,
    /// Abbreviations.
    pub short_names: Vec<String>,
    /// Names that stand for several kinds, which nobody holds alone.
    pub categories: Vec<String>,
}

impl Names {
    /// The names that a definition asks for.
    #[must_use]
    pub fn requested(definition: &Object) -> Self {
        Self::read(definition.get(&["spec", "names"]))
    }

    /// The names that a definition holds.
    #[must_use]
    pub fn accepted(definition: &Object) -> Self {
        Self::read(definition.get(&["status", "acceptedNames"]))
    }

    fn read(names: Option<&Value>) -> Self {
        let text = |member: &str| names.and_then(|names| names.get(member)?.as_str()).unwrap_or_default().to_owned();
        let texts = |member: &str| super::texts(names.and_then(|names| names.get(member)));
        Self {
            plural: text("plural"),
            singular: text("singular"),
            kind: text("kind"),
            list_kind: text("listKind"),
            short_names: texts("shortNames"),
            categories: texts("categories"),
        }
    }

    fn to_value(&self) -> Value {
        let mut value = Map::from_iter([("kind".to_owned(), json!(self.kind)), ("plural".to_owned(), json!(self.plural))]);
        for (member, name) in [("singular", &self.singular), ("listKind", &self.list_kind)] {
            (!name.is_empty()).then(|| value.insert(member.to_owned(), json!(name)));
        }
        for (member, names) in [("shortNames", &self.short_names), ("categories", &self.categories)] {
            (!names.is_empty()).then(|| value.insert(member.to_owned(), json!(names)));
        }
        Value::Object(value)
    }
}

/// The names that the definitions of one group hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    resources: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

impl Claims {
    /// Adds the names that one definition holds.
    pub fn add(&mut self, names: &Names) {
        self.resources.extend([names.plural.clone(), names.singular.clone()]);
        self.resources.extend(names.short_names.iter().cloned());
        self.kinds.extend([names.kind.clone(), names.list_kind.clone()]);
    }
}

/// Whether a definition holds all names that it asks for, so that there is nothing to judge.
#[must_use]
pub fn is_settled(definition: &Object) -> bool {
    Names::requested(definition) == Names::accepted(definition)
}

/// Gives a definition the names that are free, and says so in its `status`. `claims` are those of its group, its own included.
///
/// A definition that holds its names is established; one that once was stays so whatever happens to its names.
pub fn settle(definition: &mut Object, claims: &Claims, now: Time) {
    if is_settled(definition) {
        return;
    }
    let (requested, before) = (Names::requested(definition), Names::accepted(definition));
    let mut judge = Judge { claims, conflict: None };
    let accepted = Names {
        plural: judge.resource("PluralConflict", &requested.plural, &before.plural),
        singular: judge.resource("SingularConflict", &requested.singular, &before.singular),
        short_names: judge.short_names(&requested.short_names, &before.short_names),
        kind: judge.kind("KindConflict", &requested.kind, &before.kind),
        list_kind: judge.kind("ListKindConflict", &requested.list_kind, &before.list_kind),
        categories: requested.categories,
    };
    let conflict = judge.conflict;
    if let Some(status) = status_of(definition) {
        status.insert("acceptedNames".to_owned(), accepted.to_value());
    }
    match &conflict {
        Some((reason, message)) => set_condition(definition, ["NamesAccepted", "False", reason, message], now),
        None => set_condition(definition, ["NamesAccepted", "True", "NoConflicts", "no conflicts found"], now),
    }
    if is_true(definition, "Established") {
        return;
    }
    let verdict = match conflict {
        Some(_) => ["Established", "False", "NotAccepted", "not all names are accepted"],
        None if !super::conversion::has_sound_bundle(definition) => {
            ["Established", "False", "InvalidCABundle", "The conversion webhook CABundle is invalid"]
        }
        None => ["Established", "True", "InitialNamesAccepted", "the initial names have been accepted"],
    };
    set_condition(definition, verdict, now);
}

/// Judges name by name; the last conflict is the one that is told.
struct Judge<'a> {
    claims: &'a Claims,
    conflict: Option<(&'static str, String)>,
}

impl Judge<'_> {
    fn resource(&mut self, reason: &'static str, requested: &str, accepted: &str) -> String {
        let taken = self.claims.resources.contains(requested);
        self.one(reason, requested, accepted, taken)
    }

    fn kind(&mut self, reason: &'static str, requested: &str, accepted: &str) -> String {
        let taken = self.claims.kinds.contains(requested);
        self.one(reason, requested, accepted, taken)
    }

    fn one(&mut self, reason: &'static str, requested: &str, accepted: &str, taken: bool) -> String {
        if requested != accepted && taken {
            self.conflict = Some((reason, in_use(requested)));
            return accepted.to_owned();
        }
        requested.to_owned()
    }

    /// Short names are accepted together or not at all.
    fn short_names(&mut self, requested: &[String], accepted: &[String]) -> Vec<String> {
        let taken = requested.iter().filter(|name| !accepted.contains(name) && self.claims.resources.contains(*name));
        let taken: Vec<String> = taken.map(|name| in_use(name)).collect();
        match taken.as_slice() {
            [] => return requested.to_vec(),
            [one] => self.conflict = Some(("ShortNamesConflict", one.clone())),
            more => self.conflict = Some(("ShortNamesConflict", format!("[{}]", more.join(", ")))),
        }
        accepted.to_vec()
    }
}

fn in_use(name: &str) -> String {
    format!("{name:?} is already in use")
}

/// Whether a condition of a definition is true.
#[must_use]
pub fn is_true(definition: &Object, kind: &str) -> bool {
    let conditions = definition.get(&["status", "conditions"]).and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| condition["type"] == kind && condition["status"] == "True")
}

/// Sets a condition by its type, status, reason and message. Its time moves with its status only.
pub fn set_condition(definition: &mut Object, [kind, status, reason, message]: [&str; 4], now: Time) {
    let Some(of) = status_of(definition) else { return };
    let conditions = of.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    let mut condition = json!({
        "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": now.to_string(),
    });
    match conditions.iter_mut().find(|condition| condition["type"] == kind) {
        Some(before) => {
            if before["status"] == status && before["lastTransitionTime"].is_string() {
                condition["lastTransitionTime"] = before["lastTransitionTime"].take();
            }
            *before = condition;
        }
        None => conditions.push(condition),
    }
}

fn status_of(definition: &mut Object) -> Option<&mut Map<String, Value>> {
    let status = definition.root_mut().entry("status").or_insert_with(|| json!({}));
    if !status.is_object() {
        *status = json!({});
    }
    status.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time::parse("2026-11-22T10:00:00Z").expect("a time")
    }

    fn definition(names: &Value) -> Object {
        Object::from_value(json!({"spec": {"names": names}})).expect("an object")
    }

    fn widgets() -> Value {
        json!({"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList", "shortNames": ["wd", "wi"]})
    }

    fn settled(names: &Value, claims: &Claims) -> Object {
        let mut definition = definition(names);
        settle(&mut definition, claims, now());
        definition
    }

    fn claims(of: &[&Object]) -> Claims {
        let mut claims = Claims::default();
        of.iter().for_each(|definition| claims.add(&Names::accepted(definition)));
        claims
    }

    fn told<'a>(definition: &'a Object, kind: &str) -> [&'a str; 3] {
        let conditions = definition.get(&["status", "conditions"]).and_then(Value::as_array).expect("conditions");
        let found = conditions.iter().find(|condition| condition["type"] == kind).expect("the condition");
        ["status", "reason", "message"].map(|member| found[member].as_str().expect("a text"))
    }

    #[test]
    fn free_names_are_accepted_and_establish() {
        let first = settled(&widgets(), &Claims::default());
        assert!(is_settled(&first));
        assert_eq!(told(&first, "NamesAccepted"), ["True", "NoConflicts", "no conflicts found"]);
        assert_eq!(told(&first, "Established"), ["True", "InitialNamesAccepted", "the initial names have been accepted"]);
    }

    #[test]
    fn a_name_that_is_taken_is_told_by_its_place() {
        let first = settled(&widgets(), &Claims::default());
        let claims = claims(&[&first]);
        let other = json!({"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"});
        for (member, value, reason, message) in [
            ("singular", json!("widget"), "SingularConflict", "\"widget\" is already in use"),
            ("singular", json!("wd"), "SingularConflict", "\"wd\" is already in use"),
            ("shortNames", json!(["widgets", "g"]), "ShortNamesConflict", "\"widgets\" is already in use"),
            ("shortNames", json!(["wi", "wd"]), "ShortNamesConflict", "[\"wi\" is already in use, \"wd\" is already in use]"),
            ("kind", json!("Widget"), "KindConflict", "\"Widget\" is already in use"),
            ("listKind", json!("WidgetList"), "ListKindConflict", "\"WidgetList\" is already in use"),
        ] {
            let mut names = other.clone();
            names[member] = value;
            let second = settled(&names, &claims);
            assert_eq!(told(&second, "NamesAccepted"), ["False", reason, message]);
            assert_eq!(told(&second, "Established"), ["False", "NotAccepted", "not all names are accepted"]);
            assert_eq!(Names::accepted(&second).plural, "gadgets", "what is free is held");
        }
    }

    #[test]
    fn an_established_definition_stays_so_when_a_new_short_name_is_taken() {
        let first = settled(&widgets(), &Claims::default());
        let mut second =
            settled(&json!({"plural": "gadgets", "singular": "gadget", "kind": "Gadget", "listKind": "GadgetList"}), &claims(&[&first]));
        second.root_mut()["spec"]["names"]["shortNames"] = json!(["wd"]);
        let all = claims(&[&first, &second]);
        settle(&mut second, &all, now());
        assert_eq!(told(&second, "NamesAccepted")[..2], ["False", "ShortNamesConflict"]);
        assert_eq!(told(&second, "Established")[0], "True");
        assert!(Names::accepted(&second).short_names.is_empty());
    }

    #[test]
    fn a_name_set_free_is_accepted_later() {
        let first = settled(&widgets(), &Claims::default());
        let mut second =
            settled(&json!({"plural": "gadgets", "singular": "gadget", "kind": "Widget", "listKind": "GadgetList"}), &claims(&[&first]));
        assert!(!is_true(&second, "Established"));
        let own = claims(&[&second]);
        settle(&mut second, &own, now());
        assert!(is_true(&second, "Established") && is_true(&second, "NamesAccepted") && is_settled(&second));
    }
}
