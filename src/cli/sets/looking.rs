//! Looking at a set that exists: its members, whichever tool works on it.
//!
//! Receives what `--applyset` says, hands on a [`SeenSet`]. Nothing is written. Invariant: who sees a set sees all of its members that the
//! server can be asked for; a list that is refused refuses the whole.

use super::SetNameArgs;
use crate::cli::{CommandContext, CommandError};
use crate::client::{Client, Discovery};
use crate::plan::set::{GroupKind, Members, Parent, Tracked, find_members, undescribed};
use crate::plan::{Live, Order, Placed};

/// A set as somebody sees it who changes nothing.
pub(in crate::cli) struct SeenSet {
    pub(in crate::cli) parent: Parent,
    pub(in crate::cli) tracked: Tracked,
}

impl SetNameArgs {
    /// The set that the arguments name, which has to exist; `None` where they name none.
    pub(in crate::cli) async fn seen(
        &self,
        context: &CommandContext,
        client: &Client,
        discovery: &Discovery,
    ) -> Result<Option<SeenSet>, CommandError> {
        let Some(parent) = self.parent(context, client, discovery).await? else { return Ok(None) };
        let tracked = parent.fetch_existing(client, discovery).await?;
        Ok(Some(SeenSet { parent, tracked }))
    }
}

impl SeenSet {
    /// Finds the members. `live` is what was read already of the same set.
    pub(in crate::cli) async fn members(&self, client: &Client, discovery: &Discovery, live: &Live) -> Result<Members, CommandError> {
        find_members(client, discovery, &self.parent.id(), &self.tracked.scope, live).await.map_err(|error| {
            let told = CommandError::from(error);
            let message = format!("the members of the set {} cannot be found: {}", self.parent.display_name(), told.message);
            CommandError { message, ..told }
        })
    }

    /// All members, in the order in which they would be applied, and a warning of those that cannot be known.
    pub(in crate::cli) async fn all_members(
        &self,
        client: &Client,
        discovery: &Discovery,
    ) -> Result<(Vec<Placed>, Option<String>), CommandError> {
        let members = self.members(client, discovery, &Live::default()).await?;
        let live = Live::default();
        let found: Vec<&Placed> = undescribed(&members, &[], &live, &self.parent).collect();
        let order = Order::of_live(&found.iter().map(|&member| member.clone()).collect::<Vec<_>>());
        let in_order = order.steps().iter().flat_map(|step| &step.objects).map(|number| found[*number].clone());
        Ok((in_order.collect(), unknown_in_words(&members.unknown)))
    }
}

/// What there is to say of kinds that the server does not serve.
pub(in crate::cli) fn unknown_in_words(kinds: &[GroupKind]) -> Option<String> {
    let kinds: Vec<String> = kinds.iter().map(GroupKind::to_string).collect();
    let told = || format!("members of these kinds are not known, since the server does not serve them: {}", kinds.join(", "));
    (!kinds.is_empty()).then(told)
}
