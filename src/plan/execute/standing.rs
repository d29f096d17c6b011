//! How the objects of a set stand while it is carried out, as far as others depend on them.
//!
//! Receives what became of each object, hands on what keeps another from its turn. Invariant: readiness is asked for only where something
//! that is to be applied depends on it, and once.

use std::collections::BTreeSet;

use super::{Awaiting, Done, UntilReady};
use crate::client::Place;
use crate::object::Object;
use crate::plan::order::{Need, Order, Step};
use crate::plan::place::{ObjectError, Placed, in_namespace};

enum Standing {
    /// Nothing is known of it yet.
    Open,
    /// It was applied; whether it is ready is not known.
    Applied(Option<Box<Object>>),
    Ready,
    /// It will not be ready; what is wrong, as in `db was not applied`.
    Bad(String),
}

struct Member {
    place: Place,
    name: String,
    standing: Standing,
    /// Whether anything waits for it.
    is_awaited: bool,
}

pub(super) struct Standings<'a> {
    order: &'a Order,
    members: Vec<Member>,
    outside: Vec<Standing>,
    /// What keeps everything in the present wave from its turn.
    before_wave: Option<(String, String)>,
}

impl<'a> Standings<'a> {
    pub(super) fn new(order: &'a Order, set: &[Placed]) -> Self {
        let dependents = order.dependents();
        let last = order.steps().last().map_or(0, |step| step.wave);
        let member = |(number, placed): (usize, &Placed)| Member {
            place: Place { resource: placed.resource.clone(), namespace: placed.key.namespace.clone(), name: placed.key.name.clone() },
            name: format!("{}{}", placed.display_name(), in_namespace(placed.key.namespace.as_deref())),
            standing: Standing::Open,
            is_awaited: !dependents[number].is_empty() || order.wave(number) < last,
        };
        let outside = order.outside().iter().map(|_| Standing::Open).collect();
        Self { order, members: set.iter().enumerate().map(member).collect(), outside, before_wave: None }
    }

    /// Takes what became of an object.
    pub(super) fn note(&mut self, number: usize, done: &Done) {
        let member = &mut self.members[number];
        member.standing = match done {
            Done::Applied(entry) => Standing::Applied(entry.after.clone().filter(|_| member.is_awaited).map(Box::new)),
            Done::Failed(failure) if matches!(failure.error, ObjectError::NotAttempted { .. }) => {
                Standing::Bad("was not attempted".to_owned())
            }
            Done::Failed(_) => Standing::Bad("was not applied".to_owned()),
            Done::NotBegun(_) => Standing::Bad("was not begun".to_owned()),
        };
    }

    /// Waits until all that the active objects of a step need is ready, or will not be.
    pub(super) async fn wait(&mut self, step: &Step, active: &[usize], until_ready: &UntilReady<'_>) {
        let depended_on = active.iter().flat_map(|number| self.order.depends_on(*number)).copied();
        let earlier: Vec<usize> = (0..self.members.len()).filter(|number| self.order.wave(*number) < step.wave).collect();
        let needs: BTreeSet<Need> = depended_on.chain(earlier.iter().copied().map(Need::Member)).collect();
        let open: Vec<Need> = needs.into_iter().filter(|need| !self.is_settled(*need)).collect();
        if !open.is_empty() {
            let reasons = until_ready(open.iter().map(|need| self.awaiting(*need)).collect()).await;
            for (need, reason) in open.into_iter().zip(reasons) {
                let standing = reason.map_or(Standing::Ready, |reason| Standing::Bad(format!("is not ready: {reason}")));
                match need {
                    Need::Member(number) => self.members[number].standing = standing,
                    Need::Outside(number) => self.outside[number] = standing,
                }
            }
        }
        self.before_wave = earlier.into_iter().find_map(|number| match &self.members[number].standing {
            Standing::Bad(why) => Some((format!("{}, of wave {},", self.members[number].name, self.order.wave(number)), why.clone())),
            _ => None,
        });
    }

    /// What keeps an object of the step that was waited for from its turn.
    pub(super) fn obstacle(&self, number: usize) -> Option<ObjectError> {
        let depends_on = self.order.depends_on(number).iter().find_map(|need| {
            let (name, standing) = match need {
                Need::Member(number) => (self.members[*number].name.clone(), &self.members[*number].standing),
                Need::Outside(number) => (self.order.outside()[*number].full_name(), &self.outside[*number]),
            };
            match standing {
                Standing::Bad(why) => Some((format!("it depends on {name}, which"), why.clone())),
                _ => None,
            }
        });
        depends_on.or_else(|| self.before_wave.clone()).map(|(on, why)| ObjectError::NotAttempted { on, why })
    }

    fn is_settled(&self, need: Need) -> bool {
        let standing = match need {
            Need::Member(number) => &self.members[number].standing,
            Need::Outside(number) => &self.outside[number],
        };
        matches!(standing, Standing::Ready | Standing::Bad(_))
    }

    fn awaiting(&self, need: Need) -> Awaiting {
        match need {
            Need::Member(number) => {
                let member = &self.members[number];
                let object = match &member.standing {
                    Standing::Applied(object) => object.as_deref().cloned(),
                    _ => None,
                };
                Awaiting { place: member.place.clone(), object }
            }
            Need::Outside(number) => Awaiting { place: self.order.outside()[number].place.clone(), object: None },
        }
    }
}
