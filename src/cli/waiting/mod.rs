//! Waiting until objects are as they should be.
//!
//! Receives places of objects and what is waited for, hands on what did not come true and why. Objects are followed by list and
//! watch, never polled; the clock alone is looked at again and again, for rules that know one. Invariant: waiting ends when nothing
//! is left that could still come true.

mod explain;
mod goal;
mod track;
mod view;

use std::convert::Infallible;
use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use tokio::sync::Notify;
use tokio::time::Instant;

use explain::explain;
pub(super) use goal::{Goal, Verdict};
pub(super) use track::{Awaited, Track};
use view::View;

use super::context::{CommandContext, Controllers};
use super::error::client_error_in_words;
use super::interruption::some_of;
use super::ui::Ui;
use crate::ambient::Ambient;
use crate::client::{Client, Lookout, Place, Sighting};
use crate::plan::Awaiting;
use crate::readiness::{Readiness, readiness};

/// How often the clock is looked at, and a terminal drawn anew.
const TICK: Duration = Duration::from_millis(200);
/// How long the first look at everything may take, however short the limit: that is for what has to come true, and who was told nothing
/// but that nothing is known has waited in vain.
const FIRST_LOOK: Duration = Duration::from_secs(10);
/// kubectl takes a negative time for a week.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Look once.
    Once,
    /// No longer than this.
    For(Duration),
    /// As long as it takes.
    Endless,
}

impl Limit {
    /// kubectl's reading of `wait --timeout`: zero looks once, less than zero waits for a week.
    pub(super) fn of_wait(timeout: SignedDuration) -> Self {
        match Duration::try_from(timeout) {
            Ok(Duration::ZERO) => Self::Once,
            Ok(time) => Self::For(time),
            Err(_) => Self::For(WEEK),
        }
    }

    /// The reading of commands that act first: zero waits as long as it takes.
    pub(super) fn of_act(timeout: Duration) -> Self {
        if timeout.is_zero() { Self::Endless } else { Self::For(timeout) }
    }

    /// What is left of it after some time.
    pub(super) fn less(self, spent: Duration) -> Self {
        match self {
            Self::For(time) => Self::For(time.saturating_sub(spent)),
            Self::Once | Self::Endless => self,
        }
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::For(time) => Instant::now().checked_add(time),
            Self::Once | Self::Endless => None,
        }
    }
}

/// How a wait is told of while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Only what has come true is told, by the caller; for scripts.
    Quiet,
    /// Where nobody looks on, each change of what is missing gets a line.
    Changes,
}

/// Waits until all of `track` has come true, or nothing more can. `told` gets each goal that an object reaches, at once; what it
/// fails with ends the wait.
pub(super) async fn wait<E>(
    ui: &Ui,
    client: &Client,
    track: &mut Track,
    limit: Limit,
    telling: Telling,
    mut told: impl FnMut(&Awaited, &Track) -> Result<(), E>,
) -> Result<(), E> {
    let ambient = Ambient::from_env().unwrap_or_else(|_| Ambient::system());
    let mut lookout = Lookout::new(client, &track.places());
    let mut view = View::new(ui, telling);
    let deadline = limit.deadline();
    let first_look = Instant::now() + FIRST_LOOK;
    let mut tick = tokio::time::interval(TICK);
    while !track.is_over(limit == Limit::Once) {
        let deadline = deadline.map(|deadline| if track.is_seen() { deadline } else { deadline.max(first_look) });
        let reached = tokio::select! {
            biased;
            sighting = lookout.next() => match sighting {
                Some(Sighting::Seen(number, object)) => track.see(number, object, ambient.now()),
                Some(Sighting::Lost(error, pause)) => {
                    ui.warning(&format!("{error}; trying again in {:.1} s", pause.as_secs_f64()));
                    Vec::new()
                }
                Some(Sighting::Blind(numbers, error)) => {
                    track.give_up(&numbers, &client_error_in_words(&error));
                    Vec::new()
                }
                None => break,
            },
            () = passed(deadline) => break,
            _ = tick.tick() => track.look_again(ambient.now()),
        };
        for number in reached {
            told(&track.awaited()[number], track)?;
        }
        view.show(track);
    }
    view.end();
    Ok(())
}

/// An object that is not as it was waited for, by its number among those that were.
#[derive(Debug)]
pub(super) struct NotMet {
    pub(super) number: usize,
    /// What is missing, with what is known of the reasons on lines of their own.
    pub(super) why: String,
}

/// Waits until applied objects are ready, tells of those that are not, and answers which these are.
pub(super) async fn until_ready(ui: &Ui, context: &CommandContext, client: &Client, places: Vec<Place>, limit: Limit) -> Vec<NotMet> {
    let mut track = Track::new(vec![Goal::Ready], places, false);
    let note = |track: &Track| context.note(interrupted_wait(track));
    note(&track);
    let Ok(()) = wait(ui, client, &mut track, limit, Telling::Changes, |_, track| {
        note(track);
        Ok::<_, Infallible>(())
    })
    .await;
    let now = Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
    let unmet: Vec<(usize, &Awaited)> = track.unmet_by_number().collect();
    // Reasons are a help, not the outcome: neither many objects nor a server that is away make them a wait of their own.
    let explained = join_all(unmet.iter().take(EXPLAINED_MOST).map(|(_, awaited)| explain(client, awaited, now)));
    let mut details = tokio::time::timeout(EXPLAINED_WITHIN, explained).await.unwrap_or_default().into_iter();
    let mut missed = Vec::new();
    for (number, awaited) in unmet {
        let details = details.next().unwrap_or_default();
        let lines: String = details.iter().map(|line| format!("\n  {line}")).collect();
        let why = format!("{}{lines}", awaited.missing().unwrap_or_default());
        ui.error(&format!("{} is not ready: {why}", awaited.full_name()));
        missed.push(NotMet { number, why });
    }
    let count = track.awaited().len();
    ui.say(&format!("Ready: {} of {count}.", count - missed.len()));
    missed
}

/// Waits until objects are ready that others depend on; answers for each why it is not, `None` where it is.
pub(super) async fn until_dependable(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    awaiting: Vec<Awaiting>,
    limit: Limit,
) -> Vec<Option<String>> {
    let now = Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
    let mut reasons = vec![None; awaiting.len()];
    // Most objects are ready as soon as they exist, which needs no watch.
    let is_open = |awaiting: &Awaiting| awaiting.object.as_ref().is_none_or(|object| readiness(object, now) != Readiness::Ready);
    let (numbers, places): (Vec<usize>, Vec<Place>) = awaiting
        .into_iter()
        .enumerate()
        .filter(|(_, awaiting)| is_open(awaiting))
        .map(|(number, awaiting)| (number, awaiting.place))
        .unzip();
    if places.is_empty() {
        return reasons;
    }
    context.set_waiting(true);
    let mut track = Track::new(vec![Goal::Ready], places, true);
    let Ok(()) = wait(ui, client, &mut track, limit, Telling::Changes, |_, _| Ok::<_, Infallible>(())).await;
    context.set_waiting(false);
    for (number, awaited) in numbers.into_iter().zip(track.awaited()) {
        reasons[number] = awaited.missing().map(str::to_owned);
    }
    reasons
}

/// Waits until deleted objects are gone, tells of those that are not, and answers which these are. Runs the controllers meanwhile where
/// nobody else does.
pub(super) async fn until_gone(ui: &Ui, context: &CommandContext, client: &Client, places: Vec<Place>, limit: Limit) -> Vec<NotMet> {
    if places.is_empty() {
        return Vec::new();
    }
    let mut track = Track::new(vec![Goal::Delete], places, false);
    let note = |track: &Track| context.note(format!("the apply is done; {} deleted objects are not gone yet", track.unmet().count()));
    note(&track);
    let waited = wait(ui, client, &mut track, limit, Telling::Changes, |_, track| {
        note(track);
        Ok::<_, Infallible>(())
    });
    let Ok(()) = beside_controllers(context, client, waited).await;
    let missed = |(number, awaited): (usize, &Awaited)| {
        let why = awaited.missing().unwrap_or_default().to_owned();
        ui.error(&format!("{} is not gone: {why}", awaited.full_name()));
        NotMet { number, why }
    };
    track.unmet_by_number().map(missed).collect()
}

/// Runs the controllers, where they can run here, for as long as the work takes.
pub(super) async fn beside_controllers<F: Future>(context: &CommandContext, client: &Client, work: F) -> F::Output {
    let Controllers::Here(run) = context.controllers() else { return work.await };
    let mut work = std::pin::pin!(work);
    tokio::select! {
        output = &mut work => return output,
        () = run(client.clone()) => {}
    }
    work.await
}

/// The same from the moment on that somebody says that they are needed.
pub(super) async fn beside_controllers_once<F: Future>(context: &CommandContext, client: &Client, needed: &Notify, work: F) -> F::Output {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        output = &mut work => return output,
        () = needed.notified() => {}
    }
    beside_controllers(context, client, work).await
}

/// How many objects that are not ready are explained, and in which time altogether.
const EXPLAINED_MOST: usize = 10;
const EXPLAINED_WITHIN: Duration = Duration::from_secs(10);

/// What was and was not done, for whoever interrupts the wait.
fn interrupted_wait(track: &Track) -> String {
    let unmet: Vec<String> = track.unmet().map(Awaited::full_name).collect();
    let verb = if unmet.len() == 1 { "is" } else { "are" };
    format!("the apply is done; {} {verb} not ready yet", some_of(&unmet))
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
