//! `apply --atomic`: what a run did is undone if not all of it could be done.
//!
//! Receives the journal of a run that failed, hands on what became of it in words. Invariant: the failure itself is told as ever, and is
//! what the process ends with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::cli::error::client_error_in_words;
use crate::cli::lingering::not_gone_yet;
use crate::cli::progress::with_progress;
use crate::cli::sets::WorkedSet;
use crate::cli::ui::Ui;
use crate::cli::waiting::{beside_controllers, beside_controllers_once};
use crate::cli::{CommandContext, CommandError, ExitStatus, restore};
use crate::client::{ApiRequest, Client, ClientError, Form, Passing, Place, until_all_gone};
use crate::object::Reason;
use crate::plan::undo::{Deed, Gone, Journal, Tidings, UndoError, Undoing, Undone, undo};
use crate::plan::{REQUESTS_AT_ONCE, each, in_namespace};

/// How long what was made may take to go, and what is in the place of what comes back at least: an impatient `--timeout` is for the wait
/// that comes before.
const GOING_WITHIN: Duration = Duration::from_secs(60);

/// What was undone so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    deleted: usize,
    put_back: usize,
    made_again: usize,
    left: usize,
}

/// Whether a run has failed, so that what it did is to be undone. That its lines could not be printed does not count.
pub(super) fn has_failed(outcome: &Result<ExitStatus, CommandError>) -> bool {
    match outcome {
        Ok(status) => *status != ExitStatus::Success,
        Err(error) => error.status != ExitStatus::BrokenPipe,
    }
}

/// Where and how a run is undone.
#[derive(Clone, Copy)]
pub(super) struct Undoer<'a> {
    pub(super) ui: &'a Ui,
    pub(super) context: &'a CommandContext,
    pub(super) client: &'a Client,
    /// What `--timeout` says; zero is without end.
    pub(super) timeout: Duration,
}

/// Undoes a run and tells of it; answers whether there was anything to undo.
pub(super) async fn undo_run(undoer: Undoer<'_>, journal: Journal, set: Option<&WorkedSet>) -> bool {
    let Undoer { ui, context, client, .. } = undoer;
    let of_parent = set.and_then(WorkedSet::step);
    if journal.is_empty() && of_parent.is_none() {
        ui.say("Nothing was changed, so nothing has to be undone.");
        return false;
    }
    ui.say("undoing what was done");
    let progress = Mutex::new(Counts::default());
    let counts = || *progress.lock().unwrap_or_else(PoisonError::into_inner);
    let work = async {
        let mut going = undo_all(undoer, journal, &progress).await;
        match of_parent {
            // It says where members are: those that are left have to be found.
            Some(_) if counts().left > 0 => ui.warning("the set's parent stays as it is, since not everything could be undone"),
            Some(step) => {
                let mut journal = Journal::default();
                journal.note(step);
                going.extend(undo_all(undoer, journal, &progress).await);
            }
            None => {}
        }
        let left = wait_until_gone(ui, context, client, going).await;
        progress.lock().unwrap_or_else(PoisonError::into_inner).left += left;
    };
    with_progress(ui, || in_words(counts()), work).await;
    ui.say(&in_words(counts()));
    true
}

fn in_words(counts: Counts) -> String {
    let Counts { deleted, put_back, made_again, left } = counts;
    format!("Undone: {deleted} deleted, {put_back} put back, {made_again} made again, {left} could not be undone.")
}

/// Undoes the steps of a journal; answers what was deleted, and may still be going.
async fn undo_all(undoer: Undoer<'_>, journal: Journal, counts: &Mutex<Counts>) -> Vec<(Place, String)> {
    let Undoer { ui, context, client, timeout } = undoer;
    let mut going = Vec::new();
    let (mut unreached, mut done, total) = (0_usize, 0_usize, journal.len());
    let needed = Notify::new();
    let timeout = Some(timeout.max(GOING_WITHIN)).filter(|_| !timeout.is_zero());
    let undoing = Undoing { timeout, between: context.between().clone() };
    let note = |done: usize| {
        context.note(format!("undoing what was done: {done} of {total} steps are done; requests under way may still take effect"));
    };
    note(0);
    let work = undo(client, journal, &undoing, |tidings| {
        let undone = match tidings {
            Tidings::Waiting { place, finalizers } => {
                needed.notify_one();
                let name = format!("{}/{}{}", place.resource.display_kind(), place.name, in_namespace(place.namespace.as_deref()));
                ui.say(&not_gone_yet(&name, &finalizers, "made again", timeout));
                return;
            }
            Tidings::Settled(name) => {
                context.forget_deed(name);
                return;
            }
            Tidings::Undone(undone) => undone,
        };
        done += 1;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        match &undone.outcome {
            Ok(Gone::Nothing) => {}
            Ok(Gone::Deleted) => {
                counts.deleted += 1;
                if let Deed::Created(made) = &undone.step.deed {
                    going.push((undone.step.place.clone(), made.uid().to_owned()));
                }
            }
            Ok(Gone::PutBack) => counts.put_back += 1,
            Ok(Gone::MadeAgain) => counts.made_again += 1,
            Ok(Gone::PutBackBut(_)) | Err(_) => counts.left += 1,
        }
        if matches!(undone.outcome, Err(UndoError::NotReached)) {
            unreached += 1;
        } else {
            tell(ui, &undone);
        }
        settle(undoer, &undone);
        note(done);
    });
    beside_controllers_once(context, client, &needed, work).await;
    if unreached > 0 {
        ui.error(&format!("{unreached} more objects were not undone, since the target cannot be reached any more"));
    }
    going
}

fn tell(ui: &Ui, undone: &Undone) {
    let name = undone.step.full_name();
    match &undone.outcome {
        Ok(Gone::Nothing) => {}
        Ok(Gone::Deleted) => ui.say(&format!("{name} deleted again")),
        Ok(Gone::PutBack) => ui.say(&format!("{name} put back")),
        Ok(Gone::MadeAgain) => ui.say(&format!("{name} made again")),
        Ok(Gone::PutBackBut(fields)) => {
            ui.error(&format!("{name}: put back but for what somebody else has changed since: {}", fields.join(", ")));
        }
        Err(error) => {
            let why = match error {
                UndoError::Client(error) => client_error_in_words(error),
                other => other.to_string(),
            };
            ui.error(&format!("{name}: could not be undone: {why}"));
        }
    }
}

/// From here on an interruption has nothing more to tell of the step: what does not come back is kept in a file.
fn settle(Undoer { ui, context, .. }: Undoer<'_>, undone: &Undone) {
    let name = undone.step.full_name();
    if let (Err(_), Some(before)) = (&undone.outcome, undone.step.comes_back()) {
        restore::tell(ui, &undone.step.display_name(), before);
    }
    context.between().settle(&name);
    context.forget_deed(name);
}

/// Waits for what was made to go; answers how much of it did not, as far as is known.
async fn wait_until_gone(ui: &Ui, context: &CommandContext, client: &Client, going: Vec<(Place, String)>) -> usize {
    let (mut left, mut unknown) = (Vec::new(), Vec::new());
    // Nearly everything goes at once, which one request each tells.
    let look = |(place, uid): (Place, String)| {
        let client = client.clone();
        async move {
            let looked = is_there(&client, &place, &uid).await;
            (place, uid, looked)
        }
    };
    each(going, REQUESTS_AT_ONCE, look, |(place, uid, looked)| match looked {
        Ok(true) => left.push((place, uid)),
        Ok(false) => {}
        Err(error) => unknown.push((place, Arc::new(error))),
    })
    .await;
    let mut fates = vec![None; left.len()];
    if !left.is_empty() {
        let all = until_all_gone(client, &left, |number, passing| match passing {
            Passing::Here(_) => {}
            Passing::Gone => fates[number] = Some(Ok(())),
            Passing::Unseen(error) => fates[number] = Some(Err(error)),
        });
        // What has no fate when the time is over has not gone.
        let _late = beside_controllers(context, client, tokio::time::timeout(GOING_WITHIN, all)).await;
    }
    let mut stuck = 0;
    for ((place, _), fate) in left.into_iter().zip(fates) {
        match fate {
            Some(Ok(())) => {}
            Some(Err(error)) => unknown.push((place, error)),
            None => {
                stuck += 1;
                ui.error(&format!("{} was deleted, but is not gone yet", full_name(&place)));
            }
        }
    }
    tell_unknown(ui, &unknown);
    stuck + unknown.len()
}

/// Tells of what was deleted and may be there all the same. Where the target is gone, one word says it for all.
fn tell_unknown(ui: &Ui, unknown: &[(Place, Arc<ClientError>)]) {
    let mut unreached = 0;
    for (place, error) in unknown {
        if error.is_cut_off() {
            unreached += 1;
            if unreached > 1 {
                continue;
            }
        }
        ui.error(&format!("{} was deleted, but whether it is gone is not known: {}", full_name(place), client_error_in_words(error)));
    }
    if unreached > 1 {
        ui.error(&format!("whether {} more deleted objects are gone is not known either", unreached - 1));
    }
}

fn full_name(place: &Place) -> String {
    format!("{}/{}{}", place.resource.display_kind(), place.name, in_namespace(place.namespace.as_deref()))
}

async fn is_there(client: &Client, place: &Place, uid: &str) -> Result<bool, ClientError> {
    match client.object(&ApiRequest::get(&place.resource, place.namespace.as_deref(), &place.name, Form::Objects)).await {
        Ok(found) => Ok(found.uid() == uid),
        Err(error) if error.is(Reason::NotFound) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{ServedResource, Unreachable};

    #[test]
    fn a_target_that_is_lost_is_told_once_and_what_else_went_wrong_each_time() {
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        let unknown = |name: &str, why: Unreachable| {
            let place = Place { resource: Arc::clone(&resource), namespace: None, name: name.to_owned() };
            let (attempted, target) = (format!("GET /{name}"), "there".to_owned());
            (place, Arc::new(ClientError::Unreachable { attempted, target, why, source: "no".into() }))
        };
        let refused = Unreachable::Refused;
        let all = [unknown("a", Unreachable::Broken), unknown("b", refused.clone()), unknown("c", refused.clone()), unknown("d", refused)];
        let (ui, printed) = Ui::buffered(false, false, 200);
        tell_unknown(&ui, &all);
        let told = printed.stderr();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "error: configmap/a was deleted, but whether it is gone is not known: cannot reach there: the connection broke (while asking GET /a)",
                "error: configmap/b was deleted, but whether it is gone is not known: cannot reach there: connection refused (while asking GET /b)",
                "error: whether 2 more deleted objects are gone is not known either",
            ]
        );
    }
}
