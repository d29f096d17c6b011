//! Applying the objects of a set, with what comes before and after them: its namespace, its parent, and what leaves it.
//!
//! Receives what was prepared, and a [`Worker`] who applies objects and tells of them. Invariants: nothing but the namespace that the parent
//! lives in is applied before the parent tells of it; and no member leaves before everything was applied.

use super::WorkedSet;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError};
use crate::client::{Client, Discovery};
use crate::plan::set::{Departed, Leaving, Scope};
use crate::plan::{Failure, Live, ObjectError, Order, Placed, Replacing, Stage};

/// Where work is done, and for whom.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Site<'a> {
    pub(in crate::cli) ui: &'a Ui,
    pub(in crate::cli) context: &'a CommandContext,
    pub(in crate::cli) client: &'a Client,
    pub(in crate::cli) discovery: &'a Discovery,
}

/// A set, around whose objects something is to be done.
pub(in crate::cli) struct Around<'a> {
    pub(in crate::cli) set: &'a WorkedSet,
    /// The members that leave afterwards.
    pub(in crate::cli) leaving: Vec<Leaving>,
    /// Where members may be meanwhile.
    pub(in crate::cli) wide: Scope,
    /// Where they are afterwards.
    pub(in crate::cli) remaining: Scope,
}

/// What is to be applied, and how.
pub(in crate::cli) struct Applying {
    pub(in crate::cli) placed: Vec<Placed>,
    /// The order of `placed`.
    pub(in crate::cli) order: Order,
    pub(in crate::cli) live: Live,
    pub(in crate::cli) replacing: Replacing,
}

/// Whoever applies the objects of a set, and tells of each.
pub(in crate::cli) trait Worker {
    /// Applies objects in their order; answers whether all of them were applied.
    async fn carry_out(&mut self, client: &Client, applying: Applying) -> bool;
    /// Takes note of an object that is not applied.
    fn failed(&mut self, failure: &Failure);
    /// Takes note of an object that is not begun, since a stop was asked for.
    fn not_begun(&mut self, placed: &Placed);
    /// Answers whether members may leave: whether everything was applied. Tells where it was not.
    fn may_prune(&mut self, leaving: &[Leaving]) -> bool;
    /// Takes note of what became of a member that leaves.
    fn departed(&mut self, departed: Departed);
}

/// Applies the objects of a set, and, if all of them could be applied, lets members leave.
pub(in crate::cli) async fn apply_set(
    site: Site<'_>,
    around: Around<'_>,
    mut applying: Applying,
    worker: &mut impl Worker,
) -> Result<(), CommandError> {
    let (home, others) = home_first(around.set, applying.placed, &applying.live);
    applying.placed = others;
    if !home.is_empty() {
        let (order, live) = (Order::at_once(home.len()), applying.live.clone());
        let is_made = worker.carry_out(site.client, Applying { placed: home, order, live, replacing: Replacing::Never }).await;
        if !is_made || site.context.stop().is_requested() {
            // Neither the parent nor anything else can be made, or is to be.
            leave_undone(site, around.set, &applying.placed, worker);
            return Ok(());
        }
        match Order::of(&applying.placed, site.discovery) {
            Ok(order) => applying.order = order,
            Err(failures) => {
                failures.iter().for_each(|failure| worker.failed(failure));
                return Ok(());
            }
        }
    }
    let widened = around.set.widen(site.client, &around.wide).await?;
    if let Some(step) = around.set.step() {
        site.context.note_deed(step.full_name(), "the set's parent");
    }
    worker.carry_out(site.client, applying).await;
    if around.set.prune && worker.may_prune(&around.leaving) {
        prune(site, around, &widened, worker).await;
    }
    Ok(())
}

/// The namespace that the parent lives in, where the set itself makes it: it comes even before the parent.
fn home_first(set: &WorkedSet, placed: Vec<Placed>, live: &Live) -> (Vec<Placed>, Vec<Placed>) {
    let missing = set.parent.namespace.as_ref().filter(|namespace| !live.has("namespaces", namespace));
    placed.into_iter().partition(|placed| Stage::of(placed) == Stage::Namespaces && Some(&placed.key.name) == missing)
}

fn leave_undone(site: Site<'_>, set: &WorkedSet, placed: &[Placed], worker: &mut impl Worker) {
    if site.context.stop().is_requested() {
        placed.iter().for_each(|placed| worker.not_begun(placed));
        return;
    }
    let home = set.parent.namespace.as_deref().unwrap_or_default();
    let on = format!("the set's parent {} lives in namespace/{home}, which", set.parent.display_name());
    for placed in placed {
        let why = "was not applied".to_owned();
        worker.failed(&placed.failure(ObjectError::NotAttempted { on: on.clone(), why }));
    }
}

/// What comes after the objects: members leave, and the parent tells of the rest.
async fn prune(site: Site<'_>, around: Around<'_>, widened: &str, worker: &mut impl Worker) {
    let Around { set, leaving, remaining, .. } = around;
    let stop = site.context.stop();
    let _acting = site.context.act();
    let mut all = true;
    let told = |departed: Departed| {
        all &= !matches!(departed, Departed::Failed(_) | Departed::NotBegun(_));
        worker.departed(departed);
    };
    set.depart(site.client, leaving, stop, told).await;
    if all && !stop.is_requested() {
        set.narrow(site.ui, site.client, &remaining, widened).await;
    }
}
