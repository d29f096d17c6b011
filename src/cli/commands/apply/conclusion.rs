//! What comes after the last object: readiness, history, and, where it is asked for, undoing.
//!
//! Receives the report of a run, hands on how the process ends. Invariant: a revision is kept of what was applied as a whole and stays.

use super::Report;
use super::atomic::{Undoer, has_failed, undo_run};
use crate::cli::revisions::Keeping;
use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus, Reporter};
use crate::client::{Client, Discovery};
use crate::plan::history::Shelf;
use crate::plan::set::Parent;

/// Ends an apply. `worked` is how the run itself ended, `keeping` what is kept if it succeeded.
pub(super) async fn conclude(
    mut report: Report<'_>,
    (client, discovery): (&Client, &Discovery),
    worked: Result<(), CommandError>,
    keeping: Option<Keeping<'_>>,
) -> Concluded {
    let (ui, context, summary, parameters) = (report.ui, report.context, report.summary, report.args.parameters());
    let warnings = client.take_warnings();
    warnings.iter().for_each(|warning| ui.warning(warning));
    report.reporter.warnings(&warnings);
    let _acting = report.acting.take();
    let timeout = report.args.conduct.timeout;
    let (journal, set) = (report.journal.take(), report.set.take());
    let stopped = !report.not_begun.is_empty() || context.stop().is_requested();
    let failed = worked.is_err() || report.failed > 0 || !report.held.is_empty() || stopped;
    let complete = !failed && summary.changes() + summary.unchanged >= report.total;
    let mut keeping = keeping.filter(|_| complete || (failed && summary.changes() > 0));
    // An interrupted or failed wait leaves what was applied where it is, and so in the history.
    if let Some(keeping) = keeping.take_if(|_| complete && journal.is_none()) {
        keeping.keep(ui, client, discovery, summary, &parameters).await;
    }
    let mut outcome = match worked {
        // What is undone in any case is not waited for.
        Ok(()) if failed && journal.is_some() => report.finish().map(|(status, _)| status),
        Ok(()) => report.finish_and_wait(client).await,
        Err(error) => {
            report.tell_held();
            Err(error)
        }
    };
    let mut undone = false;
    match (journal, keeping) {
        (Some(journal), _) if failed || has_failed(&outcome) => {
            tell_interruption(ui, &mut outcome);
            context.set_undoing(true);
            undone = undo_run(Undoer { ui, context, client, timeout }, journal, set.as_ref()).await;
            context.set_undoing(false);
        }
        (Some(_), Some(keeping)) if complete => keeping.keep(ui, client, discovery, summary, &parameters).await,
        (None, Some(keeping)) => hint_at_newest(ui, client, keeping.parent).await,
        _ => {}
    }
    Concluded { outcome, undone }
}

/// How far an interrupted run got is said before it is undone, since it is no longer true afterwards.
fn tell_interruption(ui: &Ui, outcome: &mut Result<ExitStatus, CommandError>) {
    if let Err(error) = outcome
        && error.status == ExitStatus::Interrupted
    {
        ui.say(&std::mem::replace(&mut error.message, "interrupted".to_owned()));
    }
}

/// How an apply ended.
pub(super) struct Concluded {
    outcome: Result<ExitStatus, CommandError>,
    /// Whether what was done was undone, as far as that was possible.
    undone: bool,
}

impl Concluded {
    /// Tells a pipeline what it was not told yet.
    pub(super) fn tell(self, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
        if self.undone {
            reporter.failed("what was done was undone again, since not all of it could be done; the log says what could not be undone");
        }
        self.outcome
    }
}

/// How to go back after half of an apply. What cannot be read now is no worse than no hint.
async fn hint_at_newest(ui: &Ui, client: &Client, parent: &Parent) {
    let Ok(revisions) = Shelf::new(client, parent).revisions().await else { return };
    let Some(newest) = revisions.last() else { return };
    let name = if parent.resource.plural == "secrets" { parent.name.clone() } else { parent.display_name() };
    let namespace = parent.namespace.as_ref().map(|namespace| format!(" --applyset-namespace {namespace}")).unwrap_or_default();
    ui.hint(&format!("to go back to what was applied before: trueup rollback --to {} --applyset {name}{namespace}", newest.number));
}
