//! In which order objects are deleted.
//!
//! Receives the order in which a set would be applied, or only kinds, hands on the reverse of it. Pure.

use std::collections::BTreeMap;

use super::Doomed;
use crate::plan::{Order, rank};

/// The turns of objects, which are known by their number.
#[derive(Debug)]
pub(super) struct Turns {
    /// What goes in parallel, the first to go first.
    pub(super) steps: Vec<Vec<usize>>,
    /// What must be gone before each object goes, because it depends on it.
    pub(super) dependents: Vec<Vec<usize>>,
    /// The wave of each object; later ones must be gone before.
    waves: Vec<i32>,
    last_wave: i32,
}

impl Turns {
    /// The reverse of the order in which a set is applied.
    pub(super) fn of_set(order: &Order) -> Self {
        let dependents = order.dependents();
        let waves: Vec<i32> = (0..dependents.len()).map(|number| order.wave(number)).collect();
        let last_wave = waves.iter().copied().max().unwrap_or_default();
        Self { steps: order.steps().iter().rev().map(|step| step.objects.clone()).collect(), dependents, waves, last_wave }
    }

    /// By the ranks of their kinds alone.
    pub(super) fn of_kinds(doomed: &[Doomed]) -> Self {
        let mut steps: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (number, doomed) in doomed.iter().enumerate() {
            steps.entry(rank(&doomed.resource.gvk())).or_default().push(number);
        }
        let (dependents, waves) = (vec![Vec::new(); doomed.len()], vec![0; doomed.len()]);
        Self { steps: steps.into_values().rev().collect(), dependents, waves, last_wave: 0 }
    }

    /// What must be gone before an object goes.
    pub(super) fn before(&self, number: usize) -> impl Iterator<Item = usize> {
        // Most sets have one wave, and nothing to look for.
        let others = if self.waves[number] < self.last_wave { self.waves.as_slice() } else { &[] };
        let later = others.iter().enumerate().filter(move |(_, wave)| **wave > self.waves[number]).map(|(other, _)| other);
        self.dependents[number].iter().copied().chain(later)
    }
}
