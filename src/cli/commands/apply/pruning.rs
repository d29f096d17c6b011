//! What an apply of a set does before and after its objects are applied.

use super::Report;
use crate::cli::output::plan::PlanView;
use crate::cli::sets::{Prepared, WorkedSet};
use crate::cli::{CommandError, DryRun};
use crate::client::{ApplyParameters, Client};
use crate::plan::set::{Departed, Leaving, Scope};
use crate::plan::{Live, Placed, PlanEntry, Replacing, Stage, execute};
use crate::printable::one_line;

/// Applies what was prepared, and, if all of it could be applied, lets members leave.
pub(super) async fn apply_set(
    client: &Client,
    set: &WorkedSet,
    prepared: Prepared,
    (parameters, replacing): (&ApplyParameters, Replacing),
    report: &mut Report<'_>,
) -> Result<(), CommandError> {
    // Kinds that are not served stay listed, and so do those of objects that could not be applied.
    let scope = Scope::of(&prepared.placed).and(&prepared.scope);
    let Prepared { placed, live, leaving, scope: remaining, .. } = prepared;
    report.expect(&placed, &live);
    report.expect(leaving.iter().map(|leaving| &leaving.member), &live);
    let (home, placed) = home_first(set, placed, &live);
    if !home.is_empty() {
        execute(client, home, live.clone(), parameters, Replacing::Never, |done| report.done(done)).await;
    }
    let widened = set.widen(client, &scope).await?;
    execute(client, placed, live, parameters, replacing, |done| report.done(done)).await;
    finish(client, set, leaving, &remaining, &widened, report).await;
    Ok(())
}

/// The namespace that the parent lives in, where the set itself makes it: it comes even before the parent.
pub(super) fn home_first(set: &WorkedSet, placed: Vec<Placed>, live: &Live) -> (Vec<Placed>, Vec<Placed>) {
    let missing = set.parent.namespace.as_ref().filter(|namespace| !live.has("namespaces", namespace));
    placed.into_iter().partition(|placed| Stage::of(placed) == Stage::Namespaces && Some(&placed.key.name) == missing)
}

/// What comes after the objects: members leave if every object was applied, and the parent tells of the rest.
pub(super) async fn finish(client: &Client, set: &WorkedSet, leaving: Vec<Leaving>, scope: &Scope, widened: &str, report: &mut Report<'_>) {
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
    set.depart(client, leaving, |departed| report.departed(departed)).await;
    if report.failed == 0 {
        set.narrow(report.ui, client, scope, widened).await;
    }
}

impl Report<'_> {
    /// Tells what became of a member that leaves, or would.
    pub(super) fn departed(&mut self, departed: Departed) {
        match departed {
            Departed::Deleted(entry) => self.left(&entry, "pruned"),
            Departed::Kept(entry) => self.left(&entry, "kept"),
            Departed::Failed(failure) => self.failure(&failure),
        }
    }

    /// Tells what would become of the members that leave.
    pub(super) fn would_leave(&mut self, leaving: &[Leaving]) {
        for leaving in leaving {
            self.left(&leaving.entry(), if leaving.stays { "kept" } else { "pruned" });
        }
    }

    fn left(&mut self, entry: &PlanEntry, word: &str) {
        self.summary.add(entry.action);
        self.journal.iter_mut().for_each(|journal| journal.applied(entry));
        let text = self.line_of_leaving(entry, word);
        if let Err(error) = self.ui.data(&text).and_then(|()| self.ui.flush()) {
            self.broken.get_or_insert(error.into());
        }
        if self.args.dry_run == DryRun::None {
            let done = self.summary.changes() + self.summary.unchanged;
            self.context.note(format!("{done} of {} objects were applied or pruned; requests under way may still take effect", self.total));
        }
    }

    fn line_of_leaving(&self, entry: &PlanEntry, word: &str) -> String {
        let name = entry.display_name();
        let name = one_line(&name);
        match self.args.output {
            Some(super::ApplyOutput::Name) => format!("{name}\n"),
            // There is no object to print.
            Some(super::ApplyOutput::Json | super::ApplyOutput::Yaml) => String::new(),
            None if self.args.diff => {
                let view: PlanView<'_> = self.args.view(self.ui);
                view.entry(entry, self.tense()) + "\n"
            }
            None => format!("{name} {word}{}\n", self.args.dry_run.suffix()),
        }
    }
}
