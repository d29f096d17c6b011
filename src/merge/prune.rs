//! What goes from an object because its applier states it no longer.
//!
//! Receives the merged object and the managers, hands on what is left of it. Invariant: a field goes only with one that the manager
//! owned and that nobody owns now.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::apply::{ApplyRequest, UNOWNED, into_members};
use super::combine;
use super::compare::compare;
use super::field_set::FieldSet;
use super::managed::{ManagerEntry, Managers, Operation};
use super::ownership::{add_named_ancestors, everything};
use super::typed::WalkError;
use super::versions::converted;
use crate::schema::SchemaNode;

/// What it takes to find out which fields go with an apply.
pub(super) struct Pruning<'a> {
    pub(super) request: &'a ApplyRequest<'a>,
    pub(super) own: &'a ManagerEntry,
    pub(super) last: &'a ManagerEntry,
    pub(super) others: &'a Managers,
}

impl Pruning<'_> {
    /// Takes out of the merged object what the manager owned last time and nobody owns now.
    ///
    /// A field that goes takes all below it along: of a list item that its last applier drops, nothing stays because an update once
    /// wrote a member of it. Declared objects and lists go with the last owned field in them.
    pub(super) fn prune(&self, merged: Value, stated: Value) -> Result<Value, WalkError> {
        let version = &self.last.api_version;
        let pruned = if *version == self.own.api_version {
            self.without_unowned(self.request.schema, into_members(merged))?
        } else {
            // What was owned in another version can only be found in that version.
            let Some(schema) = self.request.versions.schema(version) else { return Ok(merged) };
            let merged = converted(self.request.versions, into_members(merged), version);
            converted(self.request.versions, self.without_unowned(schema.root(), merged)?, &self.own.api_version)
        };
        // An empty list is owned by nobody, and null is not the same as empty: what the manager states is there as stated.
        combine::merge(self.request.schema, Value::Object(pruned), stated)
    }

    fn without_unowned(&self, schema: SchemaNode<'_>, merged: Map<String, Value>) -> Result<Map<String, Value>, WalkError> {
        let version = self.last.api_version.as_str();
        let mut last = self.last.fields.clone();
        add_named_ancestors(schema, &mut last);
        let owned = self.owned(schema, version);
        let mut gone = last.clone();
        gone.subtract(&owned);
        let versions: BTreeSet<&str> = self.entries().map(|entry| entry.api_version.as_str()).chain([version]).collect();
        if versions.len() == 1 {
            return Ok(combine::remove_items(schema, merged, &gone, &self.stated(version)));
        }
        let mut pruned = combine::remove_items(schema, merged.clone(), &gone, &self.stated(version));
        // A part may be owned in one version and the item around it in another, so each version has its say until none has more.
        for other in versions.iter().cycle().take(versions.len() * versions.len()) {
            pruned = self.with_owned_at(other, &merged, pruned)?;
        }
        // Of an item that one version puts back, nothing may be missing that the manager never owned.
        let mut gone = compare(schema, &merged, &pruned)?.removed.intersection(&last);
        gone.subtract(&owned);
        let keep = everything(schema, &Value::Object(pruned))?;
        Ok(combine::remove_items(schema, merged, &gone, &keep))
    }

    /// Puts back what managers of one version own of what was taken out.
    fn with_owned_at(&self, other: &str, merged: &Map<String, Value>, pruned: Map<String, Value>) -> Result<Map<String, Value>, WalkError> {
        let versions = self.request.versions;
        let known = (other != self.request.api_version).then(|| versions.schema(other));
        let schema = match &known {
            None => self.request.schema,
            Some(Some(schema)) => schema.root(),
            Some(None) => return Ok(pruned),
        };
        let whole = converted(versions, merged.clone(), other);
        let left = converted(versions, pruned.clone(), other);
        let mut gone = compare(schema, &whole, &left)?.removed;
        if !gone.subtract(&self.owned(schema, other)) {
            return Ok(pruned);
        }
        // What is there, empty or not, is there because some version wants it.
        let mut keep = everything(schema, &Value::Object(left))?;
        keep.union_with(self.stated(other));
        let left = combine::remove_items(schema, whole, &gone, &keep);
        Ok(converted(versions, left, &self.last.api_version))
    }

    fn entries(&self) -> impl Iterator<Item = &ManagerEntry> {
        self.others.entries.iter().chain([self.own])
    }

    /// What anybody owns in one version, with the declared objects and lists around it.
    fn owned(&self, schema: SchemaNode<'_>, version: &str) -> FieldSet {
        // The manager's own entry does not say so, but it states what everybody states, and holds `metadata` in place by that.
        let mut owned = UNOWNED.clone();
        self.entries().filter(|entry| entry.api_version == version).for_each(|entry| owned.union_with(entry.fields.clone()));
        add_named_ancestors(schema, &mut owned);
        owned
    }

    /// What anybody states by an apply in one version.
    fn stated(&self, version: &str) -> FieldSet {
        let mut stated = FieldSet::new();
        let appliers = self.entries().filter(|entry| entry.operation == Operation::Apply && entry.api_version == version);
        appliers.for_each(|entry| stated.union_with(entry.fields.clone()));
        stated
    }
}
