//! Faults of manifests as problems of a report.

use crate::ci::{Item, Level, Place, Problem, Rule};
use crate::plan::Action;
use crate::validate::{Checked, Fault, Place as FaultPlace, Rule as Broken, Severity, Subject};

/// An object that was checked.
pub(in crate::cli) fn of_checked(checked: &Checked) -> Item {
    let place = Some(Place::from(&checked.origin));
    Item::plain(display_name(&checked.subject), checked.subject.namespace.clone(), Action::Unchanged, place)
}

/// What is wrong.
pub(in crate::cli) fn of_fault(fault: &Fault) -> Problem {
    Problem {
        level: match fault.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
        },
        object: fault.object.as_ref().map(display_name),
        namespace: fault.object.as_ref().and_then(|subject| subject.namespace.clone()),
        subject: fault.field.clone(),
        hint: fault.suggestion.clone(),
        place: match &fault.place {
            FaultPlace::At(origin) => Some(Place::from(origin)),
            FaultPlace::File(name) => Some(Place::whole(name)),
            FaultPlace::Set => None,
        },
        ..Problem::new(rule(fault.rule), in_words(fault))
    }
}

fn in_words(fault: &Fault) -> String {
    if fault.field.is_empty() { fault.message.clone() } else { format!("{}: {}", fault.field, fault.message) }
}

/// `deployment.apps/web`.
fn display_name(subject: &Subject) -> String {
    Subject { namespace: None, ..subject.clone() }.to_string()
}

fn rule(broken: Broken) -> Rule {
    let rule = |id, description| Rule { id, description };
    match broken {
        Broken::Unreadable | Broken::NotAnObject => rule("manifest", "A manifest cannot be read, or does not describe an object"),
        Broken::Syntax => rule("syntax", "A manifest is neither YAML nor JSON"),
        Broken::DuplicateKey => rule("duplicate-key", "A key stands twice in one mapping"),
        Broken::DuplicateObject => rule("duplicate", "The object is described twice"),
        Broken::UnknownKind => rule("unknown-kind", "Nothing describes the kind"),
        Broken::RemovedVersion => rule("removed-version", "The version of the kind is served no more"),
        Broken::DeprecatedVersion => rule("deprecated-version", "The version of the kind is to go"),
        Broken::OtherNamespace => rule("other-namespace", "The object is in another namespace than the one asked for"),
        Broken::UnknownField => rule("unknown-field", "The kind has no such field"),
        Broken::WrongType => rule("wrong-type", "A value has the wrong type or form"),
        Broken::Cause(_) => rule("invalid", "A server would refuse the object because of what it says"),
        Broken::Advice => rule("advice", "A server would warn of it"),
    }
}
