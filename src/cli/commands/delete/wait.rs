//! Waiting until deleted objects are gone.
//!
//! Receives objects that the server has marked for deletion, hands on how many of them did not go. Invariant: where nobody is known to
//! do what an object waits for, the command says so and ends, instead of waiting without end.
//!
//! Where no terminal shows that the command waits, lines say what for: at once where it is known that nothing of Kubernetes' own will do it, else once
//! it takes long.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{DeleteArgs, Doomed};
use crate::ambient::Ambient;
use crate::cli::context::{CommandContext, Controllers};
use crate::cli::error::client_error_in_words;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::waiting::{Goal, Verdict, beside_controllers};
use crate::client::{Client, ClientError, Passing, Place, Target, until_all_gone};
use crate::object::Object;
use crate::printable::one_line;

/// An object that goes later.
#[derive(Debug, Clone)]
pub(super) struct Going {
    uid: String,
    /// Whether it waits for one of our own controllers.
    for_controllers: bool,
    /// Whether it waits for somebody whom Kubernetes knows nothing of.
    is_held: bool,
    /// What it waits for, in words.
    why: String,
}

/// The finalizers that controllers take away soon, of Kubernetes as well as ours.
const OF_CONTROLLERS: [&str; 3] = ["customresourcecleanup.apiextensions.k8s.io", "foregroundDeletion", "orphan"];

/// So long a pod has for its end unless it says otherwise; what takes longer may be stuck.
const PATIENCE: Duration = Duration::from_secs(30);

impl Going {
    /// What an object waits for, by the answer to its deletion.
    pub(super) fn of(answer: &Object) -> Self {
        let finalizers = |member: &str| {
            let finalizers = answer.root().get(member).and_then(|member| member.get("finalizers")?.as_array());
            finalizers.into_iter().flatten().filter_map(Value::as_str)
        };
        let is_ours = |name| OF_CONTROLLERS.contains(&name);
        let of_namespace = || answer.kind() == "Namespace" && finalizers("spec").any(|name| name == "kubernetes");
        Self {
            uid: answer.uid().to_owned(),
            for_controllers: finalizers("metadata").any(is_ours) || of_namespace(),
            is_held: finalizers("metadata").any(|name| !is_ours(name)),
            why: why(answer),
        }
    }
}

/// What a deleted object waits for.
fn why(object: &Object) -> String {
    let now = Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
    match Goal::Delete.judge(Some(object), now) {
        Verdict::Unmet(why) | Verdict::Hopeless(why) => why,
        Verdict::Met => String::new(),
    }
}

/// What is known, and was said, of objects that go; by their place among those that are waited for.
struct Account<'a> {
    ui: &'a Ui,
    going: &'a [(usize, Arc<Doomed>, Going)],
    why: Vec<String>,
    said: Vec<String>,
    fates: Vec<Option<Result<(), Arc<ClientError>>>>,
    is_late: bool,
}

impl<'a> Account<'a> {
    fn new(ui: &'a Ui, going: &'a [(usize, Arc<Doomed>, Going)]) -> Self {
        let why = going.iter().map(|(_, _, going)| going.why.clone()).collect();
        Self { ui, going, why, said: vec![String::new(); going.len()], fates: vec![None; going.len()], is_late: false }
    }

    fn take(&mut self, number: usize, passing: Passing) {
        match passing {
            Passing::Here(object) => self.why[number] = why(&object),
            Passing::Gone => self.fates[number] = Some(Ok(())),
            Passing::Unseen(error) => self.fates[number] = Some(Err(error)),
        }
        self.say(number);
    }

    /// Says what is new of an object, if it has to be told of.
    fn say(&mut self, number: usize) {
        let (_, object, going) = &self.going[number];
        let was_told = !self.said[number].is_empty();
        let line = match &self.fates[number] {
            Some(Ok(())) if was_told => "gone",
            // Why not is told as an error.
            Some(_) => return,
            None if was_told || going.is_held || self.is_late => &self.why[number],
            None => return,
        };
        if !self.ui.talks_to_terminal() && self.said[number] != line {
            self.ui.say(&one_line(&format!("{}: {line}", object.full_name())));
            self.said[number] = line.to_owned();
        }
    }

    fn say_all(&mut self) {
        (0..self.going.len()).for_each(|number| self.say(number));
    }
}

/// Waits for all, and tells of those that did not go; answers their numbers, each with why.
pub(super) async fn wait_for_all(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    mut going: Vec<(usize, Arc<Doomed>, Going)>,
    args: &DeleteArgs,
) -> Vec<(usize, String)> {
    let controllers = context.controllers();
    // Who asks for the wait in so many words gets it: a server may be at work on the same store.
    if matches!(controllers, Controllers::Nobody) && args.wait.is_none() {
        let left: Vec<_> = going.extract_if(.., |(_, _, going)| going.for_controllers).map(|(_, object, _)| object).collect();
        tell_of_controllers(ui, client, &left);
    }
    if going.is_empty() {
        return Vec::new();
    }
    let names = names_of(&going.iter().map(|(_, object, _)| Arc::clone(object)).collect::<Vec<_>>());
    context.note(format!("{names} {} deleted, but not gone yet", if going.len() == 1 { "is" } else { "are" }));
    let followed: Vec<(Place, String)> = going.iter().map(|(_, object, going)| (place_of(object), going.uid.clone())).collect();
    let account = RefCell::new(Account::new(ui, &going));
    account.borrow_mut().say_all();
    let waits = async {
        let all = until_all_gone(client, &followed, |number, passing| account.borrow_mut().take(number, passing));
        tokio::select! {
            () = all => {}
            // What has no fate when the time is over has not gone.
            () = tokio::time::sleep(args.timeout), if !args.timeout.is_zero() => {}
            () = grow_late(&account) => {}
        }
    };
    with_progress(ui, || format!("waiting for {names} to go"), beside_controllers(context, client, waits)).await;
    let Account { fates, why, .. } = account.into_inner();
    let problems = going.into_iter().zip(fates).zip(why).filter_map(|(((number, object, _), fate), why)| {
        let name = object.display_name();
        let problem = match fate {
            Some(Ok(())) => return None,
            Some(Err(error)) => format!("cannot wait for {name} to go: {}", client_error_in_words(&error)),
            None => format!("{name} was not gone after {} s: {why}", args.timeout.as_secs()),
        };
        Some((number, problem))
    });
    problems.inspect(|(_, problem)| ui.error(problem)).collect()
}

/// Says what is waited for once it takes long; never ends.
async fn grow_late(account: &RefCell<Account<'_>>) {
    tokio::time::sleep(PATIENCE).await;
    {
        let mut account = account.borrow_mut();
        account.is_late = true;
        account.say_all();
    }
    std::future::pending::<()>().await;
}

fn place_of(object: &Doomed) -> Place {
    Place { resource: Arc::clone(&object.resource), namespace: object.namespace.clone(), name: object.name.clone() }
}

fn tell_of_controllers(ui: &Ui, client: &Client, left: &[Arc<Doomed>]) {
    if left.is_empty() {
        return;
    }
    let (names, goes) = (names_of(left), if left.len() == 1 { "goes" } else { "go" });
    let serve = match client.target() {
        Target::Local { directory } => format!("trueup serve --local {}", directory.display()),
        Target::Etcd { endpoints } => format!("trueup serve --etcd {}", endpoints.join(",")),
        Target::Remote { .. } => "trueup serve".to_owned(),
    };
    ui.hint(&format!("{names} {goes} once a server with its controllers works on this store: {serve}"));
}

/// `configmap/a`, `configmap/a and configmap/b`, or `300 objects`.
fn names_of(objects: &[Arc<Doomed>]) -> String {
    match objects {
        [one] => one.display_name(),
        [one, two] => format!("{} and {}", one.display_name(), two.display_name()),
        more => format!("{} objects", more.len()),
    }
}
