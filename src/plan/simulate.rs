//! Trying out what the server cannot judge yet: objects in namespaces, or of kinds, that their own set makes.
//!
//! Receives such objects and a client of an empty in-memory control plane, hands on their plan entries. Invariant: nothing here talks
//! to the target itself.

use super::PlanEntry;
use super::apply::apply_object;
use super::build::entry;
use super::order::Stage;
use super::place::{Failure, Placed};
use crate::client::{ApplyParameters, Client};

/// The entries of pending objects, numbered as they came. Without a simulation an object is shown as its manifest writes it.
pub(super) async fn simulate(
    simulation: Option<&Client>,
    set: &[Placed],
    pending: Vec<(usize, &Placed)>,
    parameters: &ApplyParameters,
) -> Vec<(usize, Result<PlanEntry, Failure>)> {
    let mut results = Vec::with_capacity(pending.len());
    let parameters = ApplyParameters { dry_run: false, force: true, ..parameters.clone() };
    if let (Some(simulation), false) = (simulation, pending.is_empty()) {
        // What fails here fails on the server too, which says so; then the objects that stand on it are refused below.
        for ground in set.iter().filter(|placed| Stage::of(placed) != Stage::Rest) {
            drop(apply_object(simulation, ground, None, &parameters).await);
        }
    }
    for (index, placed) in pending {
        let after = match simulation {
            Some(simulation) => apply_object(simulation, placed, None, &parameters).await,
            None => Ok(placed.object.clone()),
        };
        results.push((index, after.map(|after| entry(placed, None, after)).map_err(|error| placed.failure(error))));
    }
    results
}
