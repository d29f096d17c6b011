//! Deleting objects turn by turn, and telling of each as kubectl does.
//!
//! Receives objects and their turns, hands on how many failed. Invariant: with waiting, an object goes only after all that depends on it is
//! gone; after a stop is asked for, no deletion is begun.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::turns::Turns;
use super::wait::{Going, wait_for_all};
use super::{DeleteArgs, Doomed, Guard};
use crate::ci::Problem;
use crate::cli::error::client_error_in_words;
use crate::cli::interruption::not_begun_in_words;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, DryRun, Reporter};
use crate::client::{ApiRequest, Client, ClientError, DeleteParameters, Form};
use crate::object::{Object, ObjectKey, Reason};
use crate::plan::set::{Absence, Looked, Removal, SetId, look, remove};
use crate::plan::{ObjectError, Placed, REQUESTS_AT_ONCE, each};
use crate::printable::one_line;

/// What became of one object.
enum Outcome {
    /// It is gone, or nothing was to be done.
    Gone,
    /// It is marked and goes later.
    Going(Going),
    /// Somebody else was first, so that nothing was done to it.
    Absent(Absence),
    /// It is not what was to be deleted any more.
    Refused(ObjectError),
    /// The user interrupted before its turn.
    NotBegun,
}

/// How an object stands.
enum Standing {
    /// It is gone, or was never there, or its turn is to come.
    Settled,
    /// It goes later.
    Going(Going),
    /// It is still there; what is wrong, as in `web was not deleted`.
    Stays(&'static str),
}

struct Deletion<'a> {
    ui: &'a Ui,
    context: &'a CommandContext,
    client: &'a Client,
    args: &'a DeleteArgs,
    objects: Vec<Arc<Doomed>>,
    standings: Vec<Standing>,
    deleted: usize,
    failed: usize,
    not_begun: Vec<String>,
    /// The first failure that concerns more than one object.
    broken: Option<CommandError>,
    /// Whether the target is gone: it is asked no more.
    lost: Arc<AtomicBool>,
    /// What a pipeline is told.
    reporter: &'a mut Reporter,
}

/// Deletes objects in their turns, those of one in parallel; then waits for all that did not go at once. Answers how many failed.
pub(super) async fn delete_all(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    doomed: Vec<Doomed>,
    turns: &Turns,
    args: &DeleteArgs,
    reporter: &mut Reporter,
) -> Result<usize, CommandError> {
    let mut deletion = Deletion {
        ui,
        context,
        client,
        args,
        standings: doomed.iter().map(|_| Standing::Settled).collect(),
        objects: doomed.into_iter().map(Arc::new).collect(),
        deleted: 0,
        failed: 0,
        not_begun: Vec::new(),
        broken: None,
        lost: Arc::new(AtomicBool::new(false)),
        reporter,
    };
    deletion.act(turns).await?;
    let going = deletion.going(|_| true);
    if args.waits() {
        let stay = wait_for_all(ui, context, client, going, args).await;
        deletion.stay(stay);
    }
    Ok(deletion.failed)
}

impl Deletion<'_> {
    async fn act(&mut self, turns: &Turns) -> Result<(), CommandError> {
        let _acting = self.context.act();
        for step in &turns.steps {
            let step: Vec<usize> = step.iter().copied().filter(|number| !self.objects[*number].is_absent).collect();
            self.wait_for_dependents(&step, turns).await;
            let step = self.without_depended_on(step, turns);
            self.delete_step(step).await;
            if let Some(error) = self.broken.take() {
                if self.lost.load(Ordering::Relaxed) {
                    self.ui.say(&format!("{} of {} objects were deleted", self.deleted, self.total()));
                }
                return Err(error);
            }
        }
        if !self.context.stop().is_requested() {
            return Ok(());
        }
        let not_begun = not_begun_in_words(&self.not_begun);
        Err(CommandError::interrupted(Some(format!("{} of {} objects were deleted{not_begun}", self.deleted, self.total()))))
    }

    fn total(&self) -> usize {
        self.objects.iter().filter(|object| !object.is_absent).count()
    }

    /// Takes out those that are on their way.
    fn going(&mut self, chosen: impl Fn(usize) -> bool) -> Vec<(usize, Arc<Doomed>, Going)> {
        let mut going = Vec::new();
        for (number, standing) in self.standings.iter_mut().enumerate() {
            if chosen(number)
                && let Standing::Going(on_the_way) = standing
            {
                going.push((number, Arc::clone(&self.objects[number]), on_the_way.clone()));
                *standing = Standing::Settled;
            }
        }
        going
    }

    async fn wait_for_dependents(&mut self, step: &[usize], turns: &Turns) {
        if !self.args.waits() || self.context.stop().is_requested() {
            return;
        }
        let needed: BTreeSet<usize> = step.iter().flat_map(|number| turns.before(*number)).collect();
        let going = self.going(|number| needed.contains(&number));
        if going.is_empty() {
            return;
        }
        let (ui, context, client, args) = (self.ui, self.context, self.client, self.args);
        tokio::select! {
            stay = wait_for_all(ui, context, client, going, args) => self.stay(stay),
            () = context.stop().requested() => {}
        }
    }

    /// Notes what did not go, and why.
    fn stay(&mut self, stay: Vec<(usize, String)>) {
        self.failed += stay.len();
        for (number, problem) in stay {
            self.standings[number] = Standing::Stays("is not gone");
            self.reporter.problem(self.objects[number].problem(&problem));
        }
    }

    /// Leaves out, and tells of, what something that is still there depends on.
    fn without_depended_on(&mut self, step: Vec<usize>, turns: &Turns) -> Vec<usize> {
        let mut left = Vec::new();
        for number in step {
            let obstacle = turns.before(number).find_map(|other| match &self.standings[other] {
                Standing::Stays(why) => Some((other, *why)),
                _ => None,
            });
            let Some((other, why)) = obstacle else {
                left.push(number);
                continue;
            };
            let relation = if turns.dependents[number].contains(&other) { "which depends on it" } else { "of a later wave" };
            let other = self.objects[other].full_name();
            let problem = format!("not attempted, since {other}, {relation}, {why}");
            self.ui.error(&self.objects[number].blame(&problem));
            self.reporter.problem(self.objects[number].problem(&problem));
            self.standings[number] = Standing::Stays("was not deleted");
            self.failed += 1;
        }
        left
    }

    async fn delete_step(&mut self, step: Vec<usize>) {
        let objects: Vec<(usize, Arc<Doomed>)> = step.into_iter().map(|number| (number, Arc::clone(&self.objects[number]))).collect();
        let (client, args, lost, stop) = (self.client, self.args, Arc::clone(&self.lost), self.context.stop());
        let work = |(number, object): (usize, Arc<Doomed>)| {
            let (client, parameters, only_look) = (client.clone(), args.parameters(), args.dry_run == DryRun::Client);
            let (lost, stop) = (Arc::clone(&lost), stop.clone());
            async move {
                // A target that is gone is asked no more; why it is gone is told by the object that found out.
                if lost.load(Ordering::Relaxed) {
                    return None;
                }
                if stop.is_requested() {
                    return Some((number, Ok(Outcome::NotBegun)));
                }
                let result = delete_one(&client, &object, &parameters, only_look).await;
                if result.as_ref().is_err_and(ClientError::is_cut_off) {
                    lost.store(true, Ordering::Relaxed);
                }
                Some((number, result))
            }
        };
        each(objects, REQUESTS_AT_ONCE, work, |result| {
            if let Some((number, result)) = result {
                self.take(number, result);
            }
        })
        .await;
    }

    fn take(&mut self, number: usize, result: Result<Outcome, ClientError>) {
        let object = Arc::clone(&self.objects[number]);
        match result {
            Ok(Outcome::NotBegun) => {
                self.not_begun.push(object.full_name());
                self.standings[number] = Standing::Stays("was not deleted");
            }
            Ok(Outcome::Absent(absence)) => self.ui.say(&format!("{} {absence}", one_line(&object.full_name()))),
            Ok(Outcome::Refused(error)) => {
                self.standings[number] = Standing::Stays("was not deleted");
                self.fail(&object, &error.to_string());
            }
            Ok(outcome) => {
                self.deleted += 1;
                self.reporter.item(|| object.item());
                if let Err(error) = self.ui.foreign_data(&object.line(self.args)).and_then(|()| self.ui.flush()) {
                    self.broken.get_or_insert(error.into());
                }
                if let Outcome::Going(going) = outcome {
                    self.standings[number] = Standing::Going(going);
                }
            }
            Err(error) if self.args.ignore_not_found && error.is(Reason::NotFound) => {}
            Err(error @ ClientError::Refused { .. }) if !error.is(Reason::Unauthorized) => {
                if !error.is(Reason::NotFound) {
                    self.standings[number] = Standing::Stays("was not deleted");
                }
                self.fail(&object, &client_error_in_words(&error));
            }
            Err(error) => {
                let mut error = CommandError::from(error);
                error.problems.push(Problem { hint: error.hints.first().cloned(), ..object.problem(&error.message) });
                self.broken.get_or_insert(error);
            }
        }
        self.context.note(format!("{} of {} objects were deleted", self.deleted, self.total()));
    }

    fn fail(&mut self, object: &Doomed, problem: &str) {
        self.failed += 1;
        // A guarded object is in no manifest, and what is wrong with it does not always name it.
        let blamed = match (&object.guard, &object.origin) {
            (Guard::Nothing, _) | (_, Some(_)) => object.blame(problem),
            _ => format!("{}: {problem}", one_line(&object.full_name())),
        };
        self.ui.error(&blamed);
        self.reporter.problem(object.problem(problem));
    }
}

async fn delete_one(client: &Client, object: &Doomed, parameters: &DeleteParameters, only_look: bool) -> Result<Outcome, ClientError> {
    match &object.guard {
        Guard::Member(known, id) => delete_member(client, &member(object, known), id, parameters, only_look).await,
        Guard::State(known) => {
            let (uid, version) = (Some(known.uid().to_owned()), known.resource_version().map(str::to_owned));
            let parameters = DeleteParameters { uid, resource_version: version, ..parameters.clone() };
            match delete_any(client, object, &parameters, only_look).await {
                Err(error) if error.is(Reason::NotFound) => Ok(Outcome::Absent(Absence::Gone)),
                Err(error) if error.is(Reason::Conflict) => Ok(Outcome::Refused(ObjectError::Moved)),
                other => other,
            }
        }
        Guard::Nothing => delete_any(client, object, parameters, only_look).await,
    }
}

async fn delete_any(client: &Client, object: &Doomed, parameters: &DeleteParameters, only_look: bool) -> Result<Outcome, ClientError> {
    let namespace = object.namespace.as_deref();
    if only_look {
        client.object(&ApiRequest::get(&object.resource, namespace, &object.name, Form::Objects)).await?;
        return Ok(Outcome::Gone);
    }
    let answer = client.object(&ApiRequest::delete(&object.resource, namespace, &object.name, parameters)).await?;
    Ok(outcome_of(&answer))
}

/// The server answers with a Status where nothing is left of the object.
fn outcome_of(answer: &Object) -> Outcome {
    if answer.kind() == "Status" { Outcome::Gone } else { Outcome::Going(Going::of(answer)) }
}

/// The member at its place, as it was read.
fn member(object: &Doomed, known: &Object) -> Placed {
    let key = ObjectKey { namespace: object.namespace.clone(), name: object.name.clone() };
    Placed { object: known.clone(), source: None, resource: Arc::clone(&object.resource), key, kind_is_pending: false }
}

async fn delete_member(
    client: &Client,
    member: &Placed,
    id: &SetId,
    parameters: &DeleteParameters,
    only_look: bool,
) -> Result<Outcome, ClientError> {
    let removal = match only_look {
        false => remove(client, member, id, parameters).await?,
        true => match look(client, member, id).await? {
            Looked::Same(_) => return Ok(Outcome::Gone),
            Looked::Other(removal) => removal,
        },
    };
    Ok(match removal {
        Removal::Done(answer) => outcome_of(&answer),
        Removal::Needless(absence) => Outcome::Absent(absence),
        Removal::Refused(error) => Outcome::Refused(error),
    })
}
