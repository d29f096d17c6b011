//! A plan in the form that `-o` asks for.
//!
//! Receives a built plan, hands on the whole text. Invariant: values of Secrets are masked in every form unless the user asks for them.

use serde_json::Value;

use super::form::pretty;
use crate::plan::render::{
    DiffOptions, DocumentOptions, NARROWEST, Tense, document, header, markdown, owner_notes, paths, side_by_side, summary, unified_entry,
};
use crate::plan::{Built, OwnersShown, PlanEntry};
use crate::yaml;

/// What `diff -o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum PlanForm {
    /// A unified diff of each object's YAML
    #[default]
    Diff,
    /// One line for each field that changes: its path, its value before and after
    Path,
    /// What happens to which object, and the counts
    Summary,
    /// The names of the objects that change
    Names,
    /// A document in JSON
    Json,
    /// The same document in YAML
    Yaml,
    /// A comment for a pull request
    Markdown,
}

impl PlanForm {
    /// Whether the form may be coloured. Such a form spells out itself what could steer a terminal in the text of others.
    #[must_use]
    pub fn has_colors(self) -> bool {
        matches!(self, Self::Diff | Self::Path | Self::Summary)
    }
}

/// How a plan is shown.
#[derive(Debug, Clone, Copy)]
pub struct PlanView<'a> {
    /// The form.
    pub form: PlanForm,
    /// Whether values of Secrets are masked.
    pub mask: bool,
    /// Whose ownership is told.
    pub owners: OwnersShown<'a>,
    /// The columns for two sides; `None` for one below the other.
    pub two_sides: Option<usize>,
    /// Whether the text is coloured.
    pub color: bool,
}

impl PlanView<'_> {
    /// The whole text of a plan.
    #[must_use]
    pub fn text(&self, built: &Built, warnings: &[String], target: &str) -> String {
        let changed = || built.plan.entries.iter().filter(|entry| entry.action.is_change());
        let counts = || summary(built.plan.summary(), built.failures.len(), Tense::Future, self.color);
        match self.form {
            PlanForm::Diff | PlanForm::Path => {
                let entries: String = changed().map(|entry| self.entry(entry, Tense::Future) + "\n").collect();
                entries + &counts()
            }
            PlanForm::Summary => changed().map(|entry| header(entry, Tense::Future, self.color)).chain([counts()]).collect(),
            PlanForm::Names => changed().map(|entry| entry.display_name() + "\n").collect(),
            PlanForm::Json => pretty(&self.document(built, warnings, target)),
            PlanForm::Yaml => yaml::emit(&self.document(built, warnings, target)),
            PlanForm::Markdown => markdown(&built.plan, &built.failures, self.mask, self.owners),
        }
    }

    /// Header and difference of one entry.
    #[must_use]
    pub fn entry(&self, entry: &PlanEntry, tense: Tense) -> String {
        let options = DiffOptions { color: self.color, mask: self.mask, ..DiffOptions::default() };
        let changes = entry.changes(self.mask, self.owners);
        let difference = match self.two_sides.filter(|width| *width >= NARROWEST) {
            _ if self.form == PlanForm::Path => paths(&changes, self.color),
            Some(width) => side_by_side(entry, width, options) + &owner_notes(&changes, self.color),
            None => unified_entry(entry, options) + &owner_notes(&changes, self.color),
        };
        header(entry, tense, self.color) + &difference
    }

    fn document(&self, built: &Built, warnings: &[String], target: &str) -> Value {
        document(&built.plan, &built.failures, warnings, DocumentOptions { target, mask: self.mask, owners: self.owners })
    }
}
