//! In which order objects are applied: what others stand on comes first; and deleted: the other way around.
//!
//! Receives placed objects, hands on an [`Order`]: steps, one after the other, whose objects are worked on in parallel, and for each
//! object what must be ready (or, for a deletion, gone) before its turn. Pure. Invariant: an object stands in a later step than all that
//! it depends on, in no earlier one than its namespace and the definition of its kind, and a set without annotations has no waits.
//!
//! An object's step is that of its wave, in the wave that of the longest chain of dependencies below it, and there that of its kind's rank.

mod fault;
mod graph;
mod rank;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::parallel::REQUESTS_AT_ONCE;
use super::place::{Failure, ObjectError, Placed, in_namespace, is_definition, is_namespace};
use crate::client::{ApiRequest, Client, ClientError, Discovery, Form, Place};
use crate::object::Reason;

pub use fault::OrderFault;
use graph::Beyond;
pub use rank::rank;
pub use wishes::{Reference, named_wave};

/// What an object stands on: the parts of a set that others need before they can even be tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Namespaces, in which others live.
    Namespaces,
    /// CustomResourceDefinitions, which make kinds.
    Definitions,
    /// Everything else.
    Rest,
}

impl Stage {
    /// The stage an object belongs to.
    #[must_use]
    pub fn of(placed: &Placed) -> Self {
        match placed {
            placed if is_namespace(&placed.object) => Self::Namespaces,
            placed if is_definition(&placed.object) => Self::Definitions,
            _ => Self::Rest,
        }
    }
}

/// Objects that are worked on in parallel, by their number in the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Their wave.
    pub wave: i32,
    /// The objects, in the set's order.
    pub objects: Vec<usize>,
}

/// Something that an object waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// An object of the set, by its number.
    Member(usize),
    /// An object outside of it, by its number in [`Order::outside`].
    Outside(usize),
}

/// An object outside of the set that some of it depends on.
#[derive(Debug, Clone)]
pub struct Outside {
    /// How it is named.
    pub reference: Reference,
    /// Where it is.
    pub place: Place,
    /// The objects that depend on it.
    pub dependents: Vec<usize>,
}

impl Outside {
    /// `deployment.apps/db in namespace shop`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}{}", self.place.resource.display_kind(), self.place.name, in_namespace(self.place.namespace.as_deref()))
    }
}

/// The order of a set; objects are known by their number in it.
#[derive(Debug, Clone, Default)]
pub struct Order {
    steps: Vec<Step>,
    /// What each object depends on in so many words.
    depends_on: Vec<BTreeSet<Need>>,
    waves: Vec<i32>,
    outside: Vec<Outside>,
}

impl Order {
    /// The order of a set, whose kinds are found in the set itself and among those that are served.
    ///
    /// Errors hold a failure for each object whose annotations cannot be followed; with one of them nothing must be applied.
    pub fn of(set: &[Placed], discovery: &Discovery) -> Result<Self, Vec<Failure>> {
        graph::order(set, Beyond::Served(discovery.resources())).map_err(|(faults, _)| failures(set, faults))
    }

    /// The same, where everything outside of the set that it depends on exists.
    ///
    /// An outer error is that of a target that cannot be asked; where the set has no order anyway, that is told instead.
    pub async fn found(set: &[Placed], discovery: &Discovery, client: &Client) -> Result<Result<Self, Vec<Failure>>, ClientError> {
        let ordered = graph::order(set, Beyond::Served(discovery.resources()));
        let (order, mut faults, outside) = match ordered {
            Ok(order) => {
                let outside = order.outside.clone();
                (Some(order), Vec::new(), outside)
            }
            Err((faults, outside)) => (None, faults, outside),
        };
        match missing(client, &outside).await {
            Ok(more) => faults.extend(more),
            Err(error) if faults.is_empty() => return Err(error),
            Err(_) => {}
        }
        faults.sort_by_key(|(object, _)| *object);
        Ok(order.filter(|_| faults.is_empty()).ok_or_else(|| failures(set, faults)))
    }

    /// The order of a set that is to be deleted, steps and all the other way around: what it depends on outside of it does not matter.
    ///
    /// Errors are those of [`Order::of`].
    pub fn of_deletion(set: &[Placed]) -> Result<Self, Vec<Failure>> {
        graph::order(set, Beyond::Nowhere).map_err(|(faults, _)| failures(set, faults))
    }

    /// The order in which live objects are deleted. Annotations that make no order, of which a live object may have any, are passed over:
    /// then the ranks of the kinds alone decide.
    #[must_use]
    pub fn of_live(objects: &[Placed]) -> Self {
        Self::of_deletion(objects).unwrap_or_else(|_| Self::of_ranks(objects))
    }

    fn of_ranks(objects: &[Placed]) -> Self {
        let mut ranks: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (number, placed) in objects.iter().enumerate() {
            ranks.entry(rank(&placed.resource.gvk())).or_default().push(number);
        }
        let steps = ranks.into_values().map(|objects| Step { wave: 0, objects }).collect();
        Self { steps, ..Self::at_once(objects.len()) }
    }

    /// The order of `count` objects that are all worked on in parallel.
    #[must_use]
    pub fn at_once(count: usize) -> Self {
        let steps = vec![Step { wave: 0, objects: (0..count).collect() }];
        Self { steps, depends_on: vec![BTreeSet::new(); count], waves: vec![0; count], outside: Vec::new() }
    }

    /// The steps, the first one first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The objects outside of the set that some of it depends on.
    #[must_use]
    pub fn outside(&self) -> &[Outside] {
        &self.outside
    }

    /// What an object depends on in so many words: what must be ready before its turn.
    #[must_use]
    pub fn depends_on(&self, object: usize) -> &BTreeSet<Need> {
        &self.depends_on[object]
    }

    /// The objects that depend on each object in so many words: what must be gone before it is deleted.
    #[must_use]
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.depends_on.len()];
        for (object, needs) in self.depends_on.iter().enumerate() {
            for need in needs {
                if let Need::Member(on) = need {
                    dependents[*on].push(object);
                }
            }
        }
        dependents
    }

    /// The wave that an object is in. All of a wave must be ready before the next one begins, and gone before the one before it goes.
    #[must_use]
    pub fn wave(&self, object: usize) -> i32 {
        self.waves[object]
    }
}

/// What of these does not exist, or cannot be looked at, for each object that depends on it. An error is that of a target that cannot be asked.
async fn missing(client: &Client, outside: &[Outside]) -> Result<Vec<(usize, OrderFault)>, ClientError> {
    let looks = outside.iter().map(|outside| async move { Ok((outside, look(client, outside).await?)) });
    let seen: Vec<(&Outside, Option<OrderFault>)> = stream::iter(looks).buffered(REQUESTS_AT_ONCE).try_collect().await?;
    let wrong = seen.into_iter().filter_map(|(outside, fault)| Some((outside, fault?)));
    Ok(wrong.flat_map(|(outside, fault)| outside.dependents.iter().map(move |object| (*object, fault.clone()))).collect())
}

/// Looks whether an object exists; answers what is wrong if not.
async fn look(client: &Client, outside: &Outside) -> Result<Option<OrderFault>, ClientError> {
    let Place { resource, namespace, name } = &outside.place;
    let reference = outside.reference.clone();
    match client.object(&ApiRequest::get(resource, namespace.as_deref(), name, Form::Objects)).await {
        Ok(_) => Ok(None),
        Err(error) if error.is(Reason::NotFound) => Ok(Some(OrderFault::Missing(reference))),
        Err(error @ ClientError::Refused { .. }) => Ok(Some(OrderFault::Unknown { reference, error: error.into() })),
        Err(error) => Err(error),
    }
}

fn failures(set: &[Placed], faults: Vec<(usize, OrderFault)>) -> Vec<Failure> {
    faults.into_iter().map(|(number, fault)| set[number].failure(ObjectError::Order(Box::new(fault)))).collect()
}

#[cfg(test)]
mod tests;
