//! Asking before something is lost.
//!
//! Receives what is about to be deleted, hands on whether to go on. Asks only where a person is there to answer: standard input and
//! standard error are a terminal. Invariant: without a yes nothing is done.

use super::ui::Ui;
use super::{CommandError, ExitStatus};
use crate::object::Gvk;
use crate::plan::{Action, Plan, in_namespace};

/// More names than this are counted.
const NAMED_MOST: usize = 20;

/// How an object is about to be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Losing {
    /// It is deleted.
    Deleted,
    /// It is deleted and made anew.
    Replaced,
}

/// An object that is about to be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) how: Losing,
    /// `configmap/a in namespace default`.
    pub(super) name: String,
    /// What goes with it, such as `with everything in it`; empty where nothing does.
    pub(super) with: &'static str,
}

impl Loss {
    pub(super) fn new(how: Losing, gvk: &Gvk, display_name: &str, namespace: Option<&str>) -> Self {
        Self { how, name: format!("{display_name}{}", in_namespace(namespace)), with: what_goes_with(gvk) }
    }
}

/// What goes with an object of a kind, in words; empty where nothing does.
pub(super) fn what_goes_with(gvk: &Gvk) -> &'static str {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Namespace") => "with everything in it",
        ("apiextensions.k8s.io", "CustomResourceDefinition") => "with all objects of its kind",
        _ => "",
    }
}

/// What a plan deletes and replaces.
pub(super) fn losses(plan: &Plan) -> Vec<Loss> {
    let loss = |entry: &crate::plan::PlanEntry| {
        let how = match entry.action {
            Action::Delete => Losing::Deleted,
            Action::Replace => Losing::Replaced,
            Action::Create | Action::Update | Action::Unchanged => return None,
        };
        Some(Loss::new(how, &entry.gvk, &entry.display_name(), entry.key.namespace.as_deref()))
    };
    plan.entries.iter().filter_map(loss).collect()
}

/// Lists what is about to be lost and asks whether to go on; does not ask where there is nothing to lose, or nobody to answer.
///
/// The error is that nobody said yes; `nothing` says what was not done, such as `nothing was applied`.
pub(super) async fn confirm(ui: &Ui, losses: &[Loss], target: &str, nothing: &str) -> Result<(), CommandError> {
    if losses.is_empty() || !ui.can_ask() { Ok(()) } else { insist(ui, losses, target, nothing).await }
}

/// The same wherever the answer comes from.
pub(super) async fn insist(ui: &Ui, losses: &[Loss], target: &str, nothing: &str) -> Result<(), CommandError> {
    if losses.is_empty() {
        return Ok(());
    }
    list(losses, target).iter().for_each(|line| ui.insist(line));
    ui.ask("Go on? [y/N] ");
    let question = Question { ui, is_answered: false };
    // Reading blocks no task of the runtime, so that the question can be interrupted; the thread ends with the process.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).map(|_| line);
        // Nobody waits any longer where the question was interrupted.
        let _ = sender.send(read);
    });
    let line = answer.await.ok().and_then(Result::ok).unwrap_or_default();
    question.answered(&line);
    if is_yes(&line) {
        return Ok(());
    }
    Err(CommandError { status: ExitStatus::Failed, ..CommandError::failed(format!("{nothing}, since nobody said yes")) })
}

/// A question that stands on the screen; what is said after it begins a new line, also where it was interrupted.
struct Question<'a> {
    ui: &'a Ui,
    is_answered: bool,
}

impl Question<'_> {
    fn answered(mut self, line: &str) {
        self.is_answered = line.ends_with('\n');
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.ui.insist("");
        }
    }
}

fn is_yes(line: &str) -> bool {
    matches!(line.trim().to_lowercase().as_str(), "y" | "yes")
}

/// The losses in lines, those of each kind below a heading.
fn list(losses: &[Loss], target: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (how, word) in [(Losing::Deleted, "deleted"), (Losing::Replaced, "deleted and made anew")] {
        let of_this: Vec<&Loss> = losses.iter().filter(|loss| loss.how == how).collect();
        match of_this.len() {
            0 => continue,
            1 => lines.push(format!("This object will be {word} on {target}:")),
            count => lines.push(format!("These {count} objects will be {word} on {target}:")),
        }
        let line = |loss: &&Loss| if loss.with.is_empty() { format!("  {}", loss.name) } else { format!("  {}, {}", loss.name, loss.with) };
        // What takes others with it is named however many there are.
        let (heavy, light): (Vec<&Loss>, Vec<&Loss>) = of_this.iter().partition(|loss| !loss.with.is_empty());
        lines.extend(heavy.iter().map(line));
        lines.extend(light.iter().take(NAMED_MOST).map(line));
        if light.len() > NAMED_MOST {
            lines.push(format!("  and {} more", light.len() - NAMED_MOST));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(how: Losing, kind: &str, name: usize) -> Loss {
        Loss::new(how, &Gvk::new("", "v1", kind), &format!("{}/{name}", kind.to_lowercase()), None)
    }

    #[test]
    fn what_is_lost_is_listed_by_how_and_counted_where_it_is_much() {
        let mut losses: Vec<Loss> = (0..23).map(|name| loss(Losing::Deleted, "ConfigMap", name)).collect();
        losses.push(loss(Losing::Deleted, "Namespace", 7));
        losses.push(loss(Losing::Replaced, "Service", 9));
        let lines = list(&losses, "local store s");
        assert_eq!(lines[0], "These 24 objects will be deleted on local store s:");
        assert_eq!(lines[1], "  namespace/7, with everything in it");
        assert_eq!((lines[2].as_str(), lines[22].as_str()), ("  configmap/0", "  and 3 more"));
        assert_eq!(lines[23..], ["This object will be deleted and made anew on local store s:", "  service/9"]);
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!(["y\n", "Y\n", "yes\n", " YES \r\n"].iter().all(|line| is_yes(line)));
        assert!(["", "\n", "n\n", "no\n", "yess\n", "j\n"].iter().all(|line| !is_yes(line)));
    }

    #[tokio::test]
    async fn nobody_is_asked_where_nobody_can_answer() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        assert_eq!(confirm(&ui, &[loss(Losing::Deleted, "ConfigMap", 1)], "t", "nothing was deleted").await, Ok(()));
        assert_eq!(printed.stderr(), "");
    }
}
