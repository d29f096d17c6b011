//! From annotations and kinds to steps.
//!
//! Receives placed objects, hands on their [`Order`] or every fault in it. Pure. References are resolved, then waves are settled, then
//! the depth of each object in its wave, which with the kind's rank makes its step.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::fault::OrderFault;
use super::rank::{DEFINITIONS, NAMESPACES, rank};
use super::wishes::{Reference, references, wave};
use super::{Need, Order, Outside, Step};
use crate::client::{Place, ServedResource};
use crate::plan::in_namespace;
use crate::plan::place::Placed;

type Faults = Vec<(usize, OrderFault)>;

/// What is known of a set's order before its steps.
struct Graph<'a> {
    set: &'a [Placed],
    ranks: Vec<u8>,
    depends_on: Vec<BTreeSet<Need>>,
    /// The namespace and the definition that each object stands on: they come first, but are not waited for.
    grounds: Vec<Vec<usize>>,
    outside: Vec<Outside>,
}

/// Where to look for what the set does not have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beyond<'a> {
    /// Among these resources; what is not there either is a fault.
    Served(&'a [ServedResource]),
    /// Nowhere: it does not matter.
    Nowhere,
}

/// The order, or all that is wrong with it and what would have to be looked for besides.
pub(super) fn order(set: &[Placed], beyond: Beyond<'_>) -> Result<Order, (Faults, Vec<Outside>)> {
    let mut faults = Vec::new();
    let graph = Graph::read(set, beyond, &mut faults);
    let known = faults.len();
    let wanted = graph.wanted_waves(&mut faults);
    let waves_are_known = faults.len() == known;
    let turns = graph.turns(&mut faults);
    // In a circle, and where a wave cannot be read, nothing is before anything else.
    let waves = turns.as_ref().filter(|_| waves_are_known).map(|turns| graph.waves(turns, &wanted, &mut faults));
    match (turns, waves) {
        (Some(turns), Some(waves)) if faults.is_empty() => Ok(graph.into_order(&turns, waves)),
        _ => {
            faults.sort_by_key(|(object, _)| *object);
            Err((faults, graph.outside))
        }
    }
}

impl<'a> Graph<'a> {
    fn read(set: &'a [Placed], beyond: Beyond<'_>, faults: &mut Faults) -> Self {
        let ranks = set.iter().map(|placed| rank(&placed.resource.gvk())).collect();
        let grounds = grounds(set);
        let mut graph = Self { set, ranks, depends_on: vec![BTreeSet::new(); set.len()], grounds, outside: Vec::new() };
        let members: HashMap<Reference, usize> = set.iter().enumerate().map(|(number, placed)| (reference_of(placed), number)).collect();
        for (number, placed) in set.iter().enumerate() {
            match references(&placed.object) {
                Ok(references) => {
                    for reference in references {
                        match (members.get(&reference), beyond) {
                            (Some(member), _) => drop(graph.depends_on[number].insert(Need::Member(*member))),
                            (None, Beyond::Nowhere) => {}
                            (None, Beyond::Served(served)) => match graph.find_outside(number, reference, served) {
                                Ok(need) => drop(graph.depends_on[number].insert(need)),
                                Err(fault) => faults.push((number, fault)),
                            },
                        }
                    }
                }
                Err(fault) => faults.push((number, fault)),
            }
        }
        graph
    }

    /// What a reference names outside of the set.
    fn find_outside(&mut self, dependent: usize, reference: Reference, served: &[ServedResource]) -> Result<Need, OrderFault> {
        let same_kind = |resource: &&ServedResource| resource.group == reference.group && resource.kind == reference.kind;
        let of_set = || self.set.iter().map(|placed| placed.resource.as_ref()).find(same_kind);
        let Some(resource) = served.iter().find(same_kind).or_else(of_set) else { return Err(OrderFault::UnknownKind(reference)) };
        if resource.namespaced != reference.namespace.is_some() {
            return Err(OrderFault::Scope { namespaced: resource.namespaced, reference });
        }
        if let Some(known) = self.outside.iter().position(|outside| outside.reference == reference) {
            self.outside[known].dependents.push(dependent);
            return Ok(Need::Outside(known));
        }
        let place = Place { resource: Arc::new(resource.clone()), namespace: reference.namespace.clone(), name: reference.name.clone() };
        self.outside.push(Outside { reference, place, dependents: vec![dependent] });
        Ok(Need::Outside(self.outside.len() - 1))
    }

    /// The waves that the objects themselves name.
    fn wanted_waves(&self, faults: &mut Faults) -> Vec<Option<i32>> {
        let read = |(number, placed): (usize, &Placed)| {
            wave(&placed.object).unwrap_or_else(|fault| {
                faults.push((number, fault));
                None
            })
        };
        self.set.iter().enumerate().map(read).collect()
    }

    fn members(&self, object: usize) -> impl Iterator<Item = usize> {
        self.depends_on[object].iter().filter_map(|need| match need {
            Need::Member(member) => Some(*member),
            Need::Outside(_) => None,
        })
    }

    /// All that must not come after an object.
    fn before(&self, object: usize) -> impl Iterator<Item = usize> {
        self.members(object).chain(self.grounds[object].iter().copied())
    }

    /// The objects so that each stands behind all that it depends on, as far as that is known; `None`, and a fault for each, where there are circles.
    fn turns(&self, faults: &mut Faults) -> Option<Vec<usize>> {
        let mut search = Search { graph: self, marks: vec![Mark::New; self.set.len()], turns: Vec::new(), faults: Vec::new() };
        (0..self.set.len()).for_each(|object| search.visit(object));
        let found = search.faults.is_empty().then_some(search.turns);
        faults.append(&mut search.faults);
        found
    }

    /// Each object's wave: its own, or else the latest of what it stands on; where there is neither, the wave 0, or for what others
    /// stand on the first one.
    fn waves(&self, turns: &[usize], wanted: &[Option<i32>], faults: &mut Faults) -> Vec<i32> {
        let first = wanted.iter().flatten().copied().min().unwrap_or_default().min(0);
        let mut waves = vec![first; self.set.len()];
        for object in turns.iter().copied() {
            let silent = if self.ranks[object] <= DEFINITIONS { first } else { 0 };
            let latest = self.before(object).max_by_key(|other| waves[*other]);
            waves[object] = match (wanted[object], latest) {
                (Some(wave), Some(on)) if waves[on] > wave => {
                    faults.push((object, OrderFault::LaterWave { wave, on: full_name(&self.set[on]), later: waves[on] }));
                    wave
                }
                (Some(wave), _) => wave,
                (None, Some(on)) => waves[on].max(silent),
                (None, None) => silent,
            };
        }
        waves
    }

    fn into_order(self, turns: &[usize], waves: Vec<i32>) -> Order {
        let mut depths = vec![0_usize; self.set.len()];
        for object in turns.iter().copied() {
            let same_wave = |other: &usize| waves[*other] == waves[object];
            let dependencies = self.members(object).filter(same_wave).map(|other| depths[other] + 1);
            let grounds = self.grounds[object].iter().filter(|other| same_wave(other)).map(|other| depths[*other]);
            depths[object] = dependencies.chain(grounds).max().unwrap_or_default();
        }
        let mut steps: BTreeMap<(i32, usize, u8), Vec<usize>> = BTreeMap::new();
        for object in 0..self.set.len() {
            steps.entry((waves[object], depths[object], self.ranks[object])).or_default().push(object);
        }
        let steps = steps.into_iter().map(|((wave, _, _), objects)| Step { wave, objects }).collect();
        Order { steps, depends_on: self.depends_on, waves, outside: self.outside }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Begun,
    Done,
}

/// A depth-first search that keeps its own path, so that no set is too deep for the stack.
struct Search<'a, 'g> {
    graph: &'a Graph<'g>,
    marks: Vec<Mark>,
    turns: Vec<usize>,
    faults: Faults,
}

impl Search<'_, '_> {
    fn visit(&mut self, start: usize) {
        if self.marks[start] != Mark::New {
            return;
        }
        let mut path: Vec<(usize, Vec<usize>)> = vec![self.begin(start)];
        while let Some((object, left)) = path.last_mut() {
            let object = *object;
            match left.pop() {
                Some(next) => match self.marks[next] {
                    Mark::New => path.push(self.begin(next)),
                    Mark::Begun => self.circle(next, &path),
                    Mark::Done => {}
                },
                None => {
                    self.marks[object] = Mark::Done;
                    self.turns.push(object);
                    path.pop();
                }
            }
        }
    }

    fn begin(&mut self, object: usize) -> (usize, Vec<usize>) {
        self.marks[object] = Mark::Begun;
        let mut before: Vec<usize> = self.graph.before(object).collect();
        before.reverse();
        (object, before)
    }

    fn circle(&mut self, start: usize, path: &[(usize, Vec<usize>)]) {
        let mut round: Vec<usize> = path.iter().map(|(object, _)| *object).skip_while(|object| *object != start).collect();
        // Not all of the circle need be written in annotations: an object stands on its namespace by itself.
        let written = round.iter().position(|object| !self.graph.depends_on[*object].is_empty()).unwrap_or_default();
        round.rotate_left(written);
        let names = round.iter().chain(round.first()).map(|object| full_name(&self.graph.set[*object])).collect();
        self.faults.push((round[0], OrderFault::Cycle(names)));
    }
}

/// The namespace and the definition of each object's kind, where they are of the set.
fn grounds(set: &[Placed]) -> Vec<Vec<usize>> {
    let mut namespaces = HashMap::new();
    let mut definitions = HashMap::new();
    for (number, placed) in set.iter().enumerate() {
        match rank(&placed.resource.gvk()) {
            NAMESPACES => drop(namespaces.insert(placed.key.name.as_str(), number)),
            DEFINITIONS => drop(definitions.insert(placed.key.name.as_str(), number)),
            _ => {}
        }
    }
    let of = |placed: &Placed| {
        let namespace = placed.key.namespace.as_deref().and_then(|name| namespaces.get(name));
        let resource = &placed.resource;
        let definition = if definitions.is_empty() { None } else { definitions.get(resource.group_resource().to_string().as_str()) };
        namespace.into_iter().chain(definition).copied().collect()
    };
    set.iter().map(of).collect()
}

fn reference_of(placed: &Placed) -> Reference {
    let (resource, key) = (&placed.resource, &placed.key);
    Reference { group: resource.group.clone(), kind: resource.kind.clone(), namespace: key.namespace.clone(), name: key.name.clone() }
}

/// `deployment.apps/db in namespace shop`.
pub(super) fn full_name(placed: &Placed) -> String {
    format!("{}{}", placed.display_name(), in_namespace(placed.key.namespace.as_deref()))
}
