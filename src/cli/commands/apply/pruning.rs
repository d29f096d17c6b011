//! What an apply of a set does before and after its objects are applied.

use super::arguments::ApplyOutput;
use super::report::{Report, place_of};
use super::{Applying, carry_out};
use crate::cli::output::plan::PlanView;
use crate::cli::sets::WorkedSet;
use crate::cli::{CommandError, DryRun};
use crate::client::{Client, Discovery};
use crate::plan::set::{Departed, Leaving, Scope};
use crate::plan::{Action, Live, Order, Placed, PlanEntry, Replacing, Stage};
use crate::printable::one_line;

/// A set, around whose objects something is to be done.
pub(super) struct Around<'a> {
    pub(super) set: &'a WorkedSet,
    /// The members that leave afterwards.
    pub(super) leaving: Vec<Leaving>,
    /// Where members may be meanwhile.
    pub(super) wide: Scope,
    /// Where they are afterwards.
    pub(super) remaining: Scope,
}

/// Applies the objects of a set, and, if all of them could be applied, lets members leave.
pub(super) async fn apply_set(
    (client, discovery): (&Client, &Discovery),
    around: Around<'_>,
    mut applying: Applying,
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    let set = around.set;
    if let Some(journal) = &mut report.journal {
        journal.expect_members(around.leaving.iter().map(|leaving| &leaving.member));
    }
    let (home, others) = home_first(set, applying.placed, &applying.live);
    applying.placed = others;
    if !home.is_empty() {
        let (order, live) = (Order::at_once(home.len()), applying.live.clone());
        carry_out(client, Applying { placed: home, order, live, replacing: Replacing::Never }, report).await;
        if report.failed > 0 || report.context.stop().is_requested() {
            // Neither the parent nor anything else can be made, or is to be.
            applying.placed.iter().for_each(|placed| report.not_begun(placed));
            return Ok(());
        }
        match Order::of(&applying.placed, discovery) {
            Ok(order) => applying.order = order,
            Err(failures) => {
                failures.iter().for_each(|failure| report.failure(failure));
                return Ok(());
            }
        }
    }
    let widened = set.widen(client, &around.wide).await?;
    if let Some(step) = set.step() {
        report.context.note_deed(step.full_name(), "the set's parent");
    }
    carry_out(client, applying, report).await;
    finish(client, around, &widened, report).await;
    Ok(())
}

/// The namespace that the parent lives in, where the set itself makes it: it comes even before the parent.
pub(in crate::cli::commands) fn home_first(set: &WorkedSet, placed: Vec<Placed>, live: &Live) -> (Vec<Placed>, Vec<Placed>) {
    let missing = set.parent.namespace.as_ref().filter(|namespace| !live.has("namespaces", namespace));
    placed.into_iter().partition(|placed| Stage::of(placed) == Stage::Namespaces && Some(&placed.key.name) == missing)
}

/// What comes after the objects: members leave if every object was applied, and the parent tells of the rest.
async fn finish(client: &Client, around: Around<'_>, widened: &str, report: &mut Report<'_>) {
    let Around { set, leaving, remaining, .. } = around;
    if !set.prune {
        return;
    }
    for held in std::mem::take(&mut report.held) {
        report.failure(&held);
    }
    if report.failed > 0 {
        report.ui.warning("nothing was pruned, since not everything was applied");
        return;
    }
    report.total += leaving.len();
    let (context, stop) = (report.context, report.context.stop().clone());
    let _acting = context.act();
    set.depart(client, leaving, &stop, |departed| report.departed(departed)).await;
    if report.failed == 0 && !stop.is_requested() {
        set.narrow(report.ui, client, &remaining, widened).await;
    }
}

impl Report<'_> {
    /// Tells what became of a member that leaves, or would.
    pub(super) fn departed(&mut self, departed: Departed) {
        match departed {
            Departed::Deleted(entry) => self.left(&entry, "pruned"),
            Departed::Kept(entry) => self.left(&entry, "kept"),
            Departed::Failed(failure) => self.failure(&failure),
            Departed::NotBegun(member) => self.not_begun(&member),
        }
    }

    /// Tells what would become of the members that leave.
    pub(super) fn would_leave(&mut self, leaving: &[Leaving]) {
        if !leaving.is_empty() && (self.failed > 0 || !self.held.is_empty()) {
            self.ui.warning("nothing would be pruned, since not everything could be applied");
            return;
        }
        for leaving in leaving {
            self.left(&leaving.entry(), if leaving.stays { "kept" } else { "pruned" });
        }
    }

    fn left(&mut self, entry: &PlanEntry, word: &'static str) {
        self.summary.add(entry.action);
        self.note_deed(entry, word);
        if entry.action == Action::Delete {
            self.deleted.push(place_of(entry));
        }
        self.reporter.entry(entry, self.args.owners());
        let text = self.line_of_leaving(entry, word);
        if let Err(error) = self.ui.data(&self.reporter.apart(&text)).and_then(|()| self.ui.flush()) {
            self.broken.get_or_insert(error.into());
        }
        if self.args.conduct.dry_run == DryRun::None {
            let done = self.summary.changes() + self.summary.unchanged;
            self.context.note(format!("{done} of {} objects were applied or pruned; requests under way may still take effect", self.total));
        }
    }

    fn line_of_leaving(&self, entry: &PlanEntry, word: &str) -> String {
        let name = entry.display_name();
        let name = one_line(&name);
        match self.args.conduct.output {
            Some(ApplyOutput::Name) => format!("{name}\n"),
            // There is no object to print.
            Some(ApplyOutput::Json | ApplyOutput::Yaml) => String::new(),
            None if self.args.conduct.diff => {
                let view: PlanView<'_> = self.args.view(self.ui);
                view.entry(entry, self.args.tense()) + "\n"
            }
            None => format!("{name} {word}{}\n", self.args.conduct.dry_run.suffix()),
        }
    }
}
