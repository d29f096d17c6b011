//! What an apply tells of its set: what it applies, and what leaves.

use super::arguments::ApplyOutput;
use super::carry_out;
use super::report::{Report, place_of};
use crate::cli::DryRun;
use crate::cli::output::plan::PlanView;
use crate::cli::sets::{Applying, Worker};
use crate::client::Client;
use crate::plan::set::{Departed, Leaving};
use crate::plan::{Action, Failure, Placed, PlanEntry, in_namespace};
use crate::printable::one_line;

impl Worker for Report<'_> {
    async fn carry_out(&mut self, client: &Client, applying: Applying) -> bool {
        carry_out(client, applying, self).await
    }

    fn failed(&mut self, failure: &Failure) {
        self.failure(failure);
    }

    fn not_begun(&mut self, placed: &Placed) {
        self.put_off(placed);
    }

    fn may_prune(&mut self, leaving: &[Leaving]) -> bool {
        self.tell_held();
        if self.failed > 0 {
            self.ui.warning("nothing was pruned, since not everything was applied");
            return false;
        }
        if let Some(journal) = &mut self.journal {
            journal.expect_members(leaving.iter().map(|leaving| &leaving.member));
        }
        self.total += leaving.len();
        true
    }

    fn departed(&mut self, departed: Departed) {
        match departed {
            Departed::Deleted(entry) => self.left(&entry, "pruned"),
            Departed::Kept(entry) => self.left(&entry, "kept"),
            Departed::Absent(member, absence) => {
                // Nothing was done to it, so there is nothing to count, and nothing to undo.
                self.total -= 1;
                let name = format!("{}{}", member.display_name(), in_namespace(member.key.namespace.as_deref()));
                self.ui.say(&format!("{} {absence}", one_line(&name)));
            }
            Departed::Failed(failure) => self.failure(&failure),
            Departed::NotBegun(member) => self.put_off(&member),
        }
    }
}

impl Report<'_> {
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
