//! What an apply tells of each object as it comes, and how it ends.
//!
//! Receives what became of each object, hands on lines, counts and the exit status. Invariant: a failure known from the start is told in
//! its place among the objects of the manifests.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::ApplyArgs;
use super::arguments::{ApplyOutput, WaitFor};
use crate::ci::{self, Problem, Rule};
use crate::cli::failures::FileOrder;
use crate::cli::interruption::not_begun_in_words;
use crate::cli::sets::WorkedSet;
use crate::cli::ui::Ui;
use crate::cli::waiting::{self, Limit, NotMet};
use crate::cli::{Acting, CommandContext, CommandError, DryRun, ExitStatus, Reporter, failures, restore};
use crate::client::{Client, Place, ServedResource};
use crate::manifest::Origin;
use crate::object::Object;
use crate::plan::render::summary;
use crate::plan::undo::Journal;
use crate::plan::{Action, Done, Failure, Live, Placed, PlanEntry, Summary, in_namespace};
use crate::printable::one_line;
use crate::yaml;
/// Prints each object's line as it comes, and counts.
pub(super) struct Report<'a> {
    pub(super) ui: &'a Ui,
    pub(super) context: &'a CommandContext,
    pub(super) args: &'a ApplyArgs,
    pub(super) total: usize,
    pub(super) summary: Summary,
    pub(super) failed: usize,
    pub(super) order: FileOrder,
    /// Failures known from the start, each of which waits for the objects before it.
    pub(super) held: VecDeque<Failure>,
    /// Failures that were not told, because they say the same as the one before: the target cannot be reached.
    pub(super) untold: usize,
    pub(super) cut_off: bool,
    /// The first failure to print; everything after it is only counted.
    pub(super) broken: Option<CommandError>,
    /// Where the objects are that were applied, each with where it is written.
    pub(super) places: Vec<(Place, Option<Origin>)>,
    /// Where those are that were deleted.
    pub(super) deleted: Vec<Place>,
    /// The names of those that were not begun, since the user interrupted.
    pub(super) not_begun: Vec<String>,
    /// What was done, where it is undone if something fails.
    pub(super) journal: Option<Journal>,
    /// For as long as an interruption has to wait until what was done is undone.
    pub(super) acting: Option<Acting<'a>>,
    /// The set that is worked on.
    pub(super) set: Option<WorkedSet>,
    /// What a pipeline is told.
    pub(super) reporter: &'a mut Reporter,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        ui: &'a Ui,
        context: &'a CommandContext,
        args: &'a ApplyArgs,
        total: usize,
        order: FileOrder,
        unplaced: Vec<Failure>,
        reporter: &'a mut Reporter,
    ) -> Self {
        Self {
            ui,
            context,
            args,
            total,
            summary: Summary::default(),
            failed: 0,
            order,
            held: unplaced.into(),
            untold: 0,
            cut_off: false,
            broken: None,
            places: Vec::new(),
            deleted: Vec::new(),
            not_begun: Vec::new(),
            journal: (args.conduct.atomic && args.conduct.dry_run == DryRun::None).then(Journal::default),
            acting: None,
            set: None,
            reporter,
        }
    }

    /// Notes what is about to be applied, for the case that it has to be undone.
    pub(super) fn expect<'p>(&mut self, placed: impl IntoIterator<Item = &'p Placed>, live: &Live) {
        if let Some(journal) = &mut self.journal {
            journal.expect(placed, live, &self.args.field_manager);
        }
    }

    pub(super) fn done(&mut self, done: Done) {
        let rank = match &done {
            Done::Applied(entry) => self.order.rank(entry.origin.as_ref()),
            Done::Failed(failure) => self.order.rank_of(failure),
            Done::NotBegun(_) => None,
        };
        while let Some(held) = self.held.pop_front_if(|held| self.order.rank_of(held) < rank) {
            self.failure(&held);
        }
        match done {
            Done::Applied(entry) => self.entry(&entry),
            Done::Failed(failure) => self.failure(&failure),
            Done::NotBegun(placed) => self.put_off(&placed),
        }
    }

    pub(super) fn put_off(&mut self, placed: &Placed) {
        self.not_begun.push(format!("{}{}", placed.display_name(), in_namespace(placed.key.namespace.as_deref())));
    }

    pub(super) fn entry(&mut self, entry: &PlanEntry) {
        self.summary.add(entry.action);
        self.reporter.entry(entry, self.args.owners());
        self.places.push((place_of(entry), entry.origin.clone()));
        self.note_deed(entry, past_word(entry.action));
        // A difference holds colours; everything else is as the server wrote it.
        let text = self.text(entry);
        let shown =
            if self.args.conduct.output.is_some() { self.ui.foreign_data(&text) } else { self.ui.data(&self.reporter.apart(&text)) };
        if let Err(error) = shown.and_then(|()| self.ui.flush()) {
            self.broken.get_or_insert(error.into());
        }
        if self.args.conduct.dry_run == DryRun::None {
            let applied = self.summary.changes() + self.summary.unchanged;
            self.context.note(format!("{applied} of {} objects were applied; requests under way may still take effect", self.total));
        }
    }

    /// Notes what was done to an object, for the case that it has to be undone, or that somebody interrupts that.
    pub(super) fn note_deed(&mut self, entry: &PlanEntry, word: &'static str) {
        let Some(journal) = &mut self.journal else { return };
        journal.applied(entry);
        if entry.action.is_change() {
            self.context.note_deed(format!("{}{}", entry.display_name(), in_namespace(entry.key.namespace.as_deref())), word);
        }
    }

    /// From here on an interruption waits until what was done is undone, where that is asked for.
    pub(super) fn begin(&mut self) {
        if self.journal.is_none() {
            return;
        }
        self.acting = Some(self.context.act());
        let again = "the same command again goes on where this one ended, and the manifests of before, applied again, go back";
        let revisions = self
            .set
            .as_ref()
            .map(|set| format!("`trueup history --applyset {}` lists the revisions to go back to", set.parent.arguments()));
        self.context.set_revocable([again.to_owned()].into_iter().chain(revisions).collect());
    }

    /// An entry of a dry run; without `--replace`, an object that can only be replaced would fail.
    pub(super) fn planned(&mut self, entry: &PlanEntry) {
        if entry.action == Action::Replace && !self.args.conduct.replace {
            let place = entry.origin.as_ref().map(|origin| format!("{origin}: ")).unwrap_or_default();
            let namespace = in_namespace(entry.key.namespace.as_deref());
            self.ui.error(&format!("{place}{}{namespace}: {}", entry.display_name(), entry.reason.as_deref().unwrap_or_default()));
            let hint = "apply --replace deletes the object and makes it anew; or undo the change in the manifest";
            self.ui.hint(hint);
            self.reporter.problem(not_in_place(entry, hint));
            self.failed += 1;
        } else {
            self.entry(entry);
        }
    }

    pub(super) fn failure(&mut self, failure: &Failure) {
        self.reporter.failure(failure);
        let cut_off = failures::is_unreached(failure);
        if cut_off && self.cut_off {
            self.untold += 1;
        } else {
            failures::tell(self.ui, failure);
        }
        match (&mut self.journal, &failure.deleted) {
            (Some(journal), _) => journal.failed(failure),
            (None, Some(deleted)) => {
                restore::tell(self.ui, &failure.name, deleted);
                self.context.between().settle(&failure.full_name());
            }
            (None, None) => {}
        }
        self.failed += 1;
        self.cut_off |= cut_off;
    }

    pub(super) fn text(&self, entry: &PlanEntry) -> String {
        match self.args.conduct.output {
            Some(ApplyOutput::Name) => format!("{}\n", entry.display_name()),
            Some(ApplyOutput::Json) => entry.after.as_ref().map(json).unwrap_or_default(),
            Some(ApplyOutput::Yaml) => {
                format!("---\n{}", entry.after.as_ref().map(|object| yaml::emit(&shown(object))).unwrap_or_default())
            }
            None if self.args.conduct.diff && entry.action.is_change() => self.args.view(self.ui).entry(entry, self.args.tense()) + "\n",
            None if entry.action == Action::Replace => {
                let reason = entry.reason.as_ref().map(|reason| format!(": it {}", one_line(reason))).unwrap_or_default();
                format!("{} replaced{}{reason}\n", one_line(&entry.display_name()), self.args.conduct.dry_run.suffix())
            }
            None => format!("{} {}{}\n", one_line(&entry.display_name()), past_word(entry.action), self.args.conduct.dry_run.suffix()),
        }
    }

    /// Ends the report and, where that is asked for, waits until what was deleted is gone and what was applied is ready.
    pub(super) async fn finish_and_wait(mut self, client: &Client) -> Result<ExitStatus, CommandError> {
        let (ui, context, args) = (self.ui, self.context, self.args);
        let (places, origins): (Vec<Place>, Vec<_>) = std::mem::take(&mut self.places).into_iter().unzip();
        let deleted = std::mem::take(&mut self.deleted);
        let (status, reporter) = self.finish()?;
        if args.conduct.dry_run != DryRun::None {
            return Ok(status);
        }
        let limit = Limit::of_act(args.conduct.timeout);
        let wants = |what| args.conduct.wait.contains(&what);
        let waits = async {
            let stay =
                if wants(WaitFor::Deleted) { waiting::until_gone(ui, context, client, deleted.clone(), limit).await } else { Vec::new() };
            let unready =
                if wants(WaitFor::Ready) { waiting::until_ready(ui, context, client, places.clone(), limit).await } else { Vec::new() };
            (stay, unready)
        };
        // What an interruption has to undo is undone; where there is nothing of that, it ends the process by itself.
        let (stay, unready) = tokio::select! {
            waited = waits => waited,
            () = context.stop().requested() => return Err(CommandError::interrupted(Some("all objects were applied".to_owned()))),
        };
        let met = stay.is_empty() && unready.is_empty();
        stay.into_iter().for_each(|missed| reporter.problem(not_met(NOT_GONE, &deleted[missed.number], None, missed.why)));
        for NotMet { number, why } in unready {
            reporter.problem(not_met(NOT_READY, &places[number], origins[number].as_ref(), why));
        }
        Ok(if met { status } else { ExitStatus::Failed })
    }

    /// What was and was not done, where the user interrupted.
    pub(super) fn interrupted(&self) -> CommandError {
        let applied = self.summary.changes() + self.summary.unchanged;
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        let not_begun = not_begun_in_words(&self.not_begun);
        CommandError::interrupted(Some(format!("{applied} of {} objects were applied{failed}{not_begun}", self.total)))
    }

    /// Tells of the failures that are known from the start and have not had their turn.
    pub(super) fn tell_held(&mut self) {
        for held in std::mem::take(&mut self.held) {
            self.failure(&held);
        }
    }

    pub(super) fn finish(mut self) -> Result<(ExitStatus, &'a mut Reporter), CommandError> {
        self.tell_held();
        if self.context.stop().is_requested() {
            return Err(self.interrupted());
        }
        if let Some(error) = self.broken {
            return Err(error);
        }
        if self.untold > 0 {
            failures::tell_untold(self.ui, self.untold);
        }
        let color = self.ui.talk_brush().is_colored();
        self.ui.say_painted(summary(self.summary, self.failed, self.args.tense(), color).trim_end());
        Ok((if self.failed > 0 { ExitStatus::Failed } else { ExitStatus::Success }, self.reporter))
    }
}

/// An object that only `--replace` could bring to what it should be.
fn not_in_place(entry: &PlanEntry, hint: &str) -> Problem {
    let rule = Rule { id: "immutable", description: "The object cannot be changed in place" };
    Problem {
        object: Some(entry.display_name()),
        namespace: entry.key.namespace.clone(),
        hint: Some(hint.to_owned()),
        place: entry.origin.as_ref().map(ci::Place::from),
        ..Problem::new(rule, entry.reason.clone().unwrap_or_default())
    }
}

const NOT_READY: Rule = Rule { id: "not-ready", description: "The object is not ready" };
const NOT_GONE: Rule = Rule { id: "not-gone", description: "The object was deleted and is not gone" };

/// An object that was waited for in vain.
fn not_met(rule: Rule, place: &Place, origin: Option<&Origin>, why: String) -> Problem {
    Problem {
        object: Some(format!("{}/{}", place.resource.display_kind(), place.name)),
        namespace: place.namespace.clone(),
        place: origin.map(ci::Place::from),
        ..Problem::new(rule, why)
    }
}

/// kubectl's word for what happened to an object.
fn past_word(action: Action) -> &'static str {
    match action {
        Action::Update => "configured",
        other => other.past(),
    }
}

fn shown(object: &Object) -> Value {
    let mut object = object.clone();
    object.remove_meta("managedFields");
    object.into_value()
}

fn json(object: &Object) -> String {
    crate::cli::output::form::pretty(&shown(object))
}

pub(super) fn place_of(entry: &PlanEntry) -> Place {
    let (gvk, namespace) = (&entry.gvk, entry.key.namespace.clone());
    let resource = ServedResource::named(&gvk.group, &gvk.version, &gvk.kind, &entry.plural, namespace.is_some());
    Place { resource: Arc::new(resource), namespace, name: entry.key.name.clone() }
}
