//! What has come true of what is waited for; decides, and does nothing else.

use jiff::Timestamp;

use super::goal::{Goal, Verdict};
use crate::client::Place;
use crate::object::Object;
use crate::plan::in_namespace;

/// An object that is waited for.
#[derive(Debug)]
pub(in crate::cli) struct Awaited {
    place: Place,
    /// How many of the goals it has reached.
    reached: usize,
    standing: Standing,
    exists: bool,
    /// Its last state; that of before where it does not exist any longer.
    object: Option<Box<Object>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing is known of it yet.
    Unseen,
    /// It has reached all goals.
    Done,
    /// It is on the way; the text says what is missing.
    OnTheWay(String),
    /// It will not get there unless it changes; the text says why.
    Hopeless(String),
    /// It is not waited for any longer; the text says why.
    GivenUp(String),
}

impl Awaited {
    /// `deployment.apps/web`.
    pub(in crate::cli) fn display_name(&self) -> String {
        format!("{}/{}", self.place.resource.display_kind(), self.place.name)
    }

    /// The same with its namespace behind it.
    pub(in crate::cli) fn full_name(&self) -> String {
        let namespace = in_namespace(self.place.namespace.as_deref());
        self.display_name() + &namespace
    }

    pub(in crate::cli) fn place(&self) -> &Place {
        &self.place
    }

    /// The object as it was last seen.
    pub(in crate::cli) fn object(&self) -> Option<&Object> {
        self.object.as_deref()
    }

    /// What is missing; `None` where nothing is.
    pub(in crate::cli) fn missing(&self) -> Option<&str> {
        match &self.standing {
            Standing::Done => None,
            Standing::Unseen => Some("nothing is known of it yet"),
            Standing::OnTheWay(reason) | Standing::Hopeless(reason) | Standing::GivenUp(reason) => Some(reason),
        }
    }

    /// Whether waiting for it is in vain.
    pub(in crate::cli) fn is_hopeless(&self) -> bool {
        matches!(self.standing, Standing::Hopeless(_))
    }

    pub(super) fn is_seen(&self) -> bool {
        self.standing != Standing::Unseen
    }

    /// Whether a problem ended the wait for it; [`Awaited::missing`] tells which.
    pub(in crate::cli) fn is_given_up(&self) -> bool {
        matches!(self.standing, Standing::GivenUp(_))
    }

    fn judge(&mut self, goals: &[Goal], number: usize, now: Timestamp) -> Vec<usize> {
        let mut reached = Vec::new();
        if matches!(self.standing, Standing::Done | Standing::GivenUp(_)) {
            return reached;
        }
        self.standing = Standing::Done;
        while let Some(goal) = goals.get(self.reached) {
            match goal.judge(self.object.as_deref().filter(|_| self.exists), now) {
                Verdict::Met => {
                    self.reached += 1;
                    reached.push(number);
                }
                Verdict::Unmet(reason) => {
                    self.standing = Standing::OnTheWay(reason);
                    break;
                }
                Verdict::Hopeless(reason) => {
                    self.standing = Standing::Hopeless(reason);
                    break;
                }
            }
        }
        reached
    }
}

/// Objects on their way to one or several goals, which they reach one after the other.
#[derive(Debug)]
pub(in crate::cli) struct Track {
    goals: Vec<Goal>,
    awaited: Vec<Awaited>,
    /// Whether an object that is not there at first is a mistake, rather than one to wait for.
    must_exist: bool,
}

impl Track {
    pub(in crate::cli) fn new(goals: Vec<Goal>, places: Vec<Place>, must_exist: bool) -> Self {
        let awaited = |place| Awaited { place, reached: 0, standing: Standing::Unseen, exists: false, object: None };
        Self { goals, awaited: places.into_iter().map(awaited).collect(), must_exist }
    }

    /// The word for an object that has reached all goals.
    pub(super) fn arrived(&self) -> &'static str {
        match self.goals.last() {
            Some(Goal::Ready) => "ready",
            Some(Goal::Delete) => "gone",
            _ => "done",
        }
    }

    pub(in crate::cli) fn awaited(&self) -> &[Awaited] {
        &self.awaited
    }

    pub(in crate::cli) fn places(&self) -> Vec<Place> {
        self.awaited.iter().map(|awaited| awaited.place.clone()).collect()
    }

    /// What has not come true.
    pub(in crate::cli) fn unmet(&self) -> impl Iterator<Item = &Awaited> {
        self.unmet_by_number().map(|(_, awaited)| awaited)
    }

    /// The same with the numbers of the objects.
    pub(super) fn unmet_by_number(&self) -> impl Iterator<Item = (usize, &Awaited)> {
        self.awaited.iter().enumerate().filter(|(_, awaited)| awaited.standing != Standing::Done)
    }

    /// Takes an object's state; answers its number once for each goal that it reaches by it.
    pub(super) fn see(&mut self, number: usize, object: Option<Box<Object>>, now: Timestamp) -> Vec<usize> {
        let Some(awaited) = self.awaited.get_mut(number) else { return Vec::new() };
        // Another object of the same name means that the first one went while nobody looked.
        let is_successor = |object: &Object| awaited.object.as_ref().is_some_and(|first| first.uid() != object.uid());
        let object = object.filter(|object| self.goals.get(awaited.reached) != Some(&Goal::Delete) || !is_successor(object));
        awaited.exists = object.is_some();
        if object.is_some() {
            awaited.object = object;
        }
        let first_look = awaited.standing == Standing::Unseen;
        if first_look && self.must_exist && !awaited.exists && self.goals.first() != Some(&Goal::Delete) {
            let (resource, name) = (awaited.place.resource.group_resource(), &awaited.place.name);
            awaited.standing = Standing::GivenUp(format!("from server (NotFound): {resource} {name:?} not found"));
        }
        awaited.judge(&self.goals, number, now)
    }

    /// Judges again what depends on the time.
    pub(super) fn look_again(&mut self, now: Timestamp) -> Vec<usize> {
        let goals = &self.goals;
        let open = self.awaited.iter_mut().enumerate().filter(|(_, awaited)| matches!(awaited.standing, Standing::OnTheWay(_)));
        open.flat_map(|(number, awaited)| awaited.judge(goals, number, now)).collect()
    }

    /// Stops waiting for objects that cannot be followed.
    pub(super) fn give_up(&mut self, numbers: &[usize], why: &str) {
        for number in numbers {
            if let Some(awaited) = self.awaited.get_mut(*number).filter(|awaited| awaited.standing != Standing::Done) {
                awaited.standing = Standing::GivenUp(why.to_owned());
            }
        }
    }

    /// Whether something is known of everything.
    pub(super) fn is_seen(&self) -> bool {
        self.awaited.iter().all(Awaited::is_seen)
    }

    /// Whether nothing is left to wait for; with `once`, whether everything was looked at.
    pub(super) fn is_over(&self, once: bool) -> bool {
        self.awaited.iter().all(|awaited| match awaited.standing {
            Standing::Unseen => false,
            Standing::OnTheWay(_) => once,
            Standing::Done | Standing::Hopeless(_) | Standing::GivenUp(_) => true,
        })
    }
}
