//! What the rules look at in an object: its generation, its conditions, its counts.

use serde_json::Value;

use super::Readiness;
use crate::object::Object;

/// An object as the rules see it.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a>(&'a Object);

/// One of `status.conditions`.
#[derive(Clone, Copy)]
pub(super) struct Condition<'a>(&'a Value);

impl<'a> Condition<'a> {
    fn text(self, member: &str) -> &'a str {
        self.0.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is_true(self) -> bool {
        self.text("status") == "True"
    }

    pub(super) fn is_false(self) -> bool {
        self.text("status") == "False"
    }

    pub(super) fn reason(self) -> &'a str {
        self.text("reason")
    }

    /// Message, else reason, else what the caller would say.
    pub(super) fn words(self, otherwise: &str) -> String {
        let texts = [self.text("message"), self.reason(), otherwise];
        texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    }
}

impl<'a> Facts<'a> {
    pub(super) fn of(object: &'a Object) -> Self {
        Self(object)
    }

    pub(super) fn value(self, path: &[&str]) -> Option<&'a Value> {
        self.0.get(path)
    }

    pub(super) fn text(self, path: &[&str]) -> &'a str {
        self.0.get_str(path).unwrap_or_default()
    }

    pub(super) fn number(self, path: &[&str]) -> Option<i64> {
        self.0.get(path).and_then(Value::as_i64)
    }

    /// A count in the status; one that is not written is zero.
    pub(super) fn count(self, member: &str) -> i64 {
        self.number(&["status", member]).unwrap_or_default()
    }

    pub(super) fn list(self, path: &[&str]) -> impl Iterator<Item = &'a Value> {
        self.0.get(path).and_then(Value::as_array).into_iter().flatten()
    }

    pub(super) fn condition(self, kind: &str) -> Option<Condition<'a>> {
        self.list(&["status", "conditions"]).map(Condition).find(|condition| condition.text("type") == kind)
    }

    pub(super) fn creation(self) -> Option<jiff::Timestamp> {
        self.0.meta_str("creationTimestamp")?.parse().ok()
    }

    /// A deletion under way, and what it waits for.
    pub(super) fn terminating(self) -> Option<Readiness> {
        self.0.deletion_timestamp()?;
        let finalizers = self.0.finalizers();
        let remaining = ["NamespaceContentRemaining", "NamespaceFinalizersRemaining", "NamespaceDeletionContentFailure"];
        let of_namespace = remaining.into_iter().filter_map(|kind| self.condition(kind)).find(|condition| condition.is_true());
        let reason = match of_namespace {
            Some(condition) => condition.words(""),
            None if finalizers.is_empty() => "it is being deleted".to_owned(),
            None => format!("waiting for the {} {}", if finalizers.len() == 1 { "finalizer" } else { "finalizers" }, finalizers.join(", ")),
        };
        Some(Readiness::Terminating { reason })
    }

    /// A specification that its controller has not read yet.
    pub(super) fn unobserved(self) -> Option<Readiness> {
        let generation = self.number(&["metadata", "generation"])?;
        let observed = self.number(&["status", "observedGeneration"])?;
        (observed != generation)
            .then(|| Readiness::in_progress(format!("generation is {generation}, the controller has observed {observed}")))
    }

    /// The same for kinds whose controllers always write what they have observed: where nothing is written, nobody has looked yet.
    pub(super) fn never_observed(self) -> Option<Readiness> {
        let observed = self.number(&["status", "observedGeneration"]);
        observed.is_none().then(|| Readiness::in_progress("its controller has not looked at it yet"))
    }

    /// The two conditions that mean the same wherever they stand.
    pub(super) fn standard_conditions(self) -> Option<Readiness> {
        let standing = |kind: &str| self.condition(kind).filter(|condition| condition.is_true());
        let reconciling = standing("Reconciling").map(|condition| Readiness::in_progress(condition.words("Reconciling")));
        reconciling.or_else(|| standing("Stalled").map(|condition| Readiness::failed(condition.words("Stalled"))))
    }

    /// The condition `Ready`, where there is one.
    pub(super) fn ready_condition(self) -> Readiness {
        let Some(ready) = self.condition("Ready") else { return Readiness::Ready };
        let (generation, observed) = (self.number(&["metadata", "generation"]), ready.0.get("observedGeneration").and_then(Value::as_i64));
        match (generation, observed) {
            (Some(generation), Some(observed)) if observed < generation => {
                Readiness::in_progress(format!("generation is {generation}, the condition Ready is of {observed}"))
            }
            _ if ready.is_true() => Readiness::Ready,
            _ => Readiness::in_progress(ready.words("the condition Ready is not true")),
        }
    }
}

/// `1 of 3 replicas are available`, where that is less than all.
pub(super) fn fewer(have: i64, want: i64, of_what: &str) -> Option<Readiness> {
    (have < want).then(|| Readiness::in_progress(format!("{have} of {want} {of_what}")))
}
